"""Between planar frames and RGB tiles: what a tile shows, and what of its painting goes back.

`planes` are always three arrays, (luma, u, v); a gray frame passes its luma three times and is_gray.
`to_rgb` and `to_code` are (3, 4) float32: a matrix and, in the last column, an offset.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.stereo.hole_runs import LENT, OPEN, PAINTED, is_whole_hole

Planes = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_HUGE = np.float32(1e30)
"""What is larger, or no number at all, was not painted by a sound network."""


@njit(nogil=True, cache=True)
def read_tile(
    planes: Planes,
    shift: tuple[int, int],
    to_rgb: NDArray[Any],
    corner: tuple[int, int],
    mirrored: bool,
    rgb: NDArray[Any],
) -> None:
    """Read the colours of a tile as they are, holes with whatever they hold.

    Args:
        planes: of the view.
        shift: (horizontal, vertical) log2 of the chroma subsampling.
        to_rgb: code values to R'G'B'.
        corner: (row, column) of the tile in the frame.
        mirrored: turn columns around.
        rgb: (h, w, 3) float32 is written, 0..1.
    """
    top, left = corner
    rows, columns = rgb.shape[:2]
    for y in range(rows):
        for x in range(columns):
            source = columns - 1 - x if mirrored else x
            _read_colour(planes, shift, to_rgb, top + y, left + source, rgb[y, x])


@njit(nogil=True, cache=True)
def read_surface(
    view: tuple[NDArray[Any], NDArray[Any], NDArray[Any]],
    corner: tuple[int, int],
    mirrored: bool,
    numbers: tuple[float, float, float],
    hole: NDArray[Any],
    stretched_px: NDArray[Any],
    disparity: NDArray[Any],
) -> None:
    """Read the holes of a tile and how near things are in it.

    What was filled already counts as known, at the parallax of the background beside it.

    Args:
        view: its hole, parallax_px, and the state of its pixels (hole_runs).
        corner: (row, column) of the tile in the frame.
        mirrored: turn columns around; the background of holes then lies to their right.
        numbers: by what parallax is multiplied to be that of this eye; and scale and offset that turn it into relative
            disparity.
        hole: (h, w) uint8 is written.
        stretched_px: (h, w) float32 is written.
        disparity: (h, w) float32 is written, 0..1.
    """
    holes, parallax_px, state = view
    share, scale, offset = np.float32(numbers[0]), np.float32(numbers[1]), np.float32(numbers[2])
    rows, columns = hole.shape
    for y in range(rows):
        row = corner[0] + y
        beside = _ZERO
        for x in range(columns - 1, -1, -1):
            column = corner[1] + (columns - 1 - x if mirrored else x)
            here, is_hole = parallax_px[row, column], holes[row, column] != 0
            if not is_hole or x == columns - 1:
                beside = here
            if is_hole and state[row, column] > OPEN and state[row, column] != LENT:
                is_hole, here = False, beside
            hole[y, x] = is_hole
            stretched_px[y, x] = here * share
            disparity[y, x] = min(max(here * scale + offset, _ZERO), _ONE)


@njit(nogil=True, cache=True)
def write_open(
    image: NDArray[Any],
    state: NDArray[Any],
    corner: tuple[int, int],
    core: tuple[int, int, int, int],
    to_code: NDArray[Any],
    shift: tuple[int, int],
    is_gray: bool,
    top_code: int,
    planes: Planes,
) -> bool:
    """Write a painted tile into the open pixels of its core, whose state becomes PAINTED.

    A chroma sample is written only if all luma it serves belongs to holes, some of it was open, and none of its first
    row is LENT: what was lent there (stretch) gave it its colour, and will give it again in the next frame.

    Args:
        image: (3, h, w) float32 R'G'B' as the network painted it, its columns mirrored back.
        state: (H, W) uint8 of the view, see hole_runs; written in place.
        corner: (row, column) of the tile in the frame.
        core: (top, left, bottom, right) in the frame; top and left are even.
        to_code: R'G'B' to code values.
        shift: (horizontal, vertical) log2 of the chroma subsampling.
        is_gray: leave the chroma planes alone.
        top_code: the largest code value.
        planes: written in place.

    Returns:
        Whether all that was to be written are numbers; if not, nothing useful was written.
    """
    top, left, bottom, right = core
    luma = planes[0]
    finite = True
    for y in range(top, bottom):
        for x in range(left, right):
            if state[y, x] == OPEN:
                value = _code(image, y - corner[0], x - corner[1], to_code[0])
                finite &= abs(value) < _HUGE
                luma[y, x] = _rounded(value, top_code)
    if not is_gray:
        _write_chroma(image, state, corner, core, to_code, shift, top_code, planes)
    for y in range(top, bottom):
        for x in range(left, right):
            if state[y, x] == OPEN:
                state[y, x] = PAINTED
    return finite


@njit(nogil=True, cache=True)
def _write_chroma(
    image: NDArray[Any],
    state: NDArray[Any],
    corner: tuple[int, int],
    core: tuple[int, int, int, int],
    to_code: NDArray[Any],
    shift: tuple[int, int],
    top_code: int,
    planes: Planes,
) -> None:
    top, left, bottom, right = core
    step_x, step_y = 1 << shift[0], 1 << shift[1]
    for cy in range(top // step_y, (bottom + step_y - 1) // step_y):
        for cx in range(left // step_x, (right + step_x - 1) // step_x):
            if not _is_to_paint(state, cy, cx, shift) or not is_whole_hole(state, cy, cx, shift):
                continue
            cell = (cy * step_y, cx * step_x, min((cy + 1) * step_y, bottom), min((cx + 1) * step_x, right))
            count = np.float32((cell[2] - cell[0]) * (cell[3] - cell[1]))
            for plane in (1, 2):
                total = _ZERO
                for y in range(cell[0], cell[2]):
                    for x in range(cell[1], cell[3]):
                        total += _code(image, y - corner[0], x - corner[1], to_code[plane])
                planes[plane][cy, cx] = _rounded(total / count, top_code)


@njit(nogil=True, cache=True)
def _is_to_paint(state: NDArray[Any], cy: int, cx: int, shift: tuple[int, int]) -> bool:
    """Whether some luma of a chroma sample is open, and none in its first row was lent."""
    any_open = False
    first = cy << shift[1]
    for y in range(first, min((cy + 1) << shift[1], state.shape[0])):
        for x in range(cx << shift[0], min((cx + 1) << shift[0], state.shape[1])):
            if y == first and state[y, x] == LENT:
                return False
            any_open |= state[y, x] == OPEN
    return any_open


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
def _code(image: NDArray[Any], y: int, x: int, row: NDArray[Any]) -> Any:
    return row[0] * image[0, y, x] + row[1] * image[1, y, x] + row[2] * image[2, y, x] + row[3]


@njit(nogil=True, cache=True)
def _rounded(value: Any, top_code: int) -> int:
    return int(min(max(value + _HALF, _ZERO), np.float32(top_code)))
