"""Like `runs`, but colours are blended while a run is drawn instead of in one sweep before it."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.ladder.runs import Rows, draw_half, draw_hard, easy_since, level, pixel, solve, widen
from kernels._jit import compiled

Array = np.ndarray[Any, Any]


@compiled
def blend_in_runs(
    luma: Array, parallax: Array, eye: np.float32, tear: np.float32, out: Array, seen: Array, rows: Rows
) -> None:  # fmt: skip
    """One gray eye with eye >= 0, right to left. Holes: 0, parallax NaN."""
    width = parallax.shape[1]
    last = width - 1
    colours, _, between, warped, hard = rows
    for y in range(parallax.shape[0]):
        p, d0, s = parallax[y], out[y], seen[y]
        widen(luma[y], colours, d0, s)
        solve(p, eye, tear, hard[1], between, warped)
        draw_half(last, False, p, colours, eye, d0, s)
        stop = last
        while stop > 0:
            x = easy_since(hard, stop)
            if stop > x:
                j = np.int64(pixel(np.float32(x) + eye * p[x], np.float32(width)))
                end = j + stop - x
                _run(colours[x : stop + 1], between[x:stop], warped[x:stop], d0[j:end], s[j:end])
            if x > 0:
                draw_hard(x - 1, p, colours, eye, tear, d0, s)
            stop = x - 1
        draw_half(0, True, p, colours, eye, d0, s)


@compiled
def _run(colours: Array, between: Array, warped: Array, out: Array, seen: Array) -> None:
    for n in range(warped.size):
        out[n] = level(between[n], colours[n], colours[n + 1])
        seen[n] = warped[n]
