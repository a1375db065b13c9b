// The CUDA twin of forward_splat: reference.py is the definition, and every bit is equal to it.
//
// One block renders one row (4:2:0: the two rows of a chroma row) of up to two eyes. The row's parallax and colours are
// brought to shared memory once; each output byte is written once, except the few chroma pixels of 4:2:0 that only
// their odd row sees. There is no global scratch, no sort and no float atomic:
//
//   stage   parallax and colours to shared memory, sixteen bytes at a time
//   splat   visibility is the order of x (largest parallax = smallest x for eye >= 0, largest x otherwise), so the
//           winner of a pixel is an integer maximum in shared memory; 0 is a hole
//   runs    with a fill: the first pixel of each run of holes writes the run's ends into the keys of its pixels
//   gather  each pixel works out its colour, parallax and fill from its winner; edges of holes are worked out again by
//           every pixel that needs them, which costs less than another pass
//   pack    packed 8 bit: four pixels become three whole words, so that every store fills its sectors
//
// Bytes at 1080p, two eyes and masks, RGB8 with fp16 parallax: in 2.07 M * (3 + 2), out 2 * 2.07 M * (3 + 1 + 4) =
// 43.5 MB; 25 KiB of shared memory and 160 threads a block keep nine blocks on an H100's SM, so all 1080 rows are in
// flight at once and there is no tail.
//
// Limits: 4 bytes of shared memory a column must fit in a block: 16384 columns where that is 64 KiB (sm_75), 25344
// where it is 99 KiB, 32768 otherwise. Rows whose colours do not fit beside that are read from global memory instead.
//
// A parallax that is not finite counts as out of the frame, and raises args.faults if there is such a word.
#include "device.h"

struct SplatEye {
    unsigned char* planes[3];
    unsigned char* hole;
    unsigned char* parallax;
    long long plane_pitch[3]; // bytes from row to row
    long long hole_pitch;
    long long parallax_pitch;
    float factor;
    int unused;
};

struct SplatArgs {
    const unsigned char* planes[3];
    const unsigned char* parallax;
    unsigned* faults; // may be null
    long long plane_pitch[3];
    long long parallax_pitch;
    SplatEye eyes[2];
    float tear;
    int num_eyes;
    int width;
    int height;
    int chroma;   // 0 or which width
    int shift_y;  // 1: a chroma row for two luma rows
    int mid_grey; // chroma of nothing
    int fill;
    int staged;   // 1: the places below exist, all multiples of 16 in shared memory; keys are at 0
    int parallax_at;
    int plane_at[3];
    int packing_at; // packed 8 bit only
    int with_parallax; // else the eyes' parallax is null
};

enum { HALF_WIDTH = 1, FULL_WIDTH = 2 };
enum { FILL_NONE, FILL_BACKGROUND, FILL_SURFACE };
enum { HEAD = 1 << 20 }; // beyond every column
#if __CUDA_ARCH__ >= 900 && __CUDA_ARCH__ < 1000
enum { BLOCKS_PER_SM = 6 }; // 40 registers a thread, for the residency reckoned above
#else
enum { BLOCKS_PER_SM = 4 }; // fewer would spill, or are not needed to fill the SM
#endif

template <typename Sample, typename Parallax> struct Row {
    const Parallax* parallax;
    const Sample* planes[3];
    const unsigned* pixels; // packed 8 bit in shared memory, one word each; else null
    int* keys;
    int width;
    float eye, tear;

    // Where sample x lands; NaN, which covers nothing, if its parallax is not finite.
    DEVICE_METHOD float landing(int x) const {
        float value = to_float(parallax[x]);
        return is_finite(value) ? (float)x + eye * value : float_of(0x7fc00000);
    }
    DEVICE_METHOD bool joined(int x) const {
        float step = landing(x + 1) - landing(x);
        return step > 0 && step <= tear;
    }
    // The first pixel at or after an edge, clamped to the row.
    DEVICE_METHOD int pixel(float edge) const { return (int)ceilf(fminf(fmaxf(edge, 0.0f), (float)width)); }
    DEVICE_METHOD void draw(int x, float start, float stop) const {
        int key = eye < 0 ? x + 1 : width - x; // larger is nearer
        for (int j = pixel(start), end = pixel(stop); j < end; ++j) atomic_max(&keys[j], key);
    }
    DEVICE_METHOD bool visible(int j) const { return keys[j] > 0; }
    // The luma pixel that pixel k of a half-width chroma row shows: the even one, or the odd one if that is a hole.
    DEVICE_METHOD int column_of(int k) const { return visible(2 * k) ? 2 * k : min_of(2 * k + 1, width - 1); }
};

