"""Holes as runs of pixels in rows, and the known background beside them.

Runs come in groups: neighbours whose background begins in the same small block of the view. What is decided by
looking at the background (is it the same as before? where was it earlier?) is decided for a group as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

ROW, START, STOP, SIDE = 0, 1, 2, 3
"""Columns of the array of runs. SIDE is 1 where the background lies to the right (from STOP on), -1 to the left."""

OPEN, HELD, LENT, PAINTED, RECALLED = 1, 2, 3, 4, 8
"""States of hole pixels: nobody filled it yet; as it was painted before; as its neighbour; by the network; from
memory (RECALLED + number of the picture). 0 is no pixel of a run."""

STRIP_PX = 14
"""Nobody looks farther away from a hole."""

_BLOCK_ROWS, _BLOCK_COLUMNS = 16, 32
_WORD, _SEGMENT = 8, 16
"""Pixels in a word, and words looked at together: most of a row is no hole."""
_LEAST_CAPACITY, _RUNS_PER_ROW = 1024, 4
_SAME_SURFACE_PX = 2.0
"""Known neighbours whose parallax differs by more are another surface."""


@dataclass(frozen=True, slots=True)
class HoleRuns:
    """The runs of one view that are worth filling."""

    runs: NDArray[np.int32]
    """(n, 4): ROW, START, STOP, SIDE; members of a group follow each other."""
    groups: NDArray[np.int32]
    """(g + 1,): group i is runs[groups[i] : groups[i + 1]]."""
    strips: NDArray[np.int32]
    """(n,): how many known pixels of one surface lie beside each run on its background side, STRIP_PX at most."""

    def __len__(self) -> int:
        """How many runs."""
        return len(self.runs)


def find_runs(hole: NDArray[Any], parallax_px: NDArray[Any], *, min_width: int) -> HoleRuns:
    """Find the runs of a view.

    Args:
        hole: (H, W) uint8, 1 = hole.
        parallax_px: (H, W) float32 as warped.
        min_width: runs of fewer columns between two surfaces are left out, but for those that touch a wider one above
            or below; so are those without a hole above or below them (with 1, none is). Those at the frame's left and
            right border are all in; a row without any known pixel is not.
    """
    capacity = max(_LEAST_CAPACITY, _RUNS_PER_ROW * hole.shape[0])
    words = _in_words(hole)
    while True:
        runs = np.empty((capacity, 4), np.int32)
        found = _scan(hole, words, parallax_px, min_width, runs)
        if found <= capacity:
            break
        capacity = 2 * found
    runs = runs[:found]
    blocks = np.full((-(-hole.shape[0] // _BLOCK_ROWS), -(-hole.shape[1] // _BLOCK_COLUMNS)), -1, np.int32)
    group_of = np.empty(found, np.int32)
    count = _assign(runs, blocks, group_of)
    order = np.argsort(group_of, kind="stable")
    groups = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(group_of, minlength=count), out=groups[1:])
    runs = runs[order]
    strips = np.empty(found, np.int32)
    _measure_strips(hole, parallax_px, runs, strips)
    return HoleRuns(runs, groups, strips)


def _in_words(hole: NDArray[Any]) -> NDArray[np.uint64]:
    """(H, ceil(W / 8)): eight pixels at a time."""
    rows, columns = hole.shape
    if not hole.flags.c_contiguous or columns % _WORD:
        whole = np.zeros((rows, -(-columns // _WORD) * _WORD), np.uint8)
        whole[:, :columns] = hole
        hole = whole
    return hole.view(np.uint64)


@njit(nogil=True, cache=True)
def edge_of(run: NDArray[Any]) -> int:
    """The column of the first known background pixel beside a run."""
    return run[STOP] if run[SIDE] > 0 else run[START] - 1


@njit(nogil=True, cache=True)
def is_whole_hole(state: NDArray[Any], cy: int, cx: int, shift: tuple[int, int]) -> bool:
    """Whether every pixel that a chroma sample serves belongs to a run."""
    rows, columns = state.shape
    for y in range(cy << shift[1], min((cy + 1) << shift[1], rows)):
        for x in range(cx << shift[0], min((cx + 1) << shift[0], columns)):
            if state[y, x] == 0:
                return False
    return True


@njit(nogil=True, cache=True)
def set_state(runs: NDArray[Any], state: NDArray[Any], value: int) -> None:
    """Set the state of every pixel of the runs."""
    for r in range(runs.shape[0]):
        state[runs[r, ROW], runs[r, START] : runs[r, STOP]] = value


@njit(nogil=True, cache=True)
def _is_empty(words: NDArray[np.uint64]) -> bool:
    total = np.uint64(0)
    for i in range(words.shape[0]):
        total |= words[i]
    return total == np.uint64(0)


@njit(nogil=True, cache=True)
def _scan(
    hole: NDArray[Any], words: NDArray[np.uint64], parallax_px: NDArray[Any], min_width: int, runs: NDArray[np.int32]
) -> int:
    """Write as many runs as fit, in reading order; how many there are."""
    rows, columns = hole.shape
    found = 0
    for y in range(rows):
        line = hole[y]
        x = 0
        for first in range(0, words.shape[1], _SEGMENT):
            last = min(first + _SEGMENT, words.shape[1])
            if _is_empty(words[y, first:last]):
                continue
            # A run may reach beyond its segment.
            x = max(x, _WORD * first)
            stop = min(_WORD * last, columns)
            while x < stop:
                if line[x] == 0:
                    x += _WORD if x % _WORD == 0 and words[y, x // _WORD] == 0 else 1
                    continue
                start = x
                while x < columns and line[x] != 0:
                    x += 1
                inner = start > 0 and x < columns
                if x - start == columns or (inner and _is_sliver(hole, y, start, x, min_width)):
                    continue
                if found < runs.shape[0]:
                    # The same choice as the background fill of forward_splat.
                    to_left = x == columns or (inner and parallax_px[y, start - 1] <= parallax_px[y, x])
                    runs[found, ROW], runs[found, START], runs[found, STOP] = y, start, x
                    runs[found, SIDE] = -1 if to_left else 1
                found += 1
    return found


@njit(nogil=True, cache=True)
def _measure_strips(
    hole: NDArray[Any], parallax_px: NDArray[Any], runs: NDArray[np.int32], strips: NDArray[np.int32]
) -> None:
    for r in range(runs.shape[0]):
        y, x, side = runs[r, ROW], edge_of(runs[r]), runs[r, SIDE]
        length = 0
        before = parallax_px[y, x]
        while length < STRIP_PX and 0 <= x < hole.shape[1] and hole[y, x] == 0:
            if abs(parallax_px[y, x] - before) > _SAME_SURFACE_PX:
                break
            before = parallax_px[y, x]
            length += 1
            x += side
        strips[r] = length


@njit(nogil=True, cache=True)
def _is_sliver(hole: NDArray[Any], y: int, start: int, stop: int, min_width: int) -> bool:
    """Whether a run is narrow and so is what touches it above and below, or has no hole above or below it."""
    if min_width <= 1:
        return False
    # A single row is the rim of something nearly level: only that row itself knows how the surfaces mix in it.
    beside = 0
    for row in (y - 1, y + 1):
        if 0 <= row < hole.shape[0]:
            beside = max(beside, _widest_run(hole[row], start, stop))
    return beside == 0 or max(beside, stop - start) < min_width


@njit(nogil=True, cache=True)
def _widest_run(line: NDArray[Any], start: int, stop: int) -> int:
    """Columns of the widest run of a row that reaches into the columns from start to stop; 0 where there is none."""
    widest = 0
    x = start
    while x < stop:
        if line[x] == 0:
            x += 1
            continue
        first = x
        while first > 0 and line[first - 1] != 0:
            first -= 1
        while x < line.shape[0] and line[x] != 0:
            x += 1
        widest = max(widest, x - first)
    return widest


@njit(nogil=True, cache=True)
def _assign(runs: NDArray[np.int32], blocks: NDArray[np.int32], group_of: NDArray[np.int32]) -> int:
    """Number the groups in the order in which they first appear; how many there are."""
    count = 0
    for r in range(runs.shape[0]):
        row, column = runs[r, ROW] // _BLOCK_ROWS, edge_of(runs[r]) // _BLOCK_COLUMNS
        if blocks[row, column] < 0:
            blocks[row, column] = count
            count += 1
        group_of[r] = blocks[row, column]
    return count
