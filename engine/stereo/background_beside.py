"""Compiled loops of the background memory: what is known of the background beside holes, whichever picture is searched.

`place` and `runs` are as in background_search.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.stereo.hole_runs import OPEN, ROW, SIDE, START, STOP, STRIP_PX, edge_of

CELL_PX = 4
"""Means of so many neighbours are compared: grain averages out."""
MOST_CELLS = 160
_SKIP_PX = 2
_CELLS_PER_RUN = (STRIP_PX - _SKIP_PX) // CELL_PX
_FAR_SHARE, _BORDER_GAP = 0.3, 0.06
"""What is that much of the way to the hole's near side is no background; at the frame's border, that much nearer."""

Beside = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]
"""(first, cells, limits): cells[first[g] : first[g + 1]] are (row, first column, sum of luma) of cells of known
background beside group g in the source, none if the group is not open; limits[g] are the relative disparity up to which
something belongs to its background, and the contrast of its cells."""


def look_beside(
    luma: NDArray[Any],
    place: tuple[NDArray[Any], NDArray[Any], float, float, float],
    runs: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    strips: NDArray[np.int32],
) -> Beside:
    """Look beside every group that is open; `luma` is that of the source now, `strips` are those of the runs."""
    groups = len(runs[1]) - 1
    first, limits = np.zeros(groups + 1, np.int32), np.zeros((groups, 2), np.float64)
    cells = np.empty((_CELLS_PER_RUN * len(runs[0]), 3), np.int32)
    _look(luma, place, runs, strips, first, cells, limits)
    return first, cells, limits


@njit(nogil=True, cache=True)
def source_shift(place: tuple[NDArray[Any], NDArray[Any], float, float, float], run: NDArray[Any]) -> float:
    """From a column of the view to the column of the source that its background is seen at."""
    return -place[2] * place[1][run[ROW], edge_of(run)]


@njit(nogil=True, cache=True)
def _look(
    luma: NDArray[Any],
    place: tuple[NDArray[Any], NDArray[Any], float, float, float],
    runs: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    strips: NDArray[np.int32],
    first: NDArray[np.int32],
    cells: NDArray[np.int32],
    limits: NDArray[np.float64],
) -> None:
    count = 0
    for g in range(runs[1].shape[0] - 1):
        first[g] = count
        if _is_any_open(runs, g):
            stop = count + _cells_beside(luma, place, runs, strips, g, cells[count : count + MOST_CELLS])
            limits[g, 0] = _far_limit(place, runs, g)
            limits[g, 1] = _contrast(cells[count:stop]) if stop > count else 0.0
            count = stop
    first[runs[1].shape[0] - 1] = count


@njit(nogil=True, cache=True)
def _is_any_open(runs: tuple[NDArray[Any], NDArray[Any], NDArray[Any]], g: int) -> bool:
    for r in range(runs[1][g], runs[1][g + 1]):
        run = runs[0][r]
        for x in range(run[START], run[STOP]):
            if runs[2][run[ROW], x] == OPEN:
                return True
    return False


@njit(nogil=True, cache=True)
def _far_limit(
    place: tuple[NDArray[Any], NDArray[Any], float, float, float],
    runs: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    g: int,
) -> float:
    """The relative disparity up to which something belongs to the background of the group."""
    total = 0.0
    width = place[0].shape[1]
    for r in range(runs[1][g], runs[1][g + 1]):
        run = runs[0][r]
        far = place[1][run[ROW], edge_of(run)] * place[3] + place[4]
        other = run[START] - 1 if run[SIDE] > 0 else run[STOP]
        if 0 <= other < width:
            near = place[1][run[ROW], other] * place[3] + place[4]
            total += far + _FAR_SHARE * (near - far)
        else:
            total += far + _BORDER_GAP
    return total / (runs[1][g + 1] - runs[1][g])


@njit(nogil=True, cache=True)
def _cells_beside(
    luma: NDArray[Any],
    place: tuple[NDArray[Any], NDArray[Any], float, float, float],
    runs: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    strips: NDArray[np.int32],
    g: int,
    cells: NDArray[np.int32],
) -> int:
    """Write as many cells as fit; how many."""
    count = 0
    for r in range(runs[1][g], runs[1][g + 1]):
        run = runs[0][r]
        edge = int(np.floor(edge_of(run) + source_shift(place, run) + 0.5))
        for first in range(_SKIP_PX, strips[r] - CELL_PX + 1, CELL_PX):
            x = edge + first if run[SIDE] > 0 else edge - first - CELL_PX + 1
            if x < 0 or x + CELL_PX > luma.shape[1] or count == cells.shape[0]:
                continue
            total = 0
            for i in range(CELL_PX):
                total += luma[run[ROW], x + i]
            cells[count, 0], cells[count, 1], cells[count, 2] = run[ROW], x, total
            count += 1
    return count


@njit(nogil=True, cache=True)
def _contrast(cells: NDArray[Any]) -> float:
    """Mean difference of the cells from their mean, per pixel."""
    mean, total = 0.0, 0.0
    for i in range(cells.shape[0]):
        mean += cells[i, 2]
    mean /= cells.shape[0]
    for i in range(cells.shape[0]):
        total += abs(cells[i, 2] - mean)
    return total / (cells.shape[0] * CELL_PX)
