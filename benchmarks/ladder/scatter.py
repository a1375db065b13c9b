"""Blend every surface element by SIMD, then copy each to its pixel one at a time, far to near."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.ladder.runs import Rows, blend, draw_half, draw_hard, solve, widen
from kernels._jit import compiled

Array = np.ndarray[Any, Any]
_ZERO = np.float32(0)


@compiled
def scatter(
    luma: Array, parallax: Array, eye: np.float32, tear: np.float32, out: Array, seen: Array, rows: Rows
) -> None:  # fmt: skip
    """One gray eye with eye >= 0, right to left. Holes: 0, parallax NaN."""
    width = parallax.shape[1]
    last = width - 1
    colours, easy, between, warped = rows.colours, rows.blended, rows.between, rows.warped
    hard = rows.hard[1]
    for y in range(parallax.shape[0]):
        p, d0, s = parallax[y], out[y], seen[y]
        widen(luma[y], colours, d0, s)
        solve(p, eye, tear, hard, between, warped)
        blend(colours, between, width, easy)
        draw_half(last, False, p, colours, eye, d0, s)
        for x in range(last - 1, -1, -1):
            if hard[x]:
                draw_hard(x, p, colours, eye, tear, d0, s)
            else:
                j = np.uint64(np.ceil(max(np.float32(x) + eye * p[x], _ZERO)))
                d0[j] = easy[x]
                s[j] = warped[x]
        draw_half(0, True, p, colours, eye, d0, s)
