// The CUDA twin of hole_guide: reference.py is the definition, and every bit is equal to it.
//
// Each thread writes four neighbouring pixels of all eight channels. Every access is as wide as its rows allow: words
// and sixteen bytes where they are aligned, single items elsewhere. The row below and the pixel to the right come from
// the cache, and only where there is a hole. Bytes a pixel: 3 or 12 of colour, 1, 4 and 4 in, 32 out.
#include "device.h"

struct GuideArgs {
    const unsigned char* rgb; // 8 bit or float
    const unsigned char* hole;
    const unsigned char* stretched_px; // floats
    const unsigned char* disparity;    // floats
    unsigned char* out;                // floats
    long long rgb_pitch; // bytes from row to row
    long long hole_pitch;
    long long stretched_px_pitch;
    long long disparity_pitch;
    long long out_pitch; // bytes from channel to channel
    int width;
    int height;
    float unit; // 8-bit colours are multiplied by this
    int unused;
};

enum { PIXELS = 4 };

// Items count of T from an address on; sixteen bytes at a time where all are there and lie well.
template <typename T, int SIZE> DEVICE void load(const void* at, T* items, int count) {
    const int words = SIZE * sizeof(T) / 4, wide = words % 4 ? 4 : 16;
    if (count == SIZE && is_aligned(at, wide)) {
        unsigned bits[words];
        if (wide == 16) {
            for (int i = 0; i < words / 4; ++i) {
                uint4 word = static_cast<const uint4*>(at)[i];
                bits[4 * i] = word.x, bits[4 * i + 1] = word.y, bits[4 * i + 2] = word.z, bits[4 * i + 3] = word.w;
            }
        } else {
            for (int i = 0; i < words; ++i) bits[i] = static_cast<const unsigned*>(at)[i];
        }
        memcpy(items, bits, sizeof(bits));
    } else {
        for (int i = 0; i < SIZE; ++i) items[i] = i < count ? static_cast<const T*>(at)[i] : T(0);
    }
}

DEVICE const float* float_row(const unsigned char* base, long long pitch, int y) {
    return reinterpret_cast<const float*>(base + y * pitch);
}

DEVICE float* channel(const GuideArgs& args, int number, long long pixel) {
    return reinterpret_cast<float*>(args.out + number * args.out_pitch) + pixel;
}

DEVICE float colour_of(unsigned char value, float unit) { return (float)value * unit; }
DEVICE float colour_of(float value, float) { return value; }

template <typename T> DEVICE void write_colours(const GuideArgs& args, int x, int y, int count, long long pixel) {
    T items[3 * PIXELS];
    load<T, 3 * PIXELS>(reinterpret_cast<const T*>(args.rgb + y * args.rgb_pitch) + 3 * x, items, 3 * count);
    for (int c = 0; c < 3; ++c) {
        float values[PIXELS];
        for (int i = 0; i < PIXELS; ++i) values[i] = colour_of(items[3 * i + c], args.unit);
        store_four(channel(args, c, pixel), values, count);
    }
}

DEVICE void write_surface(const GuideArgs& args, int x, int y, int count, long long pixel) {
    unsigned char hole[PIXELS];
    load<unsigned char, PIXELS>(args.hole + y * args.hole_pitch + x, hole, count);
    float known[PIXELS], near[PIXELS], nx[PIXELS], ny[PIXELS], nz[PIXELS];
    load<float, PIXELS>(float_row(args.disparity, args.disparity_pitch, y) + x, near, count);
    const float* level = float_row(args.stretched_px, args.stretched_px_pitch, y);
    const float* below = float_row(args.stretched_px, args.stretched_px_pitch, min_of(y + 1, args.height - 1));
    for (int i = 0; i < PIXELS; ++i) {
        known[i] = nx[i] = ny[i] = nz[i] = 0.0f;
        if (i >= count || !hole[i]) continue;
        int at = x + i;
        float gx = level[min_of(at + 1, args.width - 1)] - level[at], gy = below[at] - level[at];
        float half = 0.5f / sqrtf(gx * gx + gy * gy + 1.0f);
        known[i] = 1.0f;
        near[i] = 0.0f;
        nx[i] = 0.5f - gx * half;
        ny[i] = 0.5f - gy * half;
        nz[i] = 0.5f + half;
    }
    store_four(channel(args, 3, pixel), known, count);
    store_four(channel(args, 4, pixel), nx, count);
    store_four(channel(args, 5, pixel), ny, count);
    store_four(channel(args, 6, pixel), nz, count);
    store_four(channel(args, 7, pixel), near, count);
}

template <typename T> DEVICE void lay_guide(const GuideArgs& args, const Block& block) {
    PHASE(block, thread) {
        unsigned across = (unsigned)(args.width + PIXELS - 1) / PIXELS;
        unsigned group = (unsigned)block.index * (unsigned)block.threads + (unsigned)thread;
        int y = (int)(group / across), x = (int)(group % across) * PIXELS;
        if (y >= args.height) continue;
        int count = min_of(PIXELS, args.width - x);
        long long pixel = (long long)y * args.width + x;
        write_colours<T>(args, x, y, count, pixel);
        write_surface(args, x, y, count, pixel);
    }
}

KERNEL(hole_guide_u8, GuideArgs, lay_guide<unsigned char>, 256)
KERNEL(hole_guide_f32, GuideArgs, lay_guide<float>, 256)
