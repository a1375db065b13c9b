"""Device arrays by either protocol, and what is said of those that do not fit."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from kernels._cuda.arrays import is_device_array, require_device_array, require_device_output, require_device_shape

KINDS = {"i": 0, "u": 1, "f": 2}


class Interface:
    """Offers `__cuda_array_interface__`."""

    def __init__(self, **changes: Any) -> None:
        self.__cuda_array_interface__ = {
            "shape": (4, 6), "typestr": "<f4", "data": (4096, False), "version": 3, **changes
        }  # fmt: skip


class Tensor(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device", ctypes.c_int32 * 2),
        ("ndim", ctypes.c_int32),
        ("dtype", ctypes.c_uint8 * 4),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


class Capsule:
    """Offers DLPack: the same array as Interface() but in rows of 8, on GPU 1."""

    def __init__(
        self, *, device: tuple[int, int] = (2, 1), strides: tuple[int, ...] | None = (8, 1), kind: str = "f"
    ) -> None:
        self._shape = (ctypes.c_int64 * 2)(4, 6)
        self._strides = (ctypes.c_int64 * 2)(*strides) if strides else None
        self.device, self.stream = device, None
        self._tensor = Tensor(
            4000, (ctypes.c_int32 * 2)(*device), 2, (ctypes.c_uint8 * 4)(KINDS[kind], 32, 1, 0), self._shape,
            self._strides, 96,
        )  # fmt: skip

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device

    def __dlpack__(self, *, stream: int | None = None) -> object:
        self.stream = stream
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
        return new(ctypes.addressof(self._tensor), b"dltensor", None)


def require(value: object, **options: Any):
    return require_device_array("near", value, **{"ndim": 2, "dtypes": (np.float32, np.float16), **options})


def test_what_is_a_device_array() -> None:
    assert is_device_array(Interface())
    assert is_device_array(Capsule())
    assert is_device_array(Capsule(device=(13, 0)))
    assert not is_device_array(Capsule(device=(1, 0)))
    assert not is_device_array(np.zeros(3))
    assert not is_device_array([1])


def test_interface() -> None:
    array = require(Interface())
    assert (array.pointer, array.shape, array.strides, array.dtype) == (4096, (4, 6), (24, 4), np.float32)
    assert (array.read_only, array.device, array.ndim) == (False, None, 2)
    assert array.span == range(4096, 4096 + 96)
    padded = require(Interface(strides=(32, 4), data=(64, True)))
    assert (padded.strides, padded.read_only) == ((32, 4), True)
    assert padded.span == range(64, 64 + 3 * 32 + 24)


def test_dlpack() -> None:
    capsule = Capsule()
    array = require(capsule, stream=0x77)
    assert (array.pointer, array.shape, array.strides, array.dtype) == (4096, (4, 6), (32, 4), np.float32)
    assert array.device == 1
    assert capsule.stream == 0x77
    require(capsule)
    assert capsule.stream == 1  # DLPack's name of the default stream
    assert require(Capsule(strides=None)).strides == (24, 4)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (np.zeros((4, 6), np.float32), TypeError, "near must be a CUDA array like the others, got ndarray"),
        (Interface(typestr="<i4"), TypeError, "near must be float32 or float16, got int32"),
        (Interface(typestr=">f4"), TypeError, "near must be float32"),
        (Capsule(kind="u"), TypeError, "near must be float32 or float16, got uint32"),
        (Interface(shape=(4, 6, 1)), ValueError, "near must have 2 axes"),
        (Interface(shape=(4, 0)), ValueError, "near must not be empty"),
        (Interface(strides=(48, 8)), ValueError, "near must be contiguous within a row"),
        (Capsule(strides=(1, 4)), ValueError, "near must be contiguous within a row"),
        (Interface(strides=(26, 4)), ValueError, "near must have rows at multiples"),
        (Interface(strides=(-24, 4)), ValueError, "near must have rows at multiples"),
        (Interface(data=(4098, False)), ValueError, "near must have rows at multiples"),
        (Interface(mask=Interface()), ValueError, "near must not have a mask"),
        (Interface(stream=0x55), ValueError, "near is being written on CUDA stream 0x55"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(value: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        require(value)


def test_the_stream_of_an_interface() -> None:
    for producer, ours in ((None, 0), (None, 0x55), (1, 0), (2, 0), (0x55, 0x55)):
        require(Interface(stream=producer), stream=ours)
    for producer, ours in ((1, 0x55), (0x66, 0x55)):
        with pytest.raises(ValueError, match="near is being written on CUDA stream"):
            require(Interface(stream=producer), stream=ours)


def test_shapes_are_named() -> None:
    require_device_shape("near", require(Interface()), (4, 6))
    with pytest.raises(ValueError, match=r"near must have shape \(4, 7\), got \(4, 6\)"):
        require_device_shape("near", require(Interface()), (4, 7))


def test_outputs() -> None:
    source = require(Interface())
    require_device_output("out", require(Interface(data=(4096 + 96, False))), [source])
    require_device_output("out", require(Interface(data=(4096 - 96, False))), [source])
    for changes, message in (
        ({"data": (8192, True)}, "out must be writable"),
        ({"data": (8192, False), "strides": (20, 4)}, "out must have rows that do not overlap"),
        ({"data": (8192, False), "strides": (0, 4)}, "out must have rows that do not overlap"),
        ({"data": (4096 + 92, False)}, "out must not overlap"),
        ({"data": (4096 - 92, False)}, "out must not overlap"),
    ):
        with pytest.raises(ValueError, match=message):
            require_device_output("out", require(Interface(**changes)), [source])
