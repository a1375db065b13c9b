"""The contract of `hole_guide`: checks of every argument, then the implementation for the arrays' device."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._cuda.arrays import is_device_array
from kernels._require import require_array, require_shape, require_writable
from kernels.hole_guide.cpu import hole_guide_cpu
from kernels.hole_guide.cuda import hole_guide_cuda
from kernels.hole_guide.reference import NUM_CHANNELS


def hole_guide(
    rgb: NDArray[Any] | Any,  # (H, W, 3)
    hole: NDArray[Any] | Any,  # (H, W)
    stretched_px: NDArray[Any] | Any,  # (H, W)
    disparity: NDArray[Any] | Any,  # (H, W)
    *,
    out: NDArray[Any] | Any | None = None,
    stream: Any = None,
) -> NDArray[np.float32] | Any:
    """Lay a warped picture, its holes, their surface normals and the disparity around them on top of each other.

    Channels (docs/architecture.md section 6): 0-2 RGB; 3 hole mask; 4-6 normal of the stretched surface, (n + 1) / 2
    in holes and 0 elsewhere; 7 disparity, 0 in holes. The normal is (-gx, -gy, 1) / |.| with the forward differences
    gx, gy of stretched_px; gx is 0 in the last column and gy in the last row. `kernels/hole_guide/reference.py` is the
    full definition.

    Arrays are NumPy's, or all of them lie on the current GPU and offer DLPack or `__cuda_array_interface__`.

    Args:
        rgb: uint8, or float32 in 0..1; holes hold the background stretched into them (`forward_splat` with
            fill="background").
        hole: uint8 or bool, 0 = known, anything else = hole.
        stretched_px: float32, warped parallax in pixels, linear across holes.
        disparity: float32, relative, 0..1, larger is nearer; its values in holes do not count.
        out: (8, H, W) float32, channels contiguous, written in place if given.
        stream: GPU only: the pycuda.driver.Stream to work on; None is the default stream.

    Returns:
        (8, H, W) float32: `out`, or a new array (on a GPU a pycuda.gpuarray.GPUArray).

    Raises:
        TypeError: an argument is not an array of a listed dtype.
        ValueError: shapes disagree, or `out` overlaps an input.
        OSError: arrays are on a GPU, but PyCUDA, a CUDA compiler or a current context is missing.

    Cost and ordering: on the CPU runs when called, releases the GIL, and allocates nothing when `out` is given. On a
    GPU queues on the stream and returns: keep all arrays until the stream is through; with `out` nothing is allocated
    and nothing waits, so the call may be captured into a CUDA graph once a first call has compiled the kernel.
    Deterministic: yes, the same bits on every device. Differentiable: no.
    """
    if any(is_device_array(value) for value in (rgb, hole, stretched_px, disparity)):
        return hole_guide_cuda(rgb, hole, stretched_px, disparity, out, stream=stream)
    require_array("rgb", rgb, ndim=3, dtypes=(np.uint8, np.float32))
    height, width = rgb.shape[:2]
    require_shape("rgb", rgb, (height, width, 3))
    require_array("hole", hole, ndim=2, dtypes=(np.uint8, np.bool_))
    require_array("stretched_px", stretched_px, ndim=2, dtypes=(np.float32,))
    require_array("disparity", disparity, ndim=2, dtypes=(np.float32,))
    for name, value in (("hole", hole), ("stretched_px", stretched_px), ("disparity", disparity)):
        require_shape(name, value, (height, width))
    if stream is not None:
        raise TypeError("stream is for arrays on a GPU, and rgb is not: leave it out")
    if out is None:
        out = np.empty((NUM_CHANNELS, height, width), np.float32)
    else:
        require_array("out", out, ndim=3, dtypes=(np.float32,))
        require_shape("out", out, (NUM_CHANNELS, height, width))
        require_writable("out", out, (rgb, hole, stretched_px, disparity))
    hole_guide_cpu(rgb, hole, stretched_px, disparity, out)
    return out
