"""The contract of `hole_guide`: checks of every argument, then the CPU implementation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._require import require_array, require_shape, require_writable
from kernels.hole_guide.cpu import hole_guide_cpu

NUM_CHANNELS = 8


def hole_guide(
    rgb: NDArray[Any],  # (H, W, 3)
    hole: NDArray[Any],  # (H, W)
    stretched_px: NDArray[Any],  # (H, W)
    disparity: NDArray[Any],  # (H, W)
    *,
    out: NDArray[Any] | None = None,
) -> NDArray[np.float32]:
    """Lay a warped picture, its holes, their surface normals and the disparity around them on top of each other.

    Channels (docs/architecture.md section 6): 0-2 RGB; 3 hole mask; 4-6 normal of the stretched surface, (n + 1) / 2
    in holes and 0 elsewhere; 7 disparity, 0 in holes. The normal is (-gx, -gy, 1) / |.| with the forward differences
    gx, gy of stretched_px; they are 0 in the last column and the last row.

    Args:
        rgb: uint8, or float32 in 0..1; holes hold the background stretched into them (`forward_splat` with
            fill="background").
        hole: uint8 or bool, 0 = known, anything else = hole.
        stretched_px: float32, warped parallax in pixels, linear across holes.
        disparity: float32, relative, 0..1, larger is nearer; its values in holes do not count.
        out: (8, H, W) float32, contiguous, written in place if given.

    Returns:
        (8, H, W) float32: `out`, or a new array.

    Raises:
        TypeError: an argument is not an array of a listed dtype.
        ValueError: shapes disagree, or `out` overlaps an input.

    Cost and ordering: runs when called; releases the GIL; allocates nothing when `out` is given. Deterministic: yes.
    Differentiable: no.
    """
    require_array("rgb", rgb, ndim=3, dtypes=(np.uint8, np.float32))
    height, width = rgb.shape[:2]
    require_shape("rgb", rgb, (height, width, 3))
    require_array("hole", hole, ndim=2, dtypes=(np.uint8, np.bool_))
    require_array("stretched_px", stretched_px, ndim=2, dtypes=(np.float32,))
    require_array("disparity", disparity, ndim=2, dtypes=(np.float32,))
    for name, value in (("hole", hole), ("stretched_px", stretched_px), ("disparity", disparity)):
        require_shape(name, value, (height, width))
    if out is None:
        out = np.empty((NUM_CHANNELS, height, width), np.float32)
    else:
        require_array("out", out, ndim=3, dtypes=(np.float32,))
        require_shape("out", out, (NUM_CHANNELS, height, width))
        require_writable("out", out, (rgb, hole, stretched_px, disparity))
    hole_guide_cpu(rgb, hole, stretched_px, disparity, out)
    return out
