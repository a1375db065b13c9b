"""The CPU twin: each thread owns a band of target rows, walks the source rows that may reach it, and draws in order.

Two source rows of vertices are held at a time. The target's depth plane is the z-buffer; no memory of frame size is
allocated. Bands never touch each other's rows, so the order of drawing within a pixel, and with it every tie, is the
same for every number of threads.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kernels._jit import compiled
from kernels._parallel import for_each_share
from kernels._require import dense_rows
from kernels.point_splat._cells import CASE, RUN, Four, draw_solved, draw_unsolved, find_cases, solve, solve_others
from kernels.point_splat._rows import NUM_FIELDS, PITCH, clear_row, load_colours, project_row, rows_touched
from kernels.point_splat.camera import Array, PointView

MANY = 64
"""So many cells of a run on several pixels are worth solving them for all."""


def point_splat_cpu(
    image: Array, depth: Array, view: PointView, *, matrix: Array, keep: np.float32, threads: int
) -> None:
    """Write what the target sees; arguments as `point_splat` has checked them, matrix as `projection` makes it."""
    rows, columns = depth.shape
    height, width = view.hole.shape
    sources = dense_rows(image), dense_rows(depth)
    targets = dense_rows(view.image), dense_rows(view.hole), dense_rows(view.depth)
    # Row 0 stands for the samples above the picture; the last one for those below.
    limits = np.empty((rows + 2, columns // RUN + 1, 2))
    limits[..., 0], limits[..., 1] = -np.inf, np.inf
    if threads > 1:
        limits[[0, -1]] = np.inf, -np.inf
        for_each_share(
            lambda part: find_limits(
                sources[1], columns, part.start, part.stop, matrix, _new_rows(image.dtype).above, limits
            ),
            _shares(rows, threads),
        )
    for_each_share(
        lambda part: draw_band(
            sources,
            (rows, columns),
            limits,
            matrix,
            keep,
            part.start,
            part.stop,
            width,
            _new_rows(image.dtype),
            targets,
        ),
        _shares(height, threads),
    )


def _shares(rows: int, threads: int) -> list[slice]:
    count = min(threads, rows)
    return [slice(rows * n // count, rows * (n + 1) // count) for n in range(count)]


class _Rows(NamedTuple):
    """Scratch of one thread."""

    above: Array
    """A row of vertices, see `_rows`."""
    below: Array
    places: Array
    """What a run of cells shows, see `_cells`: where ..."""
    depths: Four
    """... how far ..."""
    colours: Four
    """... and what."""
    corners: Array
    """(4, 6) float32: x, y, z, colours of the patch that is drawn."""
    ring: Array
    """(4, 7) float32: likewise of the four samples of a torn cell, and their source depth."""


def _new_rows(dtype: np.dtype[Any]) -> _Rows:
    # Memory is only touched as far as a picture is wide.
    above, below = (np.empty(NUM_FIELDS * PITCH, np.float32) for _ in range(2))
    corners, ring = np.empty((4, 6), np.float32), np.empty((4, 7), np.float32)
    return _Rows(
        above=above,
        below=below,
        places=np.empty(3 * RUN, np.int32),
        depths=_four(RUN, np.dtype(np.float32)),
        colours=_four(3 * RUN, dtype),
        corners=corners,
        ring=ring,
    )


def _four(size: int, dtype: np.dtype[Any]) -> Four:
    return np.empty(size, dtype), np.empty(size, dtype), np.empty(size, dtype), np.empty(size, dtype)


@compiled
def find_limits(
    depth: Array, columns: int, first: int, end: int, matrix: Array, row: Array, limits: Array
) -> None:  # fmt: skip
    """Which target rows each run of vertices in source rows first..end may help to draw."""
    clear_row(columns, row)
    for y in range(first, end):
        project_row(depth[y], columns, np.float32(y) + np.float32(0.5), matrix, row)
        for run in range(limits.shape[1]):
            start = run * RUN
            rows_touched(row, start, min(RUN + 1, columns + 2 - start), matrix, limits[y + 1, run])


@compiled
def draw_band(
    sources: tuple[Array, Array], size: tuple[int, int], limits: Array, matrix: Array, keep: np.float32,
    start: int, stop: int, width: int, scratch: _Rows, targets: tuple[Array, Array, Array],
) -> None:  # fmt: skip
    """Draw target rows start..stop."""
    image, hole, depth = targets
    above, below = scratch.above, scratch.below
    rows, columns = size
    for j in range(start, stop):
        image[j, : 3 * width] = 0
        depth[j, :width] = np.inf
    # held: the source rows in `above` and `below`, which swap as the walk goes down.
    clear_row(columns, above)
    clear_row(columns, below)
    held = -1
    for y in range(rows + 1):
        for run in range(limits.shape[1]):
            low = min(limits[y, run, 0], limits[y + 1, run, 0])
            high = max(limits[y, run, 1], limits[y + 1, run, 1])
            if high < start or low >= stop:
                continue
            if held != y:
                # `below` held row y - 1 if the walk was here a row ago.
                above, below = below, above
                if held != y - 1:
                    _load(sources, size, y - 1, matrix, above)
                _load(sources, size, y, matrix, below)
                held = y
            first = run * RUN
            count = min(RUN, columns + 1 - first)
            draw_run(
                above, below, first, count, y, start, stop, width, matrix, keep, scratch, image, depth
            )  # fmt: skip
    for j in range(start, stop):
        _finish(depth[j, :width], hole[j])


@compiled
def draw_run(
    above: Array, below: Array, first: int, count: int, y: int, start: int, stop: int, width: int,
    matrix: Array, keep: np.float32, scratch: _Rows, image: Array, depth: Array,
) -> None:  # fmt: skip
    """Draw the cells first..first+count between two rows of vertices, in order, into target rows start..stop."""
    _, _, places, depths, colours, corners, ring = scratch
    others = find_cases(
        above, below, first, count, np.float32(start), np.float32(stop), np.float32(width), keep, places
    )  # fmt: skip
    if others < 0:
        return
    many = others > MANY
    for k in range(4 if many else 1):
        solve(above, below, first, count, places, k & 1, k >> 1, depths[k], colours[k])
    if others and not many:
        solve_others(above, below, first, count, places, depths, colours)
    n = draw_solved(0, count, places, depths, colours, image, depth)
    while n < count:
        draw_unsolved(
            above, below, first + n, places[CASE + n], y, start, stop, width, matrix, keep, corners, ring, image, depth
        )  # fmt: skip
        n = draw_solved(n + 1, count, places, depths, colours, image, depth)


@compiled
def _load(sources: tuple[Array, Array], size: tuple[int, int], y: int, matrix: Array, row: Array) -> None:
    """A source row as vertices; none outside the picture."""
    rows, columns = size
    if y < 0 or y >= rows:
        clear_row(columns, row)
    else:
        project_row(sources[1][y], columns, np.float32(y) + np.float32(0.5), matrix, row)
        load_colours(sources[0][y], columns, row)


@compiled
def _finish(depth: Array, hole: Array) -> None:
    for i in range(depth.size):
        nothing = depth[i] == np.inf
        hole[i] = nothing
        depth[i] = np.float32(0) if nothing else depth[i]
