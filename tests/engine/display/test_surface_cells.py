from __future__ import annotations

import numpy as np
import pytest

from engine.display.surface_cells import NO_EDGE, REACH, SurfaceCells, behind_holes, surface_cells

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
    assert_covered(cells, shape, cell)


def corners_of(cells: SurfaceCells, shape: tuple[int, int], cell: int) -> np.ndarray:
    """(n, 3, 2): x and y of the corners of all triangles, in cells."""
    columns = -(-shape[1] // cell) + 1
    return np.stack([cells.triangles % columns, cells.triangles // columns], axis=-1).astype(int)


def assert_covered(cells: SurfaceCells, shape: tuple[int, int], cell: int) -> None:
    """Every whole cell is covered once, no torn one is, and no triangle ends in the middle of another's side."""
    columns, rows = -(-shape[1] // cell), -(-shape[0] // cell)
    corners = corners_of(cells, shape, cell)
    a, b, c = (corners[:, index] for index in range(3))
    doubled = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    assert (doubled > 0).all()
    assert doubled.sum() == 2 * (rows * columns - len(cells.torn))
    is_torn = np.zeros((rows, columns), bool)
    is_torn.flat[cells.torn] = True
    # The middles of the cells' quarters are on no line of the mesh.
    quarters = np.stack(np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.4), axis=-1).reshape(-1, 2)
    inside = np.ones((len(quarters), len(corners)), bool)
    for p, q in ((a, b), (b, c), (c, a)):
        way = q - p
        offset = quarters[:, None] - p[None]
        inside &= way[:, 0] * offset[..., 1] - way[:, 1] * offset[..., 0] > 0
    assert np.array_equal(inside.sum(axis=1), (~is_torn).astype(int).ravel())
    used = {tuple(corner) for corner in corners.reshape(-1, 2)}
    sides = [(p, q) for triangle in corners for p, q in zip(triangle, np.roll(triangle, -1, axis=0), strict=True)]
    for p, q in sides:
        steps = np.gcd(*np.abs(q - p))
        between = {tuple(p + (q - p) // steps * step) for step in range(1, steps)}
        assert not between & used, "a crack"


def test_triangles_cover_every_whole_cell() -> None:
    parallax = np.zeros((16, 24), np.float32)
    parallax[8:, 16:] = 5
    cells = surface_cells(parallax, 8, TEAR)
    # Cells reach to the first pixels of the next, so all that touch the square but itself are torn.
    assert cells.torn.tolist() == [1, 2, 4]
    # Four corners across a grid of four: cell 0 is 0, 1, 4, 5.
    pairs = cells.triangles.reshape(-1, 6)
    assert {tuple(sorted(set(pair.tolist()))) for pair in pairs} == {(0, 1, 4, 5), (4, 5, 8, 9), (6, 7, 10, 11)}


def test_a_smooth_map_has_no_edges_and_few_triangles() -> None:
    rows, columns = np.mgrid[:96, :160].astype(np.float32)
    cells = surface_cells(np.ascontiguousarray(0.1 * columns - 0.05 * rows), 8, TEAR)
    assert len(cells.triangles) == 3 * 5 * 4, "four for a block of sixteen cells"
    assert_covered(cells, (96, 160), 8)
    assert cells.torn.size == 0
    assert (cells.edges == NO_EDGE).all()


def test_what_is_drawn_is_near_the_map_everywhere() -> None:
    """Bumps of every size: where four cells are too far from flat they stay as they are."""
    rows, columns = np.mgrid[:192, :256].astype(np.float32)
    parallax = np.float32(4) * np.sin(columns * rows / 12000, dtype=np.float32)
    cells = surface_cells(parallax, 8, TEAR)
    assert 100 < len(cells.triangles) < 2 * 24 * 32 - 300
    assert_covered(cells, parallax.shape, 8)
    grid = parallax[np.minimum(np.arange(25) * 8, 191)][:, np.minimum(np.arange(33) * 8, 255)]
    corners = corners_of(cells, parallax.shape, 8)
    heights = grid[corners[..., 1], corners[..., 0]]
    middles = corners.mean(axis=1)
    x, y = middles[:, 0].astype(int), middles[:, 1].astype(int)
    u, v = middles[:, 0] - x, middles[:, 1] - y
    there = (grid[y, x] * (1 - u) + grid[y, x + 1] * u) * (1 - v) + (
        grid[y + 1, x] * (1 - u) + grid[y + 1, x + 1] * u
    ) * v
    assert np.abs(heights.mean(axis=1) - there).max() < 0.75


def test_holes_lie_as_far_as_their_farther_edge() -> None:
    hole = np.array([[0, 1, 1, 0, 0, 1], [1, 0, 0, 1, 1, 1], [1, 1, 1, 1, 1, 1]], np.uint8)
    parallax = np.array([[5, 4, 3, 2, 1, 0], [9, 1, 2, 5, 5, 5], [7, 7, 7, 7, 7, 7]], np.float32)
    expected = [[5, 2, 2, 2, 1, 1], [1, 1, 2, 2, 2, 2], [7, 7, 7, 7, 7, 7]]
    assert behind_holes(parallax, hole).tolist() == expected
    assert parallax[0, 1] == 4, "the argument is left alone"
