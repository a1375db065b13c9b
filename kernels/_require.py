"""Checks of arguments, written so that a call reads as a sentence. Messages name the argument, what was expected and what came."""

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
    """Raise ValueError if the array is read-only, has a row stride that cannot be written by rows, or overlaps an input."""
    if not value.flags.writeable:
        raise ValueError(f"{name} must be writable, got a read-only array")
    if value.strides[0] < 0 or value.strides[0] % value.itemsize:
        raise ValueError(
            f"{name} must have a row stride that is a positive multiple of its items, got {value.strides[0]}"
        )
    if any(np.may_share_memory(value, other) for other in inputs):
        raise ValueError(f"{name} must not overlap an input or another output")


def require_positive_int(name: str, value: object, *, maximum: int | None = None) -> int:
    """The value as an int of at least 1; bool and float are refused."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an integer, got {type(value).__name__}")
    if value < 1 or (maximum is not None and value > maximum):
        raise ValueError(f"{name} must be at least 1{f' and at most {maximum}' if maximum else ''}, got {value}")
    return int(value)


def require_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Raise ValueError unless the value is one of the choices."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def dense_rows(plane: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same memory as a C-contiguous (rows, row stride) array, so that compiled loops see unit steps.

    The padding at the end of the last row may lie outside the allocation: nobody may touch columns beyond the plane's
    own width. Input planes whose row stride cannot be expressed that way (negative, zero, odd) come back as a copy.
    """
    rows = plane.shape[0]
    if plane.flags.c_contiguous:
        return plane.reshape(rows, -1)
    stride = plane.strides[0]
    row_items = int(math.prod(plane.shape[1:]))
    if stride % plane.itemsize or stride < row_items * plane.itemsize:
        return np.ascontiguousarray(plane).reshape(rows, -1)
    pitch = stride // plane.itemsize
    return np.lib.stride_tricks.as_strided(
        plane, (rows, pitch), (stride, plane.itemsize), writeable=plane.flags.writeable
    )
