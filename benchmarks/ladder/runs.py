"""The winner's steps on one gray eye, from `kernels`, so that the ladder compares like with like."""

from __future__ import annotations

from typing import Any

import numpy as np

from kernels._jit import compiled
from kernels.forward_splat._draw import blend, draw_backward, solve

Array = np.ndarray[Any, Any]


@compiled
def runs(
    luma: Array, parallax: Array, eye: np.float32, tear: np.float32, out: Array, seen: Array, rows: Any
) -> None:  # fmt: skip
    """One gray eye with eye >= 0; rows is `kernels.forward_splat.cpu` row scratch. Holes: 0, parallax NaN."""
    width = parallax.shape[1]
    colours, blended, between, warped, hard = rows.colours, rows.blended, rows.between, rows.warped, rows.hard
    for y in range(parallax.shape[0]):
        p, d0, s = parallax[y], out[y], seen[y]
        for x in range(width):
            colours[0, x] = luma[y, x]
            d0[x], s[x] = 0, np.nan
        solve(p, eye, tear, hard[1], between, warped)
        blend(colours[0], between, width, blended[0])
        draw_backward(p, colours, 1, eye, tear, hard, blended, warped, d0, d0, d0, s)
