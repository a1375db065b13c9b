"""Compiled loops of the background memory: where in an earlier picture is the background beside these holes?

`place` is (hole, parallax_px, eye offset, scale, shift) of a view; scale and shift turn parallax into relative
disparity. `runs` is (runs, groups, state), see hole_runs. `found` is (groups, 6) float32: 1 where the background of the
group was found, its motion (x, y) from now to then, and how much brighter the three planes are now.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.stereo.hole_runs import OPEN, ROW, SIDE, START, STOP, edge_of, strip_length
from engine.stereo.tile_pixels import Planes

NEAR_PX = 4
"""Pixels of the source to one of `nearest`, each way."""

_CELL_PX = 4
"""Means of so many neighbours are compared: grain averages out."""
_SKIP_PX, _STRIP_PX = 2, 14
_LOOK_BEHIND_PX = (8, 48, 96)
_MOST_CELLS, _LEAST_CELLS = 160, 6
_FAR_SHARE, _BORDER_GAP = 0.3, 0.06
"""What is that much of the way to the hole's near side is no background; at the frame's border, that much nearer."""
_STILL = (1.0, 0.08)
_MOVED = (2.5, 0.35)
"""Difference that is allowed, in code values of 8 bits, and as a share of the contrast: in place, and moved."""
_MOST_CHANGE = 12.0
_CLIMB = 8
_BETTER = 0.8
"""Motion is believed only if it explains this much of the difference away."""


@njit(nogil=True, cache=True)
def shrink(luma: NDArray[Any], factor: int, surplus_bits: int, small: NDArray[np.uint8]) -> None:
    """Means of 16 samples out of every factor x factor pixels, as 8 bits."""
    for y in range(small.shape[0]):
        for x in range(small.shape[1]):
            total = 0
            for row in range(4):
                line = luma[factor * y + (2 * row + 1) * factor // 8]
                for column in range(4):
                    total += line[factor * x + (2 * column + 1) * factor // 8]
            small[y, x] = (total >> 4) >> surplus_bits


@njit(nogil=True, cache=True)
def pool_nearest(parallax_px: NDArray[Any], scale: float, shift: float, nearest: NDArray[np.float32]) -> None:
    """The largest relative disparity of every 4 x 4 pixels, taken from every second row."""
    rows, columns = parallax_px.shape
    for y in range(nearest.shape[0]):
        first = parallax_px[NEAR_PX * y]
        second = parallax_px[min(NEAR_PX * y + 2, rows - 1)]
        for x in range(nearest.shape[1]):
            most = first[NEAR_PX * x]
            for i in range(NEAR_PX * x, min(NEAR_PX * (x + 1), columns)):
                most = max(most, max(first[i], second[i]))
            nearest[y, x] = most * scale + shift


@njit(nogil=True, cache=True)
def find_background(
    planes: Planes,
    old: Planes,
    nearest: NDArray[Any],
    place: tuple[NDArray[Any], NDArray[Any], float, float, float],
    runs: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    flow: NDArray[Any],
    usual: tuple[int, int],
    look: tuple[tuple[int, int], bool, int, int],
    found: NDArray[np.float32],
) -> None:
    """Look for the known background of every group that is open in an earlier picture, and write `found`.

    Args:
        planes: of the source now.
        old: of the source then.
        nearest: of the source then, see pool_nearest.
        place: see the module.
        runs: see the module.
        flow: (h, w, 2) float32, motion of a small copy from now to then; empty where the camera stood still.
        usual: the motion (x, y) of most of the source, in whole pixels.
        look: (chroma shift, whether gray, one code value of 8 bits, pixels to one of the small copy).
        found: all zeros; written for groups that are found.
    """
    shift, is_gray, unit, small_px = look
    cells = np.empty((_MOST_CELLS, 3), np.int32)
    guesses = np.empty((len(_LOOK_BEHIND_PX) + 3, 2), np.int32)
    last = usual
    for g in range(runs[1].shape[0] - 1):
        far = far_limit(place, runs, g)
        number = _guess(flow, usual, last, place, runs, g, small_px, guesses)
        if not _is_visible(nearest, place, runs, g, far, guesses[:number]):
            continue
        count = _cells_beside(planes[0], place, runs, g, cells)
        if count < _LEAST_CELLS:
            continue
        beside = cells[:count]
        contrast = _contrast(beside)
        error, change = _difference(old[0], nearest, far, beside, 0, 0)
        allowed, share = _STILL if flow.size == 0 else _MOVED
        motion = (np.float32(0.0), np.float32(0.0))
        if flow.size != 0:
            motion, error, change = _moved(old[0], nearest, far, beside, guesses[:number], error, change)
        if error > allowed * unit + share * contrast or abs(change) > _MOST_CHANGE * unit:
            continue
        found[g, 0], found[g, 1], found[g, 2], found[g, 3] = 1.0, motion[0], motion[1], change
        last = (int(np.floor(motion[0] + 0.5)), int(np.floor(motion[1] + 0.5)))
        if not is_gray:
            for plane in (1, 2):
                found[g, 3 + plane] = _chroma_change(planes[plane], old[plane], shift, beside, motion)


@njit(nogil=True, cache=True)
def source_shift(place: tuple[NDArray[Any], NDArray[Any], float, float, float], run: NDArray[Any]) -> float:
    """From a column of the view to the column of the source that its background is seen at."""
    return -place[2] * place[1][run[ROW], edge_of(run)]


@njit(nogil=True, cache=True)
def far_limit(
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
def _guess(
    flow: NDArray[Any],
    usual: tuple[int, int],
    last: tuple[int, int],
    place: tuple[NDArray[Any], NDArray[Any], float, float, float],
    runs: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    g: int,
    small_px: int,
    guesses: NDArray[np.int32],
) -> int:
    """Write motions (x, y) that the group's background may have had, in whole pixels; how many. Without flow: one, 0.

    Flow beside an edge is often that of what is in front, so it is asked farther away as well.
    """
    guesses[0] = 0
    if flow.size == 0:
        return 1
    guesses[1, 0], guesses[1, 1] = usual
    guesses[2, 0], guesses[2, 1] = last
    run = runs[0][(runs[1][g] + runs[1][g + 1]) // 2]
    edge = int(edge_of(run) + source_shift(place, run))
    y = min(run[ROW] // small_px, flow.shape[0] - 1)
    for i in range(len(_LOOK_BEHIND_PX)):
        x = min(max(edge + run[SIDE] * _LOOK_BEHIND_PX[i], 0) // small_px, flow.shape[1] - 1)
        guesses[3 + i, 0] = int(np.floor(flow[y, x, 0] * small_px + 0.5))
        guesses[3 + i, 1] = int(np.floor(flow[y, x, 1] * small_px + 0.5))
    return 3 + len(_LOOK_BEHIND_PX)


@njit(nogil=True, cache=True)
def _is_visible(
    nearest: NDArray[Any],
    place: tuple[NDArray[Any], NDArray[Any], float, float, float],
    runs: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    g: int,
    far: float,
    guesses: NDArray[np.int32],
) -> bool:
    """Whether anything that is open was background then, if it moved by one of the guesses or a little otherwise."""
    rows, columns = runs[2].shape
    for r in range(runs[1][g], runs[1][g + 1]):
        run = runs[0][r]
        shift = int(np.floor(source_shift(place, run) + 0.5))
        for i in range(guesses.shape[0]):
            y = run[ROW] + guesses[i, 1]
            if y < 0 or y >= rows:
                continue
            for j in range(run[START], run[STOP], 2):
                if runs[2][run[ROW], j] != OPEN:
                    continue
                for x in (j + shift + guesses[i, 0] - 2, j + shift + guesses[i, 0] + 2):
                    if 0 <= x < columns and nearest[y // NEAR_PX, x // NEAR_PX] <= far:
                        return True
    return False


@njit(nogil=True, cache=True)
def _cells_beside(
    luma: NDArray[Any],
    place: tuple[NDArray[Any], NDArray[Any], float, float, float],
    runs: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    g: int,
    cells: NDArray[np.int32],
) -> int:
    """Write (row, first column, sum of luma) of cells of known background in the source; how many."""
    count = 0
    for r in range(runs[1][g], runs[1][g + 1]):
        run = runs[0][r]
        length = strip_length(place[0], place[1], run, _STRIP_PX)
        edge = int(np.floor(edge_of(run) + source_shift(place, run) + 0.5))
        for first in range(_SKIP_PX, length - _CELL_PX + 1, _CELL_PX):
            x = edge + first if run[SIDE] > 0 else edge - first - _CELL_PX + 1
            if x < 0 or x + _CELL_PX > luma.shape[1] or count == cells.shape[0]:
                continue
            total = 0
            for i in range(_CELL_PX):
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
    return total / (cells.shape[0] * _CELL_PX)


@njit(nogil=True, cache=True)
def _difference(
    old: NDArray[Any], nearest: NDArray[Any], far: float, cells: NDArray[Any], mx: int, my: int
) -> tuple[float, float]:
    """(mean difference but for brightness, how much brighter it is now), per pixel; huge where too little is seen."""
    values = np.empty(_MOST_CELLS, np.float32)
    count, mean = 0, 0.0
    for i in range(cells.shape[0]):
        y, x = cells[i, 0] + my, cells[i, 1] + mx
        if y < 0 or y >= old.shape[0] or x < 0 or x + _CELL_PX > old.shape[1]:
            continue
        if nearest[y // NEAR_PX, x // NEAR_PX] > far or nearest[y // NEAR_PX, (x + _CELL_PX - 1) // NEAR_PX] > far:
            continue
        total = 0
        for j in range(_CELL_PX):
            total += old[y, x + j]
        values[count] = cells[i, 2] - total
        mean += values[count]
        count += 1
    if count < _LEAST_CELLS or 2 * count < cells.shape[0]:
        return 1e9, 0.0
    mean /= count
    total_error = 0.0
    for i in range(count):
        total_error += abs(values[i] - mean)
    return total_error / (count * _CELL_PX), mean / _CELL_PX


@njit(nogil=True, cache=True)
def _moved(
    old: NDArray[Any],
    nearest: NDArray[Any],
    far: float,
    cells: NDArray[Any],
    guesses: NDArray[np.int32],
    still_error: float,
    still_change: float,
) -> tuple[tuple[Any, Any], float, float]:
    """(motion, difference, change): staying, or from the best guess to the best match near by."""
    mx, my, error, change = 0, 0, still_error, still_change
    for i in range(1, guesses.shape[0]):
        seen_before = False
        for j in range(i):
            seen_before |= guesses[i, 0] == guesses[j, 0] and guesses[i, 1] == guesses[j, 1]
        if seen_before:
            continue
        there, other = _difference(old, nearest, far, cells, guesses[i, 0], guesses[i, 1])
        if there < error:
            mx, my, error, change = guesses[i, 0], guesses[i, 1], there, other
    for _ in range(_CLIMB):
        best = (0, 0)
        for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            there, other = _difference(old, nearest, far, cells, mx + dx, my + dy)
            if there < error:
                error, change, best = there, other, (dx, dy)
        if best == (0, 0):
            break
        mx, my = mx + best[0], my + best[1]
    if error >= _BETTER * still_error:
        return (np.float32(0.0), np.float32(0.0)), still_error, still_change
    left, _ = _difference(old, nearest, far, cells, mx - 1, my)
    right, _ = _difference(old, nearest, far, cells, mx + 1, my)
    above, _ = _difference(old, nearest, far, cells, mx, my - 1)
    below, _ = _difference(old, nearest, far, cells, mx, my + 1)
    return (mx + _between(left, error, right), my + _between(above, error, below)), error, change


@njit(nogil=True, cache=True)
def _between(before: float, here: float, after: float) -> Any:
    """Where between its neighbours the least of three differences lies, -0.5 to 0.5."""
    bend = before - 2 * here + after
    if bend <= 0 or before > 1e8 or after > 1e8:
        return np.float32(0.0)
    return np.float32(min(max(0.5 * (before - after) / bend, -0.5), 0.5))


@njit(nogil=True, cache=True)
def _chroma_change(
    plane: NDArray[Any], old: NDArray[Any], shift: tuple[int, int], cells: NDArray[Any], motion: tuple[Any, Any]
) -> float:
    """How much larger the samples beside the hole are now."""
    total, count = 0.0, 0
    mx, my = int(np.floor(motion[0] + 0.5)), int(np.floor(motion[1] + 0.5))
    for i in range(cells.shape[0]):
        y, x = (cells[i, 0] + my) >> shift[1], (cells[i, 1] + mx) >> shift[0]
        if 0 <= y < old.shape[0] and 0 <= x < old.shape[1]:
            total += float(plane[cells[i, 0] >> shift[1], cells[i, 1] >> shift[0]]) - float(old[y, x])
            count += 1
    return total / count if count else 0.0
