"""The CUDA twin: device arrays in, one launch, device arrays out; joint_upsample.cu says how it works."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kernels._cuda.arrays import require_device_array, require_device_output, require_device_shape
from kernels._cuda.launch import bind_arrays, load_kernel, new_device_array, require_context, stream_handle
from kernels._require import require_sample_bits
from kernels.joint_upsample.grid import FLAT, LUMA_TOLERANCE, RISE, WHITE

SOURCE = Path(__file__).with_name("joint_upsample.cu")
THREADS = 256
MAX_SIZE = 65535
"""Of a frame's side: products of two fit into 32 bits."""
_TILE = (32, 128)
"""Rows and columns that a block writes, as in the source."""


class UpsampleArgs(ctypes.Structure):
    """Parameters of the kernel, as in the source."""

    _fields_ = (
        ("disparity", ctypes.c_void_p),
        ("luma", ctypes.c_void_p),
        ("out", ctypes.c_void_p),
        ("disparity_pitch", ctypes.c_longlong),
        ("luma_pitch", ctypes.c_longlong),
        ("out_pitch", ctypes.c_longlong),
        ("step_x", ctypes.c_double),
        ("step_y", ctypes.c_double),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("columns", ctypes.c_int),
        ("rows", ctypes.c_int),
        ("tiles_x", ctypes.c_int),
        ("max_columns", ctypes.c_int),
        ("max_rows", ctypes.c_int),
        ("scale", ctypes.c_float),
        ("white", ctypes.c_float),
        ("flat", ctypes.c_float),
        ("rise", ctypes.c_float),
        ("unused", ctypes.c_int),
    )


def joint_upsample_cuda(disparity: Any, luma: Any, out: Any | None, *, bits: int | None, stream: Any) -> Any:
    """Queue the upsampling on the stream; arguments, result and errors as `joint_upsample` lists them."""
    handle = stream_handle(stream)
    small = require_device_array("disparity", disparity, ndim=2, dtypes=(np.float32,), stream=handle)
    guide = require_device_array("luma", luma, ndim=2, dtypes=(np.uint8, np.uint16), stream=handle)
    if any(low > high for low, high in zip(small.shape, guide.shape, strict=True)):
        raise ValueError(f"disparity must not be larger than luma {guide.shape}, got {small.shape}")
    if max(guide.shape) > MAX_SIZE:
        raise ValueError(f"luma on a GPU must be at most {MAX_SIZE} rows and columns, got {guide.shape}")
    depth = require_sample_bits(guide.dtype, bits)
    if out is None:
        require_context()
        out = new_device_array(guide.shape, np.float32)
    target = require_device_array("out", out, ndim=2, dtypes=(np.float32,), stream=handle)
    require_device_shape("out", target, guide.shape)
    require_device_output("out", target, [small, guide])
    require_context()
    args = new_args(small.shape, guide.shape, depth)
    bind_arrays(args, {"disparity": small, "luma": guide, "out": target})
    load_kernel(SOURCE, kernel_name(guide.dtype), UpsampleArgs).launch(args, **launch_shape(args), stream=stream)
    return out


def kernel_name(dtype: np.dtype[Any]) -> str:
    """Which kernel takes luma of this dtype."""
    return f"joint_upsample_{8 * dtype.itemsize}"


def new_args(small: tuple[int, ...], large: tuple[int, ...], bits: int) -> UpsampleArgs:
    """Everything but the arrays: for a map of one shape, a frame of another and its bits per sample."""
    steps = [few / many for few, many in zip(small, large, strict=True)]
    # The first and last pixel of a tile lie less than side * step apart: so many whole samples, and both ends.
    room = [min(count, math.ceil(side * step) + 2) for count, side, step in zip(small, _TILE, steps, strict=True)]
    return UpsampleArgs(
        step_y=steps[0],
        step_x=steps[1],
        height=large[0],
        width=large[1],
        rows=small[0],
        columns=small[1],
        tiles_x=-(-large[1] // _TILE[1]),
        max_rows=room[0],
        max_columns=room[1],
        scale=np.float32(0.5 ** (bits - 8) / LUMA_TOLERANCE),
        white=WHITE,
        flat=FLAT,
        rise=RISE,
    )


def launch_shape(args: UpsampleArgs) -> Mapping[str, int]:
    """Blocks, threads and shared memory of a launch."""
    cells = args.max_rows * args.max_columns
    words = 2 * sum(_TILE) + args.max_rows + 1 + args.max_columns + 1 + 2 * cells
    return {"blocks": args.tiles_x * -(-args.height // _TILE[0]), "threads": THREADS, "shared_bytes": 4 * words}
