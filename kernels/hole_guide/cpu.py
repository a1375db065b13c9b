"""`hole_guide` compiled by Numba: one pass over the rows, normals only where there is a hole."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

_HALF, _ONE, _ZERO = np.float32(0.5), np.float32(1.0), np.float32(0.0)


def hole_guide_cpu(
    rgb: NDArray[Any], hole: NDArray[Any], stretched_px: NDArray[Any], disparity: NDArray[Any], out: NDArray[Any]
) -> None:
    """See `kernels.hole_guide.hole_guide`; arguments are not checked, `out` is written."""
    unit = np.float32(1 / 255) if rgb.dtype == np.uint8 else _ONE
    _fill(rgb, unit, hole, stretched_px, disparity, out)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _fill(
    rgb: NDArray[Any],
    unit: np.float32,
    hole: NDArray[Any],
    stretched_px: NDArray[Any],
    disparity: NDArray[Any],
    out: NDArray[Any],
) -> None:
    height, width = hole.shape
    for y in range(height):
        below = min(y + 1, height - 1)
        for x in range(width):
            out[0, y, x] = np.float32(rgb[y, x, 0]) * unit
            out[1, y, x] = np.float32(rgb[y, x, 1]) * unit
            out[2, y, x] = np.float32(rgb[y, x, 2]) * unit
            if hole[y, x] == 0:
                for channel in range(3, 7):
                    out[channel, y, x] = _ZERO
                out[7, y, x] = disparity[y, x]
                continue
            gx = stretched_px[y, min(x + 1, width - 1)] - stretched_px[y, x]
            gy = stretched_px[below, x] - stretched_px[y, x]
            half = _HALF / np.float32(math.sqrt(gx * gx + gy * gy + _ONE))
            out[3, y, x] = _ONE
            out[4, y, x] = _HALF - gx * half
            out[5, y, x] = _HALF - gy * half
            out[6, y, x] = _HALF + half
            out[7, y, x] = _ZERO
