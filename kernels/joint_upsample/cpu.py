"""The CPU twin: each row of the small map is spread to frame width once, then all is straight SIMD loops."""

from __future__ import annotations

import numpy as np

from kernels._jit import compiled
from kernels._parallel import for_each_share
from kernels._require import dense_rows
from kernels.joint_upsample.grid import EDGE, FLAT, LUMA_TOLERANCE, Array, cell_edges, sample_positions

_ZERO, _ONE = np.float32(0), np.float32(1)
_RANGE = EDGE - FLAT


def joint_upsample_cpu(disparity: Array, luma: Array, out: Array, *, luma_scale: float, threads: int) -> None:
    """Write the upsampled map into out; arguments as `joint_upsample` has checked them."""
    height, width = luma.shape
    rows, columns = disparity.shape
    scale = np.float32(luma_scale / LUMA_TOLERANCE)
    pixels, samples, target = dense_rows(luma), dense_rows(disparity), dense_rows(out)
    guide = np.empty((rows, columns), np.float32)
    row_edges, column_edges = cell_edges(height, rows), cell_edges(width, columns)
    x0, x1, fx = sample_positions(width, columns)
    y0, y1, fy = sample_positions(height, rows)

    def average(share: slice) -> None:
        _cell_means(pixels, row_edges, column_edges, scale, share.start, share.stop, np.empty(width, np.int64), guide)

    def upsample(share: slice) -> None:
        spread = np.empty((2, 4, width), np.float32)
        upsample_rows(
            samples, guide, pixels, scale, (x0, x1, fx), (y0, y1, fy), share.start, share.stop, spread, target
        )  # fmt: skip

    for_each_share(average, _shares(rows, threads))
    for_each_share(upsample, _shares(height, threads))


def _shares(rows: int, threads: int) -> list[slice]:
    count = min(threads, rows)
    return [slice(rows * n // count, rows * (n + 1) // count) for n in range(count)]


@compiled
def _cell_means(
    luma: Array, row_edges: Array, column_edges: Array, scale: np.float32, start: int, stop: int, sums: Array,
    guide: Array,
) -> None:  # fmt: skip
    width = sums.size
    for r in range(start, stop):
        sums[:] = 0
        for y in range(row_edges[r], row_edges[r + 1]):
            row = luma[y]
            for x in range(width):
                sums[x] += row[x]
        for c in range(guide.shape[1]):
            total = np.int64(0)
            for x in range(column_edges[c], column_edges[c + 1]):
                total += sums[x]
            size = (row_edges[r + 1] - row_edges[r]) * (column_edges[c + 1] - column_edges[c])
            guide[r, c] = np.float32(total) / np.float32(size) * scale


@compiled
def _spread(samples: Array, guide: Array, x0: Array, x1: Array, rows: Array) -> None:
    """A row of the small map at frame width: disparity on the left and right of each pixel, guide likewise."""
    d0, d1, g0, g1 = rows[0], rows[1], rows[2], rows[3]
    for x in range(x0.size):
        a, b = x0[x], x1[x]
        d0[x] = samples[a]
        d1[x] = samples[b]
        g0[x] = guide[a]
        g1[x] = guide[b]


@compiled
def _weight(share: np.float32, pixel: np.float32, guide: np.float32) -> np.float32:
    unlike = pixel - guide
    quotient = _ONE + unlike * unlike
    return share / (quotient * quotient)


@compiled
def _blend_row(
    luma: Array, scale: np.float32, above: Array, below: Array, fx: Array, fy: np.float32, out: Array
) -> None:
    a0, a1, ga0, ga1 = above[0], above[1], above[2], above[3]
    b0, b1, gb0, gb1 = below[0], below[1], below[2], below[3]
    gy = _ONE - fy
    for x in range(fx.size):
        d00, d01, d10, d11 = a0[x], a1[x], b0[x], b1[x]
        f = fx[x]
        g = _ONE - f
        pixel = np.float32(luma[x]) * scale
        w00, w01 = _weight(g * gy, pixel, ga0[x]), _weight(f * gy, pixel, ga1[x])
        w10, w11 = _weight(g * fy, pixel, gb0[x]), _weight(f * fy, pixel, gb1[x])
        joint = (w00 * d00 + w01 * d01 + w10 * d10 + w11 * d11) / (w00 + w01 + w10 + w11)
        top, bottom = d00 + f * (d01 - d00), d10 + f * (d11 - d10)
        smooth = top + fy * (bottom - top)
        low, high = min(min(d00, d01), min(d10, d11)), max(max(d00, d01), max(d10, d11))
        mix = min(max((high - low - FLAT) / _RANGE, _ZERO), _ONE)
        out[x] = min(max(smooth + mix * (joint - smooth), low), high)


@compiled
def upsample_rows(
    samples: Array, guide: Array, luma: Array, scale: np.float32, columns: tuple[Array, Array, Array],
    rows: tuple[Array, Array, Array], start: int, stop: int, spread: Array, out: Array,
) -> None:  # fmt: skip
    """Write rows start..stop of the result; columns and rows are `sample_positions`, spread is scratch."""
    x0, x1, fx = columns
    y0, y1, fy = rows
    # Slot y % 2 holds row y of the small map: the two rows around a pixel never share a slot.
    held = (-1, -1)
    for y in range(start, stop):
        for row in (y0[y], y1[y]):
            if held[row % 2] != row:
                _spread(samples[row], guide[row], x0, x1, spread[row % 2])
                held = (row, held[1]) if row % 2 == 0 else (held[0], row)
        _blend_row(luma[y], scale, spread[y0[y] % 2], spread[y1[y] % 2], fx, fy[y], out[y])
