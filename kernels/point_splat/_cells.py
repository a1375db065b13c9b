"""Compiled loops over cells: four samples around a corner, drawn as one patch, or in strips and quarters where torn.

Most patches cover one pixel. `solve` computes those for a run of cells at once (SIMD), whether or not they are such;
`draw_cells` then copies what was solved, in the order of cells, and draws the others one by one.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import compiled, compiled_inline
from kernels.point_splat._rows import PITCH, B, D, G, R, X, Y, Z, project_point
from kernels.point_splat.camera import SUBPIXELS, Array

Four = tuple[Array, Array, Array, Array]

RUN = 256
"""Cells solved at a time: what is solved then stays in the first-level cache."""
CASE, COLUMN, ROW = 0, RUN, 2 * RUN
"""Where the fields of a run's places (3 * RUN int32) begin: case of each cell, and the first of its four pixels."""
RED, GREEN, BLUE = 0, RUN, 2 * RUN
"""Likewise of its colours (3 * RUN, dtype of the picture). Depths and colours are four arrays each, one for every pixel
of the two by two: parts of one array might be taken to overlap, and loops over them are then not vectorised."""
_PATCH, _TORN = np.float32(5), np.float32(6)
"""Cases: 1 to 4 are patches around the centres of at most two by two pixels (2 and 4: two columns, 3 and 4: two rows).
Otherwise a patch on more pixels, or a torn cell. 0 is nothing to draw."""

_DOWN, _RIGHT = np.array([0.5, 0, -0.5, 0], np.float32), np.array([0, -0.5, 0, 0.5], np.float32)
"""From the sides AB, BD, DC, CA half a sample into the cell."""

_ZERO, _HALF, _ONE, _TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)
_STEP, _INVERSE_STEP = np.float32(SUBPIXELS), np.float32(1 / SUBPIXELS)
_SLIGHT, _MORE, _NOWHERE = np.float32(2.0**-21), np.float32(2.0**-11), np.float32(np.inf)
"""What pulls a pixel off an edge: along rows, and more than 768 times of that along columns."""
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
def _blend(above: Array, below: Array, field: int, n: int, upper: bool, t: np.float32, s: np.float32) -> np.float32:
    """A field in the triangle A B C or D C B of cell n; t and s are the shares of B and C."""
    a, b, c, d = above[field + n], above[field + n + 1], below[field + n], below[field + n + 1]
    base = a if upper else d
    return base + (t * (b - base) + s * (c - base))


