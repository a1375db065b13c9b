"""Covering holes with tiles: a network is asked about the places where something is missing, not about the frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.stereo.hole_runs import OPEN, ROW, START, STOP

_BLOCK = 8


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
        Tiles inside the picture; their cores do not overlap. In the order of rows, then columns.
    """
    height, width = state.shape
    counts = np.zeros((-(-height // _BLOCK), -(-width // _BLOCK)), np.int32)
    if _count_open(runs, state, counts) == 0:
        return []
    core_width, core_height = shape.width - 2 * shape.margin, shape.height - 2 * shape.margin
    corners = np.empty((counts.size, 3), np.int32)
    number = _cover(counts, core_height // _BLOCK, core_width // _BLOCK, corners)
    tiles = []
    for row, column, weight in corners[:number].tolist():
        core_top, core_left = row * _BLOCK, column * _BLOCK
        tiles.append(
            Tile(
                top=min(max(core_top - shape.margin, 0), height - shape.height),
                left=min(max(core_left - shape.margin, 0), width - shape.width),
                core_top=core_top,
                core_left=core_left,
                core_bottom=min(core_top + core_height // _BLOCK * _BLOCK, height),
                core_right=min(core_left + core_width // _BLOCK * _BLOCK, width),
                weight=weight,
            )
        )
    return tiles


@njit(nogil=True, cache=True)
def _count_open(runs: NDArray[Any], state: NDArray[Any], counts: NDArray[np.int32]) -> int:
    """Count the open pixels of every block; how many there are in all."""
    total = 0
    for r in range(runs.shape[0]):
        y = runs[r, ROW]
        for x in range(runs[r, START], runs[r, STOP]):
            if state[y, x] == OPEN:
                counts[y // _BLOCK, x // _BLOCK] += 1
                total += 1
    return total


@njit(nogil=True, cache=True)
def _cover(counts: NDArray[np.int32], core_rows: int, core_columns: int, corners: NDArray[np.int32]) -> int:
    """Greedy cover in reading order; each core begins at the first row and column that need it."""
    rows, columns = counts.shape
    number = 0
    top = 0
    while top < rows:
        needed = False
        for x in range(columns):
            needed |= counts[top, x] > 0
        if not needed:
            top += 1
            continue
        bottom = min(top + core_rows, rows)
        x = 0
        while x < columns:
            weight = 0
            for y in range(top, bottom):
                weight += counts[y, x]
            if weight == 0:
                x += 1
                continue
            right = min(x + core_columns, columns)
            weight = 0
            for y in range(top, bottom):
                for i in range(x, right):
                    weight += counts[y, i]
            corners[number, 0], corners[number, 1], corners[number, 2] = top, x, weight
            number += 1
            x = right
        top = bottom
    return number
