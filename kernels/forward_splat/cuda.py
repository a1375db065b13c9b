"""The CUDA twin: forward_splat.cu on arrays of the current GPU, two eyes a launch."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kernels._cuda.arrays import DeviceArray, require_device_array, require_device_output
from kernels._cuda.launch import (
    load_kernel,
    max_shared_bytes,
    new_device_array,
    require_context,
    require_current_device,
    stream_handle,
)
from kernels._require import require_shape
from kernels.forward_splat._check import check_look, check_out, check_parallax, check_planes
from kernels.forward_splat.layout import FILLS, FULL_WIDTH, HALF_WIDTH, Fill, PlaneLayout, SplatView

SOURCE = Path(__file__).with_name("forward_splat.cu")
_EYES_PER_LAUNCH = 2
_MAX_THREADS = 256


class EyeArgs(ctypes.Structure):
    """SplatEye of forward_splat.cu."""

    _fields_ = (
        ("planes", ctypes.c_void_p * 3),
        ("hole", ctypes.c_void_p),
        ("parallax", ctypes.c_void_p),
        ("plane_pitch", ctypes.c_longlong * 3),
        ("hole_pitch", ctypes.c_longlong),
        ("parallax_pitch", ctypes.c_longlong),
        ("factor", ctypes.c_float),
        ("unused", ctypes.c_int),
    )


class SplatArgs(ctypes.Structure):
    """SplatArgs of forward_splat.cu."""

    _fields_ = (
        ("planes", ctypes.c_void_p * 3),
        ("parallax", ctypes.c_void_p),
        ("faults", ctypes.c_void_p),
        ("plane_pitch", ctypes.c_longlong * 3),
        ("parallax_pitch", ctypes.c_longlong),
        ("eyes", EyeArgs * _EYES_PER_LAUNCH),
        ("tear", ctypes.c_float),
        ("num_eyes", ctypes.c_int),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("chroma", ctypes.c_int),
        ("shift_y", ctypes.c_int),
        ("mid_grey", ctypes.c_int),
        ("fill", ctypes.c_int),
        ("staged", ctypes.c_int),
        ("parallax_at", ctypes.c_int),
        ("plane_at", ctypes.c_int * 3),
        ("packing_at", ctypes.c_int),
        ("with_parallax", ctypes.c_int),
    )


def forward_splat_cuda(
    planes: Any,
    parallax_px: Any,
    *,
    eyes: Sequence[float],
    tear_px: float,
    fill: Fill,
    with_parallax: bool,
    out: Sequence[SplatView] | None,
    bits: int | None,
    stream: Any,
    faults: Any,
) -> tuple[SplatView, ...]:
    """See `kernels.forward_splat`; checks everything, then queues the eyes on the stream."""
    require_context()
    require = functools.partial(_require_here, stream=stream_handle(stream))
    sources, layout = check_planes(planes, bits, require=require)
    parallax = check_parallax(parallax_px, layout, require=require)
    factors, tear_px = check_look(eyes, tear_px, fill, with_parallax)
    taken = [*sources, parallax]
    flag = None
    if faults is not None:
        flag = require("faults", faults, ndim=1, dtypes=(np.uint32,))
        require_shape("faults", flag, (1,))
        require_device_output("faults", flag, taken)
        taken.append(flag)
    views, outputs = check_out(
        out, layout, taken, len(factors), with_parallax=with_parallax, new_view=functools.partial(_new_view, layout),
        require=require, require_output=require_device_output,
    )  # fmt: skip

    args, shared_bytes = new_args(layout, parallax.dtype, tear_px, fill, max_shared_bytes())
    set_inputs(args, sources, parallax, flag)
    kernel = load_kernel(SOURCE, kernel_name(layout, parallax.dtype), SplatArgs)
    for first in range(0, len(factors), _EYES_PER_LAUNCH):
        pair = slice(first, first + _EYES_PER_LAUNCH)
        set_eyes(args, factors[pair], outputs[pair], len(sources))
        blocks, threads = grid_of(layout)
        kernel.launch(args, blocks=blocks, threads=threads, shared_bytes=shared_bytes, stream=stream)
    return views


def _require_here(name: str, value: object, *, ndim: int, dtypes: Sequence[type[np.generic]], stream: int) -> Any:
    array = require_device_array(name, value, ndim=ndim, dtypes=dtypes, stream=stream)
    require_current_device(name, array)
    return array


def _new_view(layout: PlaneLayout, *, with_parallax: bool) -> SplatView:
    size = (layout.height, layout.width)
    planes = tuple(new_device_array(shape, layout.dtype) for shape in layout.plane_shapes)
    warped = new_device_array(size, np.float32) if with_parallax else None
    return SplatView(planes, new_device_array(size, np.uint8), warped)


def kernel_name(layout: PlaneLayout, parallax_dtype: np.dtype[Any]) -> str:
    """The kernel for these element types, as its SPLAT_KERNEL line names it."""
    return (
        f"splat_{'packed' if layout.packed else 'planar'}_u{8 * layout.dtype.itemsize}_f{8 * parallax_dtype.itemsize}"
    )


def grid_of(layout: PlaneLayout) -> tuple[int, int]:
    """Blocks, one per row of the last plane, and threads of each: about twelve pixels a thread."""
    rows_per_block = 1 << layout.shift_y
    threads = -(-layout.width * rows_per_block // (12 * 32)) * 32
    return -(-layout.height // rows_per_block), min(max(threads, 64), _MAX_THREADS)


def new_args(
    layout: PlaneLayout, parallax_dtype: np.dtype[Any], tear_px: float, fill: Fill, max_shared: int
) -> tuple[SplatArgs, int]:
    """Parameters without pointers, and the shared memory a block needs: with the row's colours if they fit.

    Raises:
        ValueError: not even the visibility of a row fits.
    """
    args = SplatArgs(
        tear=tear_px, width=layout.width, height=layout.height, shift_y=layout.shift_y, mid_grey=layout.mid_grey,
        fill=FILLS.index(fill),
    )  # fmt: skip
    if layout.has_chroma:
        args.chroma = HALF_WIDTH if layout.shift_x else FULL_WIDTH
    keys = end = _padded(4 * layout.width)
    if keys > max_shared:
        raise ValueError(
            f"planes[0] must be at most {max_shared // 16 * 4} columns wide on this GPU, got {layout.width}"
        )
    args.parallax_at, end = end, end + _padded(layout.width * parallax_dtype.itemsize)
    words = layout.packed and layout.dtype.itemsize == 1
    for number, shape in enumerate(layout.plane_shapes):
        row_bytes = 4 * layout.width if words else int(np.prod(shape[1:])) * layout.dtype.itemsize
        args.plane_at[number], end = end, end + _padded(row_bytes)
    if words:
        args.packing_at, end = end, end + _padded(4 * layout.width)
    args.staged = end <= max_shared
    return args, end if args.staged else keys


def _padded(size: int) -> int:
    """Sixteen bytes is what the kernel copies at a time."""
    return -(-size // 16) * 16


def set_inputs(args: SplatArgs, planes: Sequence[Any], parallax: Any, faults: DeviceArray | None) -> None:
    """Where the inputs lie."""
    for number, plane in enumerate(planes):
        args.planes[number], args.plane_pitch[number] = plane.pointer, plane.strides[0]
    args.parallax, args.parallax_pitch = parallax.pointer, parallax.strides[0]
    args.faults = None if faults is None else faults.pointer


def set_eyes(args: SplatArgs, eyes: Sequence[float], outputs: Sequence[Sequence[Any]], num_planes: int) -> None:
    """Which eyes to render, and where to: so many planes, hole, and parallax_px if it is wanted, of each."""
    args.num_eyes = len(eyes)
    for eye, factor, arrays in zip(args.eyes, eyes, outputs, strict=False):
        eye.factor = factor
        for number, plane in enumerate(arrays[:num_planes]):
            eye.planes[number], eye.plane_pitch[number] = plane.pointer, plane.strides[0]
        hole, *parallax = arrays[num_planes:]
        eye.hole, eye.hole_pitch = hole.pointer, hole.strides[0]
        args.with_parallax = bool(parallax)
        for warped in parallax:
            eye.parallax, eye.parallax_pitch = warped.pointer, warped.strides[0]
