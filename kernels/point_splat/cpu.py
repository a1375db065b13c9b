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
from kernels._vector import LANES, PIXELS
from kernels.point_splat._cells import CASE, NOTHING, RUN, Four, find_cases, find_kinds, move_to_corner, solve
from kernels.point_splat._draw import draw_chains, draw_corners, pack
from kernels.point_splat._limits import BLOCK_ROWS, TOP, bottom_of_row, find_limits, span_of_row
from kernels.point_splat._rows import NUM_FIELDS, PITCH, clear_row, load_colours, project_row
from kernels.point_splat._torn import draw_unsolved
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
    blocks = -(-rows // BLOCK_ROWS)
    limits = np.empty((blocks, columns // RUN + 1, 4))
    for_each_share(
        lambda part: find_limits(sources[1], columns, part.start, part.stop, matrix, limits), _shares(blocks, threads)
    )
    lasting = np.ascontiguousarray(np.minimum.accumulate(limits[::-1, :, TOP].min(axis=1))[::-1])
    for_each_share(
        lambda part: draw_band(
            sources,
            (rows, columns),
            limits,
            lasting,
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
    kinds: Array
    """uint8: what a run of cells covers, see `_cells` ..."""
    places: Array
    """... where ..."""
    depths: Four
    """... how far ..."""
    colours: Four
    """... and what ..."""
    packed: Array
    """... and that as the picture has it."""
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
        kinds=np.zeros(RUN + 1 + LANES, np.uint8),
        places=np.empty(3 * RUN, np.int32),
        depths=_four(RUN + PIXELS, np.dtype(np.float32)),
        colours=_four(3 * RUN, dtype),
        packed=np.empty(3 * (RUN + PIXELS), dtype),
        corners=corners,
        ring=ring,
    )


def _four(size: int, dtype: np.dtype[Any]) -> Four:
    return np.empty(size, dtype), np.empty(size, dtype), np.empty(size, dtype), np.empty(size, dtype)


@compiled
def draw_band(
    sources: tuple[Array, Array], size: tuple[int, int], limits: Array, lasting: Array, matrix: Array,
    keep: np.float32, start: int, stop: int, width: int, scratch: _Rows, targets: tuple[Array, Array, Array],
) -> None:  # fmt: skip
    """Draw target rows start..stop.

    lasting: of each block of samples, above which target row neither it nor any block after it draws. So a row is
    cleared just before it may be drawn on, and finished when that is over: it stays in the cache meanwhile.
    """
    image, hole, depth = targets
    above, below = scratch.above, scratch.below
    rows, columns = size
    opened = closed = start
    # held: the source rows in `above` and `below`, which swap as the walk goes down.
    clear_row(columns, above)
    clear_row(columns, below)
    held = -1
    for y in range(rows + 1):
        first_run, end_run = span_of_row(limits, y, rows, start, stop, width)
        if first_run >= end_run:
            continue
        # A row is also needed for the cells below it.
        next_first, next_end = span_of_row(limits, y + 1, rows, start, stop, width)
        above, below = below, above
        if held != y - 1:
            _load(sources, size, y - 1, first_run, end_run, matrix, above)
        _load(sources, size, y, min(first_run, next_first), max(end_run, next_end), matrix, below)
        held = y
        opened = _open(image, depth, width, opened, bottom_of_row(limits, y, rows, first_run, end_run, start, stop))
        for run in range(first_run, end_run):
            first = run * RUN
            count = min(RUN, columns + 1 - first)
            draw_run(
                above, below, first, count, y, start, stop, width, matrix, keep, scratch, image, depth
            )  # fmt: skip
        over = int(min(max(lasting[y // BLOCK_ROWS], start), stop)) if y < rows else stop
        opened = _open(image, depth, width, opened, over)
        closed = _close(hole, depth, width, closed, over)
    _open(image, depth, width, opened, stop)
    _close(hole, depth, width, closed, stop)


@compiled
def _open(image: Array, depth: Array, width: int, first: int, end: int) -> int:
    """Clear rows first..end, and return what comes after."""
    for j in range(first, end):
        image[j, : 3 * width] = 0
        depth[j, :width] = np.inf
    return max(first, end)


@compiled
def _close(hole: Array, depth: Array, width: int, first: int, end: int) -> int:
    """Finish rows first..end, and return what comes after."""
    for j in range(first, end):
        _finish(depth[j, :width], hole[j])
    return max(first, end)


@compiled
def draw_run(
    above: Array, below: Array, first: int, count: int, y: int, start: int, stop: int, width: int,
    matrix: Array, keep: np.float32, scratch: _Rows, image: Array, depth: Array,
) -> None:  # fmt: skip
    """Draw the cells first..first+count between two rows of vertices, in order, into target rows start..stop."""
    _, _, kinds, places, depths, colours, packed, corners, ring = scratch
    find_cases(above, below, first, count, np.float32(start), np.float32(stop), np.float32(width), keep, places)
    several = find_kinds(count, places, kinds)
    if several < 0:
        return
    many = several > MANY
    if many:
        move_to_corner(count, places)
        for k in range(4):
            solve(above, below, first, count, places, k & 1, k >> 1, depths[k], colours[k])
    else:
        solve(above, below, first, count, places, 0, 0, depths[0], colours[0])
        pack(count, colours[0], packed)
        # What follows the last cell must not look as if it went on with it.
        kinds[count] = NOTHING
    n = 0
    while n < count:
        if many:
            n = draw_corners(n, count, places, depths, colours, image, depth)
        else:
            n = draw_chains(
                above, below, first, n, count, width, places, kinds, depths[0], packed, image, depth
            )  # fmt: skip
        if n < count:
            case = places[CASE + n]
            draw_unsolved(
                above, below, first + n, case, y, start, stop, width, matrix, keep, corners, ring, image, depth
            )  # fmt: skip
            n += 1


@compiled
def _load(
    sources: tuple[Array, Array], size: tuple[int, int], y: int, first_run: int, end_run: int, matrix: Array, row: Array
) -> None:  # fmt: skip
    """The samples of a source row that some runs of cells touch, as vertices; none outside the picture."""
    rows, columns = size
    if y < 0 or y >= rows:
        clear_row(columns, row)
    else:
        first, end = max(first_run * RUN - 1, 0), min(end_run * RUN, columns)
        project_row(sources[1][y], first, end, np.float32(y) + np.float32(0.5), matrix, row)
        load_colours(sources[0][y], first, end, row)


@compiled
def _finish(depth: Array, hole: Array) -> None:
    for i in range(depth.size):
        nothing = depth[i] == np.inf
        hole[i] = nothing
        depth[i] = np.float32(0) if nothing else depth[i]
