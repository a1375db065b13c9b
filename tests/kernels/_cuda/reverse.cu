// Reverses rows through shared memory, and sums halves: a kernel for the tests of the foundation itself.
#include "device.h"

struct ReverseArgs {
    const Half* source;
    float* target;
    int* maximum;
    int width;
    int reach; // how far beyond the row to read: a bug on demand
    int skip;  // 1: in one phase, as if the barrier had been forgotten
};

DEVICE void reverse(const ReverseArgs& args, const Block& block) {
    float* row = shared_array<float>(block, 0);
    const Half* source = args.source + block.index * args.width;
    float* target = args.target + block.index * args.width;
    PHASE(block, thread) {
        for (int i = thread; i < args.width; i += block.threads) {
            row[i] = to_float(source[i + args.reach]);
            if (args.skip) target[i] = row[args.width - 1 - i];
        }
    }
    PHASE(block, thread) {
        for (int i = thread; i < args.width; i += block.threads) {
            if (!args.skip) target[i] = row[args.width - 1 - i];
            atomic_max(args.maximum, (int)row[i]);
        }
    }
}

KERNEL(reverse_rows, ReverseArgs, reverse, 64)