// What a pixel shows: the surface t of the way from sample x to x+1.
struct Seen {
    int x;
    float t;
};

template <typename Sample, typename Parallax> DEVICE Seen look(const Row<Sample, Parallax>& row, int j) {
    int key = row.keys[j];
    Seen seen = {row.eye < 0 ? key - 1 : row.width - key, 0.0f};
    float at = row.landing(seen.x), position = (float)j;
    if (seen.x + 1 < row.width && position >= at) {
        float step = row.landing(seen.x + 1) - at;
        if (step > 0 && step <= row.tear) seen.t = (position - at) / step;
    }
    return seen;
}

DEVICE float between(float left, float right, float t) { return left + t * (right - left); }
DEVICE int rounded(float value) { return (int)floorf(value + 0.5f); }

template <typename Sample, typename Parallax> DEVICE float parallax_of(const Row<Sample, Parallax>& row, Seen seen) {
    float here = to_float(row.parallax[seen.x]);
    return here + (seen.t > 0 ? seen.t * (to_float(row.parallax[seen.x + 1]) - here) : 0.0f);
}

// Colours of one pixel; planes that are not full width stay 0.
struct Colours {
    int c0, c1, c2;
};

DEVICE int blend(float left, float right, float t) { return rounded(t > 0 ? between(left, right, t) : left); }

template <bool PACKED, typename Sample, typename Parallax>
DEVICE Colours colours_of(const Row<Sample, Parallax>& row, int chroma, Seen seen) {
    Colours seen_colours = {0, 0, 0};
    int x = seen.x, next = seen.t > 0 ? x + 1 : x;
    if (PACKED && row.pixels) {
        unsigned a = row.pixels[x], b = row.pixels[next];
        seen_colours.c0 = blend((float)(a & 255), (float)(b & 255), seen.t);
        seen_colours.c1 = blend((float)(a >> 8 & 255), (float)(b >> 8 & 255), seen.t);
        seen_colours.c2 = blend((float)(a >> 16), (float)(b >> 16), seen.t);
    } else if (PACKED) {
        const Sample *a = row.planes[0] + 3 * x, *b = row.planes[0] + 3 * next;
        seen_colours.c0 = blend(to_float(a[0]), to_float(b[0]), seen.t);
        seen_colours.c1 = blend(to_float(a[1]), to_float(b[1]), seen.t);
        seen_colours.c2 = blend(to_float(a[2]), to_float(b[2]), seen.t);
    } else {
        seen_colours.c0 = blend(to_float(row.planes[0][x]), to_float(row.planes[0][next]), seen.t);
        if (chroma == FULL_WIDTH) {
            seen_colours.c1 = blend(to_float(row.planes[1][x]), to_float(row.planes[1][next]), seen.t);
            seen_colours.c2 = blend(to_float(row.planes[2][x]), to_float(row.planes[2][next]), seen.t);
        }
    }
    return seen_colours;
}

// Which two samples of a half-width chroma row stand at luma column x: no blend over a break.
template <typename Sample, typename Parallax> DEVICE void sites_of(const Row<Sample, Parallax>& row, int x, int* site) {
    int here = x >> 1;
    bool break_right = !(x & 1) || x + 1 >= row.width || !row.joined(x);
    site[0] = break_right || row.joined(x - 1) ? here : here + 1;
    site[1] = break_right ? here : here + 1;
}

