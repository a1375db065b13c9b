// The CUDA twin of point_splat: reference.py is the definition, and every bit is equal to it.
//
// Three kernels, in this order on one stream:
//
//   clear_keys   every pixel shows nothing
//   draw_cells   a thread per cell projects its samples and draws its patches: for each pixel a patch covers, the key
//                (depth, number of the patch) goes to the pixel by atomic minimum
//   resolve      a thread per pixel finds the patch that won, and blends its colours there
//
// Depths are positive, so their bits are ordered as they are; patches are numbered in the order of drawing. The
// smallest key is therefore the winner of the definition whatever the order of the threads. Colours are never touched
// by an atomic. Corners are projected where they are needed: that costs less than to write and read them.
#include "device.h"

struct PointArgs {
    const unsigned char* image; // 8 or 16 bit
    const float* depth;
    unsigned char* out_image;
    unsigned char* out_hole;
    float* out_depth;
    unsigned long long* keys;
    long long image_pitch; // bytes from row to row
    long long depth_pitch;
    long long out_image_pitch;
    long long out_hole_pitch;
    long long out_depth_pitch;
    long long keys_pitch;
    float matrix[12]; // `projection`
    float keep;
    float near; // the constants of camera.py
    float guard;
    float min_depth;
    float max_depth;
    int rows; // of the source
    int columns;
    int height; // of the target
    int width;
    int unused;
};

enum { SUBPIXELS = 256, CENTRE = SUBPIXELS / 2, TILE_COLUMNS = 32, PATCHES = 8, FIRST_QUARTER = 4 };

#define NO_KEY 0xffffffffffffffffull

template <typename T> DEVICE T* row_of(T* base, long long pitch, int row) {
    return reinterpret_cast<T*>(reinterpret_cast<Address>(base) + (Address)(row * pitch));
}

// A corner of a patch: position on the grid and depth, 0 where it is no point; and the sample whose colours it has.
struct Corner {
    int x;
    int y;
    float z;
    int row;
    int column;
};

// `project` of the reference, of the place so much beside a sample at the depth of it.
DEVICE Corner corner_beside(const PointArgs& args, int row, int column, float down, float right) {
    Corner corner = {0, 0, 0, row, column};
    if (row < 0 || column < 0 || row >= args.rows || column >= args.columns) return corner;
    const float* m = args.matrix;
    float d = row_of(args.depth, args.depth_pitch, row)[column];
    if (!(d >= args.min_depth && d <= args.max_depth)) return corner;
    float u = (float)column + 0.5f + right, v = (float)row + 0.5f + down, inverse = 1.0f / d;
    float x = m[0] * u + (m[1] * v + m[2]) + m[3] * inverse;
    float y = m[4] * u + (m[5] * v + m[6]) + m[7] * inverse;
    float q = m[8] * u + (m[9] * v + m[10]) + m[11] * inverse;
    float scale = 1.0f / q, z = d * q;
    x = floorf(x * scale * (float)SUBPIXELS + 0.5f);
    y = floorf(y * scale * (float)SUBPIXELS + 0.5f);
    if (!(q >= args.near && fabsf(x) <= args.guard && fabsf(y) <= args.guard && z <= args.max_depth)) return corner;
    corner.x = (int)x;
    corner.y = (int)y;
    corner.z = z;
    return corner;
}

// Samples A, B, D, C of a cell are number 0, 1, 2, 3 of its ring.
DEVICE int ring_down(int n) { return n >> 1; }
DEVICE int ring_right(int n) { return (n ^ n >> 1) & 1; }

DEVICE Corner ring_corner(const PointArgs& args, int row, int column, int n, float down, float right) {
    return corner_beside(args, row - 1 + ring_down(n), column - 1 + ring_right(n), down, right);
}

// Corner k of patch `number` of a torn cell: strips along the sides 0 to 3, then quarters around the samples.
DEVICE Corner torn_corner(const PointArgs& args, int row, int column, int number, int k) {
    if (number < FIRST_QUARTER) {
        float inside = (k & 2) ? 0.5f : 0.0f;
        float down = number == 0 ? inside : number == 2 ? -inside : 0.0f;
        float right = number == 3 ? inside : number == 1 ? -inside : 0.0f;
        return ring_corner(args, row, column, (number + (k & 1)) & 3, down, right);
    }
    int n = number - FIRST_QUARTER;
    return ring_corner(args, row, column, n, 0.5f * (float)((k >> 1) - ring_down(n)), 0.5f * (float)((k & 1) - ring_right(n)));
}

