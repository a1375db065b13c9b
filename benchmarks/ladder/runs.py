"""Runs of surfaces that cover one pixel each are copied, all others drawn one by one. The second CPU twin, on one eye.

`scatter` and `blend_in_runs` differ from it in how they draw; what lies before and beside that they take from here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kernels._jit import compiled, compiled_inline

Array = np.ndarray[Any, Any]
_ZERO = np.float32(0)
_HALF = np.float32(0.5)
_ONE = np.float32(1)


class Rows(NamedTuple):
    """Row buffers."""

    colours: Array
    """float32."""
    blended: Array
    """uint8: colours at the first pixel each surface covers."""
    between: Array
    """float32: how far from x to x+1 that pixel lies."""
    warped: Array
    """float32: parallax there."""
    hard: tuple[Array, Array]
    """The same bytes as uint64 and uint8: 0 where the surface from x to x+1 covers exactly one pixel."""


def new_rows(width: int) -> Rows:
    """Row buffers for pictures of one width."""
    colours, between, warped = (np.empty(width, np.float32) for _ in range(3))
    hard = np.zeros(-(-width // 8), np.uint64)
    return Rows(colours, np.empty(width, np.uint8), between, warped, (hard, hard.view(np.uint8)))


@compiled
def pixel(edge: np.float32, limit: np.float32) -> np.float32:
    """The first pixel at or after the edge, clamped to the row."""
    first: np.float32 = np.ceil(min(max(edge, _ZERO), limit))
    return first


@compiled
def level(t: np.float32, a: np.float32, b: np.float32) -> np.int32:
    """A colour between two."""
    return np.int32(a + t * (b - a) + _HALF)


@compiled
def solve(
    parallax: Array, eye: np.float32, tear: np.float32, hard: Array, between: Array, warped: Array
) -> None:  # fmt: skip
    """What the surface from x to x+1 shows at the first pixel it covers; hard: 0 if that is the only one."""
    width = parallax.size
    limit = np.float32(width)
    for x in range(width - 1):
        a, b = parallax[x], parallax[x + 1]
        at = np.float32(np.int32(x)) + eye * a
        after = np.float32(np.int32(x + 1)) + eye * b
        step = after - at
        joined = (step > _ZERO) & (step <= tear)
        first = pixel(at, limit)
        hard[x] = (not joined) | (pixel(after, limit) - first != _ONE)
        t = max(min((first - at) / step, _ONE), _ZERO) if joined else _ZERO
        between[x] = t
        warped[x] = a + (t * (b - a) if t > _ZERO else _ZERO)


@compiled
def widen(luma: Array, colours: Array, out: Array, seen: Array) -> None:
    """Colours of a row as float32, and an empty row to draw it in."""
    for x in range(luma.size):
        colours[x] = luma[x]
        out[x], seen[x] = 0, np.nan


@compiled
def blend(colours: Array, between: Array, width: int, blended: Array) -> None:
    """The colour of every surface at its first pixel."""
    for x in range(width - 1):
        blended[x] = level(between[x], colours[x], colours[x + 1])


@compiled_inline
def draw_half(
    x: int, on_left: bool, parallax: Array, colours: Array, eye: np.float32, out: Array, seen: Array
) -> None:  # fmt: skip
    """Draw the half pixel that sample x keeps beside a break."""
    limit = np.float32(parallax.size)
    at = np.float32(x) + eye * parallax[x]
    start, stop = (at - _HALF, at) if on_left else (at, at + _HALF)
    for j in range(np.int32(pixel(start, limit)), np.int32(pixel(stop, limit))):
        out[j] = colours[x] + _HALF
        seen[j] = parallax[x] + _ZERO


@compiled_inline
def draw_hard(
    x: int, parallax: Array, colours: Array, eye: np.float32, tear: np.float32, out: Array, seen: Array
) -> None:  # fmt: skip
    """Draw what lies between samples x and x+1 where that is not simply one pixel; eye >= 0."""
    limit = np.float32(parallax.size)
    a, b = parallax[x], parallax[x + 1]
    at, after = np.float32(x) + eye * a, np.float32(x + 1) + eye * b
    step = after - at
    if (step > _ZERO) & (step <= tear):
        for j in range(np.int32(pixel(at, limit)), np.int32(pixel(after, limit))):
            t = (np.float32(j) - at) / step
            out[j] = level(t, colours[x], colours[x + 1])
            seen[j] = a + (t * (b - a) if t > _ZERO else _ZERO)
    else:
        draw_half(x + 1, True, parallax, colours, eye, out, seen)
        draw_half(x, False, parallax, colours, eye, out, seen)


@compiled
def easy_since(hard: tuple[Array, Array], stop: int) -> int:
    """One past the last hard element before stop, or 0: eight flags at a time, the last by the exponent of a float."""
    words = hard[0]
    last = stop - 1
    w = last >> 3
    word = np.int64(words[w]) & ((np.int64(2) << ((last & 7) << 3)) - 1)
    while word == 0:
        w -= 1
        if w < 0:
            return 0
        word = np.int64(words[w])
    return (w << 3) + int(((np.float64(word).view(np.int64) >> 52) - 1023) >> 3) + 1


@compiled_inline
def _copy(blended: Array, warped: Array, out: Array, seen: Array) -> None:
    for n in range(warped.size):
        seen[n] = warped[n]
        out[n] = blended[n]


@compiled
def runs(
    luma: Array, parallax: Array, eye: np.float32, tear: np.float32, out: Array, seen: Array, rows: Rows
) -> None:  # fmt: skip
    """One gray eye with eye >= 0, right to left. Holes: 0, parallax NaN."""
    width = parallax.shape[1]
    last = width - 1
    colours, blended, between, warped, hard = rows
    for y in range(parallax.shape[0]):
        p, d0, s = parallax[y], out[y], seen[y]
        widen(luma[y], colours, d0, s)
        solve(p, eye, tear, hard[1], between, warped)
        blend(colours, between, width, blended)
        draw_half(last, False, p, colours, eye, d0, s)
        stop = last
        while stop > 0:
            x = easy_since(hard, stop)
            if stop > x:
                j = np.int64(pixel(np.float32(x) + eye * p[x], np.float32(width)))
                end = j + stop - x
                # Slices first: an index that might be negative keeps a loop from being vectorised.
                _copy(blended[x:stop], warped[x:stop], d0[j:end], s[j:end])
            if x > 0:
                draw_hard(x - 1, p, colours, eye, tear, d0, s)
            stop = x - 1
        draw_half(0, True, p, colours, eye, d0, s)