// The two half-width chroma samples that a pixel shows.
template <typename Sample, typename Parallax>
DEVICE Colours half_colours_of(const Row<Sample, Parallax>& row, int j) {
    Seen seen = look(row, j);
    int here[2], next[2];
    sites_of(row, seen.x, here);
    sites_of(row, seen.t > 0 ? seen.x + 1 : seen.x, next);
    Colours colours = {0, 0, 0};
    UNROLL for (int c = 1; c < 3; ++c) {
        const Sample* plane = row.planes[c];
        // The mean of a sample and itself is the sample: halves and sums of 16 bits are exact.
        float left = 0.5f * (to_float(plane[here[0]]) + to_float(plane[here[1]]));
        float right = 0.5f * (to_float(plane[next[0]]) + to_float(plane[next[1]]));
        (c == 1 ? colours.c1 : colours.c2) = blend(left, right, seen.t);
    }
    return colours;
}

// A run of holes: the pixels beside it, which may lie outside the row.
struct Run {
    int left, right;
};

template <typename Sample, typename Parallax> DEVICE Run run_of(const Row<Sample, Parallax>& row, int j) {
    int key = row.keys[j];
    int first = key <= -HEAD ? j : -1 - key;
    return Run{first - 1, -HEAD - row.keys[first]};
}

DEVICE float share(int j, int left, int right) { return (float)(j - left) / (float)(right - left); }

DEVICE int stretch(int left, int right, float t) { return rounded(between((float)left, (float)right, t)); }
DEVICE Colours stretch(Colours left, Colours right, float t) {
    return Colours{stretch(left.c0, right.c0, t), stretch(left.c1, right.c1, t), stretch(left.c2, right.c2, t)};
}

struct Pixel {
    Colours colours;
    float parallax;
};

template <bool PACKED, typename Sample, typename Parallax>
DEVICE Pixel visible_pixel(const Row<Sample, Parallax>& row, int chroma, int j) {
    Seen seen = look(row, j);
    return Pixel{colours_of<PACKED>(row, chroma, seen), parallax_of(row, seen)};
}

template <bool PACKED, typename Sample, typename Parallax>
DEVICE Pixel any_pixel(const Row<Sample, Parallax>& row, const SplatArgs& args, int j) {
    int grey = PACKED ? 0 : args.mid_grey;
    Pixel pixel = {{0, grey, grey}, 0.0f};
    Run run = {j, row.width};
    if (!row.visible(j)) {
        if (!args.fill) return pixel;
        run = run_of(row, j);
        if (run.left < 0 && run.right >= row.width) return pixel;
    }
    // One pass for a pixel that is seen or has one edge, two for a hole between two.
    int num_sides = run.left >= 0 && run.right < row.width ? 2 : 1;
    NO_UNROLL for (int side = 0; side < num_sides; ++side) {
        Pixel edge = visible_pixel<PACKED>(row, args.chroma, side == 0 && run.left >= 0 ? run.left : run.right);
        if (side == 0) {
            pixel = edge;
            continue;
        }
        float t = share(j, run.left, run.right);
        if (args.fill == FILL_SURFACE) {
            pixel.colours = stretch(pixel.colours, edge.colours, t);
        } else if (!(pixel.parallax <= edge.parallax)) {
            pixel.colours = edge.colours;
        }
        pixel.parallax = between(pixel.parallax, edge.parallax, t);
    }
    return pixel;
}

// Pixel k of the half-width chroma rows.
template <typename Sample, typename Parallax>
DEVICE Colours any_half_chroma(const Row<Sample, Parallax>& row, const SplatArgs& args, int k) {
    Colours colours = {0, args.mid_grey, args.mid_grey};
    int j = row.column_of(k), columns = (row.width + 1) >> 1;
    Run run = {k, columns};
    bool from_right = false;
    if (!row.visible(j)) {
        if (!args.fill) return colours;
        run = run_of(row, j);
        if (run.left < 0 && run.right >= row.width) return colours;
        if (args.fill != FILL_SURFACE && run.left >= 0 && run.right < row.width) {
            float nearness = 0.0f;
            NO_UNROLL for (int side = 0; side < 2; ++side) {
                float edge = parallax_of(row, look(row, side ? run.right : run.left));
                from_right = !(nearness <= edge);
                nearness = edge;
            }
        }
        run.left >>= 1;
        run.right = run.right < row.width ? run.right >> 1 : columns;
    }
    int num_sides = run.left >= 0 && run.right < columns ? 2 : 1;
    NO_UNROLL for (int side = 0; side < num_sides; ++side) {
        Colours edge = half_colours_of(row, row.column_of(side == 0 && run.left >= 0 ? run.left : run.right));
        if (side == 0) {
            colours = edge;
        } else if (args.fill == FILL_SURFACE) {
            colours = stretch(colours, edge, share(k, run.left, run.right));
        } else if (from_right) {
            colours = edge;
        }
    }
    return colours;
}

