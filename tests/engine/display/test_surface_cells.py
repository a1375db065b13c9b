from __future__ import annotations

import numpy as np
import pytest

from engine.display.surface_cells import NO_EDGE, REACH, behind_holes, surface_cells

TEAR = (1.5, 6.0)


def cell_by_cell(parallax: np.ndarray, cell: int) -> tuple[np.ndarray, np.ndarray]:
    """The contract, slowly: ranges and edges."""
    rows, columns = -(-parallax.shape[0] // cell), -(-parallax.shape[1] // cell)
    ranges = np.zeros((rows, columns, 4), np.float32)
    middles = np.full((rows, columns), NO_EDGE)
    for row in range(rows):
        for column in range(columns):
            part = parallax[row * cell : row * cell + cell + 1, column * cell : column * cell + cell + 1]
            steps = [float(np.abs(np.diff(part, axis=axis)).max(initial=0.0)) for axis in (0, 1)]
            torn = max(steps) > TEAR[0] or part.max() - part.min() > TEAR[1]
            ranges[row, column] = part.min(), part.max(), torn, 0
            if torn:
                middles[row, column] = np.float32(0.5) * (part.min() + part.max())
    edges = np.full_like(middles, NO_EDGE)
    half = REACH // 2
    for row in range(rows):
        for column in range(columns):
            near = middles[max(0, row - half) : row + half + 1, max(0, column - half) : column + half + 1]
            edges[row, column] = near.min()
    return ranges, edges


@pytest.mark.parametrize(("shape", "cell"), [((80, 128), 8), ((53, 61), 8), ((45, 90), 3), ((8, 8), 8), ((5, 3), 8)])
def test_it_is_the_contract(rng: np.random.Generator, shape: tuple[int, int], cell: int) -> None:
    right, down = (np.linspace(0, end, count, dtype=np.float32) for end, count in ((12, shape[1]), (9, shape[0])))
    smooth = right[None] + down[:, None]
    parallax = np.ascontiguousarray(smooth + rng.normal(0, 0.05, shape).astype(np.float32))
    parallax[shape[0] // 3 : shape[0] // 2, shape[1] // 4 : shape[1] // 2] += 7
    cells = surface_cells(parallax, cell, TEAR)
    ranges, edges = cell_by_cell(parallax, cell)
    assert np.array_equal(cells.ranges, ranges)
    assert np.array_equal(cells.edges, edges)
    torn = np.flatnonzero(ranges[..., 2])
    assert np.array_equal(cells.torn, torn)
    assert len(cells.whole) + len(torn) == edges.size


def test_triangles_cover_every_whole_cell() -> None:
    parallax = np.zeros((16, 24), np.float32)
    parallax[8:, 16:] = 5
    cells = surface_cells(parallax, 8, TEAR)
    # Cells reach to the first pixels of the next, so all that touch the square but itself are torn.
    assert cells.torn.tolist() == [1, 2, 4]
    corners = {tuple(sorted(set(triangles.tolist()))) for triangles in cells.whole}
    # Four corners across a grid of four: cell 0 is 0, 1, 4, 5.
    assert corners == {(0, 1, 4, 5), (4, 5, 8, 9), (6, 7, 10, 11)}


def test_a_smooth_map_has_no_edges() -> None:
    cells = surface_cells(np.zeros((40, 40), np.float32), 8, TEAR)
    assert len(cells.whole) == 25
    assert cells.torn.size == 0
    assert (cells.edges == NO_EDGE).all()


def test_holes_lie_as_far_as_their_farther_edge() -> None:
    hole = np.array([[0, 1, 1, 0, 0, 1], [1, 0, 0, 1, 1, 1], [1, 1, 1, 1, 1, 1]], np.uint8)
    parallax = np.array([[5, 4, 3, 2, 1, 0], [9, 1, 2, 5, 5, 5], [7, 7, 7, 7, 7, 7]], np.float32)
    expected = [[5, 2, 2, 2, 1, 1], [1, 1, 2, 2, 2, 2], [7, 7, 7, 7, 7, 7]]
    assert behind_holes(parallax, hole).tolist() == expected
    assert parallax[0, 1] == 4, "the argument is left alone"
