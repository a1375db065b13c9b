"""Compiled loops over cells: four samples around a corner, drawn as one patch, or in strips and quarters where torn.

Most patches cover one pixel. `solve` computes those for a run of cells at once (SIMD), whether or not they are such;
`draw_cells` then copies what was solved, in the order of cells, and draws the others one by one.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import compiled, compiled_inline
from kernels.point_splat._rows import PITCH, B, D, G, R, X, Y, Z, project_point
from kernels.point_splat.camera import SUBPIXELS, Array

RUN = 256
"""Cells solved at a time: what is solved then stays in the first-level cache."""
CASE, COLUMN, ROW = 0, RUN, 2 * RUN
"""Where the fields of a run's places (3 * RUN int32) begin: case of each cell, and the first pixel it covers."""
RED, GREEN, BLUE = 0, RUN, 2 * RUN
"""Likewise of its colours (3 * RUN, dtype of the picture)."""
_PATCH, _TORN = np.float32(16), np.float32(17)
"""Cases: 1 to 15 are the covered ones of two by two pixels, a bit each (right: 2, below: 4, diagonal: 8), of which the
first is solved. Otherwise a patch on more pixels, or a torn cell. 0 is nothing to draw."""

_DOWN, _RIGHT = np.array([0.5, 0, -0.5, 0], np.float32), np.array([0, -0.5, 0, 0.5], np.float32)
"""From the sides AB, BD, DC, CA half a sample into the cell."""

