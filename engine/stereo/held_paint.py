"""What was painted into the holes of one eye, kept for as long as the background around them stays what it is.

A painter that starts anew in every frame boils: grain around a hole, a hole that is a pixel wider, another hole in the
same tile, and the painting is another one. So what was painted is shown again wherever the known background beside the
hole looks as it did when it was painted. It is compared with that moment, not with the frame before: a slow change adds
up until it is seen, and then the hole is painted anew.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.frame import PixelFormat
from engine.stereo.hole_runs import HELD, LENT, OPEN, ROW, SIDE, START, STOP, HoleRuns, edge_of
from engine.stereo.tile_pixels import Planes

_STRIP_PX = 12
_CELL_PX = 4
"""Compared are means of so many neighbours: grain averages out, things that moved do not."""
_LEAST_PX = 8
_OF_GRAIN, _TOLERANCE, _MOST = 0.5, 0.4, 6.0
"""What the means of cells may differ by: a share of what single pixels differ by, which is what is left of grain (and
more where few cells leave it to chance), and code values of 8 bits. Where single pixels differ by more than _MOST it is
no grain."""
_FRAMES_KEPT = 4
"""A pixel that was no hole for longer is painted anew: what lies there has been seen meanwhile."""

_VOTES = 0.7
"""A plain background looks the same when it moves. Only if so much of all contrast beside holes is where it was, the
camera stands still and plain backgrounds are believed."""


class HeldPaint:
    """The memory of one eye for its own paintings. Sizes are fixed; another size needs another object."""

    def __init__(self, planes: Planes, pixel_format: PixelFormat) -> None:
        """Remember nothing yet.

        Args:
            planes: of a view, for their sizes and types.
            pixel_format: of the view.
        """
        self._kept: Planes = (np.empty_like(planes[0]), np.empty_like(planes[1]), np.empty_like(planes[2]))
        self._format = pixel_format
        # Frame number of the last painting; negative: of a known pixel beside a hole; 0: nothing is kept here.
        self._stamp = np.zeros(planes[0].shape, np.int32)
        self._now = 0

    def forget(self) -> None:
        """Begin a new shot."""
        if self._now:
            self._stamp.fill(0)
            self._now = 0

    def hold(self, planes: Planes, holes: HoleRuns, state: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Show again what was painted, where it still fits.

        Args:
            planes: of the view, written in place.
            holes: the runs of the view.
            state: (H, W): pixels that are filled turn from OPEN to HELD.

        Returns:
            (groups,) whether the background beside the group is what it was.
        """
        self._now += 1
        fits = np.zeros(len(holes.groups) - 1, np.bool_)
        if self._now == 1:
            return fits
        unit = 1 << (self._format.bits - 8)
        _compare(planes[0], holes.runs, holes.groups, holes.strips, self._kept[0], self._stamp, unit, fits)
        if fits.any():
            shift = self._format.chroma_shift
            runs, groups = holes.runs, holes.groups
            _show_luma(runs, groups, fits, self._kept[0], planes[0], self._stamp, self._now, state)
            if self._format.subsampling != "gray":
                _show_chroma(runs, groups, fits, self._kept, planes, shift, state)
        return fits

    def keep(self, planes: Planes, holes: HoleRuns, state: NDArray[np.uint8], fits: NDArray[np.bool_]) -> None:
        """Remember what was painted, and the background it was painted for. Arguments as of and from `hold`."""
        _keep_luma(planes[0], holes.runs, self._kept[0], self._stamp, self._now, state)
        if self._format.subsampling != "gray":
            _keep_chroma(planes, holes.runs, self._kept, self._format.chroma_shift, state)
        _keep_strips(planes[0], holes.runs, holes.groups, holes.strips, fits, self._kept[0], self._stamp, self._now)


@njit(nogil=True, cache=True)
def _compare(
    luma: NDArray[Any],
    runs: NDArray[Any],
    groups: NDArray[Any],
    strips: NDArray[Any],
    kept: NDArray[Any],
    stamp: NDArray[Any],
    unit: int,
    fits: NDArray[Any],
) -> None:
    """Judge each group by the mean difference of its strips from what is kept of them: of cells, and of pixels."""
    told, total = 0.0, 0.0
    for g in range(groups.shape[0] - 1):
        compared, cells, of_cells, of_pixels, contrast = 0, 0, 0.0, 0.0, 0.0
        known, is_same = 0, True
        for r in range(groups[g], groups[g + 1]):
            run = runs[r]
            y, side, edge = run[ROW], run[SIDE], edge_of(run)
            length = min(strips[r], _STRIP_PX)
            for i in range(length):
                if stamp[y, edge + side * i] != 0:
                    known += 1
                    is_same &= luma[y, edge + side * i] == kept[y, edge + side * i]
            # The first pixel is a mixture of both sides that changes with every breath of the depth.
            for first in range(1, length, _CELL_PX):
                cell = 0.0
                for i in range(first, min(first + _CELL_PX, length)):
                    x = edge + side * i
                    if stamp[y, x] != 0:
                        difference = float(luma[y, x]) - float(kept[y, x])
                        cell += difference
                        of_pixels += abs(difference)
                        contrast += abs(float(luma[y, x]) - float(luma[y, x - side]))
                        compared += 1
                of_cells += abs(cell)
                cells += 1
        limit = (_OF_GRAIN + 1.0 / np.sqrt(max(cells, 1))) * of_pixels + _TOLERANCE * unit * compared
        is_alike = compared >= _LEAST_PX and of_cells <= limit and of_pixels <= _MOST * unit * compared
        # What did not change at all needs no statistics: beside a small hole there may be too few pixels for them.
        fits[g] = is_alike or (known > 0 and is_same)
        total += contrast
        told += contrast if fits[g] else 0.0
    if told < _VOTES * total:
        fits[:] = False


