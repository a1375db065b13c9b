"""Compiled loops that say where the surfaces of a row land, what colours they show, and draw them far to near.

A segment is all samples of a row between two breaks: one surface, so its pixels have no gap and none is covered twice.

    sources   three rows of colours, the last two read only where three, and half as wide as the first where half
    shown     per sample x what the surface from x to x+1 shows at its first pixel: three colours and the parallax
    target    the same of each pixel: three rows of colours and the parallax, longer than the row by LANES
"""

from __future__ import annotations

import numpy as np

from kernels._jit import compiled, compiled_inline
from kernels._vector import ALL_LANES, LANES, equal_codes, lowest_bit, move_block, move_part
from kernels.forward_splat.layout import Array

_ZERO = np.float32(0)
_HALF = np.float32(0.5)
_ONE = np.float32(1)

_BREAK = 255
"""The code of a sample that is not one surface with its right neighbour; other codes are counts of pixels."""
_MANY = 254
"""The code of a surface that covers as many pixels, or more."""

_Four = tuple[Array, Array, Array, Array]
_Three = tuple[Array, Array, Array]


@compiled
def _pixel(edge: np.float32, limit: np.float32) -> np.float32:
    """The first pixel at or after the edge, clamped to the row; a float, because that keeps loops in 32 bits."""
    return np.ceil(min(max(edge, _ZERO), limit))


@compiled
def _level(t: np.float32, a: np.float32, b: np.float32) -> np.int32:
    return np.int32(a + t * (b - a) + _HALF)


@compiled
def solve(
    parallax: Array, eye: np.float32, tear: np.float32, codes: Array, between: Array, warped: Array
) -> None:  # fmt: skip
    """For the surface from each sample x to x+1: what it shows at the first pixel it covers.

    codes: how many pixels it covers, or that there is none. between: how far from x to x+1 the first pixel lies.
    warped: the parallax there.
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
        count = np.int32(min(_pixel(after, limit) - first, np.float32(_MANY)))
        codes[x] = count if joined else np.int32(_BREAK)
        # The clamp is for surfaces that cover no pixel; it keeps their unused colours from overflowing an integer.
        t = max(min((first - at) / step, _ONE), _ZERO) if joined else _ZERO
        between[x] = t
        warped[x] = a + (t * (b - a) if t > _ZERO else _ZERO)
    codes[width - 1] = _BREAK


@compiled
def blend(source: Array, between: Array, width: int, blended: Array) -> None:
    """What one channel shows at the first pixel of each surface."""
    for x in range(width - 1):
        blended[x] = _level(between[x], np.float32(source[x]), np.float32(source[x + 1]))


@compiled
def blend_half(source: Array, codes: Array, between: Array, width: int, blended: Array) -> None:
    """The same for a half-width channel.

    Colours between two sites are blended only where no break lies between them.
    """
    for k in range((width - 1) >> 1):
        here, right = np.float32(source[k]), np.float32(source[k + 1])
        mean = _HALF * (here + right)
        blended[2 * k] = _level(between[2 * k], here, mean if codes[2 * k + 1] != _BREAK else here)
        blended[2 * k + 1] = _level(between[2 * k + 1], mean if codes[2 * k] != _BREAK else right, right)
    if width & 1 == 0:
        blended[width - 2] = source[(width - 2) >> 1]


@compiled
def _ends(source: Array, half: bool, x: int, codes: Array) -> tuple[np.float32, np.float32]:
    """The colours of samples x and x+1, which are one surface."""
    if not half:
        return np.float32(source[x]), np.float32(source[x + 1])
    k = x >> 1
    here = np.float32(source[k])
    if x & 1:
        right = np.float32(source[k + 1])
        return _HALF * (here + right) if codes[x - 1] != _BREAK else right, right
    return here, _HALF * (here + np.float32(source[k + 1])) if codes[x + 1] != _BREAK else here


@compiled
def _find_breaks(codes: Array, width: int, breaks: Array) -> int:
    """Write every x with a break between x and x+1, the row's end last; how many there are."""
    count = 0
    for start in range(0, width, LANES):
        mask = equal_codes(codes, start, _BREAK)
        while mask:
            breaks[count] = start + lowest_bit(mask)
            count += 1
            mask &= mask - 1
    return count


