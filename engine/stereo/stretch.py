"""What needs no network: leftovers beside pixels that were just filled, and holes at the frame's border."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.stereo.hole_runs import LENT, OPEN, ROW, SIDE, START, STOP, HoleRuns, edge_of, is_whole_hole
from engine.stereo.tile_pixels import Planes

_ROWS_PER_SIGMA = 80
"""Colours beside the frame's border are blurred along it: a streak in every row is what one sees there."""
_EDGE_PX = 4
_SEAM_PX = 4
"""Within so many pixels the colour of the row's own edge fades into the blurred one."""


def fill_borders(planes: Planes, shift: tuple[int, int], is_gray: bool, holes: HoleRuns, state: NDArray[Any]) -> None:
    """Fill open runs at the left and right border of the frame with the colours beside them, blurred along the border.

    Args:
        planes: of the view, written in place.
        shift: (horizontal, vertical) log2 of the chroma subsampling.
        is_gray: leave the chroma planes alone.
        holes: of the view.
        state: pixels that are filled turn from OPEN to LENT.
    """
    width = planes[0].shape[1]
    for at_left in (True, False):
        touches = holes.runs[:, START] == 0 if at_left else holes.runs[:, STOP] == width
        runs = holes.runs[touches]
        if len(runs) == 0:
            continue
        for indices in ((0,),) if is_gray else ((0,), (1, 2)):
            across, down = shift if indices[0] else (0, 0)
            rows = planes[indices[0]].shape[0]
            beside = np.empty((len(indices), rows), np.float32)
            for index, line in zip(indices, beside, strict=True):
                _beside_border(planes[index], runs, across, down, at_left, state, line)
            sigma = rows / _ROWS_PER_SIGMA
            # As rows: OpenCV works on columns one sample at a time.
            blurred = cv2.GaussianBlur(beside, (2 * int(3 * sigma) + 1, 1), sigmaX=sigma)
            for index, line in zip(indices, blurred, strict=True):
                _paint_border(planes[index], runs, across, down, state, line)
        _lend(runs, state)


@njit(nogil=True, cache=True)
def lend_neighbours(
    planes: Planes, shift: tuple[int, int], is_gray: bool, runs: NDArray[Any], min_width: int, state: NDArray[Any]
) -> None:
    """Stretch what was filled into the open rest of its run, as background is stretched into a whole run.

    Open pixels turn to LENT where they are fewer than min_width columns or lie at the frame's border; the others stay
    open for a network, which is to see them like this.
    """
    for r in range(runs.shape[0]):
        run = runs[r]
        y, inward = run[ROW], -run[SIDE]
        x = edge_of(run) + inward
        end = run[START] - 1 if inward < 0 else run[STOP]
        at_border = run[START] == 0 or run[STOP] == state.shape[1]
        filled_before = False
        while x != end:
            if state[y, x] != OPEN:
                filled_before = True
                x += inward
                continue
            first = x
            while x != end and state[y, x] == OPEN:
                x += inward
            if not filled_before:
                continue
            narrow = at_border or abs(x - first) < min_width
            _stretch(planes, shift, is_gray, (y, first, x, inward), state)
            if narrow:
                for i in range(first, x, inward):
                    state[y, i] = LENT


@njit(nogil=True, cache=True)
def lend_single_rows(runs: NDArray[Any], state: NDArray[Any]) -> None:
    """Leave what is open in a single row as it is, though its run has neighbours: they were filled meanwhile.

    Such pixels turn from OPEN to LENT, but for those at the frame's border. It is the rule for runs (hole_runs), and
    saves a tile for the sake of a few pixels.
    """
    rows, columns = state.shape
    for r in range(runs.shape[0]):
        y, x, stop = runs[r, ROW], runs[r, START], runs[r, STOP]
        if x == 0 or stop == columns:
            continue
        while x < stop:
            first = x
            is_alone = True
            while x < stop and state[y, x] == OPEN:
                is_alone &= (y == 0 or state[y - 1, x] != OPEN) and (y + 1 == rows or state[y + 1, x] != OPEN)
                x += 1
            if is_alone:
                state[y, first:x] = LENT
            x = max(x, first + 1)


@njit(nogil=True, cache=True)
def _stretch(
    planes: Planes, shift: tuple[int, int], is_gray: bool, piece: tuple[int, int, int, int], state: NDArray[Any]
) -> None:
    """Repeat the pixel before `first` up to before `end`; the piece is (row, first, end, direction)."""
    y, first, end, inward = piece
    value = planes[0][y, first - inward]
    for x in range(first, end, inward):
        planes[0][y, x] = value
    if is_gray or (y >> shift[1]) << shift[1] != y:
        return
    cy = y >> shift[1]
    before = (first >> shift[0]) - inward
    for x in range(first, end, inward):
        cx = x >> shift[0]
        if is_whole_hole(state, cy, cx, shift):
            planes[1][cy, cx] = planes[1][cy, before]
            planes[2][cy, cx] = planes[2][cy, before]


@njit(nogil=True, cache=True)
def _beside_border(
    plane: NDArray[Any],
    runs: NDArray[Any],
    across: int,
    down: int,
    at_left: bool,
    state: NDArray[Any],
    beside: NDArray[np.float32],
) -> None:
    """The mean of a few known samples beside the border in every row, behind the hole where there is one."""
    rows, columns = plane.shape
    for y in range(rows):
        beside[y] = plane[y, 0 if at_left else columns - 1]
    for r in range(runs.shape[0]):
        y = runs[r, ROW] >> down
        edge = min(max(edge_of(runs[r]) >> across, 0), columns - 1)
        total, number = float(plane[y, edge]), 1
        for i in range(1, _EDGE_PX):
            x = edge + (i if at_left else -i)
            # A hole close by shows a painting in one frame and the stretch in another.
            if 0 <= x < columns and state[runs[r, ROW], min(x << across, state.shape[1] - 1)] == 0:
                total += plane[y, x]
                number += 1
        beside[y] = total / number


@njit(nogil=True, cache=True)
def _paint_border(
    plane: NDArray[Any], runs: NDArray[Any], across: int, down: int, state: NDArray[Any], blurred: NDArray[Any]
) -> None:
    for r in range(runs.shape[0]):
        run = runs[r]
        row, edge = run[ROW], edge_of(run)
        y = row >> down
        if y << down != row:
            continue
        own = float(plane[y, edge >> across])
        for x in range(run[START], run[STOP]):
            if state[row, x] == OPEN and is_whole_hole(state, y, x >> across, (across, down)):
                share = min(abs(x - edge) / (_SEAM_PX + 1.0), 1.0)
                plane[y, x >> across] = int(own + share * (blurred[y] - own) + 0.5)


@njit(nogil=True, cache=True)
def _lend(runs: NDArray[Any], state: NDArray[Any]) -> None:
    for r in range(runs.shape[0]):
        for x in range(runs[r, START], runs[r, STOP]):
            if state[runs[r, ROW], x] == OPEN:
                state[runs[r, ROW], x] = LENT


@njit(nogil=True, cache=True)
def count_states(runs: NDArray[Any], state: NDArray[Any], counts: NDArray[np.int64]) -> None:
    """Add how many pixels of the runs have each state; states from the length of `counts` on count as the last one."""
    for r in range(runs.shape[0]):
        for x in range(runs[r, START], runs[r, STOP]):
            counts[min(state[runs[r, ROW], x], counts.shape[0] - 1)] += 1
