"""Compiled loops that bring the planes of a row to float32 at luma columns, and drawn rows back into planes."""

from __future__ import annotations

import numpy as np

from kernels._jit import compiled
from kernels.forward_splat.layout import FULL_WIDTH, HALF_WIDTH, Array

_ZERO = np.float32(0)
_HALF = np.float32(0.5)
_NOTHING = np.float32(np.nan)


@compiled
def is_finite(parallax: Array, width: int) -> bool:
    """By the bits: an integer maximum is vectorised, a test of floats is not."""
    largest = np.int32(0)
    for y in range(parallax.shape[0]):
        bits = parallax[y].view(np.int32)
        for x in range(width):
            largest = max(largest, bits[x] & np.int32(0x7FFFFFFF))
    return bool(largest < np.int32(0x7F800000))


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
def gather_row(
    sources: tuple[Array, Array, Array], y: int, r: int, packed: bool, chroma: int, parallax: Array,
    eye: np.float32, tear: np.float32, colours: Array, doubled: Array, joined: Array,
) -> int:  # fmt: skip
    """Bring the colours of a row to float32 at luma columns; the number of channels."""
    width = parallax.size
    if packed:
        _widen_packed(sources[0][y], width, colours)
    else:
        _widen(sources[0][y], width, colours[0])
    if chroma == FULL_WIDTH:
        _widen(sources[1][r], width, colours[1])
        _widen(sources[2][r], width, colours[2])
    elif chroma == HALF_WIDTH:
        _find_joins(parallax, eye, tear, joined)
        _double(sources[1][r], width, doubled)
        _blend_sites(joined, doubled, width, colours[1])
        _double(sources[2][r], width, doubled)
        _blend_sites(joined, doubled, width, colours[2])
    return 3 if packed or chroma else 1


@compiled
def clear(d0: Array, d1: Array, d2: Array, seen: Array, width: int, mid_grey: int, num_channels: int) -> None:
    """An empty row. NaN is the parallax of nothing."""
    for j in range(width):
        d0[j] = 0
        seen[j] = _NOTHING
    if num_channels == 3:
        for j in range(width):
            d1[j] = mid_grey
            d2[j] = mid_grey


@compiled
def interleave(rows: Array, width: int, target: Array) -> None:
    r, g, b = rows[0], rows[1], rows[2]
    for x in range(width):
        target[3 * x] = r[x]
        target[3 * x + 1] = g[x]
        target[3 * x + 2] = b[x]


@compiled
def halve(row: Array, hole: Array, width: int, target: Array) -> None:
    """Every second column: the even pixel, or the odd one where that is a hole."""
    for k in range(width >> 1):
        even, odd = row[2 * k], row[2 * k + 1]
        target[k] = odd if hole[2 * k] else even
    if width % 2:
        target[width >> 1] = row[width - 1]