@njit(nogil=True, cache=True)
def _show_luma(
    runs: NDArray[Any],
    groups: NDArray[Any],
    fits: NDArray[Any],
    kept: NDArray[Any],
    luma: NDArray[Any],
    stamp: NDArray[Any],
    now: int,
    state: NDArray[Any],
) -> None:
    for g in range(groups.shape[0] - 1):
        if not fits[g]:
            continue
        for r in range(groups[g], groups[g + 1]):
            y = runs[r, ROW]
            for x in range(runs[r, START], runs[r, STOP]):
                if stamp[y, x] > 0 and now - stamp[y, x] <= _FRAMES_KEPT:
                    luma[y, x] = kept[y, x]
                    stamp[y, x] = now
                    state[y, x] = HELD


@njit(nogil=True, cache=True)
def _show_chroma(
    runs: NDArray[Any],
    groups: NDArray[Any],
    fits: NDArray[Any],
    kept: Planes,
    planes: Planes,
    shift: tuple[int, int],
    state: NDArray[Any],
) -> None:
    """Chroma samples with held luma, unless some of their luma is no hole; what is painted anew overwrites them."""
    rows, columns = state.shape
    for g in range(groups.shape[0] - 1):
        if not fits[g]:
            continue
        for r in range(groups[g], groups[g + 1]):
            cy = runs[r, ROW] >> shift[1]
            for cx in range(runs[r, START] >> shift[0], ((runs[r, STOP] - 1) >> shift[0]) + 1):
                whole, any_held = True, False
                for y in range(cy << shift[1], min((cy + 1) << shift[1], rows)):
                    for x in range(cx << shift[0], min((cx + 1) << shift[0], columns)):
                        whole &= state[y, x] != 0
                        any_held |= state[y, x] == HELD
                if whole and any_held:
                    planes[1][cy, cx] = kept[1][cy, cx]
                    planes[2][cy, cx] = kept[2][cy, cx]


@njit(nogil=True, cache=True)
def _keep_luma(
    luma: NDArray[Any], runs: NDArray[Any], kept: NDArray[Any], stamp: NDArray[Any], now: int, state: NDArray[Any]
) -> None:
    for r in range(runs.shape[0]):
        y = runs[r, ROW]
        for x in range(runs[r, START], runs[r, STOP]):
            here = state[y, x]
            if here != OPEN and here != LENT and here != HELD:
                kept[y, x] = luma[y, x]
                stamp[y, x] = now


@njit(nogil=True, cache=True)
def _keep_chroma(planes: Planes, runs: NDArray[Any], kept: Planes, shift: tuple[int, int], state: NDArray[Any]) -> None:
    for r in range(runs.shape[0]):
        y = runs[r, ROW]
        cy = y >> shift[1]
        for x in range(runs[r, START], runs[r, STOP]):
            if state[y, x] != OPEN:
                cx = x >> shift[0]
                kept[1][cy, cx] = planes[1][cy, cx]
                kept[2][cy, cx] = planes[2][cy, cx]


@njit(nogil=True, cache=True)
def _keep_strips(
    luma: NDArray[Any],
    runs: NDArray[Any],
    groups: NDArray[Any],
    strips: NDArray[Any],
    fits: NDArray[Any],
    kept: NDArray[Any],
    stamp: NDArray[Any],
    now: int,
) -> None:
    """Known pixels beside a hole; where the painting is held only those that nothing is known of."""
    for g in range(groups.shape[0] - 1):
        for r in range(groups[g], groups[g + 1]):
            run = runs[r]
            y, side, edge = run[ROW], run[SIDE], edge_of(run)
            for i in range(min(strips[r], _STRIP_PX)):
                x = edge + side * i
                if not fits[g] or stamp[y, x] == 0:
                    kept[y, x] = luma[y, x]
                    stamp[y, x] = -now
