"""The ranking loss: order counts, scale hardly, invalid points not at all."""

from __future__ import annotations

import pytest
import torch

from training.ranking import ranking_loss


@pytest.fixture
def truth() -> torch.Tensor:
    return torch.randn(2, 1, 20, 30, generator=torch.Generator().manual_seed(3))


def _all(truth: torch.Tensor) -> torch.Tensor:
    return torch.ones_like(truth, dtype=torch.bool)


def test_right_order_costs_less_than_none_and_the_wrong_one_most(truth: torch.Tensor) -> None:
    right, none, wrong = (float(ranking_loss(truth * f, truth, _all(truth))) for f in (1.0, 0.0, -1.0))
    assert right < 0.5 * none < 0.5 * wrong


def test_equal_points_must_stay_equal() -> None:
    flat = torch.zeros(1, 1, 8, 8)
    ramp = torch.linspace(-1, 1, 8).expand(1, 1, 8, 8)
    assert float(ranking_loss(flat, flat, _all(flat))) == 0
    assert float(ranking_loss(ramp, flat, _all(flat))) > 0.1


def test_invalid_points_do_not_count(truth: torch.Tensor) -> None:
    valid = _all(truth)
    valid[..., 10:] = False
    broken = torch.where(valid, truth, -50 * truth)
    assert float(ranking_loss(broken, truth, valid)) == float(ranking_loss(truth, truth, valid))
    assert float(ranking_loss(truth, truth, torch.zeros_like(valid))) == 0


def test_the_seed_chooses_the_pairs(truth: torch.Tensor) -> None:
    losses = [float(ranking_loss(truth * 0.5, truth, _all(truth), pairs=64, seed=s)) for s in (1, 1, 2)]
    assert losses[0] == losses[1] != losses[2]
