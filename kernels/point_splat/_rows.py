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
X, Y, Z, D, R, G, B = (field * PITCH for field in range(7))
"""Grid position, target depth, source depth (NaN: no point), colours."""
NUM_FIELDS = 7

_HALF, _ONE, _NOTHING = np.float32(0.5), np.float32(1), np.float32(np.nan)
_SUBPIXELS = np.float32(SUBPIXELS)
_GUARD, _NEAR = np.float32(GUARD), np.float32(NEAR)
_MIN, _MAX = np.float32(MIN_DEPTH), np.float32(MAX_DEPTH)


@compiled
def project_row(depth: Array, first: int, end: int, v: np.float32, matrix: Array, row: Array) -> None:
    """Write the geometry of samples first..end of a row, whose centres are at height v."""
    x0, x1, x2, x3 = matrix[0, 0], matrix[0, 1], matrix[0, 2], matrix[0, 3]
    y0, y1, y2, y3 = matrix[1, 0], matrix[1, 1], matrix[1, 2], matrix[1, 3]
    q0, q1, q2, q3 = matrix[2, 0], matrix[2, 1], matrix[2, 2], matrix[2, 3]
    xv, yv, qv = x1 * v + x2, y1 * v + y2, q1 * v + q2
    depths, left, vertices = depth[first:], np.float32(first) + _HALF, row[first + 1 :]
    for n in range(end - first):
        d = depths[n]
        u = np.float32(np.int32(n)) + left
        inverse = _ONE / d
        q = q0 * u + qv + q3 * inverse
        scale = _ONE / q
        x = np.floor((x0 * u + xv + x3 * inverse) * scale * _SUBPIXELS + _HALF)
        y = np.floor((y0 * u + yv + y3 * inverse) * scale * _SUBPIXELS + _HALF)
        z = d * q
        good = (d >= _MIN) & (d <= _MAX) & (q >= _NEAR) & (z <= _MAX) & (abs(x) <= _GUARD) & (abs(y) <= _GUARD)
        vertices[X + n] = x
        vertices[Y + n] = y
        vertices[Z + n] = z
        vertices[D + n] = d if good else _NOTHING


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
def load_colours(packed: Array, first: int, end: int, row: Array) -> None:
    """Write the colours of samples first..end of a row."""
    colours, vertices = packed[3 * first :], row[first + 1 :]
    for n in range(end - first):
        vertices[R + n] = colours[3 * n]
        vertices[G + n] = colours[3 * n + 1]
        vertices[B + n] = colours[3 * n + 2]


@compiled
def clear_row(width: int, row: Array) -> None:
    """A row of no points."""
    for n in range(width + 2):
        row[D + n] = _NOTHING
