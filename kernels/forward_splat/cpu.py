"""The CPU twin: bands of rows on threads, each row rendered by compiled loops that release the GIL.

Arithmetic runs over neighbouring samples (SIMD); only copies go to scattered places, and those in runs. Per row:

    solve     how many pixels the surface between samples x and x+1 covers, and what it shows at the first: how near
    blend     the colours there
    draw      far to near, surface by surface: what covers one pixel is copied in blocks, the rest drawn one by one
    finish    hole mask, subsampled chroma, fill; then rows go to their planes past the caches

The arithmetic is that of reference.py; benchmarks/ladder/ keeps the slower ways with their times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from kernels._jit import compiled
from kernels._parallel import for_each_share
from kernels._require import dense_rows
from kernels._vector import LANES, settle
from kernels.forward_splat._draw import blend, blend_half, draw_row, solve
from kernels.forward_splat._holes import clear_runs, fill_row, find_runs, late_chroma
from kernels.forward_splat._rows import copy, halve, interleave, is_finite, split, stream, widen
from kernels.forward_splat.layout import FILLS, FULL_WIDTH, HALF_WIDTH, Array, Fill, PlaneLayout, SplatView

_BAND_ROWS = 32
"""Rows a compiled loop takes at a time, so that parallax stays in cache for the next eye; even: 4:2:0 rows pair up."""


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
        (*_three([dense_rows(plane) for plane in view.planes]), dense_rows(view.hole), _rows_or_none(view.parallax_px))
        for view in views
    ]
    is_half = parallax_px.dtype != np.float32
    parallax_rows = dense_rows(parallax_px.view(np.uint16) if is_half else parallax_px)

    looks = [(np.float32(eye), np.float32(tear_px), FILLS.index(fill)) for eye in eyes]
    size = (layout.width, layout.packed, layout.has_chroma, layout.shift_x, layout.shift_y, layout.mid_grey)

    def render(tops: Iterator[int]) -> bool:
        rows = _new_rows(layout)
        widened = np.empty((_BAND_ROWS if is_half else 0, layout.width), np.float32)
        for top in tops:
            stop = min(top + _BAND_ROWS, layout.height)
            parallax = parallax_rows[top:stop]
            if is_half:
                widen(parallax, layout.width, widened)
                parallax = widened[: stop - top]
            if not is_finite(parallax, layout.width):
                return False
            for look, target in zip(looks, targets, strict=True):
                render_band(sources, target, parallax, top, look, size, rows)
        return True

    tops = range(0, layout.height, _BAND_ROWS)
    # All threads take bands from one iterator: a core that is busy with something else takes fewer.
    shares = [iter(tops)] * min(threads, len(tops))
    if not all(for_each_share(render, shares)):
        raise ValueError("parallax_px must be finite, got NaN or infinity")


def _three(planes: list[Array]) -> tuple[Array, Array, Array]:
    """Three planes for the compiled loop, which reads the last two only where there is chroma."""
    return (planes[0], planes[-2], planes[-1]) if len(planes) == 3 else (planes[0], planes[0], planes[0])


def _rows_or_none(parallax_px: Array | None) -> Array:
    """No rows where nobody wants them: the compiled loop is the same for both."""
    return np.empty((0, 0), np.float32) if parallax_px is None else dense_rows(parallax_px)


class _Rows(NamedTuple):
    """Row buffers of one thread, LANES longer than the row, because blocks of samples reach beyond it."""

    split: tuple[Array, Array, Array]
    """The channels of a packed row."""
    codes: Array
    """uint8: how many pixels the surface from x to x+1 covers; 0 beyond the row."""
    between: Array
    """float32: how far from x to x+1 the first of them lies."""
    shown: tuple[Array, Array, Array, Array]
    """Three colours there, and the parallax, float32."""
    breaks: Array
    """int32: every x that is not one surface with x+1."""
    drawn: tuple[Array, Array, Array]
    """The colours of each pixel: drawn here, where rows stay in the cache, and then streamed into the planes."""
    seen: Array
    """float32: the parallax of each pixel."""
    hole: Array
    """uint8: 1 where nothing was drawn; 0 beyond the row."""
    runs: Array
    """(n, 2) int32: first and one past last of each run of holes."""


def _new_rows(layout: PlaneLayout) -> _Rows:
    size = (-(-layout.width // LANES) + 1) * LANES

    def three() -> tuple[Array, Array, Array]:
        a, b, c = (np.empty(size, layout.dtype) for _ in range(3))
        return a, b, c

    return _Rows(
        split=three(),
        codes=np.zeros(size, np.uint8),
        between=np.empty(size, np.float32),
        shown=(*three(), np.empty(size, np.float32)),
        breaks=np.empty(size, np.int32),
        drawn=three(),
        seen=np.empty(size, np.float32),
        hole=np.zeros(size, np.uint8),
        runs=np.empty((size, 2), np.int32),
    )


@compiled
def render_band(
    sources: tuple[Array, Array, Array], outputs: tuple[Array, ...], parallax: Array, top: int,
    look: tuple[np.float32, np.float32, int], size: tuple[int, bool, bool, int, int, int],
    scratch: _Rows,
) -> None:  # fmt: skip
    """Render rows top.. of one eye, as many as parallax has."""
    luma, u, v, hole_plane, parallax_plane = outputs
    eye, tear, fill = look
    width, packed, has_chroma, shift_x, shift_y, mid_grey = size
    split_rows, codes, between, shown, breaks, drawn, seen, hole, runs = scratch
    num_runs = 0
    for row in range(parallax.shape[0]):
        y = top + row
        r = y >> shift_y
        p = parallax[row, :width]
        chroma = 0
        if has_chroma and r << shift_y == y:
            chroma = HALF_WIDTH if shift_x else FULL_WIDTH
        half, three = chroma == HALF_WIDTH, packed or chroma > 0
        s0, s1, s2 = sources[0][y], sources[1][r], sources[2][r]
        if packed:
            split(s0, width, split_rows)
            s0, s1, s2 = split_rows
        solve(p, eye, tear, codes, between, shown[3])
        blend(s0, between, width, shown[0])
        if half:
            blend_half(s1, codes, between, width, shown[1])
            blend_half(s2, codes, between, width, shown[2])
        elif three:
            blend(s1, between, width, shown[1])
            blend(s2, between, width, shown[2])
        d0, d1, d2 = drawn
        target = (d0, d1, d2, seen)
        draw_row(p, eye, codes, breaks, (s0, s1, s2), three, half, shown, target, hole)
        if has_chroma and not chroma:
            late_chroma(s1, u[r], runs[:num_runs], hole, seen[:width], eye)
            late_chroma(s2, v[r], runs[:num_runs], hole, seen[:width], eye)
        copy(hole, width, hole_plane[y])
        num_runs = find_runs(hole, width, runs)
        clear_runs(runs[:num_runs], mid_grey if chroma else 0, three, target)
        if half:
            halve(d1, hole, width, u[r])
            halve(d2, hole, width, v[r])
            d1, d2 = u[r], v[r]
        if fill:
            fill_row(runs[:num_runs], seen[:width], d0, d1, d2, FULL_WIDTH if packed else chroma, fill == 2)
        if packed:
            interleave(d0, d1, d2, width, luma[y])
        else:
            stream(d0, width, luma[y])
            if chroma == FULL_WIDTH:
                stream(d1, width, u[y])
                stream(d2, width, v[y])
        if parallax_plane.shape[0]:
            stream(seen, width, parallax_plane[y])
    settle()
