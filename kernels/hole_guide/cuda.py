"""The CUDA twin: device arrays in, one launch, device arrays out; hole_guide.cu says how it works."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kernels._cuda.arrays import require_device_array, require_device_output, require_device_shape
from kernels._cuda.launch import bind_arrays, load_kernel, new_device_array, require_context, stream_handle
from kernels.hole_guide.reference import NUM_CHANNELS, UNIT

SOURCE = Path(__file__).with_name("hole_guide.cu")
THREADS = 256
MAX_PIXELS = 1 << 31
_PIXELS = 4
"""What a thread writes of a row, as in the source."""


class GuideArgs(ctypes.Structure):
    """Parameters of the kernel, as in the source."""

    _fields_ = (
        ("rgb", ctypes.c_void_p),
        ("hole", ctypes.c_void_p),
        ("stretched_px", ctypes.c_void_p),
        ("disparity", ctypes.c_void_p),
        ("out", ctypes.c_void_p),
        ("rgb_pitch", ctypes.c_longlong),
        ("hole_pitch", ctypes.c_longlong),
        ("stretched_px_pitch", ctypes.c_longlong),
        ("disparity_pitch", ctypes.c_longlong),
        ("out_pitch", ctypes.c_longlong),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("unit", ctypes.c_float),
        ("unused", ctypes.c_int),
    )


def hole_guide_cuda(rgb: Any, hole: Any, stretched_px: Any, disparity: Any, out: Any | None, *, stream: Any) -> Any:
    """Queue the guide on the stream; arguments, result and errors as `hole_guide` lists them."""
    handle = stream_handle(stream)
    colours = require_device_array("rgb", rgb, ndim=3, dtypes=(np.uint8, np.float32), stream=handle)
    height, width = colours.shape[:2]
    require_device_shape("rgb", colours, (height, width, 3))
    if height * width > MAX_PIXELS:
        raise ValueError(f"rgb on a GPU must have at most {MAX_PIXELS} pixels, got shape {colours.shape}")
    arrays = {"rgb": colours}
    for name, value, dtypes in (
        ("hole", hole, (np.uint8, np.bool_)),
        ("stretched_px", stretched_px, (np.float32,)),
        ("disparity", disparity, (np.float32,)),
    ):
        arrays[name] = require_device_array(name, value, ndim=2, dtypes=dtypes, stream=handle)
        require_device_shape(name, arrays[name], (height, width))
    if out is None:
        require_context()
        out = new_device_array((NUM_CHANNELS, height, width), np.float32)
    target = require_device_array("out", out, ndim=3, dtypes=(np.float32,), stream=handle)
    require_device_shape("out", target, (NUM_CHANNELS, height, width))
    require_device_output("out", target, list(arrays.values()))
    require_context()
    args = new_args(height, width)
    bind_arrays(args, {**arrays, "out": target})
    load_kernel(SOURCE, kernel_name(colours.dtype), GuideArgs).launch(args, **launch_shape(args), stream=stream)
    return out


def kernel_name(dtype: np.dtype[Any]) -> str:
    """Which kernel takes colours of this dtype."""
    return f"hole_guide_{dtype.kind}{8 * dtype.itemsize}"


def new_args(height: int, width: int) -> GuideArgs:
    """Everything but the arrays."""
    return GuideArgs(width=width, height=height, unit=UNIT)


def launch_shape(args: GuideArgs) -> Mapping[str, int]:
    """Blocks, threads and shared memory of a launch."""
    groups = -(-args.width // _PIXELS) * args.height
    return {"blocks": -(-groups // THREADS), "threads": THREADS, "shared_bytes": 0}
