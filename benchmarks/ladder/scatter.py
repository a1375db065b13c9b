"""Blend every surface element by SIMD, then copy each to its pixel one at a time, far to near."""

from __future__ import annotations

from typing import Any

import numpy as np

from kernels._jit import compiled
from kernels.forward_splat._draw import _draw_half, _draw_hard, blend, solve

Array = np.ndarray[Any, Any]
_ZERO = np.float32(0)


@compiled
def scatter(
    luma: Array, parallax: Array, eye: np.float32, tear: np.float32, out: Array, seen: Array, rows: Any
) -> None:  # fmt: skip
    """One gray eye with eye >= 0; rows is `kernels.forward_splat.cpu` row scratch. Holes: 0, parallax NaN."""
    width = parallax.shape[1]
    last = width - 1
    colours, blended, between, warped, hard = rows.colours, rows.blended, rows.between, rows.warped, rows.hard[1]
    for y in range(parallax.shape[0]):
        p, d0, s = parallax[y], out[y], seen[y]
        for x in range(width):
            colours[0, x] = luma[y, x]
            d0[x], s[x] = 0, np.nan
        solve(p, eye, tear, hard, between, warped)
        blend(colours[0], between, width, blended[0])
        _draw_half(last, False, p, colours, 1, eye, d0, d0, d0, s)
        easy = blended[0]
        for x in range(last - 1, -1, -1):
            if hard[x]:
                _draw_hard(x, p, colours, 1, eye, tear, d0, d0, d0, s)
            else:
                j = np.uint64(np.ceil(max(np.float32(x) + eye * p[x], _ZERO)))
                d0[j] = easy[x]
                s[j] = warped[x]
        _draw_half(0, True, p, colours, 1, eye, d0, d0, d0, s)
