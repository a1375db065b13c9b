"""Losses: what they ignore, what they punish."""

from __future__ import annotations

import math

import pytest
import torch

from training import losses


@pytest.fixture
def disparity() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 1, 24, 32, generator=generator)


def _depth_loss(prediction: torch.Tensor, truth: torch.Tensor, valid: torch.Tensor | None = None) -> float:
    valid = torch.ones_like(truth, dtype=torch.bool) if valid is None else valid
    return float(losses.depth_loss(prediction, truth, valid, losses.DepthLossWeights()))


def test_scale_and_shift_of_the_truth_are_free(disparity: torch.Tensor) -> None:
    guess = disparity + 0.1 * torch.rand(disparity.shape, generator=torch.Generator().manual_seed(1))
    assert _depth_loss(guess, disparity * 7 + 3) == pytest.approx(_depth_loss(guess, disparity), abs=1e-4)


def test_the_normalised_truth_is_perfect_and_its_negative_is_not(disparity: torch.Tensor) -> None:
    valid = torch.ones_like(disparity, dtype=torch.bool)
    perfect = losses.normalise_affine(disparity, valid)
    without = losses.DepthLossWeights(ranking=0)
    assert float(losses.depth_loss(perfect, disparity, valid, without)) == pytest.approx(0, abs=2e-3)
    assert _depth_loss(perfect, disparity) < 0.1
    assert _depth_loss(-perfect, disparity) > 1


def test_one_spike_is_no_way_out(disparity: torch.Tensor) -> None:
    """A flat picture with a few pixels far off once had a lower loss than an honest blur."""
    valid = torch.ones_like(disparity, dtype=torch.bool)
    honest = torch.nn.functional.avg_pool2d(losses.normalise_affine(disparity, valid), 3, 1, 1)
    spiked = torch.zeros_like(disparity)
    spiked[:, :, :2] = 100
    assert _depth_loss(spiked, disparity) > _depth_loss(honest, disparity)


def test_alignment_fits_scale_and_shift_but_never_turns_upside_down(disparity: torch.Tensor) -> None:
    valid = torch.ones_like(disparity, dtype=torch.bool)
    assert torch.allclose(losses.aligned(3 * disparity - 1, disparity, valid), disparity, atol=0.01)
    upside_down = losses.aligned(-disparity, disparity, valid)
    assert float(losses.absolute_error(upside_down, disparity, valid)) > 0.2


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
    loss = losses.depth_loss(flat, torch.zeros_like(disparity), valid, losses.DepthLossWeights())
    loss.backward()
    assert torch.isfinite(loss)
    assert flat.grad is not None
    assert torch.isfinite(flat.grad).all()


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


def test_the_logarithm_looks_at_every_sample_alike() -> None:
    """Halving a sample's error is worth the same, whatever the error."""
    truth, mask = torch.zeros(2, 3, 8, 8), torch.zeros(2, 1, 8, 8)
    mask[..., 2:6] = 1
    error = torch.tensor([0.8, 0.1])[:, None, None, None] * torch.ones_like(truth)
    before = losses.log_error(error, truth, mask)
    assert before == pytest.approx((math.log(0.64 + 1e-4) + math.log(0.01 + 1e-4)) / 2)
    for sample in (0, 1):
        better = error.clone()
        better[sample] /= 2
        assert before - losses.log_error(better, truth, mask) == pytest.approx(math.log(2), abs=0.02)
    error[..., :2] = 5.0
    assert losses.log_error(error, truth, mask) == before


def test_seam_is_the_step_across_the_rim() -> None:
    truth = torch.zeros(1, 3, 16, 16)
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., 4:12, 4:12] = 1
    inside, raised = truth.clone(), truth + 0.5 * mask
    inside[..., 6:10, 6:10] = 1
    assert losses.seam(truth, truth, mask) == 0
    assert losses.seam(inside, truth, mask) == 0
    assert losses.seam(raised, truth, mask) == pytest.approx(0.5)
    weights = losses.InfillLossWeights(seam=2.0)
    without = losses.infill_loss(raised, truth, mask, losses.InfillLossWeights(seam=0.0))
    assert losses.infill_loss(raised, truth, mask, weights) == pytest.approx(float(without) + 1.0)
