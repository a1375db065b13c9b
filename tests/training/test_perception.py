"""Texture and the critic."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from training.perception import PatchCritic, PatchTexture


@pytest.fixture
def truth() -> torch.Tensor:
    return torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def mask() -> torch.Tensor:
    mask = torch.zeros(2, 1, 64, 64)
    mask[..., 16:48, 20:44] = 1
    return mask


def test_texture_prefers_shifted_detail_to_none(truth: torch.Tensor, mask: torch.Tensor) -> None:
    texture = PatchTexture()
    shifted = truth.roll(5, dims=-1) * mask + truth * (1 - mask)
    blurred = functional.avg_pool2d(truth, 9, 1, 4) * mask + truth * (1 - mask)
    assert texture(truth, truth, mask) == 0
    assert (shifted - truth).abs().sum() > (blurred - truth).abs().sum()
    assert texture(shifted, truth, mask) < 0.5 * texture(blurred, truth, mask)


def test_texture_looks_near_holes_only(truth: torch.Tensor, mask: torch.Tensor) -> None:
    elsewhere, mask = truth.clone(), mask.roll(18, dims=-1)
    elsewhere[..., :4] = 0
    assert PatchTexture()(elsewhere, truth, mask) == 0
    assert PatchTexture()(truth * 0, truth, torch.zeros_like(mask)) == 0


def test_texture_is_the_same_every_time_and_takes_one_channel(truth: torch.Tensor, mask: torch.Tensor) -> None:
    assert torch.equal(PatchTexture().filters, PatchTexture().filters)
    assert PatchTexture(1)(truth[:, :1] * 0, truth[:, :1], mask) > 0


def test_the_critic_learns_to_tell_painted_from_true(truth: torch.Tensor, mask: torch.Tensor) -> None:
    critic = PatchCritic(width=8, lr=2e-3)
    painted = truth * (1 - mask) + 0.5 * mask
    assert critic(painted, mask) == 0
    for _ in range(30):
        critic.learn(painted, truth, mask)
    assert critic(painted, mask) > critic(truth, mask) + 0.02


def test_only_the_picture_gets_a_gradient(truth: torch.Tensor, mask: torch.Tensor) -> None:
    critic = PatchCritic(width=8)
    painted = (truth * 0.5).requires_grad_()
    critic.learn(painted, truth, mask)
    assert painted.grad is None
    before = [parameter.clone() for parameter in critic.parameters()]
    for parameter in critic.parameters():
        parameter.grad = None
    critic(painted, mask).backward()
    assert painted.grad is not None
    assert painted.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in critic.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, critic.parameters(), strict=True))


def test_a_critic_leaves_the_run_s_random_numbers_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    PatchCritic(width=8)
    assert torch.equal(torch.rand(3), expected)