// Three bytes of four neighbouring pixels make three words.
DEVICE void spread_pixels(unsigned* to, const unsigned char* from, int width, int thread, int threads) {
    int quads = is_aligned(from, 4) ? width / 4 : 0;
    for (int quad = thread; quad < quads; quad += threads) {
        const unsigned* words = reinterpret_cast<const unsigned*>(from) + 3 * quad;
        unsigned a = words[0], b = words[1], c = words[2];
        uint4 four;
        four.x = a & 0xffffff;
        four.y = a >> 24 | (b & 0xffff) << 8;
        four.z = b >> 16 | (c & 0xff) << 16;
        four.w = c >> 8;
        reinterpret_cast<uint4*>(to)[quad] = four;
    }
    for (int x = 4 * quads + thread; x < width; x += threads) {
        to[x] = from[3 * x] | (unsigned)from[3 * x + 1] << 8 | (unsigned)from[3 * x + 2] << 16;
    }
}

DEVICE void pack_pixels(unsigned char* to, const unsigned* from, int width, int thread, int threads) {
    int words = is_aligned(to, 4) ? width / 4 * 3 : 0;
    for (int word = thread; word < words; word += threads) {
        int group = word / 3, step = word - 3 * group;
        const unsigned* pixels = from + 4 * group + step;
        reinterpret_cast<unsigned*>(to)[word] = pixels[0] >> 8 * step | pixels[1] << (24 - 8 * step);
    }
    for (int byte = 4 * words + thread; byte < 3 * width; byte += threads) {
        to[byte] = (unsigned char)(from[byte / 3] >> 8 * (byte % 3));
    }
}

// What lies around the gap left of sample n: the surface from n-1 to n, or the half pixels that both keep.
template <typename Sample, typename Parallax> DEVICE void splat_gap(const Row<Sample, Parallax>& row, int n) {
    float before = n > 0 ? row.landing(n - 1) : 0.0f, at = n < row.width ? row.landing(n) : 0.0f;
    if (n > 0 && n < row.width) {
        float step = at - before;
        if (step > 0 && step <= row.tear) {
            row.draw(n - 1, before, at);
            return;
        }
    }
    if (n > 0) row.draw(n - 1, before, before + 0.5f);
    if (n < row.width) row.draw(n, at - 0.5f, at);
}

// Called at the first hole of a run; later ones of the row are written by others meanwhile, but none of this run.
DEVICE void mark_run(int* keys, int width, int first) {
    int end = first + 1;
    for (; end < width && keys[end] <= 0; ++end) keys[end] = -1 - first;
    keys[first] = -HEAD - end;
}

template <typename Sample> DEVICE Sample* row_of(unsigned char* plane, long long pitch, int y) {
    return reinterpret_cast<Sample*>(plane + pitch * y);
}
template <typename Sample> DEVICE const Sample* row_of(const unsigned char* plane, long long pitch, int y) {
    return reinterpret_cast<const Sample*>(plane + pitch * y);
}

