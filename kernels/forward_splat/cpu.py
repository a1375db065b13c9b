"""The CPU twin: bands of rows on threads, each row rendered by compiled loops that release the GIL.

Arithmetic runs over neighbouring samples (SIMD); only copies go to scattered places, and those in runs. Per row:

    gather    colours as float32, chroma brought to luma columns
    solve     what the surface between samples x and x+1 shows at the first pixel it covers: where, how far, how near
    blend     the colours there
    draw      far to near: runs of samples that cover one pixel each are copied, breaks and stretches drawn one by one
    finish    hole mask, subsampled chroma, fill

The arithmetic is that of reference.py; benchmarks/ladder/ keeps the slower ways with their times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kernels._jit import compiled, compiled_inline
from kernels._parallel import for_each_share
from kernels._require import dense_rows
from kernels.forward_splat.layout import FILLS, Array, Fill, PlaneLayout, SplatView

_BAND_ROWS = 32
"""Rows a compiled loop takes at a time, so that parallax stays in cache for the next eye; even: 4:2:0 rows pair up."""
_ZERO, _HALF, _ONE = np.float32(0), np.float32(0.5), np.float32(1)
_NOTHING = np.float32(np.nan)
_HALF_WIDTH, _FULL_WIDTH = 1, 2
"""The chroma rows that go with a luma row, if any."""


def forward_splat_cpu(
    planes: Sequence[Array],
    parallax_px: Array,
    layout: PlaneLayout,
    views: Sequence[SplatView],
    *,
    eyes: Sequence[float],
    tear_px: float,
    fill: Fill,
    threads: int,
) -> None:
    """Write each eye into its view; arguments as `forward_splat` has checked them."""
    sources = _three([dense_rows(plane) for plane in planes])
    targets = [
        (*_three([dense_rows(plane) for plane in view.planes]), dense_rows(view.hole), dense_rows(view.parallax_px))
        for view in views
    ]
    widen = parallax_px.dtype != np.float32
    parallax_rows = parallax_px if widen else dense_rows(parallax_px)

    def render(tops: range) -> bool:
        rows = _new_rows(layout)
        widened = np.empty((_BAND_ROWS if widen else 0, layout.width), np.float32)
        for top in tops:
            stop = min(top + _BAND_ROWS, layout.height)
            parallax = parallax_rows[top:stop]
            if widen:
                parallax = widened[: stop - top]
                np.copyto(parallax, parallax_px[top:stop])
            for eye, target in zip(eyes, targets, strict=True):
                geometry = (np.float32(eye), np.float32(tear_px), FILLS.index(fill))
                shape = (
                    layout.width,
                    layout.packed,
                    layout.has_chroma,
                    layout.shift_x,
                    layout.shift_y,
                    layout.mid_grey,
                )
                if not _render_band(sources, target, parallax, top, geometry, shape, rows):
                    return False
        return True

    tops = range(0, layout.height, _BAND_ROWS)
    shares = [tops[number::threads] for number in range(min(threads, len(tops)))]
    if not all(for_each_share(render, shares)):
        raise ValueError("parallax_px must be finite, got NaN or infinity")


def _three(planes: list[Array]) -> tuple[Array, Array, Array]:
    """Three planes for the compiled loop, which reads the last two only where there is chroma."""
    return (planes[0], planes[-2], planes[-1]) if len(planes) == 3 else (planes[0], planes[0], planes[0])


class _Rows(NamedTuple):
    """Row buffers of one thread."""

    colours: Array
    """(3, W + 1) float32 at luma columns."""
    doubled: Array
    """A half-width chroma row, each sample twice, float32."""
    joined: Array
    """uint8: 1 where samples x and x+1 are one surface."""
    blended: Array
    """(3, W + 1): colours at the first pixel each surface covers."""
    between: Array
    """float32: how far from x to x+1 that pixel lies."""
    warped: Array
    """float32: parallax there."""
    drawn: Array
    """(3, W + 1): rows that cannot be drawn straight into a plane."""
    hard: tuple[Array, Array]
    """The same bytes as uint64 and uint8: 0 where the surface from x to x+1 covers exactly one pixel."""
    hole: tuple[Array, Array]
    """The same bytes as uint64 and uint8: 1 where nothing was drawn."""
    runs: Array
    """(n, 2) int32: first and one past last of each run of holes."""


def _new_rows(layout: PlaneLayout) -> _Rows:
    size = layout.width + 1
    hard, hole = (np.zeros(-(-layout.width // 8), np.uint64) for _ in range(2))
    return _Rows(
        colours=np.empty((3, size), np.float32),
        doubled=np.empty(size, np.float32),
        joined=np.empty(size, np.uint8),
        blended=np.empty((3, size), layout.dtype),
        between=np.empty(size, np.float32),
        warped=np.empty(size, np.float32),
        drawn=np.empty((3, size), layout.dtype),
        hard=(hard, hard.view(np.uint8)),
        hole=(hole, hole.view(np.uint8)),
        runs=np.empty((size, 2), np.int32),
    )


@compiled
def _pixel(edge: np.float32, limit: np.float32) -> np.float32:
    """The first pixel at or after the edge, clamped to the row; a float, because that keeps loops in 32 bits."""
    return np.ceil(min(max(edge, _ZERO), limit))


@compiled
def _is_finite(row: Array) -> bool:
    """By the bits: an integer maximum is vectorised, a test of floats is not."""
    bits = row.view(np.int32)
    largest = np.int32(0)
    for x in range(bits.size):
        largest = max(largest, bits[x] & np.int32(0x7FFFFFFF))
    return bool(largest < np.int32(0x7F800000))


@compiled
def _level(t: np.float32, a: np.float32, b: np.float32) -> np.int32:
    return np.int32(a + t * (b - a) + _HALF)


@compiled
def _solve(
    parallax: Array, eye: np.float32, tear: np.float32, hard: Array, between: Array, warped: Array
) -> None:  # fmt: skip
    """For the surface from each sample x to x+1: what it shows at the first pixel it covers.

    hard: 0 if that is its only pixel. between: how far from x to x+1 the pixel lies. warped: the parallax there.
    """
    width = parallax.size
    limit = np.float32(width)
    for x in range(width - 1):
        a, b = parallax[x], parallax[x + 1]
        at = np.float32(np.int32(x)) + eye * a
        after = np.float32(np.int32(x + 1)) + eye * b
        step = after - at
        joined = (step > _ZERO) & (step <= tear)
        first = _pixel(at, limit)
        count = _pixel(after, limit) - first
        hard[x] = (not joined) | (count != _ONE)
        # The clamp is for surfaces that cover no pixel; it keeps their unused colours from overflowing an integer.
        t = max(min((first - at) / step, _ONE), _ZERO) if joined else _ZERO
        between[x] = t
        warped[x] = a + (t * (b - a) if t > _ZERO else _ZERO)


@compiled
def _blend(colours: Array, between: Array, width: int, blended: Array) -> None:
    for x in range(width - 1):
        blended[x] = _level(between[x], colours[x], colours[x + 1])


@compiled_inline
def _draw_half(
    x: int, on_left: bool, parallax: Array, colours: Array, num_channels: int, eye: np.float32,
    d0: Array, d1: Array, d2: Array, seen: Array,
) -> None:  # fmt: skip
    """Draw the half pixel that sample x keeps beside a break."""
    limit = np.float32(parallax.size)
    at = np.float32(x) + eye * parallax[x]
    start, stop = (at - _HALF, at) if on_left else (at, at + _HALF)
    for j in range(np.int32(_pixel(start, limit)), np.int32(_pixel(stop, limit))):
        d0[j] = colours[0, x] + _HALF
        if num_channels == 3:
            d1[j] = colours[1, x] + _HALF
            d2[j] = colours[2, x] + _HALF
        seen[j] = parallax[x] + _ZERO


@compiled_inline
def _draw_hard(
    x: int, parallax: Array, colours: Array, num_channels: int, eye: np.float32, tear: np.float32,
    d0: Array, d1: Array, d2: Array, seen: Array,
) -> None:  # fmt: skip
    """Draw what lies between samples x and x+1 where that is not simply one pixel."""
    limit = np.float32(parallax.size)
    a, b = parallax[x], parallax[x + 1]
    at, after = np.float32(x) + eye * a, np.float32(x + 1) + eye * b
    step = after - at
    if (step > _ZERO) & (step <= tear):
        for j in range(np.int32(_pixel(at, limit)), np.int32(_pixel(after, limit))):
            t = (np.float32(j) - at) / step
            d0[j] = _level(t, colours[0, x], colours[0, x + 1])
            if num_channels == 3:
                d1[j] = _level(t, colours[1, x], colours[1, x + 1])
                d2[j] = _level(t, colours[2, x], colours[2, x + 1])
            seen[j] = a + (t * (b - a) if t > _ZERO else _ZERO)
    else:
        # Far to near: for tear_px < 1 the two halves may overlap.
        right_first = not eye < _ZERO
        for n in range(2):
            right = right_first == (n == 0)
            _draw_half(x + 1 if right else x, right, parallax, colours, num_channels, eye, d0, d1, d2, seen)


@compiled
def _draw_run(
    x: int, stop: int, parallax: Array, num_channels: int, eye: np.float32, blended: Array, warped: Array,
    d0: Array, d1: Array, d2: Array, seen: Array,
) -> None:  # fmt: skip
    """Draw elements x..stop, each of which covers one pixel: together they cover a run of pixels."""
    j = np.int64(_pixel(np.float32(x) + eye * parallax[x], np.float32(parallax.size)))
    end = j + stop - x
    # Slices first: an index that might be negative keeps a loop from being vectorised.
    if num_channels == 3:
        _copy_three(blended[:, x:stop], warped[x:stop], d0[j:end], d1[j:end], d2[j:end], seen[j:end])
    else:
        _copy_one(blended[0, x:stop], warped[x:stop], d0[j:end], seen[j:end])


@compiled
def _copy_one(blended: Array, warped: Array, d0: Array, seen: Array) -> None:
    for n in range(warped.size):
        seen[n] = warped[n]
        d0[n] = blended[n]


@compiled
def _copy_three(blended: Array, warped: Array, d0: Array, d1: Array, d2: Array, seen: Array) -> None:
    b0, b1, b2 = blended[0], blended[1], blended[2]
    for n in range(warped.size):
        seen[n] = warped[n]
        d0[n] = b0[n]
        d1[n] = b1[n]
        d2[n] = b2[n]


@compiled
def _easy_until(hard: tuple[Array, Array], x: int, stop: int) -> int:
    """The first hard element in x..stop, or stop."""
    words, is_hard = hard
    while x < stop and not is_hard[x]:
        x = ((x >> 3) + 1) << 3 if words[x >> 3] == 0 else x + 1
    return min(x, stop)


@compiled
def _easy_since(hard: tuple[Array, Array], stop: int) -> int:
    """One past the last hard element before stop, or 0."""
    words, is_hard = hard
    x = stop
    while x > 0 and not is_hard[x - 1]:
        x = (x - 1) >> 3 << 3 if words[(x - 1) >> 3] == 0 else x - 1
    return x


@compiled
def _draw_forward(
    parallax: Array, colours: Array, num_channels: int, eye: np.float32, tear: np.float32, hard: tuple[Array, Array],
    blended: Array, warped: Array, d0: Array, d1: Array, d2: Array, seen: Array,
) -> None:  # fmt: skip
    """Draw the row from left to right: far to near for eye < 0."""
    last = parallax.size - 1
    _draw_half(0, True, parallax, colours, num_channels, eye, d0, d1, d2, seen)
    x = 0
    while x < last:
        stop = _easy_until(hard, x, last)
        if stop > x:
            _draw_run(x, stop, parallax, num_channels, eye, blended, warped, d0, d1, d2, seen)
        if stop < last:
            _draw_hard(stop, parallax, colours, num_channels, eye, tear, d0, d1, d2, seen)
        x = stop + 1
    _draw_half(last, False, parallax, colours, num_channels, eye, d0, d1, d2, seen)


@compiled
def _draw_backward(
    parallax: Array, colours: Array, num_channels: int, eye: np.float32, tear: np.float32, hard: tuple[Array, Array],
    blended: Array, warped: Array, d0: Array, d1: Array, d2: Array, seen: Array,
) -> None:  # fmt: skip
    """Draw the row from right to left: far to near for eye >= 0."""
    last = parallax.size - 1
    _draw_half(last, False, parallax, colours, num_channels, eye, d0, d1, d2, seen)
    stop = last
    while stop > 0:
        x = _easy_since(hard, stop)
        if stop > x:
            _draw_run(x, stop, parallax, num_channels, eye, blended, warped, d0, d1, d2, seen)
        if x > 0:
            _draw_hard(x - 1, parallax, colours, num_channels, eye, tear, d0, d1, d2, seen)
        stop = x - 1
    _draw_half(0, True, parallax, colours, num_channels, eye, d0, d1, d2, seen)


@compiled
def _widen(source: Array, width: int, row: Array) -> None:
    for x in range(width):
        row[x] = source[x]


@compiled
def _widen_packed(source: Array, width: int, rows: Array) -> None:
    r, g, b = rows[0], rows[1], rows[2]
    for x in range(width):
        r[x] = source[3 * x]
        g[x] = source[3 * x + 1]
        b[x] = source[3 * x + 2]


@compiled
def _double(chroma: Array, width: int, row: Array) -> None:
    """Each sample of a half-width row twice."""
    for k in range(width >> 1):
        row[2 * k] = chroma[k]
        row[2 * k + 1] = chroma[k]
    if width % 2:
        row[width - 1] = chroma[width >> 1]


@compiled
def _find_joins(parallax: Array, eye: np.float32, tear: np.float32, joined: Array) -> None:
    """1 where samples x and x+1 are one surface."""
    for x in range(parallax.size - 1):
        at = np.float32(np.int32(x)) + eye * parallax[x]
        step = np.float32(np.int32(x + 1)) + eye * parallax[x + 1] - at
        joined[x] = (step > _ZERO) & (step <= tear)


@compiled
def _blend_sites(joined: Array, doubled: Array, width: int, row: Array) -> None:
    """A doubled chroma row at luma columns; columns are blended only where no break lies between them.

    Even columns x have doubled[x] == doubled[x + 1], so the rule for odd columns serves all.
    """
    row[0] = doubled[0]
    row[width - 1] = doubled[width - 1]
    for n in range(width - 2):
        here, right = doubled[n + 1], doubled[n + 2]
        blended = _HALF * (here + right)
        right = blended if joined[n] else right
        row[n + 1] = right if joined[n + 1] else here


@compiled
def _find_runs(holes: tuple[Array, Array], width: int, runs: Array) -> int:
    """Write (first, one past last) of every run of holes; how many there are."""
    hole_words, hole = holes
    count = 0
    b = 0
    while b < width:
        a = b
        while a < width and not hole[a]:
            # Eight pixels without a hole at a time.
            a = (a >> 3) + 1 << 3 if hole_words[a >> 3] == 0 else a + 1
        b = a
        while b < width and hole[b]:
            b += 1
        if a < width:
            runs[count, 0] = a
            runs[count, 1] = b
            count += 1
    return count


@compiled
def _interleave(rows: Array, width: int, target: Array) -> None:
    r, g, b = rows[0], rows[1], rows[2]
    for x in range(width):
        target[3 * x] = r[x]
        target[3 * x + 1] = g[x]
        target[3 * x + 2] = b[x]


@compiled
def _halve(row: Array, hole: Array, width: int, target: Array) -> None:
    """Every second column: the even pixel, or the odd one where that is a hole."""
    for k in range(width >> 1):
        even, odd = row[2 * k], row[2 * k + 1]
        target[k] = odd if hole[2 * k] else even
    if width % 2:
        target[width >> 1] = row[width - 1]


@compiled
def _late_chroma(
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
    values: Array, stride: int, offset: int, width: int, left: int, right: int, left_is_background: bool,
    stretch: bool, rounding: np.float32,
) -> None:  # fmt: skip
    """Fill strictly between the edges left and right; an edge outside the row does not exist."""
    if not stretch or left < 0 or right >= width:
        edge = values[(left if left_is_background else right) * stride + offset]
        for j in range(left + 1, right):
            values[j * stride + offset] = edge
        return
    a = np.float32(values[left * stride + offset])
    b = np.float32(values[right * stride + offset])
    for j in range(left + 1, right):
        share = np.float32(j - left) / np.float32(right - left)
        values[j * stride + offset] = a + share * (b - a) + rounding


@compiled
def _fill_row(
    runs: Array, parallax: Array, luma: Array, u: Array, v: Array, packed: bool, chroma: int, stretch: bool
) -> None:  # fmt: skip
    """Fill every run of holes that has an edge; chroma says which chroma rows go with this one."""
    width = parallax.size
    half_width = (width + 1) >> 1
    for n in range(runs.shape[0]):
        a, b = runs[n, 0], runs[n, 1]
        if b - a == width:
            return
        from_left = b == width or (a > 0 and parallax[a - 1] <= parallax[b])
        _fill_run(parallax, 1, 0, width, a - 1, b, from_left, stretch, _ZERO)
        for c in range(3 if packed else 1):
            _fill_run(luma, 3 if packed else 1, c, width, a - 1, b, from_left, stretch, _HALF)
        if chroma == _FULL_WIDTH:
            _fill_run(u, 1, 0, width, a - 1, b, from_left, stretch, _HALF)
            _fill_run(v, 1, 0, width, a - 1, b, from_left, stretch, _HALF)
        elif chroma == _HALF_WIDTH:
            right = b >> 1 if b < width else half_width
            _fill_run(u, 1, 0, half_width, (a - 1) >> 1, right, from_left, stretch, _HALF)
            _fill_run(v, 1, 0, half_width, (a - 1) >> 1, right, from_left, stretch, _HALF)


@compiled
def _gather_row(
    sources: tuple[Array, Array, Array], y: int, r: int, packed: bool, chroma: int, parallax: Array,
    eye: np.float32, tear: np.float32, colours: Array, doubled: Array, joined: Array,
) -> int:  # fmt: skip
    """Bring the colours of a row to float32 at luma columns; the number of channels."""
    width = parallax.size
    if packed:
        _widen_packed(sources[0][y], width, colours)
    else:
        _widen(sources[0][y], width, colours[0])
    if chroma == _FULL_WIDTH:
        _widen(sources[1][r], width, colours[1])
        _widen(sources[2][r], width, colours[2])
    elif chroma == _HALF_WIDTH:
        _find_joins(parallax, eye, tear, joined)
        _double(sources[1][r], width, doubled)
        _blend_sites(joined, doubled, width, colours[1])
        _double(sources[2][r], width, doubled)
        _blend_sites(joined, doubled, width, colours[2])
    return 3 if packed or chroma else 1


@compiled
def _render_band(
    sources: tuple[Array, Array, Array], outputs: tuple[Array, ...], parallax: Array, top: int,
    geometry: tuple[np.float32, np.float32, int], shape: tuple[int, bool, bool, int, int, int],
    scratch: _Rows,
) -> bool:  # fmt: skip
    """Render rows top.. of one eye, as many as parallax has; False if a parallax is not finite."""
    luma, u, v, hole_plane, parallax_plane = outputs
    eye, tear, fill = geometry
    width, packed, has_chroma, shift_x, shift_y, mid_grey = shape
    colours, doubled, joined, blended, between, warped, drawn, hard, holes, runs = scratch
    hole = holes[1]
    num_runs = 0
    for row in range(parallax.shape[0]):
        y = top + row
        r = y >> shift_y
        p = parallax[row, :width]
        if not _is_finite(p):
            return False
        chroma = 0
        if has_chroma and r << shift_y == y:
            chroma = _HALF_WIDTH if shift_x else _FULL_WIDTH
        num_channels = _gather_row(sources, y, r, packed, chroma, p, eye, tear, colours, doubled, joined)
        _solve(p, eye, tear, hard[1], between, warped)
        for c in range(num_channels):
            _blend(colours[c], between, width, blended[c])
        d0 = drawn[0] if packed else luma[y]
        d1 = u[y] if chroma == _FULL_WIDTH else drawn[1]
        d2 = v[y] if chroma == _FULL_WIDTH else drawn[2]
        seen = parallax_plane[y]
        _clear(d0, d1, d2, seen, width, mid_grey if chroma else 0, num_channels)
        if eye < _ZERO:
            _draw_forward(p, colours, num_channels, eye, tear, hard, blended, warped, d0, d1, d2, seen)
        else:
            _draw_backward(p, colours, num_channels, eye, tear, hard, blended, warped, d0, d1, d2, seen)
        _split_holes(seen[:width], hole, hole_plane[y])
        if packed:
            _interleave(drawn, width, luma[y])
        elif chroma == _HALF_WIDTH:
            _halve(d1, hole, width, u[r])
            _halve(d2, hole, width, v[r])
        elif has_chroma and not chroma:
            _late_chroma(sources[1][r], u[r], runs[:num_runs], hole, seen[:width], eye)
            _late_chroma(sources[2][r], v[r], runs[:num_runs], hole, seen[:width], eye)
        num_runs = _find_runs(holes, width, runs)
        if fill:
            _fill_row(runs[:num_runs], seen[:width], luma[y], u[r], v[r], packed, chroma, fill == 2)
    return True


@compiled
def _clear(d0: Array, d1: Array, d2: Array, seen: Array, width: int, mid_grey: int, num_channels: int) -> None:
    """An empty row. NaN is the parallax of nothing."""
    for j in range(width):
        d0[j] = 0
        seen[j] = _NOTHING
    if num_channels == 3:
        for j in range(width):
            d1[j] = mid_grey
            d2[j] = mid_grey


@compiled
def _split_holes(seen: Array, hole: Array, hole_row: Array) -> None:
    """Write the hole mask of a drawn row, once to keep and once to search, and make the parallax of holes 0."""
    for j in range(seen.size):
        empty = seen[j] != seen[j]
        hole[j] = empty
        hole_row[j] = empty
        seen[j] = _ZERO if empty else seen[j]
