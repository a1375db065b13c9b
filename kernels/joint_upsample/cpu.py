"""The CPU twin: bilinear everywhere, the luma only where the samples around a pixel differ.

Most of a disparity map is smooth, and there `reference.py` asks for the bilinear value alone. A thread takes a share of
the frame's rows, and of the map the rows around them:

    rough    gaps between samples where the luma has a say: few
    guide    mean luma of the cells beside rough gaps
    level    each row of the map at frame width, once
    smooth   output rows on a straight line between two levels
    sharpen  runs of rough gaps: the joint mean, by SIMD over pixels

Runs are widened to a whole number of lanes, so that SIMD leaves no rest; a smooth pixel comes out of `sharpen` as it
went in. benchmarks/ladder/ keeps the slower ways with their times.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from kernels._jit import compiled, compiled_inline
from kernels._parallel import for_each_share
from kernels._require import dense_rows
from kernels.joint_upsample.grid import (
    FLAT,
    LUMA_TOLERANCE,
    RISE,
    WHITE,
    Array,
    cell_edges,
    gap_edges,
    sample_positions,
)

_ZERO, _ONE = np.float32(0), np.float32(1)
_LANES = 16
_TILE = 256
"""Pixels of a run that are sharpened at a time: what a band of rows needs of them stays in the first-level cache."""
_BRIDGE = 4
"""Smooth gaps up to this many, less one, cost less inside a run than a second run does."""
_MAX_SUMMED = 65536
"""So many uint16 add up in a uint32."""


class _Axis(NamedTuple):
    """One axis of the frame among the samples of the map."""

    before: Array
    """Sample at or before each pixel."""
    after: Array
    share: Array
    """How far each pixel lies towards the next sample."""
    gaps: Array
    cells: Array


class _Scratch(NamedTuple):
    """What one thread keeps between rows."""

    rough: tuple[Array, Array]
    """(n, w or more) uint8 and the same bytes as uint64: 1 where the luma has a say between sample c and the next, in
    this row of samples or the one below."""
    guide: Array
    """(n, w): mean luma of a cell in units of the tolerance, where a gap beside it is rough."""
    wanted: tuple[Array, Array]
    """(w or more,) uint8 and the same bytes as uint64: 1 where a cell's mean is needed."""
    sums: Array
    """(W,): luma summed over rows of a cell."""
    totals: Array
    """(w,): luma summed over cells."""
    levels: Array
    """(2, 3, W): sample left of each pixel, right of it, and between them at the pixel; row r is in slot r % 2."""
    tile: Array
    """(10, _TILE + _LANES), by pixel: guides of the four samples, rise from the first sample to the other three, lowest
    and highest sample, and the luma's say."""


