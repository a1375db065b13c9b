"""What a mesh over a parallax map is made of: which cells are whole, which are torn, and what lies in front of a tear.

Hardware does the same in shaders (novel_range, novel_edges); a software renderer is slower at it than this.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

Map = NDArray[np.float32]

NO_EDGE = np.float32(1e9)
_BLOCK, _FLAT_PX = 4, 0.5
"""Cells across a block that may become one, if no corner in it is further from flat than this."""
REACH = 15
"""Cells across the window in which an edge counts: of the picture as much as the shader's strides of 1, 3 and 9 reach
with cells half as wide. Farther, and the background takes its colours from what is nowhere near."""


@dataclass(frozen=True, slots=True)
class SurfaceCells:
    """One eye's parallax map in cells, row by row."""

    ranges: Map
    """(rows, columns, 4): farthest and nearest parallax, 1 where torn, 0."""
    edges: Map
    """(rows, columns): the parallax between both sides of the farthest tear around a cell; NO_EDGE without one."""
    triangles: NDArray[np.uint32]
    """(n, 3): the mesh over all whole cells, by corners that are counted over the grid of cells; two for a cell, and
    fewer where the surface is flat over a block of cells. Neighbours share their corners, so there are no cracks."""
    torn: NDArray[np.uint32]
    """(m,): numbers of the torn cells."""


