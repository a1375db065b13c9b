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
        Tiles inside the picture, in the order of the first rows of their cores. Cores may overlap: a pixel
        counts in the weight of the first that holds it only, and whichever is painted first paints it. Cores begin at
        even rows and columns.
    """
    height, width = state.shape
    blocks = np.zeros((-(-height // _STEP), -(-width // _STEP)), np.int32)
    asking = _count_open(runs, state, blocks)
    if asking == 0:
        return []
    core_width, core_height = shape.width - 2 * shape.margin, shape.height - 2 * shape.margin
    corners = np.empty((asking, 3), np.int32)
    from_the_top = np.argsort(runs[:, ROW], kind="stable")
    number = _cover(runs[from_the_top], state, blocks, core_height // _STEP, core_width // _STEP, corners)
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
def _count_open(runs: NDArray[Any], state: NDArray[Any], blocks: NDArray[np.int32]) -> int:
    """Add the open pixels to their blocks of _STEP x _STEP; how many blocks hold any."""
    asking = 0
    for r in range(runs.shape[0]):
        y = runs[r, ROW]
        for x in range(runs[r, START], runs[r, STOP]):
            if state[y, x] == OPEN:
                asking += blocks[y // _STEP, x // _STEP] == 0
                blocks[y // _STEP, x // _STEP] += 1
    return asking


@njit(nogil=True, cache=True)
def _cover(
    runs: NDArray[Any],
    state: NDArray[Any],
    blocks: NDArray[np.int32],
    core_rows: int,
    core_columns: int,
    corners: NDArray[np.int32],
) -> int:
    """Greedy cover; writes (first row, first column, weight) of cores, in pixels; how many.

    Runs come in the order of their rows. The uppermost pixel that is left must be in some core. Nothing is left above
    it, so the core begins in its row; among the columns where such a core can begin, that with most pixels that are
    left is taken. `blocks` holds what is left, and so many of them make a core: what a core costs does not depend on
    how much is open.
    """
    columns = np.empty(2 * core_columns, np.int32)
    number = 0
    for r in range(runs.shape[0]):
        y = runs[r, ROW]
        top = y // _STEP
        bottom = min(top + core_rows, blocks.shape[0])
        for x in range(runs[r, START], runs[r, STOP]):
            if state[y, x] != OPEN or blocks[top, x // _STEP] == 0:
                continue
            nearest = x // _STEP + 1 - core_columns
            first, last = max(nearest, 0), min(nearest + 2 * core_columns, blocks.shape[1])
            columns[:] = 0
            for row in range(top, bottom):
                for column in range(first, last):
                    columns[column - nearest] += blocks[row, column]
            begin, weight = _fullest(columns, core_columns)
            begin += nearest
            blocks[top:bottom, max(begin, 0) : begin + core_columns] = 0
            corners[number, 0], corners[number, 1], corners[number, 2] = _STEP * top, _STEP * begin, weight
            number += 1
    return number


@njit(nogil=True, cache=True)
def _fullest(columns: NDArray[np.int32], length: int) -> tuple[int, int]:
    """(first column, sum) of the window of this length with the largest sum, the first of equals."""
    total = columns[:length].sum()
    begin, most = 0, total
    for x in range(1, columns.shape[0] - length):
        total += columns[x + length - 1] - columns[x - 1]
        if total > most:
            begin, most = x, total
    return begin, most
