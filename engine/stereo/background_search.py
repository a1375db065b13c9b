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

from engine.stereo.background_beside import CELL_PX, MOST_CELLS, Beside, source_shift
from engine.stereo.hole_runs import OPEN, ROW, SIDE, START, STOP, edge_of
from engine.stereo.tile_pixels import Planes

NEAR_PX = 4
"""Pixels of the source to one of `nearest`, each way."""

_LOOK_BEHIND_PX = (8, 48, 96)
_LEAST_CELLS = 6
_STILL = (1.0, 0.08)
_MOVED = (2.5, 0.35)
"""Difference that is allowed, in code values of 8 bits, and as a share of the contrast: in place, and moved."""
_MOST_CHANGE = 12.0
_CLIMB = 8
_MOST_TRIES = len(_LOOK_BEHIND_PX) + 3 + 4 * (_CLIMB + 1)
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
    whole = columns // NEAR_PX
    for y in range(nearest.shape[0]):
        first = parallax_px[NEAR_PX * y]
        second = parallax_px[min(NEAR_PX * y + 2, rows - 1)]
        # Always four: a loop that may end earlier takes five times as long (0.46 instead of 0.09 ms at 1080p).
        for x in range(whole):
            most = first[NEAR_PX * x]
            for i in range(NEAR_PX):
                most = max(most, max(first[NEAR_PX * x + i], second[NEAR_PX * x + i]))
            nearest[y, x] = most * scale + shift
        for x in range(whole, nearest.shape[1]):
            most = first[NEAR_PX * x]
            for i in range(NEAR_PX * x, columns):
                most = max(most, max(first[i], second[i]))
            nearest[y, x] = most * scale + shift


