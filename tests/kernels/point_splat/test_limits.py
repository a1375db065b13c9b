"""What a block of samples may reach: never less than where its points land, and little more."""

from __future__ import annotations

import numpy as np
import pytest

from kernels import Pinhole
from kernels.point_splat._cells import RUN
from kernels.point_splat._limits import BLOCK_ROWS, BOTTOM, LEFT, RIGHT, TOP, bottom_of_row, find_limits, span_of_row
from kernels.point_splat.camera import SUBPIXELS, projection
from kernels.point_splat.reference import project

SIZE = (20, RUN + 60)
SOURCE = Pinhole(fx=1.0, fy=1.0)


def limits_of(depth: np.ndarray, target: Pinhole) -> tuple[np.ndarray, np.ndarray]:
    """Limits of all blocks, and the matrix of the look."""
    matrix = projection(SOURCE, target, SIZE, SIZE)
    limits = np.empty((-(-SIZE[0] // BLOCK_ROWS), SIZE[1] // RUN + 1, 4))
    find_limits(depth, SIZE[1], 0, len(limits), matrix, limits)
    return limits, matrix


def random_look(rng: np.random.Generator) -> Pinhole:
    turn = np.linalg.qr(np.eye(3) + rng.normal(0, rng.choice([0.02, 1]), (3, 3)))[0]
    turn *= np.linalg.det(turn)
    pose = np.column_stack([turn, rng.normal(0, rng.choice([0.1, 3]), 3)])
    return Pinhole(fx=rng.uniform(0.3, 20), fy=rng.uniform(0.3, 20), pose=pose)


def test_every_point_and_half_sample_beside_it_lands_within_the_limits_of_its_block(rng: np.random.Generator) -> None:
    landed = 0
    for _ in range(40):
        depth = np.exp(rng.normal(0, rng.choice([0.1, 4]), SIZE)).astype(np.float32)
        depth[rng.random(SIZE) < 0.2] = rng.choice([np.nan, -1, np.inf, 0])
        limits, matrix = limits_of(depth, random_look(rng))
        for _ in range(300):
            row, column = int(rng.integers(SIZE[0])), int(rng.integers(SIZE[1]))
            u, v = np.float32(column + rng.choice([0, 0.5, 1])), np.float32(row + rng.choice([0, 0.5, 1]))
            with np.errstate(all="ignore"):
                x, y, z = project(u, v, depth[row, column], matrix)
            if z > 0:
                limit = limits[row // BLOCK_ROWS, column // RUN]
                assert limit[LEFT] <= x / SUBPIXELS <= limit[RIGHT]
                assert limit[TOP] <= y / SUBPIXELS <= limit[BOTTOM]
                landed += 1
    assert landed > 2000


def test_limits_are_close_where_nothing_moves() -> None:
    limits, _ = limits_of(np.full(SIZE, 2, np.float32), SOURCE)
    np.testing.assert_allclose(limits[1, 0], [8, 16, 0, RUN], atol=3)
    assert span_of_row(limits, 4, SIZE[0], 0, 100, 1000) == (0, 2)
    assert span_of_row(limits, 4, SIZE[0], 0, 100, RUN - 20) == (0, 1)
    first, end = span_of_row(limits, 4, SIZE[0], 12, 100, 1000)
    assert first >= end


@pytest.mark.parametrize("value", [np.nan, 0, -3, np.inf])
def test_without_points_there_is_nothing_to_see(value: float) -> None:
    limits, _ = limits_of(np.full(SIZE, value, np.float32), SOURCE)
    first, end = span_of_row(limits, 4, SIZE[0], 0, 100, 1000)
    assert first >= end


def test_rows_beside_the_picture_are_like_those_within(rng: np.random.Generator) -> None:
    rows = 2 * BLOCK_ROWS
    limits = np.empty((2, 1, 4))
    matrix = projection(SOURCE, SOURCE, (rows, 9), (rows, 9))
    find_limits(rng.uniform(1, 2, (rows, 9)).astype(np.float32), 9, 0, 2, matrix, limits)
    for y, inside in ((0, 1), (rows, rows - 1), (rows + 1, rows - 1)):
        for start in (0, rows - 1):
            got, want = (span_of_row(limits, row, rows, start, start + 1, 9) for row in (y, inside))
            assert got == want


def test_no_row_of_cells_is_seen_below_its_bottom(rng: np.random.Generator) -> None:
    """The target is only cleared as far as that."""
    reached = 0
    for _ in range(20):
        limits, _ = limits_of(np.exp(rng.normal(0, 0.3, SIZE)).astype(np.float32), random_look(rng))
        for y in range(SIZE[0] + 1):
            first, end = span_of_row(limits, y, SIZE[0], 0, 100, 1000)
            bottom = bottom_of_row(limits, y, SIZE[0], first, end, 0, 100)
            assert 0 <= bottom <= 100
            beyond, stop = span_of_row(limits, y, SIZE[0], bottom, 100, 1000)
            assert bottom == 100 or beyond >= stop
            reached += 0 < bottom < 100
    assert reached > 20
