// The CUDA twin of joint_upsample: reference.py is the definition, and every bit is equal to it.
//
// One block writes a tile of TILE_WIDTH x TILE_HEIGHT pixels, in phases:
//
//   place   where the tile's columns and rows lie among the samples, in double as NumPy works it out
//   fetch   the samples around the tile to shared memory, and the edges of their cells
//   guide   the mean luma of each cell that could be needed: one thread a cell, its rows from the cache
//   blend   four neighbouring pixels a thread, stored as one; luma is read only where the samples differ
//
// Each output byte is written once, each luma byte that is needed comes from memory once (cells that tiles share, and
// cells and pixels of one tile, meet in the caches), and the small map stays on the chip. Bytes at 1080p 8 bit: 8.3 MB
// out, at most 2.1 MB of luma in, 0.3 MB of samples. There is no scratch in global memory.
//
// A cell is summed by every tile that touches it: with maps so small that a cell is larger than a tile, that costs more
// than reading the luma.
#include "device.h"

struct UpsampleArgs {
    const float* disparity;
    const unsigned char* luma; // 8 or 16 bit
    float* out;
    long long disparity_pitch; // bytes from row to row
    long long luma_pitch;
    long long out_pitch;
    double step_x; // samples per pixel
    double step_y;
    int width;
    int height;
    int columns; // of the map
    int rows;
    int tiles_x;     // tiles side by side
    int max_columns; // room in shared memory for samples around a tile, each way
    int max_rows;
    float scale; // luma to units of the tolerance
    float white; // the constants of grid.py
    float flat;
    float rise;
    int unused;
};

enum { TILE_WIDTH = 128, TILE_HEIGHT = 32, PIXELS = 4, ACROSS = TILE_WIDTH / PIXELS };

// Shared memory of a block.
struct Tile {
    int* before_x; // sample at or before each column
    float* share_x;
    int* before_y;
    float* share_y;
    int* edges_x; // of the cells around the tile
    int* edges_y;
    float* samples; // rows of max_columns
    float* guides;
    int left; // the tile itself
    int top;
    int width;
    int height;
};

DEVICE Tile tile_of(const UpsampleArgs& args, const Block& block) {
    int ints = 2 * (TILE_WIDTH + TILE_HEIGHT), cells = args.max_columns * args.max_rows;
    int* base = shared_array<int>(block, 0);
    Tile tile;
    tile.before_x = base;
    tile.share_x = reinterpret_cast<float*>(base + TILE_WIDTH);
    tile.before_y = base + 2 * TILE_WIDTH;
    tile.share_y = reinterpret_cast<float*>(base + 2 * TILE_WIDTH + TILE_HEIGHT);
    tile.edges_x = base + ints;
    tile.edges_y = tile.edges_x + args.max_columns + 1;
    tile.samples = reinterpret_cast<float*>(tile.edges_y + args.max_rows + 1);
    tile.guides = tile.samples + cells;
    tile.left = block.index % args.tiles_x * TILE_WIDTH;
    tile.top = block.index / args.tiles_x * TILE_HEIGHT;
    tile.width = min_of(TILE_WIDTH, args.width - tile.left);
    tile.height = min_of(TILE_HEIGHT, args.height - tile.top);
    return tile;
}

// How many samples, from the first one on, the pixels of a tile lie among.
DEVICE int num_samples(const int* before, int pixels, int limit) {
    return min_of(before[pixels - 1] + 1, limit - 1) - before[0] + 1;
}

// `grid.sample_positions` at one pixel.
DEVICE void place(int pixel, double step, int samples, int* before, float* share) {
    double at = ((double)pixel + 0.5) * step - 0.5;
    at = at < 0 ? 0 : at > samples - 1 ? samples - 1 : at;
    *before = (int)at;
    *share = (float)(at - (double)*before);
}

// `grid.cell_edges`; sizes are at most 65535, so that the product fits.
DEVICE int cell_edge(int cell, int large, int small) {
    return (int)((unsigned)cell * (unsigned)large / (unsigned)small);
}

template <typename T> DEVICE const T* luma_row(const UpsampleArgs& args, int y) {
    return reinterpret_cast<const T*>(args.luma + y * args.luma_pitch);
}

