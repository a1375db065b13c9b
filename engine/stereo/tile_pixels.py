"""Between planar frames and RGB tiles: what a tile shows, and what of its painting goes back.

`planes` are always three arrays, (luma, u, v); a gray frame passes its luma three times and is_gray.
`to_rgb` and `to_code` are (3, 4) float32: a matrix and, in the last column, an offset.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Planes = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)


@njit(nogil=True, cache=True)
def read_tile(
    planes: Planes, shift: tuple[int, int], to_rgb: NDArray[Any], corner: tuple[int, int], rgb: NDArray[Any]
) -> None:
    """Read a tile as it is, holes with whatever they hold.

    Args:
        planes: of the view.
        shift: (horizontal, vertical) log2 of the chroma subsampling.
        to_rgb: code values to R'G'B'.
        corner: (row, column) of the tile in the frame.
        rgb: (h, w, 3) float32 is written, 0..1.
    """
    top, left = corner
    rows, columns = rgb.shape[:2]
    for y in range(rows):
        for x in range(columns):
            _read_colour(planes, shift, to_rgb, top + y, left + x, rgb[y, x])


@njit(nogil=True, cache=True)
def write_holes(
    image: NDArray[Any],
    hole: NDArray[Any],
    corner: tuple[int, int],
    core: tuple[int, int, int, int],
    to_code: NDArray[Any],
    shift: tuple[int, int],
    is_gray: bool,
    top_code: int,
    planes: Planes,
) -> None:
    """Write a painted tile into the holes of its core; a chroma sample only if all luma it serves is hole.

    Holes that touch the left or right border of the frame keep what they hold.

    Args:
        image: (3, h, w) float32 R'G'B' as the network painted it.
        hole: (H, W) uint8.
        corner: (row, column) of the tile in the frame.
        core: (top, left, bottom, right) in the frame; top and left are even.
        to_code: R'G'B' to code values.
        shift: (horizontal, vertical) log2 of the chroma subsampling.
        is_gray: leave the chroma planes alone.
        top_code: the largest code value.
        planes: written in place.
    """
    top, left, bottom, right = core
    luma = planes[0]
    for y in range(top, bottom):
        begin, end = _inner_columns(hole[y], left, right)
        for x in range(begin, end):
            if hole[y, x] != 0:
                luma[y, x] = _rounded(_code(image, y - corner[0], x - corner[1], to_code[0]), top_code)
    if is_gray:
        return
    step_x, step_y = 1 << shift[0], 1 << shift[1]
    for cy in range(top // step_y, (bottom + step_y - 1) // step_y):
        for cx in range(left // step_x, (right + step_x - 1) // step_x):
            cell = (cy * step_y, cx * step_x, min((cy + 1) * step_y, bottom), min((cx + 1) * step_x, right))
            if not _is_whole_hole(hole, cell):
                continue
            count = np.float32((cell[2] - cell[0]) * (cell[3] - cell[1]))
            for plane in (1, 2):
                total = _ZERO
                for y in range(cell[0], cell[2]):
                    for x in range(cell[1], cell[3]):
                        total += _code(image, y - corner[0], x - corner[1], to_code[plane])
                planes[plane][cy, cx] = _rounded(total / count, top_code)


@njit(nogil=True, cache=True)
def _read_colour(
    planes: Planes, shift: tuple[int, int], to_rgb: NDArray[Any], y: int, x: int, rgb: NDArray[Any]
) -> None:
    code_y = np.float32(planes[0][y, x])
    code_u = np.float32(planes[1][y >> shift[1], x >> shift[0]])
    code_v = np.float32(planes[2][y >> shift[1], x >> shift[0]])
    for c in range(3):
        value = to_rgb[c, 0] * code_y + to_rgb[c, 1] * code_u + to_rgb[c, 2] * code_v + to_rgb[c, 3]
        rgb[c] = min(max(value, _ZERO), _ONE)


@njit(nogil=True, cache=True)
def _inner_columns(line: NDArray[Any], left: int, right: int) -> tuple[int, int]:
    """The part of left..right that lies in no hole touching the frame's border."""
    begin, end = 0, line.shape[0]
    while begin < end and line[begin] != 0:
        begin += 1
    while end > begin and line[end - 1] != 0:
        end -= 1
    return max(begin, left), min(end, right)


@njit(nogil=True, cache=True)
def _is_whole_hole(hole: NDArray[Any], cell: tuple[int, int, int, int]) -> bool:
    """Whether every pixel of the cell is a hole, and none of one that touches the frame's border."""
    for y in range(cell[0], cell[2]):
        for x in range(cell[1], cell[3]):
            if hole[y, x] == 0:
                return False
        begin, end = _inner_columns(hole[y], cell[1], cell[3])
        if begin != cell[1] or end != cell[3]:
            return False
    return True


@njit(nogil=True, cache=True)
def _code(image: NDArray[Any], y: int, x: int, row: NDArray[Any]) -> Any:
    return row[0] * image[0, y, x] + row[1] * image[1, y, x] + row[2] * image[2, y, x] + row[3]


@njit(nogil=True, cache=True)
def _rounded(value: Any, top_code: int) -> int:
    return int(min(max(value + _HALF, _ZERO), np.float32(top_code)))
