"""Compiled loops that say where the surfaces of a row land, what colours they show, and draw them far to near."""

from __future__ import annotations

import numpy as np

from kernels._jit import compiled, compiled_inline
from kernels.forward_splat.layout import Array

_ZERO = np.float32(0)
_HALF = np.float32(0.5)
_ONE = np.float32(1)


@compiled
def _pixel(edge: np.float32, limit: np.float32) -> np.float32:
    """The first pixel at or after the edge, clamped to the row; a float, because that keeps loops in 32 bits."""
    return np.ceil(min(max(edge, _ZERO), limit))


@compiled
def _level(t: np.float32, a: np.float32, b: np.float32) -> np.int32:
    return np.int32(a + t * (b - a) + _HALF)


@compiled
def solve(
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
def blend(colours: Array, between: Array, width: int, blended: Array) -> None:
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


@compiled_inline
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


@compiled_inline
def _copy_one(blended: Array, warped: Array, d0: Array, seen: Array) -> None:
    for n in range(warped.size):
        seen[n] = warped[n]
        d0[n] = blended[n]


@compiled_inline
def _copy_three(blended: Array, warped: Array, d0: Array, d1: Array, d2: Array, seen: Array) -> None:
    b0, b1, b2 = blended[0], blended[1], blended[2]
    for n in range(warped.size):
        seen[n] = warped[n]
        d0[n] = b0[n]
        d1[n] = b1[n]
        d2[n] = b2[n]


@compiled
def _top_byte(word: np.int64) -> int:
    """The highest byte of a word that is not 0, by the exponent of the word as a float; bytes are 0 or 1."""
    return int(((np.float64(word).view(np.int64) >> 52) - 1023) >> 3)


@compiled
def _easy_until(hard: tuple[Array, Array], x: int, stop: int) -> int:
    """The first hard element in x..stop, or stop."""
    words = hard[0]
    word = np.int64(words[x >> 3]) >> ((x & 7) << 3)
    if word:
        return min(x + _top_byte(word & -word), stop)
    w = (x >> 3) + 1
    while w << 3 < stop:
        word = np.int64(words[w])
        if word:
            return min((w << 3) + _top_byte(word & -word), stop)
        w += 1
    return stop


@compiled
def _easy_since(hard: tuple[Array, Array], stop: int) -> int:
    """One past the last hard element before stop, or 0."""
    words = hard[0]
    last = stop - 1
    w = last >> 3
    word = np.int64(words[w]) & ((np.int64(2) << ((last & 7) << 3)) - 1)
    while word == 0:
        w -= 1
        if w < 0:
            return 0
        word = np.int64(words[w])
    return (w << 3) + _top_byte(word) + 1


@compiled
def draw_forward(
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
def draw_backward(
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
