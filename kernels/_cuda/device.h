// What every .cu file of this package includes: one source for NVRTC, nvcc and a plain C++ compiler.
//
// A kernel is a function of a parameter struct and a Block, written as phases between barriers:
//
//     struct Args { const float* source; float* target; int size; };     // same layout as its ctypes.Structure
//
//     DEVICE void reverse(const Args& args, const Block& block) {
//         float* row = shared_array<float>(block, 0);                     // dynamic shared memory from byte 0
//         PHASE(block, thread) {
//             for (int i = thread; i < args.size; i += block.threads) row[i] = args.source[i];
//         }                                                               // all threads meet here
//         PHASE(block, thread) {
//             for (int i = thread; i < args.size; i += block.threads) args.target[i] = row[args.size - 1 - i];
//         }
//     }
//     KERNEL(reverse_rows, Args, reverse, 256)                            // at most 256 threads a block
//
// What a thread computes in one phase reaches the next only through memory; code outside phases depends on args and
// block alone, so that every thread takes the same way. Within a phase `continue` ends the thread's part; `break` and
// `return` out of the phase itself are forbidden, because others wait at its end.
//
// Compiled as C++ (for tests) a phase is a loop over the block's threads in an order that the caller chooses, under
// address and undefined-behaviour checks, so that a wrong index or a missing barrier is found without a GPU.
//
// Float arithmetic rounds once per operation, in the order written: compiled without fused multiply-add, with exact
// division and with denormals, on every compiler.
#pragma once

#ifdef __CUDACC__
#define UNROLL _Pragma("unroll")
#define NO_UNROLL _Pragma("unroll 1")
#else
#define UNROLL
#define NO_UNROLL
#endif

struct Block {
    int index;   // of this block in the grid
    int blocks;  // in the grid
    int threads; // of each block
    unsigned char* shared;
#ifndef __CUDACC__
    const int* order; // in which threads take their turn
#endif
};

#ifdef __CUDACC__

#define DEVICE __device__ __forceinline__ // a function
#define DEVICE_METHOD __device__ __forceinline__
#define PHASE(block, thread) for (int thread = threadIdx.x, open_ = 1; open_; open_ = 0, __syncthreads())
#define KERNEL_BOUNDED(name, Args, body, max_threads, min_blocks)                                                      \
    extern "C" __global__ void __launch_bounds__(max_threads, min_blocks) name(const __grid_constant__ Args args) {    \
        extern __shared__ __align__(16) unsigned char shared_memory[];                                                 \
        body(args, Block{(int)blockIdx.x, (int)gridDim.x, (int)blockDim.x, shared_memory});                            \
    }

typedef unsigned long long Address;

DEVICE int bits_of(float value) { return __float_as_int(value); }
DEVICE float float_of(int bits) { return __int_as_float(bits); }

// Each returns what was there before.
template <typename T> DEVICE T atomic_max(T* at, T value) { return atomicMax(at, value); }
template <typename T> DEVICE T atomic_min(T* at, T value) { return atomicMin(at, value); }
template <typename T> DEVICE T atomic_or(T* at, T value) { return atomicOr(at, value); }

struct Half {
    unsigned short bits;
};

DEVICE float to_float(Half value) {
    float wide;
    asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(value.bits));
    return wide;
}

#else

#include <math.h>
#include <stdint.h>
#include <string.h>

#define DEVICE static inline
#define DEVICE_METHOD inline
#define PHASE(block, thread)                                                                                           \
    for (int turn_ = 0, thread = (block).order[0]; turn_ < (block).threads;                                            \
         ++turn_, thread = turn_ < (block).threads ? (block).order[turn_] : 0)

struct Emulated {
    const char* name;
    unsigned long args_size;
    int max_threads;
    void (*run)(const void* args, const Block& block);
    Emulated* next;

    Emulated(const char* name, unsigned long args_size, int max_threads, void (*run)(const void*, const Block&))
        : name(name), args_size(args_size), max_threads(max_threads), run(run), next(first()) {
        first() = this;
    }
    static Emulated*& first() {
        static Emulated* kernels = nullptr;
        return kernels;
    }
};