// False where all gaps around a cell are smooth for certain: then nobody asks for its luma.
DEVICE bool is_wanted(const float* samples, int pitch, int r, int c, int rows, int columns, float flat) {
    float low = samples[r * pitch + c], high = low;
    for (int y = max_of(r - 1, 0); y <= min_of(r + 1, rows - 1); ++y) {
        for (int x = max_of(c - 1, 0); x <= min_of(c + 1, columns - 1); ++x) {
            low = fminf(low, samples[y * pitch + x]);
            high = fmaxf(high, samples[y * pitch + x]);
        }
    }
    return high - low > flat;
}

template <typename T>
DEVICE float cell_guide(const UpsampleArgs& args, int left, int right, int top, int bottom) {
    unsigned long long total = 0;
    for (int y = top; y < bottom; ++y) {
        const T* row = luma_row<T>(args, y);
        unsigned sum = 0;
        for (int x = left; x < right; ++x) sum += row[x];
        total += sum;
    }
    unsigned size = (unsigned)(right - left) * (unsigned)(bottom - top);
    return fminf((float)total / (float)size * args.scale, args.white);
}

DEVICE float mix_between(float first, float second, float share) {
    float mixed = first + share * (second - first);
    return fminf(fmaxf(mixed, fminf(first, second)), fmaxf(first, second));
}

DEVICE float unlikeness(float pixel, float guide) {
    float unlike = pixel - guide, root = 1.0f + unlike * unlike;
    return root * root;
}

// A pixel among its four samples: the bilinear value now, the joint one where the luma has a say.
struct Mixture {
    float d00, d01, d10, d11;
    float smooth;
    float say;
};

DEVICE Mixture mixture_of(const float* above, const float* below, int c, int n, float fx, float fy, float flat, float rise) {
    Mixture m = {above[c], above[n], below[c], below[n], 0, 0};
    m.smooth = mix_between(mix_between(m.d00, m.d01, fx), mix_between(m.d10, m.d11, fx), fy);
    float low = fminf(fminf(m.d00, m.d01), fminf(m.d10, m.d11)), high = fmaxf(fmaxf(m.d00, m.d01), fmaxf(m.d10, m.d11));
    m.say = fminf((high - low - flat) * rise, 1.0f);
    return m;
}

DEVICE float sharpened(const Mixture& m, const float* above, const float* below, int c, int n, float fx, float fy, float pixel) {
    float q00 = unlikeness(pixel, above[c]), q01 = unlikeness(pixel, above[n]);
    float q10 = unlikeness(pixel, below[c]), q11 = unlikeness(pixel, below[n]);
    float gx = 1.0f - fx, gy = 1.0f - fy;
    float w00 = gx * q01, w01 = fx * q00, w10 = gx * q11, w11 = fx * q10;
    float up = gy * (q10 * q11), down = fy * (q00 * q01);
    float total = up * (w01 * (m.d01 - m.d00)) + down * (w10 * (m.d10 - m.d00) + w11 * (m.d11 - m.d00));
    float joint = m.d00 + total / (up * (w00 + w01) + down * (w10 + w11));
    float low = fminf(fminf(m.d00, m.d01), fminf(m.d10, m.d11)), high = fmaxf(fmaxf(m.d00, m.d01), fmaxf(m.d10, m.d11));
    return fminf(fmaxf(m.smooth + m.say * (joint - m.smooth), low), high) + 0.0f; // no zero is negative
}

DEVICE void load(const unsigned char* at, unsigned* values, int count) {
    if (count == PIXELS && is_aligned(at, 4)) {
        unsigned word = *reinterpret_cast<const unsigned*>(at);
        for (int i = 0; i < PIXELS; ++i) values[i] = word >> (8 * i) & 0xff;
    } else {
        for (int i = 0; i < PIXELS; ++i) values[i] = i < count ? at[i] : 0;
    }
}

DEVICE void load(const unsigned short* at, unsigned* values, int count) {
    if (count == PIXELS && is_aligned(at, 8)) {
        uint2 word = *reinterpret_cast<const uint2*>(at);
        values[0] = word.x & 0xffff, values[1] = word.x >> 16;
        values[2] = word.y & 0xffff, values[3] = word.y >> 16;
    } else {
        for (int i = 0; i < PIXELS; ++i) values[i] = i < count ? at[i] : 0;
    }
}

