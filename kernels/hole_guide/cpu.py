"""The CPU twin: row by row, normals by SIMD at every pixel and kept where there is a hole."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import compiled
from kernels._require import dense_rows
from kernels.hole_guide.reference import UNIT

_HALF, _ONE, _ZERO = np.float32(0.5), np.float32(1), np.float32(0)


def hole_guide_cpu(
    rgb: NDArray[Any], hole: NDArray[Any], stretched_px: NDArray[Any], disparity: NDArray[Any], out: NDArray[Any]
) -> None:
    """See `kernels.hole_guide.hole_guide`; arguments are not checked, `out` is written."""
    unit = UNIT if rgb.dtype == np.uint8 else _ONE
    mask = dense_rows(hole.view(np.uint8))
    _fill(dense_rows(rgb), unit, mask, dense_rows(stretched_px), dense_rows(disparity), hole.shape, dense_rows(out))


@compiled
def _fill(
    rgb: NDArray[Any], unit: np.float32, hole: NDArray[Any], stretched_px: NDArray[Any], disparity: NDArray[Any],
    size: tuple[int, int], out: NDArray[Any],
) -> None:  # fmt: skip
    height, width = size
    for y in range(height):
        here = slice(y * width, (y + 1) * width)
        _split_colours(rgb[y], unit, out[0, here], out[1, here], out[2, here])
        mask, near, level = hole[y], disparity[y], stretched_px[y]
        known, nearness = out[3, here], out[7, here]
        for x in range(width):
            known[x] = _ONE if mask[x] else _ZERO
            nearness[x] = _ZERO if mask[x] else near[x]
        below, last = stretched_px[min(y + 1, height - 1)], width - 1
        nx, ny, nz = out[4, here], out[5, here], out[6, here]
        _lean(mask, level[:last], level[1:], below, nx, ny, nz)
        # The last column has no neighbour to the right but itself.
        _lean(mask[last:], level[last:width], level[last:], below[last:], nx[last:], ny[last:], nz[last:])


@compiled
def _split_colours(
    rgb: NDArray[Any], unit: np.float32, red: NDArray[Any], green: NDArray[Any], blue: NDArray[Any]
) -> None:
    for x in range(red.size):
        red[x] = np.float32(rgb[3 * x]) * unit
        green[x] = np.float32(rgb[3 * x + 1]) * unit
        blue[x] = np.float32(rgb[3 * x + 2]) * unit


@compiled
def _lean(
    mask: NDArray[Any], level: NDArray[Any], right: NDArray[Any], below: NDArray[Any], nx: NDArray[Any],
    ny: NDArray[Any], nz: NDArray[Any],
) -> None:  # fmt: skip
    """Normals of the surface in holes, 0 elsewhere, for as many pixels as level has."""
    for x in range(level.size):
        gx, gy = right[x] - level[x], below[x] - level[x]
        half = _HALF / np.sqrt(gx * gx + gy * gy + _ONE)
        nx[x] = _HALF - gx * half if mask[x] else _ZERO
        ny[x] = _HALF - gy * half if mask[x] else _ZERO
        nz[x] = _HALF + half if mask[x] else _ZERO
