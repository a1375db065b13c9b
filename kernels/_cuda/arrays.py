"""Arrays in the memory of a GPU as other libraries offer them: DLPack, or `__cuda_array_interface__`."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

_DLPACK_CUDA = (2, 13)
"""CUDA memory, and managed memory."""
_DLPACK_KINDS = {0: "i", 1: "u", 2: "f", 6: "b"}
_LEGACY_STREAM = 1
"""The default stream in both protocols, where 0 means something else or nothing."""
_DEFAULT_STREAMS = (1, 2)
"""The default stream, and that of each thread, which the former waits for."""


@dataclass(frozen=True, slots=True)
class DeviceArray:
    """Where an array lies on a GPU; keeps its owner alive."""

    pointer: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    """Bytes."""
    dtype: np.dtype[Any]
    read_only: bool
    device: int | None
    """Ordinal of the GPU; None where the protocol does not tell."""
    owner: object

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def span(self) -> range:
        """Addresses of its bytes, gaps included; strides must not be negative."""
        last = sum((size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True))
        return range(self.pointer, self.pointer + last + self.dtype.itemsize)


def is_device_array(value: object) -> bool:
    """True if the value says that its memory is a CUDA device's."""
    if hasattr(value, "__dlpack_device__"):
        return int(value.__dlpack_device__()[0]) in _DLPACK_CUDA
    return hasattr(value, "__cuda_array_interface__")


def require_device_array(
    name: str, value: object, *, ndim: int, dtypes: Sequence[type[np.generic]], stream: int = 0
) -> DeviceArray:
    """The array as one of the dtypes, contiguous within a row (row stride is free), ordered before work on the stream.

    Args:
        name: what messages call it.
        value: an object with `__dlpack__` (asked first: its owner orders the streams) or `__cuda_array_interface__`.
        ndim: number of axes.
        dtypes: allowed element types.
        stream: handle of the stream the array will be used on, 0 for the default stream.

    Raises:
        TypeError: not a device array, or another dtype.
        ValueError: another number of axes, an empty axis, a row that is not contiguous, or an array that another
            stream may still be writing.
    """
    if not is_device_array(value):
        raise TypeError(f"{name} must be a CUDA array like the others, got {type(value).__name__}")
    array = _from_dlpack(name, value, stream) if hasattr(value, "__dlpack__") else _from_interface(name, value, stream)
    if array.dtype not in [np.dtype(dtype) for dtype in dtypes]:
        raise TypeError(f"{name} must be {' or '.join(dtype.__name__ for dtype in dtypes)}, got {array.dtype}")
    if array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, got shape {array.shape}")
    if 0 in array.shape:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    if any(
        array.strides[axis] != array.dtype.itemsize * math.prod(array.shape[axis + 1 :]) and array.shape[axis] > 1
        for axis in range(min(1, ndim - 1), ndim)
    ):
        raise ValueError(f"{name} must be contiguous within a row, got strides {array.strides} for shape {array.shape}")
    if array.pointer % array.dtype.itemsize or array.strides[0] % array.dtype.itemsize or array.strides[0] < 0:
        raise ValueError(f"{name} must have rows at multiples of its items, got row stride {array.strides[0]}")
    return array


def require_device_shape(name: str, array: DeviceArray, shape: tuple[int, ...]) -> None:
    """Raise ValueError unless the array has exactly this shape."""
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")


def require_device_output(name: str, array: DeviceArray, others: Sequence[DeviceArray]) -> None:
    """Raise ValueError if the array is read-only, its rows overlap, or it overlaps an input or another output."""
    if array.read_only:
        raise ValueError(f"{name} must be writable, got a read-only array")
    row = array.dtype.itemsize * math.prod(array.shape[1:])
    if array.ndim > 1 and array.shape[0] > 1 and array.strides[0] < row:
        raise ValueError(f"{name} must have rows that do not overlap, got row stride {array.strides[0]}")
    span = array.span
    if any(span.start < other.span.stop and other.span.start < span.stop for other in others):
        raise ValueError(f"{name} must not overlap an input or another output")


def _from_interface(name: str, value: Any, stream: int) -> DeviceArray:
    interface = value.__cuda_array_interface__
    producer = interface.get("stream")
    if producer is not None and producer not in ([stream] if stream else _DEFAULT_STREAMS):
        raise ValueError(
            f"{name} is being written on CUDA stream {producer:#x}, not on {stream or 'the default stream'}: "
            "synchronise it first, or hand it over through DLPack"
        )
    if interface.get("mask") is not None:
        raise ValueError(f"{name} must not have a mask")
    dtype = np.dtype(interface["typestr"])
    shape = tuple(int(size) for size in interface["shape"])
    strides = interface.get("strides") or _dense_strides(shape, dtype.itemsize)
    pointer, read_only = interface["data"]
    return DeviceArray(int(pointer), shape, tuple(strides), dtype, bool(read_only), None, value)


def _dense_strides(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    return tuple(itemsize * math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


class _Tensor(ctypes.Structure):
    """DLTensor of DLPack."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


def _from_dlpack(name: str, value: Any, stream: int) -> DeviceArray:
    capsule = value.__dlpack__(stream=stream or _LEGACY_STREAM)
    # The capsule keeps its name, so it stays the owner and gives the memory back when it is dropped.
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype, get_pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    tensor = _Tensor.from_address(get_pointer(capsule, b"dltensor"))
    if tensor.lanes != 1 or tensor.code not in _DLPACK_KINDS:
        raise TypeError(f"{name} must hold plain integers or floats, got DLPack type code {tensor.code}")
    dtype = np.dtype(f"{_DLPACK_KINDS[tensor.code]}{tensor.bits // 8}")
    shape = tuple(tensor.shape[axis] for axis in range(tensor.ndim))
    if tensor.strides:
        strides = tuple(tensor.strides[axis] * dtype.itemsize for axis in range(tensor.ndim))
    else:
        strides = _dense_strides(shape, dtype.itemsize)
    pointer = (tensor.data or 0) + tensor.byte_offset
    return DeviceArray(pointer, shape, strides, dtype, False, tensor.device_id, (capsule, value))
