"""Like the winner, but colours are blended while a run is drawn instead of in one sweep before it."""

from __future__ import annotations

from typing import Any

import numpy as np

from kernels._jit import compiled
from kernels.forward_splat._draw import _draw_half, _draw_hard, _easy_since, _level, _pixel, solve

Array = np.ndarray[Any, Any]


@compiled
def blend_in_runs(
    luma: Array, parallax: Array, eye: np.float32, tear: np.float32, out: Array, seen: Array, rows: Any
) -> None:  # fmt: skip
    """One gray eye with eye >= 0; rows is `kernels.forward_splat.cpu` row scratch. Holes: 0, parallax NaN."""
    width = parallax.shape[1]
    last = width - 1
    colours, between, warped = rows.colours, rows.between, rows.warped
    for y in range(parallax.shape[0]):
        p, d0, s = parallax[y], out[y], seen[y]
        for x in range(width):
            colours[0, x] = luma[y, x]
            d0[x], s[x] = 0, np.nan
        solve(p, eye, tear, rows.hard[1], between, warped)
        _draw_half(last, False, p, colours, 1, eye, d0, d0, d0, s)
        stop = last
        while stop > 0:
            x = _easy_since(rows.hard, stop)
            if stop > x:
                j = np.int64(_pixel(np.float32(x) + eye * p[x], np.float32(width)))
                end = j + stop - x
                _run(colours[0, x : stop + 1], between[x:stop], warped[x:stop], d0[j:end], s[j:end])
            if x > 0:
                _draw_hard(x - 1, p, colours, 1, eye, tear, d0, d0, d0, s)
            stop = x - 1
        _draw_half(0, True, p, colours, 1, eye, d0, d0, d0, s)


@compiled
def _run(colours: Array, between: Array, warped: Array, out: Array, seen: Array) -> None:
    for n in range(warped.size):
        out[n] = _level(between[n], colours[n], colours[n + 1])
        seen[n] = warped[n]
