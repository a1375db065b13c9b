"""Metrics against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from training import metrics


def test_perfect_up_to_scale_and_shift(rng: np.random.Generator) -> None:
    depth = rng.uniform(1, 5, (20, 30))
    scores = metrics.depth_scores(3 / depth - 0.4, depth, np.ones(depth.shape, bool))
    assert scores.abs_rel == pytest.approx(0, abs=1e-6)
    assert scores.delta1 == 1
    assert scores.spearman == pytest.approx(1)


def test_constant_prediction_gets_the_mean_inverse_depth() -> None:
    depth = np.array([[1.0, 2.0]])
    scores = metrics.depth_scores(np.zeros((1, 2)), depth, np.ones((1, 2), bool))
    # Inverse depths 1 and 0.5 have mean 0.75: depth 4/3 everywhere.
    assert scores.abs_rel == pytest.approx((1 / 3 + 1 / 3) / 2)
    assert scores.delta1 == 0
    assert scores.spearman == 0


def test_upside_down_order() -> None:
    depth = np.array([[1.0, 2.0, 3.0, 4.0]])
    assert metrics.spearman(depth[0], 1 / depth[0]) == pytest.approx(-1)


def test_ties_share_their_rank() -> None:
    assert metrics.spearman(np.array([1.0, 1, 2, 3]), np.array([1.0, 2, 3, 4])) == pytest.approx(0.9486833)


def test_unknown_depth_is_left_out() -> None:
    depth = np.array([[1.0, 2.0, 4.0, 0.0]])
    guess = np.array([[1.0, 0.5, 0.25, 99.0]])
    assert metrics.depth_scores(guess, depth, depth > 0).abs_rel == pytest.approx(0, abs=1e-9)


def test_nothing_to_score_is_an_error() -> None:
    with pytest.raises(ValueError, match="no valid pixel"):
        metrics.depth_scores(np.ones((2, 2)), np.ones((2, 2)), np.zeros((2, 2), bool))
    with pytest.raises(ValueError, match="shapes differ"):
        metrics.depth_scores(np.ones((2, 3)), np.ones((2, 2)), np.ones((2, 2), bool))
    with pytest.raises(ValueError, match="mask is empty"):
        metrics.psnr(np.ones((2, 2, 3)), np.ones((2, 2, 3)), np.zeros((2, 2), bool))
    with pytest.raises(ValueError, match="no scores"):
        metrics.mean_scores([])


def test_psnr_of_a_known_error() -> None:
    truth = np.zeros((4, 4, 3))
    assert metrics.psnr(truth + 0.1, truth) == pytest.approx(20)
    mask = np.zeros((4, 4), bool)
    mask[0, 0] = True
    guess = truth + 0.5
    guess[0, 0] = 0.01
    assert metrics.psnr(guess, truth, mask) == pytest.approx(40)
    assert metrics.psnr(truth, truth) == 99


def test_ssim_in_a_mask(rng: np.random.Generator) -> None:
    picture = rng.random((32, 32, 3))
    other = picture.copy()
    other[:16] = rng.random((16, 32, 3))
    mask = np.zeros((32, 32), bool)
    mask[24:] = True
    assert metrics.ssim(other, picture, mask) == pytest.approx(1, abs=1e-3)
    assert metrics.ssim(other, picture, ~mask) < 0.8
