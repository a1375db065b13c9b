"""The CPU twin: bands of rows on threads, each row rendered by compiled loops that release the GIL."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np

from kernels._require import dense_rows
from kernels.forward_splat.layout import FILLS, Array, Fill, PlaneLayout, SplatView

_BAND_ROWS = 64
"""Rows handed to the compiled loop at a time; even, so that a band never splits a 4:2:0 row pair."""

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
    sources = [dense_rows(plane) for plane in planes]
    targets = [([dense_rows(plane) for plane in view.planes], view) for view in views]
    bands = range(0, layout.height, _BAND_ROWS)
    empty = np.empty((0, 0), layout.dtype)

    def render(share: range) -> bool:
        index = np.empty(layout.width, np.int32)
        t = np.empty(layout.width, np.float32)
        landing = np.empty(layout.width, np.float32)
        joined = np.empty(layout.width, np.bool_)
        sites = np.empty(layout.width + 2, np.float32)
        scratch = np.empty((_BAND_ROWS, layout.width), np.float32)
        for top in share:
            rows = min(_BAND_ROWS, layout.height - top)
            parallax = scratch[:rows]
            np.copyto(parallax, parallax_px[top : top + rows])
            for eye, (out_planes, view) in zip(eyes, targets, strict=True):
                u, v, out_u, out_v = (*sources[1:], *out_planes[1:]) if layout.has_chroma else (empty,) * 4
                fine = _render_band(
                    sources[0], u, v, parallax, out_planes[0], out_u, out_v, dense_rows(view.hole),
                    dense_rows(view.parallax_px), top, layout.packed, layout.shift_x, layout.shift_y, layout.mid_grey,
                    np.float32(eye), np.float32(tear_px), FILLS.index(fill), index, t, landing, joined, sites,
                )  # fmt: skip
                if not fine:
                    return False
        return True

    shares = [bands[number::threads] for number in range(min(threads, len(bands)))]
    if len(shares) == 1:
        fine = render(shares[0])
    else:
        with ThreadPoolExecutor(len(shares)) as pool:
            fine = all(list(pool.map(render, shares)))
    if not fine:
        raise ValueError("parallax_px must be finite, got NaN or infinity")


@_jit
def _pixel(edge, width):
    return int(math.ceil(min(max(edge, np.float32(0)), np.float32(width))))


@_jit
def _geometry(p, width, eye, tear, index, t, landing, joined):
    """Fill index and t with the winner of every pixel; False if a parallax is not finite."""
    half = np.float32(0.5)
    fine = True
    for x in range(width):
        fine &= math.isfinite(p[x])
        landing[x] = np.float32(x) + eye * p[x]
        index[x] = -1
    joined[width - 1] = False
    for x in range(width - 1):
        step = landing[x + 1] - landing[x]
        joined[x] = step > 0 and step <= tear
    for n in range(width):
        x = n if eye < 0 else width - 1 - n
        here = landing[x]
        first = _pixel(here, width)
        if x == 0 or not joined[x - 1]:
            for j in range(_pixel(here - half, width), first):
                index[j] = x
                t[j] = 0
        if joined[x]:
            step = landing[x + 1] - here
            for j in range(first, _pixel(landing[x + 1], width)):
                index[j] = x
                t[j] = (np.float32(j) - here) / step
        else:
            for j in range(first, _pixel(here + half, width)):
                index[j] = x
                t[j] = 0
    return fine


@_jit
def _sample(row, stride, offset, index, t, j, last):
    x = index[j]
    left = np.float32(row[x * stride + offset])
    if t[j] > 0:
        return left + t[j] * (np.float32(row[min(x + 1, last) * stride + offset]) - left)
    return left + np.float32(0)


@_jit
def _splat_row(source, target, stride, offset, empty_value, index, t, width):
    for j in range(width):
        if index[j] < 0:
            target[j * stride + offset] = empty_value
        else:
            target[j * stride + offset] = int(_sample(source, stride, offset, index, t, j, width - 1) + np.float32(0.5))


@_jit
def _fill_run(values, stride, offset, width, left, right, left_is_background, fill, rounding):
    """Fill strictly between the edges left and right; an edge outside the row does not exist."""
    if fill == 1 or left < 0 or right >= width:
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
def _chroma_sites(chroma, joined, sites, width):
    for x in range(width):
        sites[x] = chroma[x >> 1]
    for x in range(1, width - 1, 2):
        if joined[x]:
            sites[x] = np.float32(0.5) * (sites[x - 1] + sites[x + 1]) if joined[x - 1] else sites[x + 1]


@_jit
def _splat_chroma(chroma, target, index, t, joined, sites, width, mid_grey):
    _chroma_sites(chroma, joined, sites, width)
    for k in range((width + 1) >> 1):
        j = 2 * k
        if index[j] < 0 and j + 1 < width:
            j += 1
        target[k] = mid_grey if index[j] < 0 else int(_sample(sites, 1, 0, index, t, j, width - 1) + np.float32(0.5))


@_jit
def _late_chroma(chroma, target, above, hole, parallax, eye, width):
    """Chroma pixels that the even row left empty although the odd row shows something there."""
    half = np.float32(0.5)
    last = (width - 1) >> 1
    for k in range(last + 1):
        even = 2 * k
        odd = min(even + 1, width - 1)
        j = even if hole[even] == 0 else odd
        if above[even] and above[odd] and not hole[j]:
            position = np.float32(j) - eye * parallax[j]
            target[k] = chroma[int(min(max(math.floor(position * half + half), np.float32(0)), np.float32(last)))]


@_jit
def _render_band(
    luma, u, v, parallax, out_luma, out_u, out_v, out_hole, out_parallax, top, packed, shift_x, shift_y, mid_grey,
    eye, tear, fill, index, t, landing, joined, sites,
):  # fmt: skip
    width = parallax.shape[1]
    half = np.float32(0.5)
    zero = np.float32(0)
    stride = 3 if packed else 1
    chroma_columns = (width + 1) >> 1
    fine = True
    for band_row in range(parallax.shape[0]):
        y = top + band_row
        p = parallax[band_row]
        fine &= _geometry(p, width, eye, tear, index, t, landing, joined)
        hole = out_hole[y]
        warped = out_parallax[y]
        for j in range(width):
            hole[j] = index[j] < 0
            warped[j] = zero if index[j] < 0 else _sample(p, 1, 0, index, t, j, width - 1)
        for offset in range(stride):
            _splat_row(luma[y], out_luma[y], stride, offset, 0, index, t, width)
        r = y >> shift_y
        full_chroma = u.size > 0 and not shift_x
        half_chroma = u.size > 0 and shift_x > 0 and r << shift_y == y
        if full_chroma:
            _splat_row(u[y], out_u[y], 1, 0, mid_grey, index, t, width)
            _splat_row(v[y], out_v[y], 1, 0, mid_grey, index, t, width)
        elif half_chroma:
            _splat_chroma(u[r], out_u[r], index, t, joined, sites, width, mid_grey)
            _splat_chroma(v[r], out_v[r], index, t, joined, sites, width, mid_grey)
        elif u.size > 0:
            _late_chroma(u[r], out_u[r], out_hole[y - 1], hole, warped, eye, width)
            _late_chroma(v[r], out_v[r], out_hole[y - 1], hole, warped, eye, width)
        if fill == 0:
            continue
        a = 0
        while a < width:
            if not hole[a]:
                a += 1
                continue
            b = a
            while b < width and hole[b]:
                b += 1
            if b - a < width:
                left_is_background = b == width or (a > 0 and warped[a - 1] <= warped[b])
                _fill_run(warped, 1, 0, width, a - 1, b, left_is_background, fill, zero)
                for offset in range(stride):
                    _fill_run(out_luma[y], stride, offset, width, a - 1, b, left_is_background, fill, half)
                if full_chroma:
                    _fill_run(out_u[y], 1, 0, width, a - 1, b, left_is_background, fill, half)
                    _fill_run(out_v[y], 1, 0, width, a - 1, b, left_is_background, fill, half)
                elif half_chroma:
                    left, right = (a - 1) >> 1, (b >> 1 if b < width else chroma_columns)
                    _fill_run(out_u[r], 1, 0, chroma_columns, left, right, left_is_background, fill, half)
                    _fill_run(out_v[r], 1, 0, chroma_columns, left, right, left_is_background, fill, half)
            a = b
    return fine