_ZERO, _HALF, _ONE, _TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)
_STEP, _INVERSE_STEP = np.float32(SUBPIXELS), np.float32(1 / SUBPIXELS)
_CENTRE, _BEFORE_CENTRE = np.float32(SUBPIXELS // 2), np.float32(SUBPIXELS // 2 - 1)


@compiled_inline
def _joined(a: np.float32, b: np.float32, keep: np.float32) -> bool:
    """Both are points (not NaN), and neither is much nearer."""
    return bool((a >= keep * b) & (b >= keep * a))


@compiled_inline
def _first_pixel(edge: np.float32) -> np.float32:
    """The first pixel whose centre is not before the edge."""
    return np.floor((edge + _BEFORE_CENTRE) * _INVERSE_STEP)


@compiled_inline
def _is_inside(area: float, across: float, down: float) -> bool:
    """Area beside an edge that runs across and down; a point on it belongs to top and left edges."""
    return (area > 0) | ((area == 0) & ((down < 0) | ((down == 0) & (across > 0))))


@compiled_inline
def _beside(x0: np.float32, y0: np.float32, x1: np.float32, y1: np.float32) -> np.float32:
    """Area beside the edge from 0 to 1, seen from the origin; half a step more if the edge itself is inside."""
    across, down = x1 - x0, y1 - y0
    return x0 * y1 - y0 * x1 + (_HALF if (down < _ZERO) | ((down == _ZERO) & (across > _ZERO)) else -_HALF)


@compiled_inline
def _covered(
    ab: np.float32, bc: np.float32, ca: np.float32, dc: np.float32, bd: np.float32, bit: np.float32
) -> np.float32:
    """The bit if a pixel lies inside one of the two triangles, by what `_beside` says of their edges."""
    return bit if max(min(min(ab, bc), ca), min(min(dc, -bc), bd)) > _ZERO else _ZERO


@compiled_inline
def _blend(above: Array, below: Array, field: int, n: int, upper: bool, t: np.float32, s: np.float32) -> np.float32:
    """A field in the triangle A B C or D C B of cell n."""
    a, b, c, d = above[field + n], above[field + n + 1], below[field + n], below[field + n + 1]
    v0, v1, v2 = (a if upper else d), (b if upper else c), (c if upper else b)
    return v0 + t * (v1 - v0) + s * (v2 - v0)


@compiled
def find_covered(
    above: Array, below: Array, first: int, count: int, start: np.float32, stop: np.float32, width: np.float32,
    keep: np.float32, places: Array,
) -> None:  # fmt: skip
    """The case of each of count cells, and the first pixel it covers.

    Cell n lies between the vertices first + n and first + n + 1 of two rows; only target rows start..stop are drawn.
    Cells on two by two pixels span less than three, so their areas are exact in float32.
    """
    top, bottom = above[first:], below[first:]
    for n in range(count):
        ad, bd, cd, dd = top[D + n], top[D + n + 1], bottom[D + n], bottom[D + n + 1]
        whole = _joined(ad, bd, keep) & _joined(cd, dd, keep) & _joined(ad, cd, keep) & _joined(bd, dd, keep)
        some = (ad == ad) | (bd == bd) | (cd == cd) | (dd == dd)
        ax, bx, cx, dx = top[X + n], top[X + n + 1], bottom[X + n], bottom[X + n + 1]
        ay, by, cy, dy = top[Y + n], top[Y + n + 1], bottom[Y + n], bottom[Y + n + 1]
        i, i_end = _first_pixel(min(min(ax, bx), min(cx, dx))), _first_pixel(max(max(ax, bx), max(cx, dx)))
        j, j_end = _first_pixel(min(min(ay, by), min(cy, dy))), _first_pixel(max(max(ay, by), max(cy, dy)))
        in_sight = (i < i_end) & (j < j_end) & (i < width) & (i_end > _ZERO) & (j < stop) & (j_end > start)
        few = (i_end - i <= _TWO) & (j_end - j <= _TWO)
        few &= (i >= _ZERO) & (i_end <= width) & (j >= start) & (j_end <= stop)
        px, py = i * _STEP + _CENTRE, j * _STEP + _CENTRE
        ax, bx, cx, dx, ay, by, cy, dy = ax - px, bx - px, cx - px, dx - px, ay - py, by - py, cy - py, dy - py
        # What is said of an edge changes by a constant from pixel to pixel: to the right, and to the row below.
        e1, r1, b1 = _beside(ax, ay, bx, by), _STEP * (ay - by), _STEP * (bx - ax)
        e2, r2, b2 = _beside(bx, by, cx, cy), _STEP * (by - cy), _STEP * (cx - bx)
        e3, r3, b3 = _beside(cx, cy, ax, ay), _STEP * (cy - ay), _STEP * (ax - cx)
        e4, r4, b4 = _beside(dx, dy, cx, cy), _STEP * (dy - cy), _STEP * (cx - dx)
        e5, r5, b5 = _beside(bx, by, dx, dy), _STEP * (by - dy), _STEP * (dx - bx)
        here = _covered(e1, e2, e3, e4, e5, np.float32(1))
        right = _covered(e1 + r1, e2 + r2, e3 + r3, e4 + r4, e5 + r5, np.float32(2))
        e1, e2, e3, e4, e5 = e1 + b1, e2 + b2, e3 + b3, e4 + b4, e5 + b5
        under = _covered(e1, e2, e3, e4, e5, np.float32(4))
        diagonal = _covered(e1 + r1, e2 + r2, e3 + r3, e4 + r4, e5 + r5, np.float32(8))
        case = (here + right + under + diagonal if few else _PATCH) if in_sight else _ZERO
        places[CASE + n] = case if whole else (_TORN if some else _ZERO)
        second_row = (here == _ZERO) & (right == _ZERO)
        places[ROW + n] = j + (_ONE if second_row else _ZERO)
        places[COLUMN + n] = i + (_ONE if (under if second_row else here) == _ZERO else _ZERO)


@compiled
def solve(
    above: Array, below: Array, first: int, count: int, places: Array, depths: Array, colours: Array
) -> None:  # fmt: skip
    """What each of count cells shows at the first pixel it covers; of use where the case is 1 to 15."""
    top, bottom = above[first:], below[first:]
    for n in range(count):
        px, py = np.float32(places[COLUMN + n]) * _STEP + _CENTRE, np.float32(places[ROW + n]) * _STEP + _CENTRE
        bx, by, cx, cy = top[X + n + 1] - px, top[Y + n + 1] - py, bottom[X + n] - px, bottom[Y + n] - py
        diagonal = bx * cy - by * cx
        upper = _is_inside(diagonal, cx - bx, cy - by)
        x0, x1, x2 = (top[X + n] if upper else bottom[X + n + 1]) - px, (bx if upper else cx), (cx if upper else bx)
        y0, y1, y2 = (top[Y + n] if upper else bottom[Y + n + 1]) - py, (by if upper else cy), (cy if upper else by)
        area1, area2 = x2 * y0 - y2 * x0, x0 * y1 - y0 * x1
        area = (diagonal if upper else -diagonal) + area1 + area2
        t, s = area1 / area, area2 / area
        depths[n] = _blend(top, bottom, Z, n, upper, t, s)
        colours[RED + n] = _blend(top, bottom, R, n, upper, t, s) + _HALF
        colours[GREEN + n] = _blend(top, bottom, G, n, upper, t, s) + _HALF
        colours[BLUE + n] = _blend(top, bottom, B, n, upper, t, s) + _HALF


@compiled
def draw_cells(
    above: Array, below: Array, first: int, count: int, y: int, start: int, stop: int, width: int,
    matrix: Array, keep: np.float32, places: Array, depths: Array, colours: Array, corners: Array, ring: Array,
    image: Array, depth: Array,
) -> None:  # fmt: skip
    """Draw solved cells first..first+count of row y, in order, into target rows start..stop."""
    for n in range(count):
        case = int(places[CASE + n])
        if case == 0:
            continue
        if case < 16:
            # Unsigned: an index that might be negative costs a test each time.
            i, j, z = np.uint32(places[COLUMN + n]), np.uint32(places[ROW + n]), depths[n]
            if z < depth[j, i]:
                depth[j, i] = z
                image[j, np.uint32(3 * i)] = colours[RED + n]
                image[j, np.uint32(3 * i + 1)] = colours[GREEN + n]
                image[j, np.uint32(3 * i + 2)] = colours[BLUE + n]
            if case & (case - 1):
                _draw_others(above, below, first + n, int(i), int(j), case, image, depth)
        elif case == 16:
            _take(above, first + n, corners[0])
            _take(above, first + n + 1, corners[1])
            _take(below, first + n, corners[2])
            _take(below, first + n + 1, corners[3])
            draw_patch(corners, start, stop, width, image, depth)
        else:
            _draw_torn(above, below, first + n, y, start, stop, width, matrix, keep, corners, ring, image, depth)


@compiled_inline
def _draw_others(above: Array, below: Array, n: int, i: int, j: int, case: int, image: Array, depth: Array) -> None:
    """Draw all pixels of a case but the first, (i, j), which may be the second of its row."""
    left, top = (i - 1 if case & 3 == 2 else i), (j if case & 3 else j - 1)
    for k in range(1, 4):
        x, y = left + (k & 1), top + (k >> 1)
        if (case >> k) & 1 and ((x != i) | (y != j)):
            px, py = np.float32(x) * _STEP + _CENTRE, np.float32(y) * _STEP + _CENTRE
            bx, by, cx, cy = above[X + n + 1] - px, above[Y + n + 1] - py, below[X + n] - px, below[Y + n] - py
            diagonal = bx * cy - by * cx
            upper = _is_inside(diagonal, cx - bx, cy - by)
            x0, x1, x2 = (
                (above[X + n] if upper else below[X + n + 1]) - px,
                (bx if upper else cx),
                (cx if upper else bx),
            )
            y0, y1, y2 = (
                (above[Y + n] if upper else below[Y + n + 1]) - py,
                (by if upper else cy),
                (cy if upper else by),
            )
            area1, area2 = x2 * y0 - y2 * x0, x0 * y1 - y0 * x1
            area = (diagonal if upper else -diagonal) + area1 + area2
            t, s = area1 / area, area2 / area
            z = _blend(above, below, Z, n, upper, t, s)
            if z < depth[y, x]:
                depth[y, x] = z
                image[y, 3 * x] = _blend(above, below, R, n, upper, t, s) + _HALF
                image[y, 3 * x + 1] = _blend(above, below, G, n, upper, t, s) + _HALF
                image[y, 3 * x + 2] = _blend(above, below, B, n, upper, t, s) + _HALF


@compiled_inline
def _take(row: Array, n: int, corner: Array) -> None:
    corner[0], corner[1], corner[2] = row[X + n], row[Y + n], row[Z + n]
    corner[3], corner[4], corner[5] = row[R + n], row[G + n], row[B + n]


@compiled
def draw_patch(corners: Array, start: int, stop: int, width: int, image: Array, depth: Array) -> None:
    """Draw both triangles of a patch; corners are (4, 6): x, y, z, colours. Areas are exact integers in float64."""
    a, b, c, d = corners[0], corners[1], corners[2], corners[3]
    left = max(int(_first_pixel(min(min(a[0], b[0]), min(c[0], d[0])))), 0)
    right = min(int(_first_pixel(max(max(a[0], b[0]), max(c[0], d[0])))), width)
    top = max(int(_first_pixel(min(min(a[1], b[1]), min(c[1], d[1])))), start)
    bottom = min(int(_first_pixel(max(max(a[1], b[1]), max(c[1], d[1])))), stop)
    for j in range(top, bottom):
        for i in range(left, right):
            px, py = np.float64(i * SUBPIXELS + SUBPIXELS // 2), np.float64(j * SUBPIXELS + SUBPIXELS // 2)
            diagonal = (b[0] - px) * (c[1] - py) - (b[1] - py) * (c[0] - px)
            upper = _is_inside(diagonal, c[0] - b[0], c[1] - b[1])
            p, q, r = (0, 1, 2) if upper else (3, 2, 1)
            x0, x1, x2 = corners[p, 0] - px, corners[q, 0] - px, corners[r, 0] - px
            y0, y1, y2 = corners[p, 1] - py, corners[q, 1] - py, corners[r, 1] - py
            area1, area2 = x2 * y0 - y2 * x0, x0 * y1 - y0 * x1
            if _is_inside(area1, x0 - x2, y0 - y2) & _is_inside(area2, x1 - x0, y1 - y0):
                area = np.float32(abs(diagonal) + area1 + area2)
                _write(corners, p, q, r, np.float32(area1) / area, np.float32(area2) / area, i, j, image, depth)


@compiled_inline
def _write(
    corners: Array, p: int, q: int, r: int, t: np.float32, s: np.float32, i: int, j: int, image: Array, depth: Array
) -> None:
    z = corners[p, 2] + t * (corners[q, 2] - corners[p, 2]) + s * (corners[r, 2] - corners[p, 2])
    if z < depth[j, i]:
        depth[j, i] = z
        for n in range(3):
            v = corners[p, 3 + n]
            image[j, 3 * i + n] = v + t * (corners[q, 3 + n] - v) + s * (corners[r, 3 + n] - v) + _HALF


@compiled
def _draw_torn(
    above: Array, below: Array, n: int, y: int, start: int, stop: int, width: int, matrix: Array,
    keep: np.float32, corners: Array, ring: Array, image: Array, depth: Array,
) -> None:  # fmt: skip
    """Strips along joined sides, quarters around the other samples. ring: (4, 7) scratch for A, B, D, C and depth."""
    for k in range(4):
        row, at = (above if k < 2 else below), n + (1 if 0 < k < 3 else 0)
        _take(row, at, ring[k])
        ring[k, 6] = row[D + at]
    for k in range(4):
        after = (k + 1) % 4
        if _joined(ring[k, 6], ring[after, 6], keep):
            for n_field in range(6):
                corners[0, n_field], corners[1, n_field] = ring[k, n_field], ring[after, n_field]
            down, right = _DOWN[k], _RIGHT[k]
            good = _corner_beside(ring, k, n, y, down, right, matrix, corners[2])
            if good & _corner_beside(ring, after, n, y, down, right, matrix, corners[3]):
                draw_patch(corners, start, stop, width, image, depth)
    for k in range(4):
        d, after, before = ring[k, 6], ring[(k + 1) % 4, 6], ring[(k + 3) % 4, 6]
        if (d == d) & (not _joined(d, after, keep)) & (not _joined(d, before, keep)):
            top, left = (_ZERO if k < 2 else -_HALF), (-_HALF if 0 < k < 3 else _ZERO)
            good = _corner_beside(ring, k, n, y, top, left, matrix, corners[0])
            good &= _corner_beside(ring, k, n, y, top, left + _HALF, matrix, corners[1])
            good &= _corner_beside(ring, k, n, y, top + _HALF, left, matrix, corners[2])
            good &= _corner_beside(ring, k, n, y, top + _HALF, left + _HALF, matrix, corners[3])
            if good:
                draw_patch(corners, start, stop, width, image, depth)


@compiled
def _corner_beside(
    ring: Array, k: int, n: int, y: int, down: np.float32, right: np.float32, matrix: Array, corner: Array
) -> bool:
    """Write a corner so much beside sample k of the ring, at its depth and with its colours."""
    # Vertex n is sample n - 1, whose centre is at n - 0.5; B and D are one further right, C and D one further down.
    u = np.float32(n + (1 if 0 < k < 3 else 0)) - _HALF + right
    v = np.float32(y + (0 if k < 2 else 1)) - _HALF + down
    corner[3], corner[4], corner[5] = ring[k, 3], ring[k, 4], ring[k, 5]
    return project_point(u, v, ring[k, 6], matrix, corner)


assert B // PITCH == 7