@compiled_inline
def _draw_between(
    x: int, j: int, parallax: Array, eye: np.float32, codes: Array, sources: _Three, three: bool, half: bool,
    target: _Four,
) -> None:  # fmt: skip
    """Draw pixel j of the surface between samples x and x+1."""
    a, b = parallax[x], parallax[x + 1]
    at = np.float32(x) + eye * a
    t = (np.float32(j) - at) / (np.float32(x + 1) + eye * b - at)
    target[3][j] = a + (t * (b - a) if t > _ZERO else _ZERO)
    left, right = _ends(sources[0], False, x, codes)
    target[0][j] = _level(t, left, right)
    if three:
        left, right = _ends(sources[1], half, x, codes)
        target[1][j] = _level(t, left, right)
        left, right = _ends(sources[2], half, x, codes)
        target[2][j] = _level(t, left, right)


@compiled_inline
def _draw_sample(x: int, k: int, j: int, parallax: Array, sources: _Three, three: bool, target: _Four) -> None:
    """Draw the half pixel that sample x keeps beside a break; k is its chroma sample."""
    target[3][j] = parallax[x] + _ZERO
    target[0][j] = sources[0][x]
    if three:
        target[1][j] = sources[1][k]
        target[2][j] = sources[2][k]


@compiled_inline
def _copy_block(target: _Four, j: int, shown: _Four, x: int, three: bool) -> None:
    """Copy LANES samples from x to the pixels from j."""
    move_block(target[3], j, shown[3], x)
    move_block(target[0], j, shown[0], x)
    if three:
        move_block(target[1], j, shown[1], x)
        move_block(target[2], j, shown[2], x)


@compiled_inline
def _copy_part(target: _Four, j: int, shown: _Four, x: int, count: int, three: bool) -> None:
    """Copy fewer than LANES, without a branch: how many it will be is not to be guessed."""
    move_part(target[3], j, shown[3], x, count)
    move_part(target[0], j, shown[0], x, count)
    if three:
        move_part(target[1], j, shown[1], x, count)
        move_part(target[2], j, shown[2], x, count)


@compiled_inline
def _draw_segment(
    x: int, last: int, parallax: Array, eye: np.float32, codes: Array, sources: _Three, three: bool, half: bool,
    shown: _Four, target: _Four, hole: Array,
) -> None:  # fmt: skip
    """Draw samples x..last from left to right."""
    limit = np.float32(parallax.size)
    at, end = np.float32(x) + eye * parallax[x], np.float32(last) + eye * parallax[last]
    start, j = int(_pixel(at - _HALF, limit)), int(_pixel(at, limit))
    tail, stop = int(_pixel(end, limit)), int(_pixel(end + _HALF, limit))
    for i in range(start, stop):
        hole[i] = 0
    if half:
        # Beside a break an odd sample has the colours of the chroma sample on its own side.
        first_site, last_site = (x + (x < last)) >> 1, last >> 1
    else:
        first_site, last_site = x, last
    # Half a pixel holds at most one pixel.
    if start < j:
        _draw_sample(x, first_site, start, parallax, sources, three, target)
    while x < last:
        # Every surface up to the first that does not cover one pixel, and that one's first pixel.
        others = equal_codes(codes, x, 1) ^ ALL_LANES
        n = lowest_bit(others) if others else LANES
        if j + LANES <= stop:
            # Too many: what follows belongs to this segment, too, and is drawn over it.
            _copy_block(target, j, shown, x, three)
        else:
            _copy_part(target, j, shown, x, min(n + 1, tail - j), three)
        x += n
        j += n
        if x < last and n < LANES:
            count = int(codes[x])
            if count == _MANY:
                count = int(_pixel(np.float32(x + 1) + eye * parallax[x + 1], limit)) - j
            for i in range(j + 1, j + count):
                _draw_between(x, i, parallax, eye, codes, sources, three, half, target)
            x += 1
            j += count
    if tail < stop:
        _draw_sample(last, last_site, tail, parallax, sources, three, target)


@compiled
def draw_row(
    parallax: Array, eye: np.float32, codes: Array, breaks: Array, sources: _Three, three: bool, half: bool,
    shown: _Four, target: _Four, hole: Array,
) -> None:  # fmt: skip
    """Draw a row far to near, and mark its holes; what holes hold is left as it was."""
    for j in range(parallax.size):
        hole[j] = 1
    count = _find_breaks(codes, parallax.size, breaks)
    for n in range(count):
        s = n if eye < 0 else count - 1 - n
        first = breaks[s - 1] + 1 if s > 0 else 0
        _draw_segment(first, breaks[s], parallax, eye, codes, sources, three, half, shown, target, hole)