def joint_upsample_cpu(disparity: Array, luma: Array, out: Array, *, luma_scale: float, threads: int) -> None:
    """Write the upsampled map into out; arguments as `joint_upsample` has checked them."""
    height, width = luma.shape
    rows, columns = disparity.shape
    scale = np.float32(luma_scale / LUMA_TOLERANCE)
    pixels, samples, target = dense_rows(luma), dense_rows(disparity), dense_rows(out)
    down, across = _new_axis(height, rows), _new_axis(width, columns)

    def upsample(share: slice) -> None:
        first, last = int(down.before[share.start]), int(down.before[share.stop - 1])
        num_rows = last - first + 2
        words = -(-columns // 8)
        rough, wanted = np.zeros((num_rows, words), np.uint64), np.zeros(words, np.uint64)
        scratch = _Scratch(
            rough=(rough.view(np.uint8), rough),
            guide=np.empty((num_rows, columns), np.float32),
            wanted=(wanted.view(np.uint8), wanted),
            sums=np.empty(width, np.uint32),
            totals=np.empty(columns, np.uint64),
            levels=np.empty((2, 3, width), np.float32),
            tile=np.empty((10, _TILE + _LANES), np.float32),
        )
        upsample_rows(samples, pixels, scale, down, across, (share.start, share.stop), (first, last), scratch, target)

    count = min(threads, height)
    for_each_share(upsample, [slice(height * n // count, height * (n + 1) // count) for n in range(count)])


@functools.lru_cache(maxsize=8)
def _new_axis(large: int, small: int) -> _Axis:
    """Remembered, because it would take a twentieth of the time of every frame; nobody writes to it."""
    before, after, share = sample_positions(large, small)
    # Unsigned: an index that cannot be negative is looked up without asking.
    return _Axis(
        before.astype(np.uint32), after.astype(np.uint32), share, gap_edges(before, small), cell_edges(large, small)
    )


@compiled
def upsample_rows(
    samples: Array, luma: Array, scale: np.float32, down: _Axis, across: _Axis, share: tuple[int, int],
    rows: tuple[int, int], scratch: _Scratch, out: Array,
) -> None:  # fmt: skip
    """Write a share of the result's rows, whose first and last lie at or after these rows of the map."""
    rough, guide, levels = scratch.rough, scratch.guide, scratch.levels
    width = across.before.size
    start, stop = share
    first, last = rows
    bottom = min(last + 1, down.cells.size - 2)
    for r in range(first, last + 1):
        _find_rough(samples[r], samples[min(r + 1, bottom)], across.cells.size - 1, rough[0][r - first])
    for r in range(first, bottom + 1):
        above, below = rough[0][max(r - 1 - first, 0)], rough[0][min(r, last) - first]
        _average_cells(
            luma, scale, down.cells[r], down.cells[r + 1], across.cells, above, below, scratch, guide[r - first]
        )
    _make_level(samples[first], across, levels[first % 2])
    for r in range(first, last + 1):
        below = min(r + 1, bottom)
        if below != r:
            _make_level(samples[below], across, levels[below % 2])
        top, end = max(start, down.gaps[r]), min(stop, down.gaps[r + 1])
        for y in range(top, end):
            _smooth(levels[r % 2, 2], levels[below % 2, 2], down.share[y], width, out[y])
        _sharpen(
            luma, scale, (rough[0][r - first], rough[1][r - first]), guide[r - first], guide[below - first],
            levels[r % 2], levels[below % 2], across, down.share, top, end, scratch.tile, out,
        )  # fmt: skip


@compiled
def _find_rough(above: Array, below: Array, columns: int, rough: Array) -> None:
    for c in range(columns - 1):
        low = min(min(above[c], above[c + 1]), min(below[c], below[c + 1]))
        high = max(max(above[c], above[c + 1]), max(below[c], below[c + 1]))
        rough[c] = high - low > FLAT
    a, b = above[columns - 1], below[columns - 1]
    rough[columns - 1] = max(a, b) - min(a, b) > FLAT


@compiled
def _next_run(flags: tuple[Array, Array], start: int, size: int, bridge: int) -> tuple[int, int]:
    """Where flags are set from start on: first and one past last; breaks shorter than bridge belong to the run."""
    marks, words = flags
    c = start
    while c < size and marks[c] == 0:
        c = c + 1 if words[c >> 3] else (c | 7) + 1
    begin = end = c
    while c < size and c < end + bridge:
        if marks[c]:
            end = c + 1
        c += 1
    return begin, end


@compiled
def _average_cells(
    luma: Array, scale: np.float32, top: int, stop: int, edges: Array, above: Array, below: Array, scratch: _Scratch,
    guide: Array,
) -> None:  # fmt: skip
    """Mean luma of a row of cells, of those beside a rough gap above or below."""
    wanted, columns = scratch.wanted[0], guide.size
    wanted[0] = above[0] | below[0]
    for c in range(columns - 1):
        wanted[c + 1] = above[c] | above[c + 1] | below[c] | below[c + 1]
    begin, end = _next_run(scratch.wanted, 0, columns, 1)
    while begin < columns:
        left = edges[begin]
        sums, totals = scratch.sums[left : edges[end]], scratch.totals
        totals[begin:end] = 0
        for y in range(top, stop, _MAX_SUMMED):
            _add_rows(luma, y, min(y + _MAX_SUMMED, stop), left, sums)
            for c in range(begin, end):
                for x in range(edges[c] - left, edges[c + 1] - left):
                    totals[c] += np.uint64(sums[x])
        for c in range(begin, end):
            size = (stop - top) * (edges[c + 1] - edges[c])
            guide[c] = min(np.float32(totals[c]) / np.float32(size) * scale, WHITE)
        begin, end = _next_run(scratch.wanted, end, columns, 1)


@compiled
def _add_rows(luma: Array, top: int, stop: int, left: int, sums: Array) -> None:
    row = luma[top, left : left + sums.size]
    for x in range(sums.size):
        sums[x] = row[x]
    for y in range(top + 1, stop):
        row = luma[y, left : left + sums.size]
        for x in range(sums.size):
            sums[x] += row[x]


@compiled
def _take(values: Array, index: Array, out: Array) -> None:
    for x in range(index.size):
        out[x] = values[index[x]]


@compiled
def _make_level(samples: Array, across: _Axis, level: Array) -> None:
    """Bring a row of the map to frame width."""
    left, right, between = level[0], level[1], level[2]
    _take(samples, across.before, left)
    _take(samples, across.after, right)
    share = across.share
    for x in range(share.size):
        a, b = left[x], right[x]
        between[x] = min(max(a + share[x] * (b - a), min(a, b)), max(a, b))


@compiled
def _smooth(above: Array, below: Array, share: np.float32, width: int, out: Array) -> None:
    for x in range(width):
        a, b = above[x], below[x]
        out[x] = min(max(a + share * (b - a), min(a, b)), max(a, b)) + _ZERO


@compiled
def _compare(d00: Array, d01: Array, d10: Array, d11: Array, tile: Array) -> None:
    """What the samples around each pixel have to do with each other."""
    rise01, rise10, rise11, lows, highs, says = tile[4], tile[5], tile[6], tile[7], tile[8], tile[9]
    for x in range(d00.size):
        a, b, c, d = d00[x], d01[x], d10[x], d11[x]
        rise01[x], rise10[x], rise11[x] = b - a, c - a, d - a
        low, high = min(min(a, b), min(c, d)), max(max(a, b), max(c, d))
        lows[x], highs[x] = low, high
        says[x] = min(max((high - low - FLAT) * RISE, _ZERO), _ONE)


@compiled_inline
def _unlikeness(pixel: np.float32, guide: np.float32) -> np.float32:
    unlike = pixel - guide
    root = _ONE + unlike * unlike
    return root * root


@compiled_inline
def _sharpen_row(
    luma: Array, scale: np.float32, first: Array, above: Array, below: Array, across: Array, fy: np.float32,
    tile: Array, out: Array,
) -> None:  # fmt: skip
    g00, g01, g10, g11, rise01, rise10, rise11 = tile[0], tile[1], tile[2], tile[3], tile[4], tile[5], tile[6]
    lows, highs, says = tile[7], tile[8], tile[9]
    gy = _ONE - fy
    for x in range(out.size):
        pixel = min(np.float32(luma[x]) * scale, WHITE)
        q00, q01 = _unlikeness(pixel, g00[x]), _unlikeness(pixel, g01[x])
        q10, q11 = _unlikeness(pixel, g10[x]), _unlikeness(pixel, g11[x])
        fx = across[x]
        gx = _ONE - fx
        w00, w01, w10, w11 = gx * q01, fx * q00, gx * q11, fx * q10
        up, down = gy * (q10 * q11), fy * (q00 * q01)
        total = up * (w01 * rise01[x]) + down * (w10 * rise10[x] + w11 * rise11[x])
        joint = first[x] + total / (up * (w00 + w01) + down * (w10 + w11))
        a, b, say = above[x], below[x], says[x]
        smooth = min(max(a + fy * (b - a), min(a, b)), max(a, b))
        sharp = min(max(smooth + say * (joint - smooth), lows[x]), highs[x])
        out[x] = (sharp if say > _ZERO else smooth) + _ZERO


@compiled
def _sharpen(
    luma: Array, scale: np.float32, rough: tuple[Array, Array], guide0: Array, guide1: Array, above: Array,
    below: Array, across: _Axis, shares: Array, top: int, stop: int, tile: Array, out: Array,
) -> None:  # fmt: skip
    """Let the luma have its say in rows top..stop, which lie between the same two rows of the map."""
    columns, width = guide0.size, across.before.size
    begin, past = _next_run(rough, 0, columns, _BRIDGE)
    while begin < columns:
        end = across.gaps[past]
        for x in range(across.gaps[begin], end, _TILE):
            lanes = -(-(min(x + _TILE, end) - x) // _LANES) * _LANES
            left = max(min(x, width - lanes), 0)
            right = min(left + lanes, width)
            first, level0, level1 = above[0, left:right], above[2, left:right], below[2, left:right]
            before, after = across.before[left:right], across.after[left:right]
            _take(guide0, before, tile[0])
            _take(guide0, after, tile[1])
            _take(guide1, before, tile[2])
            _take(guide1, after, tile[3])
            _compare(first, above[1, left:right], below[0, left:right], below[1, left:right], tile)
            fx = across.share[left:right]
            for y in range(top, stop):
                _sharpen_row(luma[y, left:right], scale, first, level0, level1, fx, shares[y], tile, out[y, left:right])
        begin, past = _next_run(rough, past, columns, _BRIDGE)