def surface_cells(parallax_px: Map, cell: int, tear: tuple[float, float]) -> SurfaceCells:
    """Reduce a parallax map to cells.

    Args:
        parallax_px: (H, W) float32.
        cell: pixels a side, fewer at the right and the bottom. Each cell reaches to the first pixels of the next.
        tear: what is no surface any more: (step between neighbours, difference within a cell), pixels of parallax.
    """
    height, width = parallax_px.shape
    rows, columns = -(-height // cell), -(-width // cell)
    ranges = np.zeros((rows, columns, 4), np.float32)
    edges = np.empty((rows, columns), np.float32)
    torn = np.empty(rows * columns, np.uint32)
    torns = _reduce(parallax_px, cell, np.float32(tear[0]), np.float32(tear[1]), ranges, edges, torn)
    if torns:
        edges = np.asarray(cv2.erode(edges, np.ones((REACH, REACH), np.uint8)), dtype=np.float32)
    is_torn = ranges[..., 2] > 0.0
    # Only cells of full size: the corners of a block have to lie evenly.
    blocks = _flat_blocks(parallax_px, cell, is_torn, height // cell // _BLOCK, width // cell // _BLOCK)
    triangles = np.empty((2 * rows * columns, 3), np.uint32)
    count = _mesh(is_torn, blocks, triangles)
    return SurfaceCells(ranges, edges, triangles[:count], torn[:torns])


@njit(nogil=True, cache=True)
def _reduce(
    parallax: NDArray[np.float32],
    cell: int,
    tear_step: np.float32,
    tear_range: np.float32,
    ranges: NDArray[np.float32],
    edges: NDArray[np.float32],
    torn: NDArray[np.uint32],
) -> int:
    """Fill the arrays of SurfaceCells; how many cells are torn."""
    height, width = parallax.shape
    rows, columns = edges.shape
    low, high = np.empty(width, np.float32), np.empty(width, np.float32)
    across, down = np.empty(width, np.float32), np.empty(width, np.float32)
    torns = 0
    for row in range(rows):
        top = row * cell
        # Whole rows at once first, so that the compiler can take many columns in one step.
        _begin_rows(parallax[top], low, high, across, down)
        for y in range(top + 1, min(top + cell, height - 1) + 1):
            _add_row(parallax[y - 1], parallax[y], low, high, across, down)
        for column in range(columns):
            left, right = column * cell, min(column * cell + cell, width - 1)
            farthest, nearest, steepest = low[left], high[left], down[left]
            for x in range(left + 1, right + 1):
                farthest, nearest = min(farthest, low[x]), max(nearest, high[x])
                steepest = max(steepest, max(down[x], across[x - 1]))
            is_torn = steepest > tear_step or nearest - farthest > tear_range
            ranges[row, column, 0], ranges[row, column, 1] = farthest, nearest
            ranges[row, column, 2] = np.float32(1.0) if is_torn else np.float32(0.0)
            edges[row, column] = np.float32(0.5) * (farthest + nearest) if is_torn else NO_EDGE
            if is_torn:
                torn[torns] = row * columns + column
                torns += 1
    return torns


@njit(nogil=True, cache=True)
def _flat_blocks(
    parallax: NDArray[np.float32], cell: int, is_torn: NDArray[np.bool_], down: int, across: int
) -> NDArray[np.bool_]:
    """Which blocks of whole cells are so flat that their corners say all."""
    last_y, last_x = parallax.shape[0] - 1, parallax.shape[1] - 1
    flat = np.empty((down, across), np.bool_)
    for block_row in range(down):
        for block_column in range(across):
            top, left = block_row * _BLOCK, block_column * _BLOCK
            y0, y1 = top * cell, min((top + _BLOCK) * cell, last_y)
            x0, x1 = left * cell, min((left + _BLOCK) * cell, last_x)
            a, b, c, d = parallax[y0, x0], parallax[y0, x1], parallax[y1, x0], parallax[y1, x1]
            is_flat = not is_torn[top : top + _BLOCK, left : left + _BLOCK].any()
            for j in range(_BLOCK + 1):
                for i in range(_BLOCK + 1):
                    v, u = np.float32(j / _BLOCK), np.float32(i / _BLOCK)
                    here = parallax[min((top + j) * cell, last_y), min((left + i) * cell, last_x)]
                    even = (a * (1 - u) + b * u) * (1 - v) + (c * (1 - u) + d * u) * v
                    is_flat = is_flat and abs(here - even) <= _FLAT_PX
            flat[block_row, block_column] = is_flat
    return flat


@njit(nogil=True, cache=True)
def _mesh(is_torn: NDArray[np.bool_], flat: NDArray[np.bool_], triangles: NDArray[np.uint32]) -> int:
    """Fill in the triangles of all whole cells; how many there are."""
    rows, columns = is_torn.shape
    down, across = flat.shape
    stride = columns + 1
    count = 0
    for row in range(rows):
        for column in range(columns):
            block_row, block_column = row // _BLOCK, column // _BLOCK
            if block_row < down and block_column < across and flat[block_row, block_column]:
                if row % _BLOCK == 0 and column % _BLOCK == 0:
                    count = _fan(flat, block_row, block_column, stride, rows, triangles, count)
            elif not is_torn[row, column]:
                a = row * stride + column
                c = a + stride
                triangles[count, 0], triangles[count, 1], triangles[count, 2] = a, a + 1, c
                triangles[count + 1, 0], triangles[count + 1, 1], triangles[count + 1, 2] = a + 1, c + 1, c
                count += 2
    return count


@njit(nogil=True, cache=True)
def _fan(
    flat: NDArray[np.bool_],
    block_row: int,
    block_column: int,
    stride: int,
    rows: int,
    triangles: NDArray[np.uint32],
    count: int,
) -> int:
    """Triangles from the middle of a flat block to its sides; where a neighbour has corners in a side they are used."""
    down, across = flat.shape
    first = block_row * _BLOCK * stride + block_column * _BLOCK
    middle = first + (_BLOCK // 2) * (stride + 1)
    # Clockwise: where a side begins, the way along it, and the neighbour beyond it.
    begins = (first, first + _BLOCK, first + _BLOCK * (stride + 1), first + _BLOCK * stride)
    ways = (1, stride, -1, -stride)
    beside = ((-1, 0), (0, 1), (1, 0), (0, -1))
    for side in range(4):
        r, c = block_row + beside[side][0], block_column + beside[side][1]
        is_border = r < 0 or c < 0 or r * _BLOCK >= rows or c * _BLOCK >= stride - 1
        is_even = is_border or (r < down and c < across and flat[r, c])
        step = _BLOCK if is_even else 1
        for at in range(0, _BLOCK, step):
            triangles[count, 0] = middle
            triangles[count, 1] = begins[side] + at * ways[side]
            triangles[count, 2] = begins[side] + (at + step) * ways[side]
            count += 1
    return count


@njit(nogil=True, cache=True)
def _begin_rows(
    first: NDArray[np.float32],
    low: NDArray[np.float32],
    high: NDArray[np.float32],
    across: NDArray[np.float32],
    down: NDArray[np.float32],
) -> None:
    width = first.shape[0]
    for x in range(width):
        low[x] = high[x] = first[x]
        down[x] = across[x] = 0.0
    for x in range(width - 1):
        across[x] = abs(first[x + 1] - first[x])


@njit(nogil=True, cache=True)
def _add_row(
    above: NDArray[np.float32],
    row: NDArray[np.float32],
    low: NDArray[np.float32],
    high: NDArray[np.float32],
    across: NDArray[np.float32],
    down: NDArray[np.float32],
) -> None:
    width = row.shape[0]
    for x in range(width):
        value = row[x]
        low[x] = value if value < low[x] else low[x]
        high[x] = value if value > high[x] else high[x]
        step = abs(value - above[x])
        down[x] = step if step > down[x] else down[x]
    for x in range(width - 1):
        step = abs(row[x + 1] - row[x])
        across[x] = step if step > across[x] else across[x]


@njit(nogil=True, cache=True)
def behind_holes(parallax_px: NDArray[np.float32], hole: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Parallax in which painted holes lie as far away as the farther of their two edges.

    Args:
        parallax_px: (H, W) float32; inside holes it runs from one edge to the other.
        hole: (H, W) uint8, 1 = hole.

    Returns:
        A copy, changed in holes only.
    """
    out = parallax_px.copy()
    rows, columns = hole.shape
    for y in range(rows):
        x = 0
        while x < columns:
            if hole[y, x] == 0:
                x += 1
                continue
            start = x
            while x < columns and hole[y, x] != 0:
                x += 1
            edge = np.float32(np.inf)
            if start > 0:
                edge = parallax_px[y, start - 1]
            if x < columns:
                edge = min(edge, parallax_px[y, x])
            if edge < np.inf:
                out[y, start:x] = edge
    return out
