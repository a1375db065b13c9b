"""Ranges follow slowly within a shot and at once at a cut; still pictures stop flickering."""

from __future__ import annotations

import numpy as np
import pytest

from engine.depth.stabiliser import RangeNormaliser, TemporalFilter


def _ramp(low: float, high: float) -> np.ndarray:
    return np.linspace(low, high, 64 * 48, dtype=np.float32).reshape(48, 64)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-300.0, 5000.0), (0.001, 0.002)])
def test_any_scale_becomes_the_unit_range(low: float, high: float) -> None:
    scaled = RangeNormaliser().normalise(_ramp(low, high), is_cut=True)
    assert scaled.min() == 0.0
    assert scaled.max() == 1.0
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(np.median(scaled), 0.5, atol=0.02)
    assert (np.diff(scaled.ravel()) >= 0).all()


def test_outliers_do_not_set_the_range(rng: np.random.Generator) -> None:
    ramp = _ramp(0, 1)
    ramp.ravel()[rng.choice(ramp.size, 10, replace=False)] = 1e4
    scaled = RangeNormaliser().normalise(ramp, is_cut=True)
    np.testing.assert_allclose(np.median(scaled), 0.5, atol=0.02)


def test_the_range_slews_within_a_shot_and_jumps_at_a_cut() -> None:
    normaliser = RangeNormaliser(rate=0.1)
    normaliser.normalise(_ramp(0, 1), is_cut=True)
    after = normaliser.normalise(_ramp(0, 2), is_cut=False)
    assert 0.85 < np.median(after) < 0.95  # 1.0 without any adaptation, 0.5 with all of it
    for _ in range(60):
        after = normaliser.normalise(_ramp(0, 2), is_cut=False)
    np.testing.assert_allclose(np.median(after), 0.5, atol=0.02)
    after = normaliser.normalise(_ramp(0, 40), is_cut=True)
    np.testing.assert_allclose(np.median(after), 0.5, atol=0.02)


def test_a_flat_map_lies_in_the_middle() -> None:
    assert (RangeNormaliser().normalise(np.full((8, 8), 3.0, np.float32), is_cut=True) == 0.5).all()


def test_flicker_of_a_still_picture_shrinks(rng: np.random.Generator) -> None:
    luma = rng.integers(0, 256, (48, 64)).astype(np.uint8)
    filter_ = TemporalFilter()
    flickering = [_ramp(0, 1) + rng.normal(0, 0.05) for _ in range(60)]
    steady = [filter_.filter(f.astype(np.float32), luma, 255, is_cut=i == 0) for i, f in enumerate(flickering)]
    before = np.abs(np.diff([f.mean() for f in flickering])).mean()
    after = np.abs(np.diff([f.mean() for f in steady[10:]])).mean()
    assert after < 0.4 * before


def test_what_moves_is_taken_over_at_once() -> None:
    filter_ = TemporalFilter()
    dark, bright = np.full((48, 64), 20, np.uint8), np.full((48, 64), 20, np.uint8)
    bright[:, 32:] = 200
    filter_.filter(np.zeros((48, 64), np.float32), dark, 255, is_cut=True)
    result = filter_.filter(np.ones((48, 64), np.float32), bright, 255, is_cut=False)
    np.testing.assert_allclose(result[:, 36:], 1.0)
    np.testing.assert_allclose(result[:, :28], 0.3, atol=1e-6)


def test_a_cut_forgets() -> None:
    filter_ = TemporalFilter()
    luma = np.full((8, 8), 90, np.uint8)
    filter_.filter(np.zeros((8, 8), np.float32), luma, 255, is_cut=True)
    assert (filter_.filter(np.ones((8, 8), np.float32), luma, 255, is_cut=True) == 1).all()
