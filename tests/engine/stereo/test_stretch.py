"""Leftovers follow what was filled beside them; borders take their own colours, calmed along the border."""

from __future__ import annotations

import numpy as np
import pytest

from engine.stereo.hole_runs import HELD, LENT, OPEN, find_runs, set_state
from engine.stereo.stretch import count_states, fill_borders, lend_neighbours, lend_single_rows


def _case(hole: np.ndarray, near_left: bool = True):
    parallax_px = np.zeros(hole.shape, np.float32)
    if near_left:
        parallax_px[:, : hole.shape[1] // 2] = 9.0
    holes, state = find_runs(hole, parallax_px, min_width=4), np.zeros(hole.shape, np.uint8)
    set_state(holes.runs, state, OPEN)
    return holes, state


@pytest.mark.parametrize(("left_open", "expected"), [(3, LENT), (4, OPEN)])
def test_a_rest_takes_the_colour_that_was_filled_beside_it(left_open: int, expected: int) -> None:
    hole = np.zeros((4, 40), np.uint8)
    hole[:, 12:24] = 1
    holes, state = _case(hole)
    luma, chroma = np.full((4, 40), 10, np.uint8), np.full((2, 20), 10, np.uint8)
    state[:, 12 + left_open : 24] = HELD
    luma[:, 12 + left_open : 24], chroma[:, 8:12] = 99, 77
    lend_neighbours((luma, chroma, chroma.copy()), (1, 1), False, holes.runs, 4, state)
    assert (luma[:, 12:24] == 99).all()
    assert (luma[:, :12] == 10).all()
    assert (luma[:, 24:] == 10).all()
    assert (chroma[:, 6:8] == 77).all()
    assert (state[:, 12 : 12 + left_open] == expected).all()


def test_what_nobody_filled_keeps_its_stretch() -> None:
    hole = np.zeros((4, 40), np.uint8)
    hole[:, 12:24] = 1
    holes, state = _case(hole)
    luma = np.arange(160, dtype=np.uint8).reshape(4, 40)
    before = luma.copy()
    lend_neighbours((luma, luma, luma), (0, 0), True, holes.runs, 4, state)
    np.testing.assert_array_equal(luma, before)
    assert (state[:, 12:24] == OPEN).all()


def test_what_is_left_of_a_single_row_needs_no_network() -> None:
    hole = np.zeros((8, 60), np.uint8)
    hole[:, 12:40], hole[:, 55:] = 1, 1
    holes, state = _case(hole)
    state[:, 12:40] = HELD
    state[:, 55:] = np.where(np.arange(8)[:, None] % 2, HELD, OPEN)
    state[0, 12:18] = OPEN
    state[3, 14:20] = state[3, 30:40] = OPEN
    state[4, 36:40] = OPEN
    state[7, 30:34] = OPEN
    expected = state.copy()
    expected[0, 12:18] = expected[3, 14:20] = expected[7, 30:34] = LENT
    lend_single_rows(holes.runs, state)
    np.testing.assert_array_equal(state, expected)


@pytest.mark.parametrize("at_left", [True, False])
def test_a_border_is_calm_and_begins_like_its_row(at_left: bool, rng: np.random.Generator) -> None:
    rows = 160
    hole = np.zeros((rows, 64), np.uint8)
    hole[:, :16] = 1
    luma = np.repeat(rng.integers(60, 180, (rows, 1)).astype(np.uint8), 64, axis=1)
    chroma = np.full((rows // 2, 32), 90, np.uint8)
    if not at_left:
        hole, luma = np.ascontiguousarray(hole[:, ::-1]), np.ascontiguousarray(luma[:, ::-1])
    holes, state = _case(hole, near_left=False)
    before = luma.copy()
    fill_borders((luma, chroma, chroma.copy()), (1, 1), False, holes, state)
    assert (state[hole > 0] == LENT).all()
    assert (chroma == 90).all()
    np.testing.assert_array_equal(luma[hole == 0], before[hole == 0])
    outward = luma[:, 15::-1] if at_left else luma[:, 48:]
    streaks = np.abs(np.diff(outward.astype(float), axis=0)).mean(axis=0)
    assert streaks[0] > 2 * streaks[3] > 4 * streaks[-1] > 0
    assert abs(outward[:, -1].mean() - before.mean()) < 3


def test_chroma_of_known_luma_is_not_touched_at_the_border(rng: np.random.Generator) -> None:
    hole = np.zeros((64, 64), np.uint8)
    hole[::2, :9] = 1
    holes, state = _case(hole, near_left=False)
    luma = rng.integers(60, 180, (64, 64)).astype(np.uint8)
    chroma = rng.integers(60, 180, (32, 32)).astype(np.uint8)
    before = chroma.copy()
    fill_borders((luma, chroma, chroma.copy()), (1, 1), False, holes, state)
    np.testing.assert_array_equal(chroma, before)


def test_states_are_counted() -> None:
    hole = np.zeros((4, 40), np.uint8)
    hole[:, 12:24] = 1
    holes, state = _case(hole)
    state[0, 12:24], state[1, 12:15] = 9, HELD
    counts = np.zeros(6, np.int64)
    count_states(holes.runs, state, counts)
    assert counts.tolist() == [0, 33, 3, 0, 0, 12]
