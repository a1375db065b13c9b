"""The engine's infill network: size, where training starts, whatever holes there are."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import nn

from training.models.infill import InfillConfig, infill_network


def _parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_fast_is_small_and_cheap() -> None:
    network = infill_network(InfillConfig())
    macs = 0

    def count(module: nn.Module, inputs: object, output: torch.Tensor) -> None:
        nonlocal macs
        macs += output.numel() * module.weight[0].numel()

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(count)
    network.eval()(torch.rand(1, 8, 64, 64))
    assert _parameters(network) <= 1_000_000
    assert macs / (64 * 64) <= 20_000


def test_training_starts_from_fair_answers() -> None:
    """Between a near thing and a gradient behind it, what is painted lies within what is seen of the background."""
    torch.manual_seed(0)
    network = infill_network(InfillConfig()).eval()
    guide = torch.full((1, 8, 32, 64), 0.0)
    guide[:, :3] = torch.linspace(0.3, 0.5, 32)[:, None]
    guide[:, 3, :, 20:32] = 1
    painted = network(guide)[:, :, :, 20:32]
    assert painted.min() > 0.29
    assert painted.max() < 0.51
    assert (painted - guide[:, :3, :, 20:32]).abs().mean() < 0.02


@pytest.mark.parametrize("size", [(8, 8), (16, 8), (8, 136), (40, 24)])
@pytest.mark.parametrize("target", ["rgb", "depth"])
def test_paintings_are_finite_whatever_the_holes(size: tuple[int, int], target: Literal["rgb", "depth"]) -> None:
    """Smaller than what is searched for background, without a hole, and of nothing but holes; in bfloat16 too."""
    torch.manual_seed(0)
    network = infill_network(InfillConfig(target=target))
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.3)
    guide = torch.rand(3, 8, *size)
    guide[:, 3] = torch.tensor([0.0, 1.0, 0.0])[:, None, None]
    guide[2, 3, :, size[1] // 2 :] = 1
    known = guide[:, :3] if target == "rgb" else guide[:, 7:]
    for training in (True, False):
        with torch.autocast("cpu", torch.bfloat16, enabled=training):
            painted = network.train(training)(guide)
        assert painted.shape == known.shape
        assert torch.isfinite(painted).all()
        assert torch.equal(painted[0], known[0])


def test_every_weight_learns() -> None:
    """Nothing is cut off from the loss, at the latest when the zeros it starts with are gone."""
    torch.manual_seed(0)
    network = infill_network(InfillConfig()).train()
    nn.init.normal_(network.add.weight, std=0.1)  # type: ignore[union-attr, arg-type]
    guide = torch.rand(2, 8, 64, 64)
    guide[:, 3] = 0
    guide[:, 3, 8:56, 20:40] = 1
    (network(guide) - torch.rand(2, 3, 64, 64)).square().mean().backward()
    idle = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert idle == []
