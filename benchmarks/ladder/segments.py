"""The winner's steps on one gray eye, from `kernels`, so that the ladder compares like with like."""

from __future__ import annotations

from typing import Any

import numpy as np

from kernels._jit import compiled
from kernels._vector import settle
from kernels.forward_splat._draw import blend, draw_row, solve
from kernels.forward_splat._holes import find_runs
from kernels.forward_splat._rows import stream

Array = np.ndarray[Any, Any]


@compiled
def segments(
    luma: Array, parallax: Array, eye: np.float32, tear: np.float32, out: Array, seen: Array, rows: Any
) -> None:  # fmt: skip
    """One gray eye; rows is `kernels.forward_splat.cpu` row scratch. Holes: 0, parallax NaN."""
    width = parallax.shape[1]
    codes, between, shown, hole, breaks, holes = (
        rows.codes, rows.between, rows.shown, rows.hole, rows.breaks, rows.runs,
    )  # fmt: skip
    d0, s = rows.drawn[0], rows.seen
    for y in range(parallax.shape[0]):
        p = parallax[y]
        solve(p, eye, tear, codes, between, shown[3])
        blend(luma[y], between, width, shown[0])
        draw_row(p, eye, codes, breaks, (luma[y], luma[y], luma[y]), False, False, shown, (d0, d0, d0, s), hole)
        for n in range(find_runs(hole, width, holes)):
            a, b = holes[n, 0], holes[n, 1]
            d0[a:b] = 0
            s[a:b] = np.nan
        stream(d0, width, out[y])
        stream(s, width, seen[y])
    settle()
