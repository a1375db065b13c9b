"""The definition of `hole_guide` in plain NumPy. Every other implementation equals it bit for bit.

All arithmetic is float32, one rounding per operation, in the order written here (no fused multiply-add).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

NUM_CHANNELS = 8
UNIT = np.float32(1 / 255)
"""8-bit colours are multiplied by this."""

_HALF, _ONE = np.float32(0.5), np.float32(1)


def hole_guide_reference(
    rgb: NDArray[Any], hole: NDArray[Any], stretched_px: NDArray[Any], disparity: NDArray[Any]
) -> NDArray[np.float32]:
    """See `kernels.hole_guide.hole_guide`; arguments are not checked."""
    colour = rgb.astype(np.float32)
    if rgb.dtype == np.uint8:
        colour = colour * UNIT
    gx, gy = np.zeros_like(stretched_px), np.zeros_like(stretched_px)
    gx[:, :-1] = stretched_px[:, 1:] - stretched_px[:, :-1]
    gy[:-1] = stretched_px[1:] - stretched_px[:-1]
    half = _HALF / np.sqrt(gx * gx + gy * gy + _ONE)
    normal = np.stack([_HALF - gx * half, _HALF - gy * half, _HALF + half])
    is_hole = hole != 0
    mask = is_hole.astype(np.float32)
    planes = [
        colour.transpose(2, 0, 1),
        mask[None],
        np.where(is_hole, normal, 0),
        np.where(is_hole, 0, disparity)[None],
    ]
    return np.concatenate(planes).astype(np.float32, copy=False)
