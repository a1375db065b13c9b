"""Compiled loops over one row of samples: where they lie in the target, and what colour they have.

A row of vertices is a flat float32 array of NUM_FIELDS rows, PITCH apart. The distance is a constant so that the
compiler sees that fields do not overlap, and vectorises without testing every pair of them. Element 0 and the one
after the last sample stay empty: outside the picture is no point.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import compiled
from kernels.point_splat.camera import GUARD, MAX_DEPTH, MAX_SIDE, MIN_DEPTH, NEAR, SUBPIXELS, Array

PITCH = MAX_SIDE + 128
X, Y, Z, D, Q, R, G, B = (field * PITCH for field in range(8))
"""Grid position, target depth, source depth (NaN: no point), their quotient, colours."""
NUM_FIELDS = 8

_HALF, _ONE, _NOTHING = np.float32(0.5), np.float32(1), np.float32(np.nan)
_SUBPIXELS = np.float32(SUBPIXELS)
_GUARD, _NEAR = np.float32(GUARD), np.float32(NEAR)
_ZERO, _LARGE, _FINE = np.float32(0), np.float32(2**20), np.float32(1024)
_MIN, _MAX = np.float32(MIN_DEPTH), np.float32(MAX_DEPTH)


@compiled
def project_row(depth: Array, width: int, v: np.float32, matrix: Array, row: Array) -> None:
    """Write the geometry of a row of samples whose centres are at height v."""
    x0, x1, x2, x3 = matrix[0, 0], matrix[0, 1], matrix[0, 2], matrix[0, 3]
    y0, y1, y2, y3 = matrix[1, 0], matrix[1, 1], matrix[1, 2], matrix[1, 3]
    q0, q1, q2, q3 = matrix[2, 0], matrix[2, 1], matrix[2, 2], matrix[2, 3]
    xv, yv, qv = x1 * v + x2, y1 * v + y2, q1 * v + q2
    for n in range(width):
        d = depth[n]
        u = np.float32(np.int32(n)) + _HALF
        inverse = _ONE / d
        q = q0 * u + qv + q3 * inverse
        scale = _ONE / q
        x = np.floor((x0 * u + xv + x3 * inverse) * scale * _SUBPIXELS + _HALF)
        y = np.floor((y0 * u + yv + y3 * inverse) * scale * _SUBPIXELS + _HALF)
        z = d * q
        good = (d >= _MIN) & (d <= _MAX) & (q >= _NEAR) & (z <= _MAX) & (abs(x) <= _GUARD) & (abs(y) <= _GUARD)
        row[X + 1 + n] = x
        row[Y + 1 + n] = y
        row[Z + 1 + n] = z
        row[D + 1 + n] = d if good else _NOTHING
        row[Q + 1 + n] = q


@compiled
def project_point(u: np.float32, v: np.float32, d: np.float32, matrix: Array, corner: Array) -> bool:
    """Write x, y, z of a place at the depth of a sample; False if it is no point there."""
    inverse = _ONE / d
    q = matrix[2, 0] * u + (matrix[2, 1] * v + matrix[2, 2]) + matrix[2, 3] * inverse
    scale = _ONE / q
    x = matrix[0, 0] * u + (matrix[0, 1] * v + matrix[0, 2]) + matrix[0, 3] * inverse
    y = matrix[1, 0] * u + (matrix[1, 1] * v + matrix[1, 2]) + matrix[1, 3] * inverse
    corner[0] = np.floor(x * scale * _SUBPIXELS + _HALF)
    corner[1] = np.floor(y * scale * _SUBPIXELS + _HALF)
    corner[2] = d * q
    return bool((q >= _NEAR) & (corner[2] <= _MAX) & (abs(corner[0]) <= _GUARD) & (abs(corner[1]) <= _GUARD))


@compiled
def load_colours(packed: Array, width: int, row: Array) -> None:
    for n in range(width):
        row[R + 1 + n] = packed[3 * n]
        row[G + 1 + n] = packed[3 * n + 1]
        row[B + 1 + n] = packed[3 * n + 2]


@compiled
def clear_row(width: int, row: Array) -> None:
    """A row of no points."""
    for n in range(width + 2):
        row[D + n] = _NOTHING


@compiled
def rows_touched(row: Array, first: int, count: int, matrix: Array, limits: Array) -> None:
    """Write to limits the lowest and highest target row, in pixels, that vertices first..first+count may help to draw.

    By integers: their minimum is vectorised, that of floats is not.
    """
    low, high, near = np.int32(2**30), np.int32(-(2**30)), np.int32(2**30)
    y, d, q = row[Y + first :], row[D + first :], row[Q + first :]
    for n in range(count):
        good = d[n] == d[n]
        at = np.int32(y[n] if good else _ZERO)
        share = np.int32((q[n] if q[n] < _LARGE else _LARGE) * _FINE if good else _LARGE)
        low = min(low, at if good else np.int32(2**30))
        high = max(high, at if good else np.int32(-(2**30)))
        near = min(near, share)
    limits[0], limits[1] = np.inf, -np.inf
    if low <= high:
        # Strips and quarters reach half a sample beyond the vertices; the farthest where Q is smallest.
        sway = 0.5 * (abs(matrix[2, 0]) + abs(matrix[2, 1]))
        nearest = near / _FINE - sway
        limits[0], limits[1] = -np.inf, np.inf
        if nearest > 0:
            out = max(abs(low), abs(high)) / SUBPIXELS
            margin = (0.5 * (abs(matrix[1, 0]) + abs(matrix[1, 1])) + out * sway) / nearest + 2
            limits[0], limits[1] = low / SUBPIXELS - margin, high / SUBPIXELS + margin
