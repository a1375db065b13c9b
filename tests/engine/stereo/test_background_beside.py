"""What is known beside holes: cells of background at their place in the source, none of them of what is near."""

from __future__ import annotations

import numpy as np
import pytest

from engine.stereo.background_beside import look_beside
from engine.stereo.hole_runs import HELD, OPEN, find_runs, set_state

OFFSET, NEAR, FAR = -0.5, 20.0, 4.0


def _looked(rng: np.random.Generator, state_of_second: int) -> tuple[np.ndarray, ...]:
    """(luma, groups, first, cells, limits) of two holes with a far wall to their right."""
    hole, parallax_px = np.zeros((32, 200), np.uint8), np.full((32, 200), FAR, np.float32)
    hole[:16, 40:50] = hole[16:, 100:110] = 1
    parallax_px[:16, :40] = parallax_px[16:, :100] = NEAR
    holes = find_runs(hole, parallax_px, min_width=4)
    state = np.zeros(hole.shape, np.uint8)
    set_state(holes.runs, state, OPEN)
    state[16:][state[16:] == OPEN] = state_of_second
    luma = rng.integers(0, 256, hole.shape).astype(np.uint8)
    place = (hole, parallax_px, OFFSET, 0.05, 0.0)
    return luma, holes.groups, *look_beside(luma, place, (holes.runs, holes.groups, state), holes.strips)


def test_cells_are_background_where_the_source_shows_it(rng: np.random.Generator) -> None:
    luma, groups, first, cells, limits = _looked(rng, OPEN)
    assert groups.tolist() == [0, 16, 32]
    assert first.tolist() == [0, 48, 96]
    for row, column, total in cells[:96]:
        assert luma[row, column : column + 4].sum() == total
        # The view's column plus half the parallax; the two pixels at the edge are left out.
        assert column >= (50 if row < 16 else 110) + FAR / 2 + 2
    np.testing.assert_allclose(limits[:, 0], 0.05 * (FAR + 0.3 * (NEAR - FAR)))
    sums = cells[:48, 2].astype(float)
    assert limits[0, 1] == pytest.approx(np.abs(sums - sums.mean()).mean() / 4)


def test_nothing_is_looked_for_where_nothing_is_open(rng: np.random.Generator) -> None:
    *_, first, _, limits = _looked(rng, HELD)
    assert first.tolist() == [0, 48, 48]
    assert limits[0].all()
    assert not limits[1].any()
