"""The definition of `hole_guide` in plain NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def hole_guide_reference(
    rgb: NDArray[Any], hole: NDArray[Any], stretched_px: NDArray[Any], disparity: NDArray[Any]
) -> NDArray[np.float32]:
    """See `kernels.hole_guide.hole_guide`; arguments are not checked."""
    mask = (hole != 0).astype(np.float64)
    colour = rgb.astype(np.float64) / (255 if rgb.dtype == np.uint8 else 1)
    d = stretched_px.astype(np.float64)
    gx, gy = np.zeros_like(d), np.zeros_like(d)
    gx[:, :-1] = d[:, 1:] - d[:, :-1]
    gy[:-1] = d[1:] - d[:-1]
    normal = np.stack([-gx, -gy, np.ones_like(d)]) / np.sqrt(gx**2 + gy**2 + 1)
    return np.concatenate(
        [colour.transpose(2, 0, 1), mask[None], (normal + 1) / 2 * mask, (disparity * (1 - mask))[None]]
    ).astype(np.float32)