template <typename T> DEVICE void upsample(const UpsampleArgs& args, const Block& block) {
    const Tile tile = tile_of(args, block);
    const int pitch = args.max_columns;
    PHASE(block, thread) {
        for (int i = thread; i < tile.width + tile.height; i += block.threads) {
            int y = i - tile.width;
            if (y < 0) {
                place(tile.left + i, args.step_x, args.columns, tile.before_x + i, tile.share_x + i);
            } else {
                place(tile.top + y, args.step_y, args.rows, tile.before_y + y, tile.share_y + y);
            }
        }
    }
    PHASE(block, thread) {
        int columns = num_samples(tile.before_x, tile.width, args.columns);
        int rows = num_samples(tile.before_y, tile.height, args.rows);
        int left = tile.before_x[0], top = tile.before_y[0];
        for (int i = thread; i < columns * rows; i += block.threads) {
            int r = i / columns, c = i % columns;
            const char* row = reinterpret_cast<const char*>(args.disparity) + (top + r) * args.disparity_pitch;
            tile.samples[r * pitch + c] = reinterpret_cast<const float*>(row)[left + c];
        }
        for (int i = thread; i <= columns; i += block.threads) {
            tile.edges_x[i] = cell_edge(left + i, args.width, args.columns);
        }
        for (int i = thread; i <= rows; i += block.threads) {
            tile.edges_y[i] = cell_edge(top + i, args.height, args.rows);
        }
    }
    PHASE(block, thread) {
        int columns = num_samples(tile.before_x, tile.width, args.columns);
        int rows = num_samples(tile.before_y, tile.height, args.rows);
        for (int i = thread; i < columns * rows; i += block.threads) {
            int r = i / columns, c = i % columns;
            if (!is_wanted(tile.samples, pitch, r, c, rows, columns, args.flat)) continue;
            const int *x = tile.edges_x + c, *y = tile.edges_y + r;
            tile.guides[r * pitch + c] = cell_guide<T>(args, x[0], x[1], y[0], y[1]);
        }
    }
    PHASE(block, thread) {
        const int x = thread % ACROSS * PIXELS, count = min_of(PIXELS, tile.width - x);
        int before[PIXELS], after[PIXELS];
        float share[PIXELS];
        for (int i = 0; i < PIXELS; ++i) {
            int at = min_of(x + i, tile.width - 1);
            before[i] = tile.before_x[at] - tile.before_x[0];
            after[i] = min_of(tile.before_x[at] + 1, args.columns - 1) - tile.before_x[0];
            share[i] = tile.share_x[at];
        }
        for (int y = thread / ACROSS; y < tile.height && count > 0; y += block.threads / ACROSS) {
            int r0 = (tile.before_y[y] - tile.before_y[0]) * pitch;
            int r1 = (min_of(tile.before_y[y] + 1, args.rows - 1) - tile.before_y[0]) * pitch;
            float fy = tile.share_y[y], values[PIXELS];
            Mixture mixtures[PIXELS];
            bool rough = false;
            for (int i = 0; i < PIXELS; ++i) {
                mixtures[i] = mixture_of(
                    tile.samples + r0, tile.samples + r1, before[i], after[i], share[i], fy, args.flat, args.rise);
                values[i] = mixtures[i].smooth + 0.0f;
                rough |= mixtures[i].say > 0;
            }
            if (rough) {
                unsigned luma[PIXELS];
                load(luma_row<T>(args, tile.top + y) + tile.left + x, luma, count);
                for (int i = 0; i < PIXELS; ++i) {
                    if (!(mixtures[i].say > 0)) continue;
                    float pixel = fminf((float)luma[i] * args.scale, args.white);
                    values[i] = sharpened(
                        mixtures[i], tile.guides + r0, tile.guides + r1, before[i], after[i], share[i], fy, pixel);
                }
            }
            char* row = reinterpret_cast<char*>(args.out) + (tile.top + y) * args.out_pitch;
            store_four(reinterpret_cast<float*>(row) + tile.left + x, values, count);
        }
    }
}

KERNEL(joint_upsample_8, UpsampleArgs, upsample<unsigned char>, 256)
KERNEL(joint_upsample_16, UpsampleArgs, upsample<unsigned short>, 256)