struct Patch {
    Corner a, b, c, d;
};

DEVICE Patch torn_patch(const PointArgs& args, int row, int column, int number) {
    return {torn_corner(args, row, column, number, 0), torn_corner(args, row, column, number, 1),
            torn_corner(args, row, column, number, 2), torn_corner(args, row, column, number, 3)};
}

DEVICE Patch whole_patch(const PointArgs& args, int row, int column) {
    return {ring_corner(args, row, column, 0, 0, 0), ring_corner(args, row, column, 1, 0, 0),
            ring_corner(args, row, column, 3, 0, 0), ring_corner(args, row, column, 2, 0, 0)};
}

DEVICE bool is_joined(const PointArgs& args, const Corner& a, const Corner& b) {
    if (!(a.z > 0 && b.z > 0)) return false;
    float from = row_of(args.depth, args.depth_pitch, a.row)[a.column];
    float to = row_of(args.depth, args.depth_pitch, b.row)[b.column];
    return from >= args.keep * to && to >= args.keep * from;
}

// A bit for each joined side AB, BD, DC, CA.
DEVICE int joined_sides(const PointArgs& args, const Patch& cell) {
    return (is_joined(args, cell.a, cell.b) ? 1 : 0) | (is_joined(args, cell.b, cell.d) ? 2 : 0) |
           (is_joined(args, cell.d, cell.c) ? 4 : 0) | (is_joined(args, cell.c, cell.a) ? 8 : 0);
}

// Area beside an edge that runs across and down; a point on it belongs to top and left edges.
DEVICE bool is_inside(long long area, int across, int down) {
    return area > 0 || (area == 0 && (down < 0 || (down == 0 && across > 0)));
}

// What a patch shows at a pixel: the triangle on its side of the diagonal, and the shares of corners 1 and 2 there.
struct Spot {
    bool covered;
    bool upper;
    float t;
    float s;
};

DEVICE long long area_of(const Corner& p, const Corner& q, int x, int y) {
    return (long long)(p.x - x) * (q.y - y) - (long long)(p.y - y) * (q.x - x);
}

DEVICE Spot spot_at(const Patch& patch, int i, int j) {
    int x = i * SUBPIXELS + CENTRE, y = j * SUBPIXELS + CENTRE;
    long long diagonal = area_of(patch.b, patch.c, x, y);
    Spot spot = {false, is_inside(diagonal, patch.c.x - patch.b.x, patch.c.y - patch.b.y), 0, 0};
    const Corner& first = spot.upper ? patch.a : patch.d;
    const Corner& second = spot.upper ? patch.b : patch.c;
    const Corner& third = spot.upper ? patch.c : patch.b;
    long long area1 = area_of(third, first, x, y), area2 = area_of(first, second, x, y);
    spot.covered = is_inside(area1, first.x - third.x, first.y - third.y) &&
                   is_inside(area2, second.x - first.x, second.y - first.y);
    if (spot.covered) {
        float inverse = 1.0f / (float)((spot.upper ? diagonal : -diagonal) + area1 + area2);
        spot.t = (float)area1 * inverse;
        spot.s = (float)area2 * inverse;
    }
    return spot;
}

DEVICE float blend(const Spot& spot, float a, float b, float c, float d) {
    float first = spot.upper ? a : d, second = spot.upper ? b : c, third = spot.upper ? c : b;
    return first + (spot.t * (second - first) + spot.s * (third - first));
}

// The first pixel whose centre is not before the edge.
DEVICE int first_pixel(int edge) { return (edge + CENTRE - 1) >> 8; }

DEVICE void draw_patch(const PointArgs& args, const Patch& patch, unsigned number) {
    const Corner &a = patch.a, &b = patch.b, &c = patch.c, &d = patch.d;
    if (!(a.z > 0 && b.z > 0 && c.z > 0 && d.z > 0)) return;
    int left = max_of(first_pixel(min_of(min_of(a.x, b.x), min_of(c.x, d.x))), 0);
    int right = min_of(first_pixel(max_of(max_of(a.x, b.x), max_of(c.x, d.x))), args.width);
    int top = max_of(first_pixel(min_of(min_of(a.y, b.y), min_of(c.y, d.y))), 0);
    int bottom = min_of(first_pixel(max_of(max_of(a.y, b.y), max_of(c.y, d.y))), args.height);
    for (int j = top; j < bottom; ++j) {
        unsigned long long* keys = row_of(args.keys, args.keys_pitch, j);
        for (int i = left; i < right; ++i) {
            Spot spot = spot_at(patch, i, j);
            if (!spot.covered) continue;
            float z = blend(spot, a.z, b.z, c.z, d.z);
            unsigned long long key = (unsigned long long)(unsigned)bits_of(z) << 32 | number;
            // A stale value only costs an atomic: keys never grow.
            if (key < keys[i]) atomic_min(keys + i, key);
        }
    }
}

