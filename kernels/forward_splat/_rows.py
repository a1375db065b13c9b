"""Compiled loops between planes and rows of one channel."""

from __future__ import annotations

import numpy as np

from kernels._jit import compiled
from kernels._vector import LINE, bytes_to_line, stream_line
from kernels.forward_splat.layout import Array

_TO_FLOAT, _INFINITE = np.float32(2.0**112), np.float32(np.inf)


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
def widen(source: Array, width: int, target: Array) -> None:
    """float16, given by its bits (uint16), to float32: NumPy does it one by one.

    Moved to the places of a float32 the bits are the same number but for a factor, and that is a power of two.
    """
    for y in range(source.shape[0]):
        bits, row = source[y], target[y]
        for x in range(width):
            half = np.int32(bits[x])
            size = np.int32((half & np.int32(0x7FFF)) << np.int32(13)).view(np.float32) * _TO_FLOAT
            size = size if half & np.int32(0x7C00) != np.int32(0x7C00) else _INFINITE
            row[x] = -size if half & np.int32(0x8000) else size


@compiled
def split(source: Array, width: int, rows: tuple[Array, Array, Array]) -> None:
    """A packed row as one row for each channel."""
    r, g, b = rows
    for x in range(width):
        r[x] = source[3 * x]
        g[x] = source[3 * x + 1]
        b[x] = source[3 * x + 2]


@compiled
def interleave(r: Array, g: Array, b: Array, width: int, target: Array) -> None:
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


@compiled
def copy(source: Array, width: int, target: Array) -> None:
    for x in range(width):
        target[x] = source[x]


@compiled
def stream(source: Array, width: int, target: Array) -> None:
    """Copy a row past the caches: a line that is written whole need not be fetched first. `settle` ends it."""
    size = target.itemsize
    before, step = bytes_to_line(target), LINE // size
    # Samples that do not lie on multiples of their size never meet the start of a line.
    x = min(before // size, width) if before % size == 0 else width
    copy(source, x, target)
    while x + step <= width:
        stream_line(target, x, source, x)
        x += step
    copy(source[x:], width - x, target[x:])
