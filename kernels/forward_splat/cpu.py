"""The CPU twin: bands of rows on threads, each row rendered by compiled loops that release the GIL.

A row takes four steps, chosen so that all arithmetic runs over neighbouring samples (SIMD) and only a copy is scattered:

    land      where each sample falls, and the first pixel at or after it
    blend     the colours and parallax that the surface between samples x and x+1 shows at that first pixel
    scatter   copy those to their pixels in far-to-near order; breaks and stretched surfaces take a slower way
    unpack    split the drawn pixels into planes, parallax and hole mask

Colours of one pixel travel as one integer word: channel 0 in the low bits. The arithmetic is that of reference.py.
benchmarks/ladder/ keeps the slower ways with their times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np

from kernels._require import dense_rows
from kernels.forward_splat.layout import FILLS, Array, Fill, PlaneLayout, SplatView

_BAND_ROWS = 32
"""Rows handed to the compiled loop at a time: parallax stays in cache for the next eye. Even: 4:2:0 rows come in pairs."""
_EMPTY = -1
"""A word no colour has: nothing was drawn here."""
_ZERO, _HALF, _ONE = np.float32(0), np.float32(0.5), np.float32(1)
_MAX = np.finfo(np.float32).max
_HALF_WIDTH_SITES = 1
_FULL_WIDTH_SITES = 2

_jit = numba.njit(nogil=True, cache=True, error_model="numpy")


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
        scratch = _Scratch(layout)
        for top in tops:
            stop = min(top + _BAND_ROWS, layout.height)
            parallax = parallax_rows[top:stop]
            if widen:
                parallax = scratch.parallax[: stop - top]
                np.copyto(parallax, parallax_px[top:stop])
            for eye, target in zip(eyes, targets, strict=True):
                geometry = (np.float32(eye), np.float32(tear_px), FILLS.index(fill))
                shape = (layout.width, layout.packed, layout.has_chroma, layout.shift_x, layout.shift_y, layout.mid_grey)
                if not _render_band(sources, target, parallax, top, geometry, shape, scratch.rows):
                    return False
        return True

    tops = range(0, layout.height, _BAND_ROWS)
    shares = [tops[number::threads] for number in range(min(threads, len(tops)))]
    if len(shares) == 1:
        finite = render(shares[0])
    else:
        with ThreadPoolExecutor(len(shares)) as pool:
            finite = all(list(pool.map(render, shares)))
    if not finite:
        raise ValueError("parallax_px must be finite, got NaN or infinity")


def _three(planes: list[Array]) -> tuple[Array, Array, Array]:
    """Three planes for the compiled loop, which reads the last two only where there is chroma."""
    return (planes[0], planes[-2], planes[-1]) if len(planes) == 3 else (planes[0], planes[0], planes[0])


class _Scratch:
    """Row buffers of one thread."""

    def __init__(self, layout: PlaneLayout) -> None:
        size = layout.width + 1
        self.parallax = np.empty((_BAND_ROWS, layout.width), np.float32)
        channels = np.empty((3, size), np.float32)
        landing = np.empty(size, np.float32)
        first = np.empty(size, np.int32)
        target = np.empty(size, np.int32)
        warped = np.empty(size, np.float32)
        drawn_warped = np.zeros(size, np.float32)
        word_type = np.int32 if layout.dtype == np.uint8 else np.int64
        words = np.empty(size, word_type)
        drawn = np.full(size, _EMPTY, word_type)
        self.rows = (channels, landing, first, target, words, warped, drawn, drawn_warped)


@_jit
def _land(parallax: Array, eye: np.float32, landing: Array, first: Array) -> bool:
    """Where every sample lands, and the first pixel at or after it, clamped to the row; False if one is not finite."""
    width = parallax.size
    limit = np.float32(width)
    bad = 0
    for x in range(width):
        p = parallax[x]
        bad += not abs(p) <= _MAX
        at = np.float32(np.int32(x)) + eye * p
        landing[x] = at
        first[x] = np.int32(np.ceil(min(max(at, _ZERO), limit)))
    return bad == 0


@_jit
def _blend(
    parallax: Array, channels: Array, num_channels: int, landing: Array, first: Array, tear: np.float32,
    target: Array, words: Array, warped: Array,
) -> None:  # fmt: skip
    """What each surface element shows at its first pixel, and where that is.

    target is -1 for an element that is not simply one pixel or none, the row's spare last entry for none.
    """
    width = parallax.size
    spare = np.int32(width)
    bits = 2 * words.itemsize
    c0, c1, c2 = channels[0], channels[1], channels[2]
    for x in range(width - 1):
        step = landing[x + 1] - landing[x]
        joined = (step > _ZERO) & (step <= tear)
        count = first[x + 1] - first[x]
        once = first[x] if count == 1 else spare
        target[x] = np.int32(-1) if (not joined) | (count > 1) else once
        # The clamp is for elements that cover no pixel; it keeps their unused colours from overflowing an integer.
        t = max(min((np.float32(first[x]) - landing[x]) / step, _ONE), _ZERO) if joined else _ZERO
        a, b = parallax[x], parallax[x + 1]
        warped[x] = a + (t * (b - a) if t > _ZERO else _ZERO)
        if num_channels == 1:
            words[x] = np.int32(c0[x] + t * (c0[x + 1] - c0[x]) + _HALF)
        else:
            v0 = np.int32(c0[x] + t * (c0[x + 1] - c0[x]) + _HALF)
            v1 = np.int32(c1[x] + t * (c1[x + 1] - c1[x]) + _HALF)
            v2 = np.int32(c2[x] + t * (c2[x + 1] - c2[x]) + _HALF)
            words[x] = np.int64(v0) | (np.int64(v1) << bits) | (np.int64(v2) << (2 * bits))


@_jit
def _draw(
    x: int, start: int, stop: int, at: np.float32, step: np.float32, parallax: Array, channels: Array,
    num_channels: int, drawn: Array, drawn_warped: Array,
) -> None:  # fmt: skip
    """Draw the surface element from sample x over pixels start..stop; step 0 shows sample x itself."""
    bits = 2 * drawn.itemsize
    for j in range(start, stop):
        t = (np.float32(j) - at) / step if step > _ZERO else _ZERO
        a = parallax[x]
        drawn_warped[j] = a + (t * (parallax[x + 1] - a) if t > _ZERO else _ZERO)
        word = np.int64(0)
        for c in range(num_channels):
            v = channels[c, x]
            if t > _ZERO:
                v += t * (channels[c, x + 1] - v)
            word |= np.int64(v + _HALF) << (c * bits)
        drawn[j] = word


@_jit
def _draw_hard(
    forward: bool, x: int, parallax: Array, channels: Array, num_channels: int, landing: Array, first: Array, tear: np.float32,
    drawn: Array, drawn_warped: Array,
) -> None:  # fmt: skip
    """Draw what lies between samples x and x+1 where that is several pixels or a break."""
    width = parallax.size
    step = landing[x + 1] - landing[x]
    if (step > _ZERO) & (step <= tear):
        _draw(
            x, first[x], first[x + 1], landing[x], step, parallax, channels, num_channels, drawn, drawn_warped
        )  # fmt: skip
        return
    # Far to near: for tear_px < 1 the two halves may overlap.
    for n in range(2):
        if (n == 0) == forward:
            _draw(x, first[x], _pixel(landing[x] + _HALF, width), _ZERO, _ZERO, parallax, channels, num_channels,
                  drawn, drawn_warped)  # fmt: skip
        else:
            _draw(x + 1, _pixel(landing[x + 1] - _HALF, width), first[x + 1], _ZERO, _ZERO, parallax, channels,
                  num_channels, drawn, drawn_warped)  # fmt: skip


@_jit
def _pixel(edge: np.float32, width: int) -> int:
    """The first pixel at or after the edge, clamped to the row."""
    return np.int32(np.ceil(min(max(edge, _ZERO), np.float32(width))))


@_jit
def _scatter(
    forward: bool, parallax: Array, channels: Array, num_channels: int, landing: Array, first: Array,
    tear: np.float32, target: Array, words: Array, warped: Array, drawn: Array, drawn_warped: Array,
) -> None:  # fmt: skip
    """Draw the row from far to near: left to right for eye < 0, else right to left."""
    width = parallax.size
    last = width - 1
    left_end = (_pixel(landing[0] - _HALF, width), first[0])
    right_end = (first[last], _pixel(landing[last] + _HALF, width))
    if forward:
        _draw(0, *left_end, _ZERO, _ZERO, parallax, channels, num_channels, drawn, drawn_warped)
        for x in range(last):
            j = target[x]
            if j >= 0:
                drawn[j] = words[x]
                drawn_warped[j] = warped[x]
            else:
                _draw_hard(forward, x, parallax, channels, num_channels, landing, first, tear, drawn, drawn_warped)
        _draw(last, *right_end, _ZERO, _ZERO, parallax, channels, num_channels, drawn, drawn_warped)
    else:
        _draw(last, *right_end, _ZERO, _ZERO, parallax, channels, num_channels, drawn, drawn_warped)
        for x in range(last - 1, -1, -1):
            j = target[x]
            if j >= 0:
                drawn[j] = words[x]
                drawn_warped[j] = warped[x]
            else:
                _draw_hard(forward, x, parallax, channels, num_channels, landing, first, tear, drawn, drawn_warped)
        _draw(0, *left_end, _ZERO, _ZERO, parallax, channels, num_channels, drawn, drawn_warped)


@_jit
def _widen(source: Array, width: int, stride: int, offset: int, row: Array) -> None:
    for x in range(width):
        row[x] = source[x * stride + offset]


@_jit
def _widen_sites(chroma: Array, landing: Array, tear: np.float32, width: int, row: Array) -> None:
    """A half-width chroma row at luma columns; a break between two columns is not blended over."""
    for k in range((width + 1) >> 1):
        row[2 * k] = chroma[k]
    for k in range((width - 1) >> 1):
        before = landing[2 * k + 1] - landing[2 * k]
        after = landing[2 * k + 2] - landing[2 * k + 1]
        joined_before = (before > _ZERO) & (before <= tear)
        joined_after = (after > _ZERO) & (after <= tear)
        a, b = np.float32(chroma[k]), np.float32(chroma[k + 1])
        right = _HALF * (a + b) if joined_before else b
        row[2 * k + 1] = right if joined_after else a
    if width % 2 == 0:
        row[width - 1] = chroma[(width >> 1) - 1]


@_jit
def _unpack_geometry(drawn: Array, drawn_warped: Array, width: int, hole: Array, parallax: Array) -> int:
    """Write hole mask and parallax of the row, and clear the drawn parallax; the number of holes."""
    holes = 0
    for j in range(width):
        empty = drawn[j] < 0
        hole[j] = empty
        holes += empty
        parallax[j] = drawn_warped[j]
        drawn_warped[j] = _ZERO
    return holes


@_jit
def _unpack(drawn: Array, width: int, shift: int, empty_value: int, target: Array, stride: int, offset: int) -> None:
    for j in range(width):
        word = drawn[j]
        target[j * stride + offset] = word >> shift if word >= 0 else empty_value


@_jit
def _unpack_half(drawn: Array, width: int, shift: int, mid_grey: int, target: Array) -> None:
    """Every second column: the even pixel, or the odd one where that is a hole."""
    for k in range(width >> 1):
        even, odd = drawn[2 * k], drawn[2 * k + 1]
        word = even if even >= 0 else odd
        target[k] = word >> shift if word >= 0 else mid_grey
    if width % 2:
        word = drawn[width - 1]
        target[width >> 1] = word >> shift if word >= 0 else mid_grey


@_jit
def _late_chroma(
    chroma: Array, target: Array, above: Array, hole: Array, parallax: Array, eye: np.float32, width: int
) -> None:  # fmt: skip
    """Chroma pixels that the even row left empty although the odd row shows something there."""
    last = (width - 1) >> 1
    for k in range(last + 1):
        even = 2 * k
        odd = min(even + 1, width - 1)
        if not (above[even] & above[odd]):
            continue
        j = even if hole[even] == 0 else odd
        if not hole[j]:
            position = np.float32(j) - eye * parallax[j]
            nearest = np.floor(position * _HALF + _HALF)
            target[k] = chroma[int(min(max(nearest, _ZERO), np.float32(last)))]


@_jit
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


@_jit
def _fill_row(
    hole: Array, parallax: Array, luma: Array, u: Array, v: Array, packed: bool, chroma: int, stretch: bool
) -> None:  # fmt: skip
    """Fill every run of holes that has an edge; chroma says how wide the chroma rows are, 0 = not to be filled."""
    width = hole.size
    half_width = (width + 1) >> 1
    b = 0
    while b < width:
        a = b
        while a < width and not hole[a]:
            a += 1
        b = a
        while b < width and hole[b]:
            b += 1
        if a == b or b - a == width:
            continue
        from_left = b == width or (a > 0 and parallax[a - 1] <= parallax[b])
        _fill_run(parallax, 1, 0, width, a - 1, b, from_left, stretch, _ZERO)
        if packed:
            for c in range(3):
                _fill_run(luma, 3, c, width, a - 1, b, from_left, stretch, _HALF)
        else:
            _fill_run(luma, 1, 0, width, a - 1, b, from_left, stretch, _HALF)
        if chroma == _FULL_WIDTH_SITES:
            _fill_run(u, 1, 0, width, a - 1, b, from_left, stretch, _HALF)
            _fill_run(v, 1, 0, width, a - 1, b, from_left, stretch, _HALF)
        elif chroma == _HALF_WIDTH_SITES:
            right = b >> 1 if b < width else half_width
            _fill_run(u, 1, 0, half_width, (a - 1) >> 1, right, from_left, stretch, _HALF)
            _fill_run(v, 1, 0, half_width, (a - 1) >> 1, right, from_left, stretch, _HALF)


@_jit
def _render_band(
    sources: tuple[Array, Array, Array], outputs: tuple[Array, ...], parallax: Array, top: int,
    geometry: tuple[np.float32, np.float32, int], shape: tuple[int, bool, bool, int, int, int],
    rows: tuple[Array, ...],
) -> bool:  # fmt: skip
    """Render rows top.. of one eye, as many as parallax has; False if a parallax is not finite."""
    out_luma, out_u, out_v, out_hole, out_parallax = outputs
    eye, tear, fill = geometry
    width, packed, has_chroma, shift_x, shift_y, mid_grey = shape
    channels, landing, first, target, words, warped, drawn, drawn_warped = rows
    bits = 2 * words.itemsize
    for row in range(parallax.shape[0]):
        y = top + row
        r = y >> shift_y
        p = parallax[row, :width]
        if not _land(p, eye, landing, first):
            return False
        chroma = 0
        if has_chroma and r << shift_y == y:
            chroma = _HALF_WIDTH_SITES if shift_x else _FULL_WIDTH_SITES
        for c in range(3 if packed else 1):
            _widen(sources[0][y], width, 3 if packed else 1, c, channels[c])
        if chroma == _FULL_WIDTH_SITES:
            _widen(sources[1][r], width, 1, 0, channels[1])
            _widen(sources[2][r], width, 1, 0, channels[2])
        elif chroma == _HALF_WIDTH_SITES:
            _widen_sites(sources[1][r], landing, tear, width, channels[1])
            _widen_sites(sources[2][r], landing, tear, width, channels[2])
        num_channels = 3 if packed or chroma else 1
        _blend(p, channels, num_channels, landing, first, tear, target, words, warped)
        _scatter(eye < _ZERO, p, channels, num_channels, landing, first, tear, target, words, warped, drawn, drawn_warped)
        hole, out_p, out_y = out_hole[y, :width], out_parallax[y, :width], out_luma[y]
        num_holes = _unpack_geometry(drawn, drawn_warped, width, hole, out_p)
        _unpack_row(drawn, width, packed, chroma, bits, mid_grey, out_y, out_u[r], out_v[r])
        drawn[:] = _EMPTY
        if has_chroma and not chroma:
            _late_chroma(sources[1][r], out_u[r], out_hole[y - 1], hole, out_p, eye, width)
            _late_chroma(sources[2][r], out_v[r], out_hole[y - 1], hole, out_p, eye, width)
        if fill and num_holes:
            _fill_row(hole, out_p, out_y, out_u[r], out_v[r], packed, chroma, fill == 2)
    return True


@_jit
def _unpack_row(
    drawn: Array, width: int, packed: bool, chroma: int, bits: int, mid_grey: int, luma: Array, u: Array, v: Array
) -> None:  # fmt: skip
    """Split the drawn words of a row into the output planes."""
    if packed:
        for c in range(3):
            _unpack(drawn, width, c * bits, 0, luma, 3, c)
    else:
        _unpack(drawn, width, 0, 0, luma, 1, 0)
    if chroma == _FULL_WIDTH_SITES:
        _unpack(drawn, width, bits, mid_grey, u, 1, 0)
        _unpack(drawn, width, 2 * bits, mid_grey, v, 1, 0)
    elif chroma == _HALF_WIDTH_SITES:
        _unpack_half(drawn, width, bits, mid_grey, u)
        _unpack_half(drawn, width, 2 * bits, mid_grey, v)