@njit(nogil=True, cache=True)
def find_background(
    planes: Planes,
    old: Planes,
    nearest: NDArray[Any],
    place: tuple[NDArray[Any], NDArray[Any], float, float, float],
    runs: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    beside: Beside,
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
        beside: of these runs, from look_beside.
        flow: (h, w, 2) float32, motion of a small copy from now to then; empty where the camera stood still.
        usual: the motion (x, y) of most of the source, in whole pixels.
        look: (chroma shift, whether gray, one code value of 8 bits, pixels to one of the small copy).
        found: all zeros; written for groups that are found.
    """
    shift, is_gray, unit, small_px = look
    first, all_cells, limits = beside
    guesses = np.empty((len(_LOOK_BEHIND_PX) + 3, 2), np.int32)
    tries, values = np.empty((_MOST_TRIES, 4), np.float64), np.empty(MOST_CELLS, np.int32)
    last = usual
    for g in range(runs[1].shape[0] - 1):
        cells, far = all_cells[first[g] : first[g + 1]], limits[g, 0]
        if cells.shape[0] < _LEAST_CELLS:
            continue
        number = _guess(flow, usual, last, place, runs, g, small_px, guesses)
        if not _is_visible(nearest, place, runs, g, far, guesses[:number]):
            continue
        error, change = _difference(old[0], nearest, far, cells, 0, 0, values)
        allowed, share = _STILL if flow.size == 0 else _MOVED
        motion = (np.float32(0.0), np.float32(0.0))
        if flow.size != 0:
            tries[0, 0], tries[0, 1], tries[0, 2], tries[0, 3] = 0.0, 0.0, error, change
            motion, error, change = _moved(old[0], nearest, far, cells, guesses[:number], tries, values)
        if error > allowed * unit + share * limits[g, 1] or abs(change) > _MOST_CHANGE * unit:
            continue
        found[g, 0], found[g, 1], found[g, 2], found[g, 3] = 1.0, motion[0], motion[1], change
        last = (int(np.floor(motion[0] + 0.5)), int(np.floor(motion[1] + 0.5)))
        if not is_gray:
            for plane in (1, 2):
                found[g, 3 + plane] = _chroma_change(planes[plane], old[plane], shift, cells, motion)


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
    """Write motions (x, y) that the group's background may have had, in whole pixels, each once; how many.

    Without flow: one, 0.

    Flow beside an edge is often that of what is in front, so it is asked farther away as well.
    """
    guesses[0] = 0
    if flow.size == 0:
        return 1
    number = _with_guess(guesses, 1, usual)
    number = _with_guess(guesses, number, last)
    run = runs[0][(runs[1][g] + runs[1][g + 1]) // 2]
    edge = int(edge_of(run) + source_shift(place, run))
    y = min(run[ROW] // small_px, flow.shape[0] - 1)
    for i in range(len(_LOOK_BEHIND_PX)):
        x = min(max(edge + run[SIDE] * _LOOK_BEHIND_PX[i], 0) // small_px, flow.shape[1] - 1)
        across, down = np.floor(flow[y, x, 0] * small_px + 0.5), np.floor(flow[y, x, 1] * small_px + 0.5)
        number = _with_guess(guesses, number, (int(across), int(down)))
    return number


@njit(nogil=True, cache=True)
def _with_guess(guesses: NDArray[np.int32], number: int, guess: tuple[int, int]) -> int:
    """How many guesses there are, with this one."""
    for i in range(number):
        if guesses[i, 0] == guess[0] and guesses[i, 1] == guess[1]:
            return number
    guesses[number, 0], guesses[number, 1] = guess
    return number + 1


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
        for j in range(run[START], run[STOP], 2):
            if runs[2][run[ROW], j] != OPEN:
                continue
            for i in range(guesses.shape[0]):
                y = run[ROW] + guesses[i, 1]
                if y < 0 or y >= rows:
                    continue
                for x in (j + shift + guesses[i, 0] - 2, j + shift + guesses[i, 0] + 2):
                    if 0 <= x < columns and nearest[y // NEAR_PX, x // NEAR_PX] <= far:
                        return True
    return False


# A call hands over every field of every array, which takes as long as a third of the work.
@njit(nogil=True, cache=True, inline="always")
def _difference(
    old: NDArray[Any], nearest: NDArray[Any], far: float, cells: NDArray[Any], mx: int, my: int, values: NDArray[Any]
) -> tuple[float, float]:
    """(mean difference but for brightness, how much brighter it is now), per pixel; huge where too little is seen."""
    count, surplus = 0, 0
    for i in range(cells.shape[0]):
        y, x = cells[i, 0] + my, cells[i, 1] + mx
        if y < 0 or y >= old.shape[0] or x < 0 or x + CELL_PX > old.shape[1]:
            continue
        if nearest[y // NEAR_PX, x // NEAR_PX] > far or nearest[y // NEAR_PX, (x + CELL_PX - 1) // NEAR_PX] > far:
            continue
        total = 0
        for j in range(CELL_PX):
            total += old[y, x + j]
        values[count] = cells[i, 2] - total
        surplus += values[count]
        count += 1
    if count < _LEAST_CELLS or 2 * count < cells.shape[0]:
        return 1e9, 0.0
    mean = surplus / count
    total_error = 0.0
    for i in range(count):
        total_error += abs(values[i] - mean)
    return total_error / (count * CELL_PX), mean / CELL_PX


@njit(nogil=True, cache=True)
def _moved(
    old: NDArray[Any],
    nearest: NDArray[Any],
    far: float,
    cells: NDArray[Any],
    guesses: NDArray[np.int32],
    tries: NDArray[np.float64],
    values: NDArray[Any],
) -> tuple[tuple[Any, Any], float, float]:
    """(motion, difference, change): staying, or from the best guess to the best match near by.

    `tries` are (motion x, motion y, difference, change); the first is staying, the others are written.
    """
    best, number = 0, 1
    for i in range(1, guesses.shape[0]):
        found, number = _tried(old, nearest, far, cells, (guesses[i, 0], guesses[i, 1]), tries, number, values)
        if tries[found, 2] < tries[best, 2]:
            best = found
    for _ in range(_CLIMB):
        centre = (int(tries[best, 0]), int(tries[best, 1]))
        before = best
        for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            there = (centre[0] + dx, centre[1] + dy)
            found, number = _tried(old, nearest, far, cells, there, tries, number, values)
            if tries[found, 2] < tries[best, 2]:
                best = found
        if best == before:
            break
    error, change = tries[best, 2], tries[best, 3]
    if error >= _BETTER * tries[0, 2]:
        return (np.float32(0.0), np.float32(0.0)), tries[0, 2], tries[0, 3]
    mx, my = int(tries[best, 0]), int(tries[best, 1])
    left, number = _tried(old, nearest, far, cells, (mx - 1, my), tries, number, values)
    right, number = _tried(old, nearest, far, cells, (mx + 1, my), tries, number, values)
    above, number = _tried(old, nearest, far, cells, (mx, my - 1), tries, number, values)
    below, number = _tried(old, nearest, far, cells, (mx, my + 1), tries, number, values)
    across = _between(tries[left, 2], error, tries[right, 2])
    return (mx + across, my + _between(tries[above, 2], error, tries[below, 2])), error, change


@njit(nogil=True, cache=True)
def _tried(
    old: NDArray[Any],
    nearest: NDArray[Any],
    far: float,
    cells: NDArray[Any],
    motion: tuple[int, int],
    tries: NDArray[np.float64],
    number: int,
    values: NDArray[Any],
) -> tuple[int, int]:
    """(which of the tries this motion is, how many there are now): nothing is compared twice."""
    for i in range(number):
        if tries[i, 0] == motion[0] and tries[i, 1] == motion[1]:
            return i, number
    tries[number, 0], tries[number, 1] = motion
    tries[number, 2], tries[number, 3] = _difference(old, nearest, far, cells, motion[0], motion[1], values)
    return number, number + 1


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
