"""Compiled loops over the holes of a drawn row: where they are, late chroma, and the fills."""

from __future__ import annotations

import numpy as np

from kernels._jit import compiled
from kernels._vector import ALL_LANES, LANES, equal_codes, lowest_bit
from kernels.forward_splat.layout import FULL_WIDTH, HALF_WIDTH, Array

_ZERO = np.float32(0)
_HALF = np.float32(0.5)


@compiled
def find_runs(hole: Array, width: int, runs: Array) -> int:
    """Write (first, one past last) of every run of holes; how many there are. hole is 0 beyond the row."""
    count = 0
    before = 0
    for start in range(0, width, LANES):
        mask = equal_codes(hole, start, 1)
        edges = (mask ^ (mask << 1 | before)) & ALL_LANES
        while edges:
            runs[count >> 1, count & 1] = start + lowest_bit(edges)
            count += 1
            edges &= edges - 1
        before = mask >> (LANES - 1)
    if before:
        runs[count >> 1, 1] = width
    return (count + 1) >> 1


@compiled
def clear_runs(runs: Array, mid_grey: int, three: bool, target: tuple[Array, Array, Array, Array]) -> None:
    """Write what holes hold where nothing fills them."""
    for n in range(runs.shape[0]):
        a, b = runs[n, 0], runs[n, 1]
        target[0][a:b] = 0
        target[3][a:b] = _ZERO
        if three:
            target[1][a:b] = mid_grey
            target[2][a:b] = mid_grey


@compiled
def late_chroma(
    chroma: Array, target: Array, runs_above: Array, hole: Array, parallax: Array, eye: np.float32
) -> None:  # fmt: skip
    """Chroma pixels that the even row left empty although the odd row shows something there."""
    width = parallax.size
    last = (width - 1) >> 1
    for n in range(runs_above.shape[0]):
        b = runs_above[n, 1]
        for k in range((runs_above[n, 0] + 1) >> 1, b >> 1 if b < width else last + 1):
            j = 2 * k if hole[2 * k] == 0 else min(2 * k + 1, width - 1)
            if not hole[j]:
                nearest = np.floor((np.float32(j) - eye * parallax[j]) * _HALF + _HALF)
                target[k] = chroma[int(min(max(nearest, _ZERO), np.float32(last)))]


@compiled
def _fill_run(
    values: Array, width: int, left: int, right: int, left_is_background: bool, stretch: bool, rounding: np.float32
) -> None:  # fmt: skip
    """Fill strictly between the edges left and right; an edge outside the row does not exist."""
    if not stretch or left < 0 or right >= width:
        edge = values[left if left_is_background else right]
        for j in range(left + 1, right):
            values[j] = edge
        return
    a, b = np.float32(values[left]), np.float32(values[right])
    for j in range(left + 1, right):
        share = np.float32(j - left) / np.float32(right - left)
        values[j] = a + share * (b - a) + rounding


@compiled
def fill_row(
    runs: Array, parallax: Array, first: Array, second: Array, third: Array, chroma: int, stretch: bool
) -> None:
    """Fill every run of holes that has an edge, in the parallax and in up to three channels.

    chroma: whether the second and third channel go with this row, and at which width.
    """
    width = parallax.size
    half_width = (width + 1) >> 1
    for n in range(runs.shape[0]):
        a, b = runs[n, 0], runs[n, 1]
        if b - a == width:
            return
        from_left = b == width or (a > 0 and parallax[a - 1] <= parallax[b])
        _fill_run(parallax, width, a - 1, b, from_left, True, _ZERO)
        _fill_run(first, width, a - 1, b, from_left, stretch, _HALF)
        if chroma == FULL_WIDTH:
            _fill_run(second, width, a - 1, b, from_left, stretch, _HALF)
            _fill_run(third, width, a - 1, b, from_left, stretch, _HALF)
        elif chroma == HALF_WIDTH:
            right = b >> 1 if b < width else half_width
            _fill_run(second, half_width, (a - 1) >> 1, right, from_left, stretch, _HALF)
            _fill_run(third, half_width, (a - 1) >> 1, right, from_left, stretch, _HALF)
