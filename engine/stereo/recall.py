"""Compiled loops of the background memory: what holes hide, copied from an earlier picture.

Arguments are as in background_search; `limits` are those of background_beside.
"""

from __future__ import annotations

from typing import Any

from numba import njit
from numpy.typing import NDArray

from engine.stereo.background_beside import source_shift
from engine.stereo.background_search import NEAR_PX
from engine.stereo.hole_runs import OPEN, ROW, START, STOP
from engine.stereo.tile_pixels import Planes


@njit(nogil=True, cache=True)
def copy_recalled_luma(
    old: Planes,
    nearest: NDArray[Any],
    place: tuple[NDArray[Any], NDArray[Any], float, float, float],
    runs: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    limits: NDArray[Any],
    found: NDArray[Any],
    luma: NDArray[Any],
    code: int,
    top: int,
) -> int:
    """Fill open pixels whose background was visible then; how many. Their state becomes `code`."""
    filled = 0
    state = runs[2]
    last_row, last_column = old[0].shape[0] - 1, old[0].shape[1] - 1
    for g in range(runs[1].shape[0] - 1):
        if found[g, 0] == 0.0:
            continue
        far = limits[g, 0]
        for r in range(runs[1][g], runs[1][g + 1]):
            run = runs[0][r]
            shift = source_shift(place, run) + found[g, 1]
            y = run[ROW] + found[g, 2]
            if y < 0 or y > last_row:
                continue
            near_row = int(y + 0.5) // NEAR_PX
            for j in range(run[START], run[STOP]):
                x = j + shift
                if state[run[ROW], j] != OPEN or x < 0 or x > last_column:
                    continue
                if nearest[near_row, int(x + 0.5) // NEAR_PX] <= far:
                    luma[run[ROW], j] = _rounded(_sample(old[0], y, x) + found[g, 3], top)
                    state[run[ROW], j] = code
                    filled += 1
    return filled


@njit(nogil=True, cache=True)
def copy_recalled_chroma(
    old: Planes,
    place: tuple[NDArray[Any], NDArray[Any], float, float, float],
    runs: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    found: NDArray[Any],
    planes: Planes,
    shift: tuple[int, int],
    code: int,
    top: int,
) -> None:
    """Chroma samples all of whose luma was filled with this code, from where the luma came from."""
    state = runs[2]
    rows, columns = state.shape
    step_x, step_y = 1 << shift[0], 1 << shift[1]
    for g in range(runs[1].shape[0] - 1):
        if found[g, 0] == 0.0:
            continue
        for r in range(runs[1][g], runs[1][g + 1]):
            run = runs[0][r]
            cy = run[ROW] >> shift[1]
            if cy << shift[1] != run[ROW]:
                continue
            along = (source_shift(place, run) + found[g, 1]) / step_x
            for cx in range(run[START] >> shift[0], ((run[STOP] - 1) >> shift[0]) + 1):
                whole = True
                for y in range(cy * step_y, min((cy + 1) * step_y, rows)):
                    for x in range(cx * step_x, min((cx + 1) * step_x, columns)):
                        whole &= state[y, x] == code
                if whole:
                    for plane in (1, 2):
                        value = _sample(old[plane], cy + found[g, 2] / step_y, cx + along)
                        planes[plane][cy, cx] = _rounded(value + found[g, 3 + plane], top)


@njit(nogil=True, cache=True)
def _sample(plane: NDArray[Any], y: float, x: float) -> float:
    """Linear between four samples; outside the plane its rim."""
    rows, columns = plane.shape
    y, x = min(max(y, 0.0), rows - 1.0), min(max(x, 0.0), columns - 1.0)
    top, left = int(y), int(x)
    below, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
    down, along = y - top, x - left
    upper = plane[top, left] * (1.0 - along) + plane[top, right] * along
    lower = plane[below, left] * (1.0 - along) + plane[below, right] * along
    return upper * (1.0 - down) + lower * down


@njit(nogil=True, cache=True)
def _rounded(value: float, top: int) -> int:
    return int(min(max(value + 0.5, 0.0), float(top)))
