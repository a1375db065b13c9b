"""Cells drawn one patch at a time: the large ones, those at the border, and the torn ones, in strips and quarters."""

from __future__ import annotations

import numpy as np

from kernels._jit import compiled, compiled_inline
from kernels.point_splat._cells import PATCH, first_pixel, joined
from kernels.point_splat._rows import B, D, G, R, X, Y, Z, project_point
from kernels.point_splat.camera import SUBPIXELS, Array

_DOWN, _RIGHT = np.array([0.5, 0, -0.5, 0], np.float32), np.array([0, -0.5, 0, 0.5], np.float32)
"""From the sides AB, BD, DC, CA half a sample into the cell."""

_EDGES = np.array([[0, 1], [1, 3], [3, 2], [2, 0], [1, 2]])
"""AB, BD, DC, CA and BC: the edges of both triangles."""
_WIDE = np.float32(8)
"""Pixels in a row, from which it is worth finding where the edges cross it."""

_ZERO, _HALF, _ONE = np.float32(0), np.float32(0.5), np.float32(1)


@compiled_inline
def _is_inside(area: float, across: float, down: float) -> bool:
    """Area beside an edge that runs across and down; a point on it belongs to top and left edges."""
    return (area > 0) | ((area == 0) & ((down < 0) | ((down == 0) & (across > 0))))


@compiled_inline
def draw_unsolved(
    above: Array, below: Array, n: int, case: int, y: int, start: int, stop: int, width: int,
    matrix: Array, keep: np.float32, corners: Array, ring: Array, image: Array, depth: Array,
) -> None:  # fmt: skip
    """Draw a cell that is torn, or large, or at the border, into target rows start..stop."""
    at, after = np.uint32(n), np.uint32(n + 1)
    if case == PATCH:
        _take(above, at, corners[0])
        _take(above, after, corners[1])
        _take(below, at, corners[2])
        _take(below, after, corners[3])
        draw_patch(corners, start, stop, width, image, depth)
    else:
        # Clockwise.
        _take(above, at, ring[0])
        _take(above, after, ring[1])
        _take(below, after, ring[2])
        _take(below, at, ring[3])
        ring[0, 6], ring[1, 6] = above[np.uint32(D + at)], above[np.uint32(D + after)]
        ring[3, 6], ring[2, 6] = below[np.uint32(D + at)], below[np.uint32(D + after)]
        _draw_torn(n, y, start, stop, width, matrix, keep, corners, ring, image, depth)


@compiled_inline
def _take(row: Array, n: np.uint32, corner: Array) -> None:
    corner[0], corner[1], corner[2] = row[np.uint32(X + n)], row[np.uint32(Y + n)], row[np.uint32(Z + n)]
    corner[3], corner[4], corner[5] = row[np.uint32(R + n)], row[np.uint32(G + n)], row[np.uint32(B + n)]


@compiled
def draw_patch(corners: Array, start: int, stop: int, width: int, image: Array, depth: Array) -> None:
    """Draw both triangles of a patch; corners are (4, 6): x, y, z, colours. Areas are exact integers in float64."""
    ax, ay, bx, by = corners[0, 0], corners[0, 1], corners[1, 0], corners[1, 1]
    cx, cy, dx, dy = corners[2, 0], corners[2, 1], corners[3, 0], corners[3, 1]
    left = max(first_pixel(min(min(ax, bx), min(cx, dx))), _ZERO)
    right = min(first_pixel(max(max(ax, bx), max(cx, dx))), np.float32(width))
    top = max(first_pixel(min(min(ay, by), min(cy, dy))), np.float32(start))
    bottom = min(first_pixel(max(max(ay, by), max(cy, dy))), np.float32(stop))
    # Half a cell mostly lies between the centres of pixels.
    if (left >= right) | (top >= bottom):
        return
    first, end = int(left), int(right)
    for j in range(int(top), int(bottom)):
        py = np.float64(j * SUBPIXELS + SUBPIXELS // 2)
        if right - left > _WIDE:
            first, end = _span(corners, py, int(left), int(right))
        for i in range(first, end):
            px = np.float64(i * SUBPIXELS + SUBPIXELS // 2)
            x1, y1, x2, y2 = bx - px, by - py, cx - px, cy - py
            diagonal = x1 * y2 - y1 * x2
            upper = _is_inside(diagonal, x2 - x1, y2 - y1)
            x0, y0 = (ax - px if upper else dx - px), (ay - py if upper else dy - py)
            if not upper:
                x1, y1, x2, y2 = x2, y2, x1, y1
            area1, area2 = x2 * y0 - y2 * x0, x0 * y1 - y0 * x1
            if _is_inside(area1, x0 - x2, y0 - y2) & _is_inside(area2, x1 - x0, y1 - y0):
                area = _ONE / np.float32(abs(diagonal) + area1 + area2)
                t, s = np.float32(area1) * area, np.float32(area2) * area
                p, q, r = (0, 1, 2) if upper else (3, 2, 1)
                _write(corners, p, q, r, t, s, i, j, image, depth)


@compiled
def _span(corners: Array, py: float, left: int, right: int) -> tuple[int, int]:
    """The pixels left..right of a row, at py on the grid, less those that lie outside of all edges."""
    low, high = np.inf, -np.inf
    for n in range(5):
        p, q = _EDGES[n, 0], _EDGES[n, 1]
        x0, y0, x1, y1 = np.float64(corners[p, 0]), np.float64(corners[p, 1]), corners[q, 0], corners[q, 1]
        if (min(y0, y1) <= py) & (max(y0, y1) >= py):
            x = x0 + (py - y0) * (x1 - x0) / (y1 - y0) if y0 != y1 else min(x0, x1)
            low, high = min(low, x), max(high, x if y0 != y1 else max(x0, x1))
    # A pixel more on either side makes up for what is rounded.
    first, end = np.floor(low / SUBPIXELS) - 1, np.ceil(high / SUBPIXELS) + 1
    return int(min(max(np.float64(left), first), right)), int(max(min(np.float64(right), end), left))


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
    n: int, y: int, start: int, stop: int, width: int, matrix: Array,
    keep: np.float32, corners: Array, ring: Array, image: Array, depth: Array,
) -> None:  # fmt: skip
    """Strips along joined sides, quarters around the other samples. ring: (4, 7) scratch for A, B, D, C and depth."""
    for k in range(4):
        after = (k + 1) % 4
        if joined(ring[k, 6], ring[after, 6], keep):
            for n_field in range(6):
                corners[0, n_field], corners[1, n_field] = ring[k, n_field], ring[after, n_field]
            down, right = _DOWN[k], _RIGHT[k]
            good = _corner_beside(ring, k, n, y, down, right, matrix, corners[2])
            if good & _corner_beside(ring, after, n, y, down, right, matrix, corners[3]):
                draw_patch(corners, start, stop, width, image, depth)
    for k in range(4):
        d, after, before = ring[k, 6], ring[(k + 1) % 4, 6], ring[(k + 3) % 4, 6]
        if (d == d) & (not joined(d, after, keep)) & (not joined(d, before, keep)):
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
