"""The contract of `joint_upsample`: checks of every argument, then the implementation for the arrays' device."""

from __future__ import annotations

from typing import Any

import numpy as np

from kernels._cuda.arrays import is_device_array
from kernels._require import (
    require_array,
    require_positive_int,
    require_sample_bits,
    require_shape,
    require_writable,
)
from kernels.joint_upsample.cpu import joint_upsample_cpu
from kernels.joint_upsample.cuda import joint_upsample_cuda
from kernels.joint_upsample.grid import MAX_DISPARITY, Array


def joint_upsample(
    disparity: Array | Any,  # (h, w)
    luma: Array | Any,  # (H, W)
    *,
    out: Array | Any | None = None,
    threads: int = 1,
    bits: int | None = None,
    stream: Any = None,
) -> Array | Any:
    """Bring a small disparity map to frame size, with its edges where the picture has them.

    Larger disparity is nearer (docs/glossary.md), but nothing here depends on it.
    `kernels/joint_upsample/reference.py` is the full definition.

    Arrays are NumPy's, or all of them lie on the current GPU and offer DLPack or `__cuda_array_interface__`.

    Args:
        disparity: (h, w) float32, relative 0..1 (finite and at most 1e6 in size), h <= H and w <= W. Rows contiguous,
            row stride free.
        luma: (H, W) uint8 or uint16, the frame's own luma plane. Rows contiguous, row stride free.
        out: (H, W) float32, overwritten; not overlapping the inputs.
        threads: CPU threads; changes only speed.
        bits: used bits of uint16 luma, 9 to 16, default 10; brighter samples count as white.
        stream: GPU only: the pycuda.driver.Stream to work on; None is the default stream.

    Returns:
        (H, W) float32: `out`, or a new array (on a GPU a pycuda.gpuarray.GPUArray); every value lies between the four
        samples around it.

    Raises:
        TypeError: an argument is not of a listed kind or dtype.
        ValueError: shapes do not fit, an option is out of range, or disparity holds NaN, infinity or more than 1e6. On
            a GPU the values are not looked at: such samples spoil the pixels around them.
        OSError: arrays are on a GPU, but PyCUDA, a CUDA compiler or a current context is missing.

    Cost and ordering: on the CPU runs when called and releases the GIL; with `out` no memory of frame size is
    allocated. On a GPU queues on the stream and returns: keep all arrays until the stream is through; with `out`
    nothing is allocated and nothing waits, so the call may be captured into a CUDA graph once a first call has compiled
    the kernel. Deterministic: yes, the same bits for every thread count and device. Differentiable: no.
    """
    if is_device_array(disparity) or is_device_array(luma):
        return joint_upsample_cuda(disparity, luma, out, bits=bits, stream=stream)
    require_array("disparity", disparity, ndim=2, dtypes=(np.float32,))
    require_array("luma", luma, ndim=2, dtypes=(np.uint8, np.uint16))
    if any(small > large for small, large in zip(disparity.shape, luma.shape, strict=True)):
        raise ValueError(f"disparity must not be larger than luma {luma.shape}, got {disparity.shape}")
    if not (np.abs(disparity) <= MAX_DISPARITY).all():
        raise ValueError(f"disparity must be finite and at most {MAX_DISPARITY:g} in size, got {_worst(disparity)}")
    depth = require_sample_bits(luma.dtype, bits)
    threads = require_positive_int("threads", threads, maximum=256)
    if stream is not None:
        raise TypeError("stream is for arrays on a GPU, and disparity is not: leave it out")
    if out is None:
        out = np.empty(luma.shape, np.float32)
    else:
        require_array("out", out, ndim=2, dtypes=(np.float32,))
        require_shape("out", out, luma.shape)
        require_writable("out", out, [disparity, luma])
    joint_upsample_cpu(disparity, luma, out, luma_scale=0.5 ** (depth - 8), threads=threads)
    return out


def _worst(disparity: Array) -> np.float32:
    """The sample that is refused: NaN if there is one, else the largest."""
    return np.float32(disparity.flat[np.argmax(np.abs(disparity))])
