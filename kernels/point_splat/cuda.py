"""The CUDA twin: device arrays in, three launches, device arrays out; point_splat.cu says how it works."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np

from kernels._cuda.arrays import require_device_array, require_device_output, require_device_shape
from kernels._cuda.launch import bind_arrays, load_kernel, new_device_array, require_context, stream_handle
from kernels.point_splat._check import COLOUR_DTYPES, check_look, check_picture, out_arrays
from kernels.point_splat.camera import GUARD, MAX_DEPTH, MIN_DEPTH, NEAR, Array, PointView

SOURCE = Path(__file__).with_name("point_splat.cu")
THREADS = 256
_TILE = (8, 32)
"""Rows and columns of the cells that a block draws."""


class PointArgs(ctypes.Structure):
    """Parameters of the kernels, as in the source."""

    _fields_ = (
        ("image", ctypes.c_void_p),
        ("depth", ctypes.c_void_p),
        ("out_image", ctypes.c_void_p),
        ("out_hole", ctypes.c_void_p),
        ("out_depth", ctypes.c_void_p),
        ("keys", ctypes.c_void_p),
        ("image_pitch", ctypes.c_longlong),
        ("depth_pitch", ctypes.c_longlong),
        ("out_image_pitch", ctypes.c_longlong),
        ("out_hole_pitch", ctypes.c_longlong),
        ("out_depth_pitch", ctypes.c_longlong),
        ("keys_pitch", ctypes.c_longlong),
        ("matrix", ctypes.c_float * 12),
        ("keep", ctypes.c_float),
        ("near", ctypes.c_float),
        ("guard", ctypes.c_float),
        ("min_depth", ctypes.c_float),
        ("max_depth", ctypes.c_float),
        ("rows", ctypes.c_int),
        ("columns", ctypes.c_int),
        ("height", ctypes.c_int),
        ("width", ctypes.c_int),
        ("unused", ctypes.c_int),
    )


def point_splat_cuda(
    image: Any, depth: Any, *, source: Any, target: Any, size: Any, tear: Any, out: Any, keys: Any, stream: Any
) -> PointView:
    """Queue the view on the stream; arguments, result and errors as `point_splat` lists them."""
    handle = stream_handle(stream)
    picture = require_device_array("image", image, ndim=3, dtypes=COLOUR_DTYPES, stream=handle)
    distance = require_device_array("depth", depth, ndim=2, dtypes=(np.float32,), stream=handle)
    check_picture(picture.shape, distance.shape)
    rows, columns = distance.shape
    shape, matrix, keep = check_look(source, target, size, tear, (rows, columns))
    if out is None:
        require_context()
        out = PointView(
            new_device_array((*shape, 3), picture.dtype),
            new_device_array(shape, np.uint8),
            new_device_array(shape, np.float32),
        )
    wanted = out_arrays(out, shape, picture.dtype.type)
    if keys is None:
        require_context()
        keys = new_device_array(shape, np.uint64)
    wanted.append(("keys", keys, np.uint64, shape))
    arrays = {"image": picture, "depth": distance}
    for name, array, dtype, array_shape in wanted:
        given = require_device_array(name, array, ndim=len(array_shape), dtypes=(dtype,), stream=handle)
        require_device_shape(name, given, array_shape)
        require_device_output(name, given, list(arrays.values()))
        arrays[name] = given
    require_context()
    args = new_args((rows, columns), shape, matrix, keep)
    bind_arrays(args, arrays)
    for kernel, blocks in launches(args, picture.dtype):
        load_kernel(SOURCE, kernel, PointArgs).launch(
            args, blocks=blocks, threads=THREADS, shared_bytes=0, stream=stream
        )
    return out


def new_args(source_size: tuple[int, int], size: tuple[int, int], matrix: Array, keep: np.float32) -> PointArgs:
    """Parameters without pointers."""
    args = PointArgs(
        keep=float(keep), near=NEAR, guard=GUARD, min_depth=MIN_DEPTH, max_depth=MAX_DEPTH,
        rows=source_size[0], columns=source_size[1], height=size[0], width=size[1],
    )  # fmt: skip
    args.matrix[:] = matrix.ravel().tolist()
    return args


def launches(args: PointArgs, dtype: np.dtype[Any]) -> list[tuple[str, int]]:
    """Name and number of blocks of each kernel, in order."""
    tiles = (args.rows // _TILE[0] + 1) * (args.columns // _TILE[1] + 1)
    return [
        ("point_splat_clear", args.height),
        ("point_splat_draw", tiles),
        (f"point_splat_resolve_{8 * dtype.itemsize}", args.height * -(-args.width // THREADS)),
    ]
