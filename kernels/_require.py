"""Checks of arguments that read as sentences. Messages name the argument, what was expected and what came."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np


def require_array(name: str, value: object, *, ndim: int, dtypes: Sequence[type[np.generic]]) -> np.ndarray[Any, Any]:
    """The value as a NumPy array of one of the dtypes, in native byte order, last axis contiguous (row stride is free).

    Raises:
        TypeError: not an array, or another dtype.
        ValueError: another number of axes, an empty axis, or a last axis that is not contiguous.
    """
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array, got {type(value).__name__}")
    if value.dtype not in [np.dtype(dtype) for dtype in dtypes]:
        raise TypeError(f"{name} must be {' or '.join(dtype.__name__ for dtype in dtypes)}, got {value.dtype}")
    if value.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, got shape {value.shape}")
    if value.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {value.shape}")
    inner = value.strides[1:] if ndim > 1 else value.strides
    expected = [value.itemsize * math.prod(value.shape[axis + 1 :]) for axis in range(ndim - len(inner), ndim)]
    if any(
        stride != want and size > 1
        for stride, want, size in zip(inner, expected, value.shape[-len(inner) :], strict=True)
    ):
        raise ValueError(f"{name} must be contiguous within a row, got strides {value.strides} for shape {value.shape}")
    return value


def require_shape(name: str, value: np.ndarray[Any, Any], shape: tuple[int, ...]) -> None:
    """Raise ValueError unless the array has exactly this shape."""
    if value.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {value.shape}")


def require_writable(name: str, value: np.ndarray[Any, Any], inputs: Sequence[np.ndarray[Any, Any]]) -> None:
    """Raise ValueError if the array is read-only, is not a stack of rows in memory, or overlaps an input.

    What passes is written in place: `dense_rows` makes no copy of it.
    """
    if not value.flags.writeable:
        raise ValueError(f"{name} must be writable, got a read-only array")
    if value.shape[0] > 1 and (value.strides[0] <= 0 or value.strides[0] % value.itemsize):
        raise ValueError(
            f"{name} must have a row stride that is a positive multiple of its items, got {value.strides[0]}"
        )
    row_bytes = value.itemsize * math.prod(value.shape[1:])
    if value.shape[0] > 1 and value.strides[0] < row_bytes:
        raise ValueError(f"{name} must have rows that do not overlap, got row stride {value.strides[0]} of {row_bytes}")
    if not value.flags.aligned:
        raise ValueError(f"{name} must be aligned to its items of {value.itemsize} bytes")
    if any(np.may_share_memory(value, other) for other in inputs):
        raise ValueError(f"{name} must not overlap an input or another output")


def require_sequence(name: str, value: object, expected: str) -> Sequence[Any]:
    """The value if it is a list, a tuple or the like; expected says of what, for the message of the TypeError."""
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise TypeError(f"{name} must be {expected}, got {type(value).__name__}")
    return value


def require_number(name: str, value: object) -> float:
    """The value as a float; TypeError unless it is a real number."""
    if isinstance(value, bool) or not isinstance(value, float | int | np.floating | np.integer):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    return float(value)


def require_positive_int(name: str, value: object, *, maximum: int | None = None) -> int:
    """The value as an int of at least 1; bool and float are refused."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer, got {type(value).__name__}")
    if value < 1 or (maximum is not None and value > maximum):
        raise ValueError(f"{name} must be at least 1{f' and at most {maximum}' if maximum else ''}, got {value}")
    return int(value)


def require_sample_bits(dtype: np.dtype[Any], bits: int | None) -> int:
    """Used bits of the samples: 8 in uint8; 9 to 16 in uint16, 10 where bits is None."""
    if dtype == np.uint8:
        if bits not in (None, 8):
            raise ValueError(f"bits must be 8 for uint8 samples, got {bits}")
        return 8
    depth = 10 if bits is None else require_positive_int("bits", bits)
    if not 9 <= depth <= 16:
        raise ValueError(f"bits must be 9 to 16 for uint16 samples, got {bits}")
    return depth


def require_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Raise ValueError unless the value is one of the choices."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


class _Lent:
    """A read-only array's memory as if it were writable, for compiled loops that only read it."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        interface = dict(array.__array_interface__)
        interface["data"] = (interface["data"][0], False)
        self.__array_interface__ = interface
        self._keep_alive = array


def dense_rows(plane: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same memory as a C-contiguous (rows, row stride) array, so that compiled loops see unit steps and one type.

    The padding at the end of the last row may lie outside the allocation: nobody may touch columns beyond the plane's
    own width. Read-only planes come back without that mark, because it would compile every loop anew: do not write to
    what was an input. Planes whose row stride cannot be expressed (negative, zero, odd) come back as a copy.
    """
    rows, row_items = plane.shape[0], int(math.prod(plane.shape[1:]))
    if plane.flags.carray:
        return np.asarray(plane).reshape(rows, row_items)
    stride = plane.strides[0] if rows > 1 else row_items * plane.itemsize
    if stride % plane.itemsize or stride < row_items * plane.itemsize or not plane.flags.aligned:
        return np.array(plane, order="C").reshape(rows, row_items)
    lent = plane if plane.flags.writeable else np.asarray(_Lent(plane))
    return np.lib.stride_tricks.as_strided(lent, (rows, stride // plane.itemsize), (stride, plane.itemsize))
