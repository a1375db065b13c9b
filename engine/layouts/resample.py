"""Halving planes: plain averages of pairs, rounded half up."""

from __future__ import annotations

from typing import Any

from numba import njit
from numpy.typing import NDArray


@njit(nogil=True, cache=True)
def halve_columns(source: NDArray[Any], target: NDArray[Any]) -> None:
    """Write the average of every two neighbouring columns.

    Args:
        source: (H, 2 W) uint8 or uint16, last axis contiguous.
        target: (H, W) of the same type; may be a slice of a larger plane.
    """
    rows, columns = target.shape
    for y in range(rows):
        line = source[y]
        into = target[y]
        for x in range(columns):
            into[x] = (line[2 * x] + line[2 * x + 1] + 1) >> 1


@njit(nogil=True, cache=True)
def halve_rows(source: NDArray[Any], target: NDArray[Any]) -> None:
    """Write the average of every two neighbouring rows.

    Args:
        source: (2 H, W) uint8 or uint16, last axis contiguous.
        target: (H, W) of the same type; may be a slice of a larger plane.
    """
    rows, columns = target.shape
    for y in range(rows):
        upper = source[2 * y]
        lower = source[2 * y + 1]
        into = target[y]
        for x in range(columns):
            into[x] = (upper[x] + lower[x] + 1) >> 1
