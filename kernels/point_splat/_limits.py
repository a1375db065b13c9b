"""Compiled loops that say which part of the target a block of samples may help to draw: most are passed over by it.

A block is some rows high and one run of cells wide. Its samples lie in a box of places and reciprocal depths, which a
camera shows, as long as all of it is in front, within what it shows of the eight corners.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import compiled
from kernels.point_splat._cells import RUN
from kernels.point_splat.camera import MAX_DEPTH, MIN_DEPTH, Array

BLOCK_ROWS = 8
"""Rows of a block: fewer cost more corners, more let less be passed over."""
TOP, BOTTOM, LEFT, RIGHT = 0, 1, 2, 3
"""Limits of a block in pixels of the target; nowhere is from infinity to minus infinity."""

_LEAST, _MOST = np.array([MIN_DEPTH, MAX_DEPTH], np.float32).view(np.int32)
_ERROR = 2.0**-20
"""What rounding adds to a sum of four float32 products, as a share of their sizes, with some to spare."""


@compiled
def find_limits(depth: Array, columns: int, first: int, end: int, matrix: Array, limits: Array) -> None:
    """Write the limits (blocks, runs, 4) float64 of the blocks first..end."""
    rows = depth.shape[0]
    for block in range(first, end):
        y, y_end = block * BLOCK_ROWS, min((block + 1) * BLOCK_ROWS, rows)
        for run in range(limits.shape[1]):
            # Cells of a run reach one sample further left.
            x, x_end = max(run * RUN - 1, 0), min((run + 1) * RUN, columns)
            least, most = np.int32(_MOST), np.int32(_LEAST)
            for row in range(y, y_end):
                low, high = _depths(depth[row, x:x_end])
                least, most = min(least, low), max(most, high)
            limit = limits[block, run]
            if least > most:
                limit[TOP], limit[BOTTOM], limit[LEFT], limit[RIGHT] = np.inf, -np.inf, np.inf, -np.inf
            else:
                near, far = 1 / np.float64(_as_depth(least)), 1 / np.float64(_as_depth(most))
                _find_limit((x, x_end), (y, y_end), (far, near), matrix, limit)


@compiled
def _depths(row: Array) -> tuple[np.int32, np.int32]:
    """The least and most depth of a row's points, as bits, whose order is that of the numbers: SIMD needs integers."""
    least, most = np.int32(_MOST), np.int32(_LEAST)
    bits = row.view(np.int32)
    for x in range(bits.size):
        d = bits[x]
        good = (d >= _LEAST) & (d <= _MOST)
        least = min(least, d if good else np.int32(_MOST))
        most = max(most, d if good else np.int32(_LEAST))
    return least, most


@compiled
def _find_limit(
    us: tuple[int, int], vs: tuple[int, int], inverses: tuple[float, float], matrix: Array, limit: Array
) -> None:  # fmt: skip
    limit[TOP], limit[BOTTOM], limit[LEFT], limit[RIGHT] = np.inf, -np.inf, np.inf, -np.inf
    for corner in range(8):
        u, v, inverse = np.float64(us[corner & 1]), np.float64(vs[corner >> 1 & 1]), inverses[corner >> 2]
        q, q_size = _sum(matrix[2], u, v, inverse)
        if q <= 64 * _ERROR * q_size:
            # Behind, or too close to tell.
            limit[TOP], limit[BOTTOM], limit[LEFT], limit[RIGHT] = -np.inf, np.inf, -np.inf, np.inf
            return
        for axis in range(2):
            x, x_size = _sum(matrix[1 - axis], u, v, inverse)
            margin = 2 + _ERROR * (x_size + abs(x) * q_size / q) / q
            limit[2 * axis] = min(limit[2 * axis], x / q - margin)
            limit[2 * axis + 1] = max(limit[2 * axis + 1], x / q + margin)


@compiled
def _sum(row: Array, u: float, v: float, inverse: float) -> tuple[float, float]:
    """A coordinate, and the sum of the sizes of what it is made of."""
    a, b, c, d = row[0] * u, row[1] * v, np.float64(row[2]), row[3] * inverse
    return a + b + c + d, abs(a) + abs(b) + abs(c) + abs(d)


@compiled
def span_of_row(limits: Array, y: int, rows: int, start: int, stop: int, width: int) -> tuple[int, int]:
    """First run, and one past the last, whose cells above sample row y may be seen in target rows start..stop."""
    first, end = limits.shape[1], 0
    # Beside the picture there are no samples: the row inside speaks for both.
    above, below = min(max(y - 1, 0), rows - 1) // BLOCK_ROWS, min(y, rows - 1) // BLOCK_ROWS
    for run in range(limits.shape[1]):
        if is_seen(limits, above, below, run, start, stop, width):
            first, end = min(first, run), run + 1
    return first, end


@compiled
def bottom_of_row(limits: Array, y: int, rows: int, first: int, end: int, start: int, stop: int) -> int:
    """One past the last target row, of start..stop, that runs first..end of the cells above sample row y may reach."""
    above, below = min(max(y - 1, 0), rows - 1) // BLOCK_ROWS, min(y, rows - 1) // BLOCK_ROWS
    bottom = -np.inf
    for run in range(first, end):
        bottom = max(bottom, limits[above, run, BOTTOM], limits[below, run, BOTTOM])
    return int(min(max(bottom + 1, np.float64(start)), np.float64(stop)))


@compiled
def is_seen(limits: Array, above: int, below: int, run: int, start: int, stop: int, width: int) -> bool:
    """Cells between two blocks, which may be the same, may be seen."""
    a, b = limits[above, run], limits[below, run]
    return bool(
        (min(a[TOP], b[TOP]) < stop) & (max(a[BOTTOM], b[BOTTOM]) >= start)
        & (min(a[LEFT], b[LEFT]) < width) & (max(a[RIGHT], b[RIGHT]) >= 0)
    )  # fmt: skip


@compiled
def _as_depth(bits: np.int32) -> np.float32:
    return np.float32(np.int32(bits).view(np.float32))
