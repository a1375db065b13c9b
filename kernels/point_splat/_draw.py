"""Compiled loops that copy what runs of cells show to the pixels where it is nearest, in the order of cells."""

from __future__ import annotations

import numpy as np

from kernels._jit import compiled, compiled_inline
from kernels._vector import LANES, PIXELS, equal_codes, lowest_bit, put_nearer
from kernels.point_splat._cells import (
    BLUE,
    CASE,
    COLUMN,
    GREEN,
    NEXT,
    NOTHING,
    PATCH,
    RED,
    ROW,
    UNSOLVED,
    Four,
    shown,
)
from kernels.point_splat.camera import SUBPIXELS, Array

_ALL = (1 << LANES) - 1
_CENTRE = SUBPIXELS // 2


@compiled
def pack(count: int, colours: Array, packed: Array) -> None:
    for n in range(count):
        packed[3 * n] = colours[RED + n]
        packed[3 * n + 1] = colours[GREEN + n]
        packed[3 * n + 2] = colours[BLUE + n]


@compiled_inline
def _put_others(
    top: Array, bottom: Array, n: int, case: int, i: int, j: int, image: Array, depth: Array
) -> None:  # fmt: skip
    """Draw cell n at the pixels it covers beside i, j, the first one."""
    first = lowest_bit(case)
    i, j = i - (first & 1), j - (first >> 1)
    rest = case & (case - 1)
    while rest:
        k = lowest_bit(rest)
        rest &= rest - 1
        column, row = np.uint32(i + (k & 1)), np.uint32(j + (k >> 1))
        x, y = np.float32(column * SUBPIXELS + _CENTRE), np.float32(row * SUBPIXELS + _CENTRE)
        z, red, green, blue = shown(top, bottom, n, x, y)
        if z < depth[row, column]:
            depth[row, column] = z
            image[row, np.uint32(3 * column)] = red
            image[row, np.uint32(3 * column + 1)] = green
            image[row, np.uint32(3 * column + 2)] = blue


@compiled_inline
def draw_chains(
    above: Array, below: Array, first: int, n: int, count: int, width: int, places: Array, kinds: Array, depths: Array,
    packed: Array, image: Array, depth: Array,
) -> int:  # fmt: skip
    """Draw cells n..count in order up to the first that was not solved, and return that, or count or more.

    Cells side by side that cover pixels side by side are drawn together: no two of them on the same pixel.
    """
    top, bottom = above[first:], below[first:]
    while n < count:
        kind = kinds[n]
        if kind == NOTHING:
            others = equal_codes(kinds, n, NOTHING) ^ _ALL
            n += lowest_bit(others) if others else LANES
            continue
        if kind == UNSOLVED:
            break
        i, j = places[COLUMN + n], places[ROW + n]
        others = equal_codes(kinds, n + 1, NEXT) ^ _ALL
        chain = min(1 + (lowest_bit(others) if others else LANES), PIXELS)
        if i + PIXELS <= width:
            put_nearer(depth[j], image[j], i, depths, packed, n, chain)
        else:
            for k in range(chain):
                z = depths[n + k]
                if z < depth[j, i + k]:
                    depth[j, i + k] = z
                    for c in range(3):
                        image[j, 3 * (i + k) + c] = packed[3 * (n + k) + c]
        n += chain
        case = places[CASE + n - 1]
        if case & (case - 1):
            _put_others(top, bottom, n - 1, case, i + chain - 1, j, image, depth)
    return n


@compiled_inline
def _put(n: np.uint32, j: np.uint32, i: np.uint32, depths: Array, colours: Array, image: Array, depth: Array) -> None:
    """Draw what was solved of cell n at a pixel where it is nearer."""
    z = depths[n]
    if z < depth[j, i]:
        depth[j, i] = z
        image[j, np.uint32(3 * i)] = colours[RED + n]
        image[j, np.uint32(3 * i + 1)] = colours[GREEN + n]
        image[j, np.uint32(3 * i + 2)] = colours[BLUE + n]


@compiled
def draw_corners(
    n: int, count: int, places: Array, depths: Four, colours: Four, image: Array, depth: Array
) -> int:  # fmt: skip
    """The same for cells solved at all four pixels, whose places are the upper left ones."""
    while n < count:
        # Unsigned: an index that might be negative costs a test each time.
        i, j, at = np.uint32(places[COLUMN + n]), np.uint32(places[ROW + n]), np.uint32(n)
        case = places[CASE + n]
        if case >= PATCH:
            break
        if case & 1:
            _put(at, j, i, depths[0], colours[0], image, depth)
        if case & 2:
            _put(at, j, np.uint32(i + 1), depths[1], colours[1], image, depth)
        if case & 4:
            _put(at, np.uint32(j + 1), i, depths[2], colours[2], image, depth)
        if case & 8:
            _put(at, np.uint32(j + 1), np.uint32(i + 1), depths[3], colours[3], image, depth)
        n += 1
    return n
