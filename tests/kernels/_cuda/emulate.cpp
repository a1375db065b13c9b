// Runs the kernels of one .cu file on the CPU. Built with -DSOURCE="file.cu"; driven through pipes by Emulator in
// tests/kernels/conftest.py, which documents the messages. Every buffer and the shared memory of every block are
// allocations of exactly their size, so that the address sanitizer sees each access beyond them.
#include SOURCE

#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

static void read_exactly(void* to, size_t size) {
    if (fread(to, 1, size, stdin) != size) exit(3);
}

static int64_t read_number() {
    int64_t number;
    read_exactly(&number, sizeof(number));
    return number;
}

struct Buffer {
    unsigned char* bytes;
    size_t size;
};

static void run_blocks(const Emulated& kernel, const void* args, int blocks, int threads, int shared_bytes, int seed) {
    std::mt19937 random(seed);
    std::vector<int> order(threads), turns(blocks);
    std::iota(order.begin(), order.end(), 0);
    std::iota(turns.begin(), turns.end(), 0);
    std::shuffle(turns.begin(), turns.end(), random);
    for (int index : turns) {
        std::shuffle(order.begin(), order.end(), random);
        unsigned char* shared = static_cast<unsigned char*>(malloc(shared_bytes));
        memset(shared, 0xa5, shared_bytes);
        kernel.run(args, Block{index, blocks, threads, shared, order.data()});
        free(shared);
    }
}

int main() {
    for (int name_size; (name_size = getchar()) != EOF;) {
        std::string name(name_size, 0);
        read_exactly(&name[0], name_size);
        const Emulated* kernel = Emulated::first();
        while (kernel && name != kernel->name) kernel = kernel->next;
        int blocks = read_number(), threads = read_number(), shared_bytes = read_number(), seed = read_number();
        std::vector<uint64_t> args((read_number() + 7) / 8);
        size_t args_size = read_number();
        read_exactly(args.data(), args_size);
        std::vector<Buffer> buffers(read_number());
        for (Buffer& buffer : buffers) {
            size_t at = read_number(), lead = read_number();
            buffer.size = read_number();
            buffer.bytes = static_cast<unsigned char*>(malloc(buffer.size));
            read_exactly(buffer.bytes, buffer.size);
            args[at / 8] = reinterpret_cast<uint64_t>(buffer.bytes + lead);
        }
        if (!kernel || kernel->args_size != args_size || threads > kernel->max_threads) {
            fprintf(stderr, "no kernel %s with %zu bytes of arguments and %d threads\n", name.c_str(), args_size, threads);
            return 4;
        }
        run_blocks(*kernel, args.data(), blocks, threads, shared_bytes, seed);
        for (Buffer& buffer : buffers) {
            fwrite(buffer.bytes, 1, buffer.size, stdout);
            free(buffer.bytes);
        }
        fflush(stdout);
    }
}