#define KERNEL_BOUNDED(name, Args, body, max_threads, min_blocks)                                                      \
    static void name##_run(const void* args, const Block& block) { body(*static_cast<const Args*>(args), block); }     \
    static Emulated name##_entry(#name, sizeof(Args), max_threads, name##_run);

struct uint2 {
    alignas(8) unsigned x;
    unsigned y;
};
struct uint4 {
    alignas(16) unsigned x;
    unsigned y, z, w;
};
typedef uintptr_t Address;

template <typename To, typename From> DEVICE To same_bits(From from) {
    To to;
    static_assert(sizeof(to) == sizeof(from), "");
    memcpy(&to, &from, sizeof(to));
    return to;
}
DEVICE int bits_of(float value) { return same_bits<int>(value); }
DEVICE float float_of(int bits) { return same_bits<float>(bits); }

template <typename T> DEVICE T atomic_max(T* at, T value) {
    T before = *at;
    if (value > before) *at = value;
    return before;
}
template <typename T> DEVICE T atomic_min(T* at, T value) {
    T before = *at;
    if (value < before) *at = value;
    return before;
}
template <typename T> DEVICE T atomic_or(T* at, T value) {
    T before = *at;
    *at = before | value;
    return before;
}

struct Half {
    unsigned short bits;
};

DEVICE float to_float(Half value) {
    unsigned sign = (unsigned)(value.bits & 0x8000) << 16, rest = value.bits & 0x7fff;
    if (rest >= 0x7c00) return float_of((int)(sign | 0x7f800000 | (rest & 0x3ff) << 13));
    // Scaling by a power of two is exact and widens denormals too.
    return float_of((int)(sign | (unsigned)bits_of(float_of((int)(rest << 13)) * 0x1p112f)));
}

#endif

DEVICE float to_float(float value) { return value; }
DEVICE float to_float(unsigned char value) { return (float)value; }
DEVICE float to_float(unsigned short value) { return (float)value; }

DEVICE bool is_finite(float value) { return (bits_of(value) & 0x7fffffff) < 0x7f800000; }

DEVICE int min_of(int a, int b) { return a < b ? a : b; }
DEVICE int max_of(int a, int b) { return a > b ? a : b; }

// KERNEL_BOUNDED also grants only so many registers that min_blocks blocks of max_threads fit on an SM.
#define KERNEL(name, Args, body, max_threads) KERNEL_BOUNDED(name, Args, body, max_threads, 1)

// Dynamic shared memory from a byte on; the launch says how much there is.
template <typename T> DEVICE T* shared_array(const Block& block, int byte) {
    return reinterpret_cast<T*>(block.shared + byte);
}

DEVICE bool is_aligned(const void* at, int bytes) { return ((Address)at & (Address)(bytes - 1)) == 0; }

// Writes the first `count` of four values in a row, at once where it is all of them and the address allows it.
DEVICE void store_four(float* at, const float* values, int count) {
    if (count == 4 && is_aligned(at, 16)) {
        uint4 word;
        word.x = (unsigned)bits_of(values[0]);
        word.y = (unsigned)bits_of(values[1]);
        word.z = (unsigned)bits_of(values[2]);
        word.w = (unsigned)bits_of(values[3]);
        *reinterpret_cast<uint4*>(at) = word;
    } else {
        for (int i = 0; i < 4; ++i) {
            if (i < count) at[i] = values[i];
        }
    }
}

// Copies bytes with all threads of the block, sixteen at a time where both ends allow it. Call it within a phase.
DEVICE void copy_bytes(unsigned char* to, const unsigned char* from, int count, int thread, int threads) {
    int done = 0;
    if (is_aligned(to, 16) && is_aligned(from, 16)) {
        for (int i = thread; i < count / 16; i += threads) {
            reinterpret_cast<uint4*>(to)[i] = reinterpret_cast<const uint4*>(from)[i];
        }
        done = count / 16 * 16;
    } else if (is_aligned(to, 4) && is_aligned(from, 4)) {
        for (int i = thread; i < count / 4; i += threads) {
            reinterpret_cast<unsigned*>(to)[i] = reinterpret_cast<const unsigned*>(from)[i];
        }
        done = count / 4 * 4;
    }
    for (int i = done + thread; i < count; i += threads) to[i] = from[i];
}