template <bool PACKED, typename Sample, typename Parallax>
DEVICE void gather_pixel(const SplatArgs& args, const SplatEye& eye, const Row<Sample, Parallax>& row, int y, int j,
                         unsigned* packing) {
    Pixel pixel = any_pixel<PACKED>(row, args, j);
    if (args.with_parallax) row_of<float>(eye.parallax, eye.parallax_pitch, y)[j] = pixel.parallax;
    Colours colours = pixel.colours;
    row_of<unsigned char>(eye.hole, eye.hole_pitch, y)[j] = !row.visible(j);
    Sample* target = row_of<Sample>(eye.planes[0], eye.plane_pitch[0], y);
    if (packing) {
        packing[j] = (unsigned)colours.c0 | (unsigned)colours.c1 << 8 | (unsigned)colours.c2 << 16;
    } else if (PACKED) {
        target[3 * j] = (Sample)colours.c0;
        target[3 * j + 1] = (Sample)colours.c1;
        target[3 * j + 2] = (Sample)colours.c2;
    } else {
        target[j] = (Sample)colours.c0;
        if (args.chroma == FULL_WIDTH) {
            row_of<Sample>(eye.planes[1], eye.plane_pitch[1], y)[j] = (Sample)colours.c1;
            row_of<Sample>(eye.planes[2], eye.plane_pitch[2], y)[j] = (Sample)colours.c2;
        }
    }
}

template <typename Sample, typename Parallax>
DEVICE void gather_half_chroma(const SplatArgs& args, const SplatEye& eye, const Row<Sample, Parallax>& row, int y,
                               int k) {
    int r = y >> args.shift_y;
    Sample* u = row_of<Sample>(eye.planes[1], eye.plane_pitch[1], r);
    Sample* v = row_of<Sample>(eye.planes[2], eye.plane_pitch[2], r);
    if (r << args.shift_y == y) {
        Colours colours = any_half_chroma(row, args, k);
        u[k] = (Sample)colours.c1;
        v[k] = (Sample)colours.c2;
        return;
    }
    // An odd row of 4:2:0: what the even row left empty and this one shows.
    const unsigned char* above = eye.hole + eye.hole_pitch * (y - 1);
    int j = row.column_of(k);
    if (!above[2 * k] || !above[min_of(2 * k + 1, row.width - 1)] || !row.visible(j)) return;
    float position = (float)j - row.eye * parallax_of(row, look(row, j));
    float last = (float)((row.width - 1) >> 1);
    int nearest = (int)fminf(fmaxf(floorf(position * 0.5f + 0.5f), 0.0f), last);
    u[k] = row.planes[1][nearest];
    v[k] = row.planes[2][nearest];
}

template <bool PACKED, typename Sample, typename Parallax>
DEVICE Row<Sample, Parallax> row_at(const SplatArgs& args, const Block& block, int y) {
    int r = y >> args.shift_y;
    Row<Sample, Parallax> row;
    row.parallax = row_of<Parallax>(args.parallax, args.parallax_pitch, y);
    row.planes[0] = row_of<Sample>(args.planes[0], args.plane_pitch[0], y);
    row.planes[1] = row_of<Sample>(args.planes[1], args.plane_pitch[1], r);
    row.planes[2] = row_of<Sample>(args.planes[2], args.plane_pitch[2], r);
    row.pixels = nullptr;
    row.keys = shared_array<int>(block, 0);
    row.width = args.width;
    row.eye = 0.0f;
    row.tear = args.tear;
    if (args.staged) {
        row.parallax = shared_array<Parallax>(block, args.parallax_at);
        row.planes[0] = shared_array<Sample>(block, args.plane_at[0]);
        row.planes[1] = shared_array<Sample>(block, args.plane_at[1]);
        row.planes[2] = shared_array<Sample>(block, args.plane_at[2]);
        if (PACKED && sizeof(Sample) == 1) row.pixels = shared_array<unsigned>(block, args.plane_at[0]);
    }
    return row;
}

template <bool PACKED, typename Sample, typename Parallax>
DEVICE void stage_row(const SplatArgs& args, const Block& block, int y, int thread) {
    copy_bytes(block.shared + args.parallax_at, args.parallax + args.parallax_pitch * y,
               args.width * (int)sizeof(Parallax), thread, block.threads);
    const unsigned char* first = args.planes[0] + args.plane_pitch[0] * y;
    if (PACKED && sizeof(Sample) == 1) {
        spread_pixels(shared_array<unsigned>(block, args.plane_at[0]), first, args.width, thread, block.threads);
        return;
    }
    copy_bytes(block.shared + args.plane_at[0], first, args.width * (PACKED ? 3 : 1) * (int)sizeof(Sample), thread,
               block.threads);
    if (PACKED || !args.chroma) return;
    int columns = args.chroma == FULL_WIDTH ? args.width : (args.width + 1) >> 1;
    NO_UNROLL for (int c = 1; c < 3; ++c) {
        copy_bytes(block.shared + args.plane_at[c], args.planes[c] + args.plane_pitch[c] * (y >> args.shift_y),
                   columns * (int)sizeof(Sample), thread, block.threads);
    }
}

