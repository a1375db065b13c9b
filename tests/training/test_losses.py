"""Losses: what they ignore, what they punish."""

from __future__ import annotations

import pytest
import torch

from training import losses


@pytest.fixture
def disparity() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 1, 24, 32, generator=generator)


def _depth_loss(prediction: torch.Tensor, truth: torch.Tensor, valid: torch.Tensor | None = None) -> float:
    valid = torch.ones_like(truth, dtype=torch.bool) if valid is None else valid
    generator = torch.Generator().manual_seed(1)
    return float(losses.depth_loss(prediction, truth, valid, losses.DepthLossWeights(pairs=64), generator))


def test_scale_and_shift_are_free(disparity: torch.Tensor) -> None:
    exact = _depth_loss(disparity, disparity)
    assert _depth_loss(disparity * 7 + 3, disparity) == pytest.approx(exact, abs=1e-4)
    assert _depth_loss(-disparity, disparity) > exact + 1


def test_invalid_pixels_do_not_count(disparity: torch.Tensor) -> None:
    valid = torch.ones_like(disparity, dtype=torch.bool)
    valid[:, :, :, 20:] = False
    wrong = disparity.clone()
    wrong[:, :, :, 20:] = 1e6
    assert _depth_loss(wrong, disparity, valid) == pytest.approx(_depth_loss(disparity, disparity, valid), abs=1e-5)


def test_flat_and_empty_pictures_stay_finite(disparity: torch.Tensor) -> None:
    flat = torch.full_like(disparity, 0.5, requires_grad=True)
    valid = torch.ones_like(disparity, dtype=torch.bool)
    valid[1] = False
    generator = torch.Generator().manual_seed(1)
    loss = losses.depth_loss(flat, torch.zeros_like(disparity), valid, losses.DepthLossWeights(), generator)
    loss.backward()
    assert torch.isfinite(loss)
    assert flat.grad is not None
    assert torch.isfinite(flat.grad).all()


def test_trimming_forgives_the_worst_tenth() -> None:
    truth = torch.zeros(1, 1, 10, 10)
    guess = truth.clone()
    guess[0, 0, 0] = 100
    valid = torch.ones_like(truth, dtype=torch.bool)
    assert losses.affine_invariant(guess, truth, valid, trim=0.1) == 0
    assert losses.affine_invariant(guess, truth, valid, trim=0.0) == 10


def test_gradient_term_sees_a_blurred_edge() -> None:
    truth = torch.zeros(1, 1, 8, 16)
    truth[..., 8:] = 1
    blurred = truth.clone()
    blurred[..., 6:10] = 0.5
    valid = torch.ones_like(truth, dtype=torch.bool)
    assert losses.multiscale_gradient(truth + 5, truth, valid) == 0
    assert losses.multiscale_gradient(blurred, truth, valid) > 0.01


def test_infill_loss_looks_at_holes_only() -> None:
    generator = torch.Generator().manual_seed(0)
    truth = torch.rand(1, 3, 32, 32, generator=generator)
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., 12:18, 12:18] = 1
    far, near = truth.clone(), truth.clone()
    far[..., :4] = 0
    near[..., 14:16, 14:16] = 0
    weights = losses.InfillLossWeights()
    exact = losses.infill_loss(truth, truth, mask, weights)
    assert losses.infill_loss(far, truth, mask, weights) == pytest.approx(float(exact), abs=1e-6)
    assert losses.infill_loss(near, truth, mask, weights) > exact + 0.01


def test_ssim_of_equal_pictures_is_one() -> None:
    picture = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(losses.ssim_map(picture, picture), torch.ones(1), atol=1e-3)
    assert losses.ssim_map(picture, 1 - picture).mean() < 0
