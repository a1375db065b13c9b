"""Runs: which holes count, which side their background is on, and who decides together."""

from __future__ import annotations

import numpy as np
import pytest

from engine.stereo.hole_runs import OPEN, find_runs, is_whole_hole, set_state


def _rows(hole: np.ndarray, parallax_px: np.ndarray | None = None, *, min_width: int = 4) -> list[tuple[int, ...]]:
    parallax_px = np.zeros(hole.shape, np.float32) if parallax_px is None else parallax_px
    return sorted(tuple(row) for row in find_runs(hole, parallax_px, min_width=min_width).runs.tolist())


def test_no_hole_no_run() -> None:
    holes = find_runs(np.zeros((20, 300), np.uint8), np.zeros((20, 300), np.float32), min_width=4)
    assert len(holes) == 0
    assert holes.groups.tolist() == [0]


def test_the_background_lies_on_the_farther_side() -> None:
    hole = np.zeros((3, 40), np.uint8)
    hole[:, 10:20] = 1
    parallax_px = np.zeros((3, 40), np.float32)
    parallax_px[0, :10] = 5.0
    parallax_px[1, 20:] = 5.0
    assert _rows(hole, parallax_px) == [(0, 10, 20, 1), (1, 10, 20, -1), (2, 10, 20, -1)]


def test_border_runs_have_one_side_and_every_width() -> None:
    hole = np.zeros((3, 40), np.uint8)
    hole[0, :1], hole[1, 38:], hole[2] = 1, 1, 1
    assert _rows(hole) == [(0, 0, 1, 1), (1, 38, 40, -1)]


@pytest.mark.parametrize(("min_width", "expected"), [(1, 4), (2, 2), (3, 2), (4, 0)])
def test_slivers_are_left_out(min_width: int, expected: int) -> None:
    hole = np.zeros((5, 40), np.uint8)
    hole[0, 5], hole[1, 5], hole[3, 5:7], hole[4, 5:8] = 1, 1, 1, 1
    assert len(_rows(hole, min_width=min_width)) == expected


def test_narrow_rows_of_a_wide_hole_are_no_slivers() -> None:
    hole = np.zeros((6, 40), np.uint8)
    for row, (start, stop) in enumerate([(5, 6), (5, 7), (5, 15), (14, 16), (16, 18), (17, 19)]):
        hole[row, start:stop] = 1
    assert [row[:3] for row in _rows(hole)] == [(1, 5, 7), (2, 5, 15), (3, 14, 16)]


@pytest.mark.parametrize("row", [0, 2, 4])
def test_single_rows_are_left_out(row: int) -> None:
    hole = np.zeros((5, 40), np.uint8)
    hole[row, 5:20] = 1
    assert _rows(hole) == []
    assert _rows(hole, min_width=1) == [(row, 5, 20, -1)]
    hole[row, :20] = 1
    assert _rows(hole) == [(row, 0, 20, 1)]
    hole[row, :5] = 0
    hole[row - 1 if row else row + 1, 19:22] = 1
    assert (row, 5, 20, -1) in _rows(hole)


@pytest.mark.parametrize("columns", [517, 520])
@pytest.mark.parametrize("is_sparse", [False, True])
def test_every_wide_hole_is_found_wherever_it_lies(rng: np.random.Generator, columns: int, is_sparse: bool) -> None:
    hole = (rng.random((60, columns)) < 0.6).astype(np.uint8)
    if is_sparse:
        hole *= (rng.random((20, -(-columns // 13))) < 0.1).repeat(3, axis=0).repeat(13, axis=1)[:, :columns]
    edges = [np.flatnonzero(np.diff(np.concatenate([[0], line, [0]]))).reshape(-1, 2) for line in hole]
    widths = np.zeros(hole.shape, int)
    for line, row in zip(edges, widths, strict=True):
        for a, b in line:
            row[a:b] = b - a
    expected = []
    for y, line in enumerate(edges):
        beside = widths[[row for row in (y - 1, y + 1) if 0 <= row < len(hole)]]
        for a, b in line:
            touching = beside[:, a:b].max()
            if (touching > 0 and max(touching, b - a) >= 4) or a == 0 or b == columns:
                expected.append((y, a, b))
    assert [row[:3] for row in _rows(hole)] == sorted(expected)
    assert len(expected) > (20 if is_sparse else 1024)
    apart = np.zeros((60, columns, 2), np.uint8)
    apart[..., 1] = hole
    assert _rows(apart[..., 1]) == _rows(hole)


def test_groups_hold_neighbours_together() -> None:
    hole = np.zeros((64, 200), np.uint8)
    hole[:, 50:60] = 1
    hole[:16, 120:130] = 1
    holes = find_runs(hole, np.zeros(hole.shape, np.float32), min_width=4)
    assert np.diff(holes.groups).tolist() == [16] * 5
    for first, stop in zip(holes.groups[:-1], holes.groups[1:], strict=True):
        members = holes.runs[first:stop]
        assert len(set(members[:, 1].tolist())) == 1
        assert np.ptp(members[:, 0]) == 15


@pytest.mark.parametrize(("parallax", "expected"), [(0.0, 14), (1.9, 14), (2.1, 5)])
def test_a_strip_ends_where_another_surface_begins(parallax: float, expected: int) -> None:
    hole, parallax_px = np.zeros((2, 40), np.uint8), np.zeros((2, 40), np.float32)
    hole[:, 5:10] = 1
    parallax_px[:, :5] = 9.0
    parallax_px[:, 15:] = parallax
    assert find_runs(hole, parallax_px, min_width=4).strips.tolist() == [expected, expected]
    hole[0, 13] = 1
    assert find_runs(hole, parallax_px, min_width=4).strips.tolist() == [3, expected]
    hole[0, 38:] = 1
    assert sorted(find_runs(hole, parallax_px, min_width=4).strips.tolist()) == sorted([3, expected, 14])


def test_a_chroma_sample_is_hole_if_all_its_luma_is() -> None:
    hole = np.zeros((5, 9), np.uint8)
    hole[1:5, 3:9] = 1
    holes = find_runs(hole, np.zeros(hole.shape, np.float32), min_width=4)
    state = np.zeros(hole.shape, np.uint8)
    set_state(holes.runs, state, OPEN)
    np.testing.assert_array_equal(state, hole)
    whole = [[is_whole_hole(state, cy, cx, (1, 1)) for cx in range(5)] for cy in range(3)]
    assert whole == [[False] * 5, [False, False, True, True, True], [False, False, True, True, True]]