template <bool PACKED, typename Sample, typename Parallax>
DEVICE void splat_row(const SplatArgs& args, const Block& block, const SplatEye& eye, Row<Sample, Parallax> row, int y) {
    row.eye = eye.factor;
    unsigned* packing =
        PACKED && sizeof(Sample) == 1 && args.staged ? shared_array<unsigned>(block, args.packing_at) : nullptr;
    PHASE(block, thread) {
        for (int j = thread; j < row.width; j += block.threads) row.keys[j] = 0;
    }
    PHASE(block, thread) {
        for (int n = thread; n <= row.width; n += block.threads) splat_gap(row, n);
    }
    if (args.fill) {
        PHASE(block, thread) {
            for (int j = thread; j < row.width; j += block.threads) {
                if (row.keys[j] == 0 && (j == 0 || row.visible(j - 1))) mark_run(row.keys, row.width, j);
            }
        }
    }
    PHASE(block, thread) {
        for (int j = thread; j < row.width; j += block.threads) {
            gather_pixel<PACKED>(args, eye, row, y, j, packing);
        }
        if (!PACKED && args.chroma == HALF_WIDTH) {
            for (int k = thread; 2 * k < row.width; k += block.threads) gather_half_chroma(args, eye, row, y, k);
        }
    }
    if (packing) {
        PHASE(block, thread) {
            pack_pixels(eye.planes[0] + eye.plane_pitch[0] * y, packing, row.width, thread, block.threads);
        }
    }
}

template <bool PACKED, typename Sample, typename Parallax>
DEVICE void splat_rows(const SplatArgs& args, const Block& block) {
    NO_UNROLL for (int turn = 0; turn <= args.shift_y; ++turn) {
        int y = (block.index << args.shift_y) + turn;
        if (y >= args.height) break;
        Row<Sample, Parallax> row = row_at<PACKED, Sample, Parallax>(args, block, y);
        PHASE(block, thread) {
            if (args.staged) stage_row<PACKED, Sample, Parallax>(args, block, y, thread);
        }
        if (args.faults) {
            PHASE(block, thread) {
                bool fault = false;
                for (int x = thread; x < row.width; x += block.threads) fault |= !is_finite(to_float(row.parallax[x]));
                if (fault) atomic_or(args.faults, 1u);
            }
        }
        NO_UNROLL for (int e = 0; e < args.num_eyes; ++e) splat_row<PACKED>(args, block, args.eyes[e], row, y);
    }
}

#define SPLAT_KERNEL(form, PACKED, samples, Sample, values, Parallax)                                                  \
    DEVICE void form##_##samples##_##values(const SplatArgs& args, const Block& block) {                               \
        splat_rows<PACKED, Sample, Parallax>(args, block);                                                             \
    }                                                                                                                  \
    KERNEL_BOUNDED(splat_##form##_##samples##_##values, SplatArgs, form##_##samples##_##values, 256, BLOCKS_PER_SM)

SPLAT_KERNEL(planar, false, u8, unsigned char, f16, Half)
SPLAT_KERNEL(planar, false, u8, unsigned char, f32, float)
SPLAT_KERNEL(planar, false, u16, unsigned short, f16, Half)
SPLAT_KERNEL(planar, false, u16, unsigned short, f32, float)
SPLAT_KERNEL(packed, true, u8, unsigned char, f16, Half)
SPLAT_KERNEL(packed, true, u8, unsigned char, f32, float)
SPLAT_KERNEL(packed, true, u16, unsigned short, f16, Half)
SPLAT_KERNEL(packed, true, u16, unsigned short, f32, float)
