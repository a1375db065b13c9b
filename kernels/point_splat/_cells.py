"""Compiled loops over cells, the places between four samples: which pixels each covers, and what it shows there.

Most cells cover one pixel. So a run of cells is tested and solved at once (SIMD), whether or not they are such.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import compiled, compiled_inline
from kernels._vector import choose_positive, unit_like
from kernels.point_splat._rows import PITCH, B, D, G, R, X, Y, Z
from kernels.point_splat.camera import SUBPIXELS, Array

Four = tuple[Array, Array, Array, Array]

RUN = 256
"""Cells solved at a time: what is solved then stays in the first-level cache."""
CASE, COLUMN, ROW = 0, RUN, 2 * RUN
"""Where the fields of a run's places (3 * RUN int32) begin: case of each cell, and the first pixel it covers."""
RED, GREEN, BLUE = 0, RUN, 2 * RUN
"""Likewise of its colours (3 * RUN, dtype of the picture). Depths and colours are four arrays each, one for every pixel
of the two by two: parts of one array might be taken to overlap, and loops over them are then not vectorised."""
PATCH, TORN = 16, 17
"""Cases: up to 15 are patches around the centres of at most two by two pixels, and say which of these they cover (bit 1
is to the right of bit 0, bits 2 and 3 are below). Otherwise a larger patch, or a torn cell. 0 is nothing to draw."""
NOTHING, START, NEXT, UNSOLVED = 0, 1, 2, 3
"""Kinds: the case in one byte. Next is a cell that covers the pixel right of the only one its left neighbour covers."""

