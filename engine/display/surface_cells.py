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
REACH = 27
"""Cells across the window in which an edge counts: what the shader's strides of 1, 3 and 9 reach."""


@dataclass(frozen=True, slots=True)
class SurfaceCells:
    """One eye's parallax map in cells, row by row."""

    ranges: Map
    """(rows, columns, 4): farthest and nearest parallax, 1 where torn, 0."""
    edges: Map
    """(rows, columns): the parallax between both sides of the farthest tear around a cell; NO_EDGE without one."""
    whole: NDArray[np.uint32]
    """(n, 6): for every whole cell the corners of its two triangles, counted over a grid of corners."""
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
    whole = np.empty((rows * columns, 6), np.uint32)
    torn = np.empty(rows * columns, np.uint32)
    count = _reduce(parallax_px, cell, np.float32(tear[0]), np.float32(tear[1]), ranges, edges, whole, torn)
    if count < rows * columns:
        edges = np.asarray(cv2.erode(edges, np.ones((REACH, REACH), np.uint8)), dtype=np.float32)
    return SurfaceCells(ranges, edges, whole[:count], torn[: rows * columns - count])


@njit(nogil=True, cache=True)
def _reduce(
    parallax: NDArray[np.float32],
    cell: int,
    tear_step: np.float32,
    tear_range: np.float32,
    ranges: NDArray[np.float32],
    edges: NDArray[np.float32],
    whole: NDArray[np.uint32],
    torn: NDArray[np.uint32],
) -> int:
    """Fill the arrays of SurfaceCells; how many cells are whole."""
    height, width = parallax.shape
    rows, columns = edges.shape
    low, high = np.empty(width, np.float32), np.empty(width, np.float32)
    across, down = np.empty(width, np.float32), np.empty(width, np.float32)
    wholes = torns = 0
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
            else:
                a = row * (columns + 1) + column
                c = a + columns + 1
                corners = (a, a + 1, c, a + 1, c + 1, c)
                for index in range(6):
                    whole[wholes, index] = corners[index]
                wholes += 1
    return wholes


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