@compiled
def find_cases(
    above: Array, below: Array, first: int, count: int, start: np.float32, stop: np.float32, width: np.float32,
    keep: np.float32, places: Array,
) -> int:  # fmt: skip
    """The case of each of count cells, and the first pixel it may cover.

    The result is how many may cover several pixels, or -1 if there is nothing to draw.

    Cell n lies between the vertices first + n and first + n + 1 of two rows; only target rows start..stop are drawn.
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
        case = (i_end - i + _TWO * (j_end - j) - _TWO if few else _PATCH) if in_sight else _ZERO
        places[CASE + n] = case if whole else (_TORN if some else _ZERO)
        # Every cell gets a pixel of the target: it is read even where there is nothing to draw.
        places[ROW + n] = j if few & in_sight else start
        places[COLUMN + n] = i if few & in_sight else _ZERO
    others, any_case = np.int32(0), np.int32(0)
    for n in range(count):
        case = places[CASE + n]
        any_case |= case
        others += np.int32((case > 1) & (case <= 4))
    return int(others) if any_case else -1


@compiled_inline
def _seen(top: Array, bottom: Array, n: int, px: np.float32, py: np.float32, drawn: bool) -> tuple[np.float32, ...]:
    """Depth and colours of cell n at a point; depth is infinite where the cell does not cover it, or is not drawn.

    The cell spans less than three pixels: areas are exact, and a fraction tells where a point on an edge belongs.
    """
    ax, ay, bx, by = top[X + n] - px, top[Y + n] - py, top[X + n + 1] - px, top[Y + n + 1] - py
    cx, cy, dx, dy = bottom[X + n] - px, bottom[Y + n] - py, bottom[X + n + 1] - px, bottom[Y + n + 1] - py
    diagonal = bx * cy - by * cx
    upper = diagonal + ((cx - bx) * _SLIGHT - (cy - by) * _MORE) > _ZERO
    x, y = (ax if upper else dx), (ay if upper else dy)
    area1, area2 = cx * y - cy * x, x * by - y * bx
    left1 = area1 + ((x - cx) * _SLIGHT - (y - cy) * _MORE) > _ZERO
    left2 = area2 + ((bx - x) * _SLIGHT - (by - y) * _MORE) > _ZERO
    # D C B runs the other way around than A B C: all signs change.
    covered = (upper & left1 & left2) | (not (upper | left1 | left2))
    inverse = _ONE / (diagonal + area1 + area2)
    t, s = area1 * inverse, area2 * inverse
    z = _blend(top, bottom, Z, n, upper, t, s)
    red, green = _blend(top, bottom, R, n, upper, t, s), _blend(top, bottom, G, n, upper, t, s)
    blue = _blend(top, bottom, B, n, upper, t, s)
    return (z if covered & drawn else _NOWHERE), red + _HALF, green + _HALF, blue + _HALF


@compiled
def solve(
    above: Array, below: Array, first: int, count: int, places: Array, right: int, down: int, depths: Array,
    colours: Array,
) -> None:  # fmt: skip
    """What each of count cells shows so many pixels beside its first one; depth is infinite where that is nothing."""
    top, bottom = above[first:], below[first:]
    beside_x, beside_y = np.float32(right) * _STEP + _CENTRE, np.float32(down) * _STEP + _CENTRE
    for n in range(count):
        px, py = np.float32(places[COLUMN + n]) * _STEP + beside_x, np.float32(places[ROW + n]) * _STEP + beside_y
        case = np.float32(places[CASE + n])
        depths[n], colours[RED + n], colours[GREEN + n], colours[BLUE + n] = _seen(
            top, bottom, n, px, py, bool((case > _ZERO) & (case < _PATCH))
        )


@compiled
def solve_others(
    above: Array, below: Array, first: int, count: int, places: Array, depths: Four, colours: Four
) -> None:  # fmt: skip
    """What the few cells on more than one pixel show at the others."""
    top, bottom = above[first:], below[first:]
    for n in range(count):
        case = places[CASE + n]
        if (case > 1) & (case <= 4):
            px, py = np.float32(places[COLUMN + n]) * _STEP + _CENTRE, np.float32(places[ROW + n]) * _STEP + _CENTRE
            for k in range(1 if case == 4 else case - 1, case):
                x, y = px + np.float32(k & 1) * _STEP, py + np.float32(k >> 1) * _STEP
                z, red, green, blue = _seen(top, bottom, n, x, y, True)
                depths[k][n] = z
                colours[k][RED + n], colours[k][GREEN + n], colours[k][BLUE + n] = red, green, blue


@compiled_inline
def _put(n: np.uint32, j: np.uint32, i: np.uint32, depths: Array, colours: Array, image: Array, depth: Array) -> None:
    """Draw what was solved of cell n at a pixel where it is nearer."""
    z = depths[n]
    if z < depth[j, i]:
        depth[j, i] = z
        image[j, np.uint32(3 * i)] = colours[RED + n]
        image[j, np.uint32(3 * i + 1)] = colours[GREEN + n]
        image[j, np.uint32(3 * i + 2)] = colours[BLUE + n]


@compiled
def draw_solved(
    n: int, count: int, places: Array, depths: Four, colours: Four, image: Array, depth: Array
) -> int:  # fmt: skip
    """Draw cells n..count in order up to the first that was not solved, and return that, or count."""
    while n < count:
        # Unsigned: an index that might be negative costs a test each time.
        i, j, at = np.uint32(places[COLUMN + n]), np.uint32(places[ROW + n]), np.uint32(n)
        case = places[CASE + n]
        _put(at, j, i, depths[0], colours[0], image, depth)
        if case > 1:
            if case > 4:
                break
            if case != 3:
                _put(at, j, np.uint32(i + 1), depths[1], colours[1], image, depth)
            if case >= 3:
                _put(at, np.uint32(j + 1), i, depths[2], colours[2], image, depth)
            if case == 4:
                _put(at, np.uint32(j + 1), np.uint32(i + 1), depths[3], colours[3], image, depth)
        n += 1
    return n


@compiled
def draw_unsolved(
    above: Array, below: Array, n: int, case: int, y: int, start: int, stop: int, width: int,
    matrix: Array, keep: np.float32, corners: Array, ring: Array, image: Array, depth: Array,
) -> None:  # fmt: skip
    """Draw a cell that is torn, or large, or at the border, into target rows start..stop."""
    if case == 5:
        _take(above, n, corners[0])
        _take(above, n + 1, corners[1])
        _take(below, n, corners[2])
        _take(below, n + 1, corners[3])
        draw_patch(corners, start, stop, width, image, depth)
    else:
        _draw_torn(above, below, n, y, start, stop, width, matrix, keep, corners, ring, image, depth)


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
                area = _ONE / np.float32(abs(diagonal) + area1 + area2)
                _write(corners, p, q, r, np.float32(area1) * area, np.float32(area2) * area, i, j, image, depth)


@compiled_inline
def _write(
    corners: Array, p: int, q: int, r: int, t: np.float32, s: np.float32, i: int, j: int, image: Array, depth: Array
) -> None:
    z = corners[p, 2] + (t * (corners[q, 2] - corners[p, 2]) + s * (corners[r, 2] - corners[p, 2]))
    if z < depth[j, i]:
        depth[j, i] = z
        for n in range(3):
            v = corners[p, 3 + n]
            image[j, 3 * i + n] = v + (t * (corners[q, 3 + n] - v) + s * (corners[r, 3 + n] - v)) + _HALF


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