_ZERO, _HALF, _ONE, _TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)
_STEP, _INVERSE_STEP = np.float32(SUBPIXELS), np.float32(1 / SUBPIXELS)
_TWICE, _TEN_BITS = np.float32(2 * SUBPIXELS), np.float32(2.0**-10)
_SLIGHT, _MORE = np.float32(2.0**-21), np.float32(2.0**-11)
"""What pulls a pixel off an edge: along rows, and more than 768 times of that along columns."""
_CENTRE, _BEFORE_CENTRE = np.float32(SUBPIXELS // 2), np.float32(SUBPIXELS // 2 - 1)


@compiled_inline
def joined(a: np.float32, b: np.float32, keep: np.float32) -> bool:
    """Both are points (not NaN), and neither is much nearer."""
    return bool((a >= keep * b) & (b >= keep * a))


@compiled_inline
def first_pixel(edge: np.float32) -> np.float32:
    """The first pixel whose centre is not before the edge."""
    return np.floor((edge + _BEFORE_CENTRE) * _INVERSE_STEP)


@compiled_inline
def _beside(
    sx: np.float32, sy: np.float32, tx: np.float32, ty: np.float32
) -> tuple[np.float32, np.float32, np.float32]:
    """Four times the area beside the edge S T, and what that grows by a pixel further right, and further down.

    An odd number, so never 0: positive if the origin is on the inner side, or on the edge if this is a top or left one.
    The cell spans less than three pixels, which keeps all sums exact.
    """
    across, down = tx - sx, ty - sy
    area = sx * ty - sy * tx
    return area + area + unit_like(across * _TEN_BITS - down), _TWICE * down, _TWICE * across


@compiled
def find_cases(
    above: Array, below: Array, first: int, count: int, start: np.float32, stop: np.float32, width: np.float32,
    keep: np.float32, places: Array,
) -> None:  # fmt: skip
    """The case of each of count cells, and the first pixel it covers.

    Cell n lies between the vertices first + n and first + n + 1 of two rows; only target rows start..stop are drawn.
    """
    top, bottom = above[first:], below[first:]
    for n in range(count):
        ad, bd, cd, dd = top[D + n], top[D + n + 1], bottom[D + n], bottom[D + n + 1]
        whole = joined(ad, bd, keep) & joined(cd, dd, keep) & joined(ad, cd, keep) & joined(bd, dd, keep)
        some = (ad == ad) | (bd == bd) | (cd == cd) | (dd == dd)
        ax, bx, cx, dx = top[X + n], top[X + n + 1], bottom[X + n], bottom[X + n + 1]
        ay, by, cy, dy = top[Y + n], top[Y + n + 1], bottom[Y + n], bottom[Y + n + 1]
        i, i_end = first_pixel(min(min(ax, bx), min(cx, dx))), first_pixel(max(max(ax, bx), max(cx, dx)))
        j, j_end = first_pixel(min(min(ay, by), min(cy, dy))), first_pixel(max(max(ay, by), max(cy, dy)))
        in_sight = (i < i_end) & (j < j_end) & (i < width) & (i_end > _ZERO) & (j < stop) & (j_end > start)
        few = (i_end - i <= _TWO) & (j_end - j <= _TWO)
        few &= (i >= _ZERO) & (i_end <= width) & (j >= start) & (j_end <= stop)
        px, py = i * _STEP + _CENTRE, j * _STEP + _CENTRE
        ax, ay, bx, by, cx, cy, dx, dy = ax - px, ay - py, bx - px, by - py, cx - px, cy - py, dx - px, dy - py
        bc, bc_right, bc_down = _beside(bx, by, cx, cy)
        ca, ca_right, ca_down = _beside(cx, cy, ax, ay)
        ab, ab_right, ab_down = _beside(ax, ay, bx, by)
        cd, cd_right, cd_down = _beside(cx, cy, dx, dy)
        db, db_right, db_down = _beside(dx, dy, bx, by)
        # D C B runs the other way around than A B C: all signs change.
        one = choose_positive(bc, ca, ab, cd, db)
        three = choose_positive(bc + bc_down, ca + ca_down, ab + ab_down, cd + cd_down, db + db_down)
        bc, ca, ab, cd, db = bc - bc_right, ca - ca_right, ab - ab_right, cd - cd_right, db - db_right
        two = choose_positive(bc, ca, ab, cd, db)
        four = choose_positive(bc + bc_down, ca + ca_down, ab + ab_down, cd + cd_down, db + db_down)
        bits = np.int32(-(one + 2 * two + 4 * three + 8 * four))
        case = (bits if few else np.int32(PATCH)) if in_sight else np.int32(0)
        places[CASE + n] = case if whole else np.int32(TORN if some else 0)
        # The first of the pixels it covers: two, or four and not three, lie to the right.
        # Where nothing is covered these may be any floats, and not every float is an integer.
        seen = few & in_sight
        i, j = (i if seen else _ZERO), (j if seen else _ZERO)
        places[COLUMN + n] = np.int32(i) - np.int32(~one & (two | ~three))
        places[ROW + n] = np.int32(j) - np.int32(~(one | two))


@compiled
def find_kinds(count: int, places: Array, kinds: Array) -> int:
    """The kind of each of count cells; how many cover several pixels, or -1 if there is nothing to draw."""
    several, any_case = np.int32(0), np.int32(0)
    for n in range(count):
        case = places[CASE + n]
        any_case |= case
        several += np.int32((case < PATCH) & (case & (case - 1) != 0))
        solved = START if case > 0 else NOTHING
        kinds[n] = solved if case < PATCH else UNSOLVED
    for n in range(1, count):
        case, before = places[CASE + n], places[CASE + n - 1]
        follows = (places[COLUMN + n] == places[COLUMN + n - 1] + 1) & (places[ROW + n] == places[ROW + n - 1])
        follows &= (case > 0) & (case < PATCH) & (before > 0) & (before < PATCH) & (before & (before - 1) == 0)
        kinds[n] = NEXT if follows else kinds[n]
    return int(several) if any_case else -1


@compiled
def move_to_corner(count: int, places: Array) -> None:
    """Replace the first pixel each cell covers by the upper left one of its two by two."""
    for n in range(count):
        case = places[CASE + n]
        lowest = case & -case
        places[COLUMN + n] -= np.int32((lowest & 0b1010) != 0)
        places[ROW + n] -= np.int32((lowest & 0b1100) != 0)


@compiled_inline
def _blend(above: Array, below: Array, field: int, n: int, upper: bool, t: np.float32, s: np.float32) -> np.float32:
    """A field in the triangle A B C or D C B of cell n; t and s are the shares of B and C."""
    a, b, c, d = above[field + n], above[field + n + 1], below[field + n], below[field + n + 1]
    base = a if upper else d
    return base + (t * (b - base) + s * (c - base))


@compiled_inline
def shown(top: Array, bottom: Array, n: int, px: np.float32, py: np.float32) -> tuple[np.float32, ...]:
    """Depth and colours, to be rounded down, of cell n at a point it covers."""
    ax, ay, bx, by = top[X + n] - px, top[Y + n] - py, top[X + n + 1] - px, top[Y + n + 1] - py
    cx, cy, dx, dy = bottom[X + n] - px, bottom[Y + n] - py, bottom[X + n + 1] - px, bottom[Y + n + 1] - py
    diagonal = bx * cy - by * cx
    upper = diagonal + ((cx - bx) * _SLIGHT - (cy - by) * _MORE) > _ZERO
    x, y = (ax if upper else dx), (ay if upper else dy)
    area1, area2 = cx * y - cy * x, x * by - y * bx
    inverse = _ONE / (diagonal + area1 + area2)
    t, s = area1 * inverse, area2 * inverse
    z = _blend(top, bottom, Z, n, upper, t, s)
    red, green = _blend(top, bottom, R, n, upper, t, s), _blend(top, bottom, G, n, upper, t, s)
    blue = _blend(top, bottom, B, n, upper, t, s)
    return z, red + _HALF, green + _HALF, blue + _HALF


@compiled
def solve(
    above: Array, below: Array, first: int, count: int, places: Array, right: int, down: int, depths: Array,
    colours: Array,
) -> None:  # fmt: skip
    """What each of count cells shows so many pixels beside its place; nothing of use where it does not cover that."""
    top, bottom = above[first:], below[first:]
    beside_x, beside_y = np.float32(right) * _STEP + _CENTRE, np.float32(down) * _STEP + _CENTRE
    for n in range(count):
        px, py = np.float32(places[COLUMN + n]) * _STEP + beside_x, np.float32(places[ROW + n]) * _STEP + beside_y
        depths[n], colours[RED + n], colours[GREEN + n], colours[BLUE + n] = shown(top, bottom, n, px, py)


assert B // PITCH == 6
