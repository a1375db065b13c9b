"""Covering holes with tiles: a network is asked about the places where something is missing, not about the frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.stereo.hole_runs import OPEN, ROW, START, STOP

_BLOCK = 8
_STEP = 2
"""Cores begin at multiples of this: chroma samples belong to one core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TileShape:
    """How large a tile is, and how much of its rim only gives context.

    A network's time goes by pixels, and holes are narrow: small tiles with a thin rim hold twice as much hole as large
    ones, and more context was not found to make better paintings.
    """

    width: int = 64
    height: int = 64
    margin: int = 8

    def fitted(self, width: int, height: int) -> TileShape | None:
        """The same tile, made to fit into a picture; None where the picture is too small to give any context."""
        tile_width = min(self.width, width // _BLOCK * _BLOCK)
        tile_height = min(self.height, height // _BLOCK * _BLOCK)
        if tile_width < 4 * _BLOCK or tile_height < 4 * _BLOCK:
            return None
        return TileShape(
            width=tile_width, height=tile_height, margin=min(self.margin, tile_width // 4, tile_height // 4)
        )


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile: where it lies, and the part of it (its core) whose holes it paints. Rows and columns of the frame."""

    top: int
    left: int
    core_top: int
    core_left: int
    core_bottom: int
    core_right: int
    weight: int
    """Hole pixels in its core."""


def plan_tiles(runs: NDArray[Any], state: NDArray[Any], shape: TileShape) -> list[Tile]:
    """Tiles whose cores cover every open pixel.

    Args:
        runs: (n, 4) of a view, see hole_runs.
        state: (H, W) uint8 of its pixels, at least as large as a tile.
        shape: of the tiles.

    Returns:
        Tiles inside the picture, in the order of the first rows of their cores. Cores may overlap: a pixel is the
        business of the first that holds it, and counts in its weight only. Cores begin at even rows and columns.
    """
    height, width = state.shape
    pixels = _open_pixels(runs, state)
    if len(pixels) == 0:
        return []
    core_width, core_height = shape.width - 2 * shape.margin, shape.height - 2 * shape.margin
    corners = np.empty((len(pixels), 3), np.int32)
    number = _cover(pixels, core_height, core_width, corners)
    return [
        Tile(
            top=min(max(core_top - shape.margin, 0), height - shape.height),
            left=min(max(core_left - shape.margin, 0), width - shape.width),
            core_top=core_top,
            core_left=max(core_left, 0),
            core_bottom=min(core_top + core_height, height),
            core_right=min(core_left + core_width, width),
            weight=weight,
        )
        for core_top, core_left, weight in corners[:number].tolist()
    ]


@njit(nogil=True, cache=True)
def _open_pixels(runs: NDArray[Any], state: NDArray[Any]) -> NDArray[np.int32]:
    """(n, 2) row and column of the open pixels, by rows."""
    starts = np.zeros(state.shape[0] + 1, np.int32)
    for r in range(runs.shape[0]):
        for x in range(runs[r, START], runs[r, STOP]):
            starts[runs[r, ROW] + 1] += state[runs[r, ROW], x] == OPEN
    for y in range(state.shape[0]):
        starts[y + 1] += starts[y]
    pixels = np.empty((starts[-1], 2), np.int32)
    for r in range(runs.shape[0]):
        y = runs[r, ROW]
        for x in range(runs[r, START], runs[r, STOP]):
            if state[y, x] == OPEN:
                pixels[starts[y], 0], pixels[starts[y], 1] = y, x
                starts[y] += 1
    return pixels


@njit(nogil=True, cache=True)
def _cover(pixels: NDArray[np.int32], core_rows: int, core_columns: int, corners: NDArray[np.int32]) -> int:
    """Greedy cover; writes (first row, first column, weight) of cores; how many.

    The uppermost pixel that is left must be in some core. Nothing is left above it, so the core begins in its row;
    among the columns where such a core can begin, that with most pixels that are left is taken.
    """
    left = np.ones(pixels.shape[0], np.bool_)
    columns = np.empty(2 * core_columns, np.int32)
    number, first = 0, 0
    while first < pixels.shape[0]:
        if not left[first]:
            first += 1
            continue
        top = pixels[first, 0] // _STEP * _STEP
        nearest = (pixels[first, 1] // _STEP + 1) * _STEP - core_columns
        columns[:] = 0
        last = first
        while last < pixels.shape[0] and pixels[last, 0] < top + core_rows:
            x = pixels[last, 1] - nearest
            if left[last] and 0 <= x < columns.shape[0]:
                columns[x] += 1
            last += 1
        begin, weight = _fullest(columns, core_columns)
        for i in range(first, last):
            if nearest + begin <= pixels[i, 1] < nearest + begin + core_columns:
                left[i] = False
        corners[number, 0], corners[number, 1], corners[number, 2] = top, nearest + begin, weight
        number += 1
    return number


@njit(nogil=True, cache=True)
def _fullest(columns: NDArray[np.int32], length: int) -> tuple[int, int]:
    """(first column, sum) of the window of this length with the largest sum, the first of equals; by steps."""
    total = columns[:length].sum()
    begin, most = 0, total
    for x in range(_STEP, columns.shape[0] - length, _STEP):
        total += columns[x + length - _STEP : x + length].sum() - columns[x - _STEP : x].sum()
        if total > most:
            begin, most = x, total
    return begin, most
