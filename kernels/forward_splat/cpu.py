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

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from kernels._jit import compiled
from kernels._parallel import for_each_share
from kernels._require import dense_rows
from kernels.forward_splat._draw import blend, draw_backward, draw_forward, solve
from kernels.forward_splat._holes import fill_row, find_runs, late_chroma, split_holes
from kernels.forward_splat._rows import clear, gather_row, halve, interleave, is_finite
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
        (*_three([dense_rows(plane) for plane in view.planes]), dense_rows(view.hole), dense_rows(view.parallax_px))
        for view in views
    ]
    widen = parallax_px.dtype != np.float32
    parallax_rows = parallax_px if widen else dense_rows(parallax_px)

    looks = [(np.float32(eye), np.float32(tear_px), FILLS.index(fill)) for eye in eyes]
    size = (layout.width, layout.packed, layout.has_chroma, layout.shift_x, layout.shift_y, layout.mid_grey)

    def render(tops: Iterator[int]) -> bool:
        rows = _new_rows(layout)
        widened = np.empty((_BAND_ROWS if widen else 0, layout.width), np.float32)
        for top in tops:
            stop = min(top + _BAND_ROWS, layout.height)
            parallax = parallax_rows[top:stop]
            if widen:
                parallax = widened[: stop - top]
                np.copyto(parallax, parallax_px[top:stop])
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
def render_band(
    sources: tuple[Array, Array, Array], outputs: tuple[Array, ...], parallax: Array, top: int,
    look: tuple[np.float32, np.float32, int], size: tuple[int, bool, bool, int, int, int],
    scratch: _Rows,
) -> None:  # fmt: skip
    """Render rows top.. of one eye, as many as parallax has."""
    luma, u, v, hole_plane, parallax_plane = outputs
    eye, tear, fill = look
    width, packed, has_chroma, shift_x, shift_y, mid_grey = size
    colours, doubled, joined, blended, between, warped, drawn, hard, holes, runs = scratch
    hole = holes[1]
    num_runs = 0
    for row in range(parallax.shape[0]):
        y = top + row
        r = y >> shift_y
        p = parallax[row, :width]
        chroma = 0
        if has_chroma and r << shift_y == y:
            chroma = HALF_WIDTH if shift_x else FULL_WIDTH
        num_channels = gather_row(sources, y, r, packed, chroma, p, eye, tear, colours, doubled, joined)
        solve(p, eye, tear, hard[1], between, warped)
        for c in range(num_channels):
            blend(colours[c], between, width, blended[c])
        d0 = drawn[0] if packed else luma[y]
        d1 = u[y] if chroma == FULL_WIDTH else drawn[1]
        d2 = v[y] if chroma == FULL_WIDTH else drawn[2]
        seen = parallax_plane[y]
        clear(d0, d1, d2, seen, width, mid_grey if chroma else 0, num_channels)
        if eye < 0:
            draw_forward(p, colours, num_channels, eye, tear, hard, blended, warped, d0, d1, d2, seen)
        else:
            draw_backward(p, colours, num_channels, eye, tear, hard, blended, warped, d0, d1, d2, seen)
        split_holes(seen[:width], hole, hole_plane[y])
        if packed:
            interleave(drawn, width, luma[y])
        elif chroma == HALF_WIDTH:
            halve(d1, hole, width, u[r])
            halve(d2, hole, width, v[r])
        elif has_chroma and not chroma:
            late_chroma(sources[1][r], u[r], runs[:num_runs], hole, seen[:width], eye)
            late_chroma(sources[2][r], v[r], runs[:num_runs], hole, seen[:width], eye)
        num_runs = find_runs(holes, width, runs)
        if fill:
            fill_row(runs[:num_runs], seen[:width], luma[y], u[r], v[r], packed, chroma, fill == 2)
