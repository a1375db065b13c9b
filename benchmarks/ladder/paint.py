"""Pixel by pixel: remember the winning sample and how far from it each pixel lies, then gather. The first CPU twin."""

from __future__ import annotations

from typing import Any

import numpy as np

from kernels._jit import compiled

Array = np.ndarray[Any, Any]
_ZERO, _HALF = np.float32(0), np.float32(0.5)


@compiled
def paint(
    luma: Array, parallax: Array, eye: np.float32, tear: np.float32, out: Array, seen: Array, rows: Array
) -> None:
    """One gray eye with eye >= 0, right to left; rows is (3, W) float32 scratch. Holes: 0, parallax NaN."""
    index, t, landing = rows[0], rows[1], rows[2]
    width = parallax.shape[1]
    for y in range(parallax.shape[0]):
        p = parallax[y]
        for x in range(width):
            landing[x] = np.float32(x) + eye * p[x]
            index[x] = -1
        for x in range(width - 1, -1, -1):
            here = landing[x]
            step = landing[x + 1] - here if x + 1 < width else _ZERO
            joined = step > _ZERO and step <= tear
            before = here - landing[x - 1] if x > 0 else _ZERO
            if not (before > _ZERO and before <= tear):
                _mark(x, here - _HALF, here, here, _ZERO, index, t, width)
            _mark(x, here, landing[x + 1] if joined else here + _HALF, here, step if joined else _ZERO, index, t, width)
        for j in range(width):
            x = int(index[j])
            if x < 0:
                out[y, j], seen[y, j] = 0, np.nan
                continue
            right = min(x + 1, width - 1)
            a, b = np.float32(luma[y, x]), np.float32(luma[y, right])
            out[y, j] = int(a + t[j] * (b - a) + _HALF)
            seen[y, j] = p[x] + (t[j] * (p[right] - p[x]) if t[j] > _ZERO else _ZERO)


@compiled
def _mark(
    x: int, start: np.float32, stop: np.float32, here: np.float32, step: np.float32, index: Array, t: Array, width: int
) -> None:  # fmt: skip
    limit = np.float32(width)
    for j in range(int(np.ceil(min(max(start, _ZERO), limit))), int(np.ceil(min(max(stop, _ZERO), limit)))):
        index[j] = x
        t[j] = (np.float32(j) - here) / step if step > _ZERO else _ZERO