DEVICE void clear_keys(const PointArgs& args, const Block& block) {
    PHASE(block, thread) {
        for (int j = block.index; j < args.height; j += block.blocks) {
            unsigned long long* keys = row_of(args.keys, args.keys_pitch, j);
            for (int i = thread; i < args.width; i += block.threads) keys[i] = NO_KEY;
        }
    }
}

DEVICE void draw_cells(const PointArgs& args, const Block& block) {
    PHASE(block, thread) {
        int tiles = args.columns / TILE_COLUMNS + 1;
        int column = block.index % tiles * TILE_COLUMNS + thread % TILE_COLUMNS;
        int row = block.index / tiles * (block.threads / TILE_COLUMNS) + thread / TILE_COLUMNS;
        if (row > args.rows || column > args.columns) continue;
        unsigned number = (unsigned)(row * (args.columns + 1) + column) * PATCHES;
        Patch cell = whole_patch(args, row, column);
        int sides = joined_sides(args, cell);
        if (sides == 15) {
            draw_patch(args, cell, number);
            continue;
        }
        int points = (cell.a.z > 0 ? 1 : 0) | (cell.b.z > 0 ? 2 : 0) | (cell.d.z > 0 ? 4 : 0) | (cell.c.z > 0 ? 8 : 0);
        // A sample has the side of its own number and the one before.
        int alone = points & ~(sides | sides << 1 | sides >> 3);
        int wanted = sides | alone << FIRST_QUARTER;
        for (int n = 0; n < PATCHES; ++n) {
            if (wanted >> n & 1) draw_patch(args, torn_patch(args, row, column, n), number + (unsigned)n);
        }
    }
}

template <typename T> DEVICE const T* sample(const PointArgs& args, const Corner& corner) {
    return row_of(reinterpret_cast<const T*>(args.image), args.image_pitch, corner.row) + 3 * corner.column;
}

template <typename T> DEVICE void resolve(const PointArgs& args, const Block& block) {
    PHASE(block, thread) {
        int tiles = (args.width + block.threads - 1) / block.threads;
        int j = block.index / tiles, i = block.index % tiles * block.threads + thread;
        if (i >= args.width) continue;
        unsigned long long key = row_of(args.keys, args.keys_pitch, j)[i];
        T* pixel = row_of(reinterpret_cast<T*>(args.out_image), args.out_image_pitch, j) + 3 * i;
        row_of(args.out_hole, args.out_hole_pitch, j)[i] = key == NO_KEY;
        row_of(args.out_depth, args.out_depth_pitch, j)[i] = key == NO_KEY ? 0.0f : float_of((int)(key >> 32));
        if (key == NO_KEY) {
            pixel[0] = pixel[1] = pixel[2] = 0;
            continue;
        }
        unsigned number = (unsigned)key, cell = number / PATCHES;
        int row = (int)(cell / (unsigned)(args.columns + 1)), column = (int)(cell % (unsigned)(args.columns + 1));
        Patch patch = whole_patch(args, row, column);
        if (joined_sides(args, patch) != 15) patch = torn_patch(args, row, column, (int)(number % PATCHES));
        Spot spot = spot_at(patch, i, j);
        const T *a = sample<T>(args, patch.a), *b = sample<T>(args, patch.b);
        const T *c = sample<T>(args, patch.c), *d = sample<T>(args, patch.d);
        for (int n = 0; n < 3; ++n) {
            float value = blend(spot, to_float(a[n]), to_float(b[n]), to_float(c[n]), to_float(d[n]));
            pixel[n] = (T)(int)(value + 0.5f);
        }
    }
}

KERNEL(point_splat_clear, PointArgs, clear_keys, 256)
KERNEL(point_splat_draw, PointArgs, draw_cells, 256)
KERNEL(point_splat_resolve_8, PointArgs, resolve<unsigned char>, 256)
KERNEL(point_splat_resolve_16, PointArgs, resolve<unsigned short>, 256)
