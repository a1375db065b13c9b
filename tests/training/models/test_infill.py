"""Infill networks: published layout, size, known pixels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.models.infill import InfillConfig, backgrounds, blend, infill_network, strips

KEYS = Path(__file__).resolve().parents[4] / "shared/specs/checkpoint-keys/disocclusion_gated_unet_8ch_base48.json"


def _parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_reference_has_the_published_size() -> None:
    with torch.device("meta"):
        network = infill_network(InfillConfig(variant="reference"))
    assert _parameters(network) == 19_811_763
    assert len(network.state_dict()) == 102


def test_reference_has_the_published_names() -> None:
    if not KEYS.is_file():
        pytest.skip(f"{KEYS.name}: the list of published tensors is not on this machine")
    with torch.device("meta"):
        network = infill_network(InfillConfig(variant="reference"))
    expected = json.loads(KEYS.read_text())["keys"]
    assert {name: list(value.shape) for name, value in network.state_dict().items()} == expected


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
    assert macs / (64 * 64) <= 12_000


@pytest.mark.parametrize("config", [InfillConfig(), InfillConfig(mix=True), InfillConfig(variant="reference", base=8)])
@pytest.mark.parametrize("training", [True, False])
def test_known_pixels_pass_unchanged(config: InfillConfig, training: bool) -> None:
    torch.manual_seed(0)
    network = infill_network(config).train(training)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.3)
    guide = torch.rand(2, 8, 32, 40)
    guide[:, 3] = 0
    guide[:, 3, 8:20, 10:17] = 1
    image = network(guide)
    known = (guide[:, 3:4] == 0).expand_as(image)
    assert image.shape == (2, 3, 32, 40)
    assert torch.equal(image[known], guide[:, :3][known])
    assert (image[~known] - guide[:, :3][~known]).abs().max() > 0.01
    if not training:
        assert image.min() >= 0
        assert image.max() <= 1


def test_fast_starts_from_the_stretched_surface() -> None:
    network = infill_network(InfillConfig()).eval()
    guide = torch.rand(1, 8, 16, 16)
    guide[:, 3] = 1
    assert torch.allclose(network(guide), guide[:, :3])


def _guide(picture: Tensor, mask: Tensor, disparity: Tensor) -> Tensor:
    normals = torch.zeros(len(mask), 3, *mask.shape[2:])
    return torch.cat([picture, mask, normals, disparity * (1 - mask)], dim=1)


def test_backgrounds_look_past_the_mixed_rim() -> None:
    mask = torch.zeros(1, 1, 32, 64)
    mask[..., 4:28, 20:30] = 1
    # The foreground ends within a cell of four pixels.
    mask[..., 4:28, 21] = 1
    picture = torch.zeros(1, 3, 32, 64)
    picture[..., 22:] = 0.5
    # Every other row of the rim is a mixture, and what is repeated into the hole is that mixture.
    picture[..., ::2, 30] = 0.9
    picture[..., 20:30] = picture[..., 30:31]
    disparity = torch.where(torch.arange(64) < 20, 0.9, 0.1).expand(1, 1, 32, 64)
    inside, smooth, clean = backgrounds(_guide(picture, mask, disparity))[0]
    hole = functional.max_pool2d(mask, 2)[0].expand_as(inside) > 0
    # The rim counts little: 0.3 of 3.3, in every other row.
    expected = torch.tensor((0.3 * 0.7 + 3 * 0.5) / 3.3)
    assert torch.allclose(inside[hole], expected, atol=1e-4)
    assert torch.allclose(clean[hole], expected, atol=1e-4)
    assert smooth[0, 6:10, 11:14].std() < 1e-3
    nothing_right = mask.clone()
    nothing_right[..., 20:] = 1
    alone = backgrounds(_guide(picture, nothing_right, disparity))[0, 0, :, 5, 12]
    assert torch.allclose(alone, picture[0, :, 10:12, 24:26].mean(dim=(1, 2)), atol=1e-4)


def test_what_is_repeated_into_a_hole_is_never_the_foreground() -> None:
    """Neither what ends beside the hole, nor what is level with it, nor the next slat of a blind."""
    mask = torch.zeros(1, 1, 16, 48)
    mask[..., 5:8, 7:19] = 1
    mask[..., 5:8, 24:31] = 1
    is_background = torch.zeros(1, 1, 16, 48, dtype=torch.bool)
    is_background[..., 5:8, 19:21] = True
    is_background[..., 5:8, 31:32] = True
    picture = torch.where(is_background, 0.25, 1.0).expand(1, 3, 16, 48)
    guide = _guide(picture, mask, torch.where(is_background, 0.2, 0.8))
    for guess in backgrounds(guide)[0, [0, 2]]:
        twice = functional.interpolate(guess[None], scale_factor=2.0)
        assert torch.allclose(twice[mask.expand_as(twice) > 0], torch.tensor(0.25), atol=1e-4)


@pytest.mark.parametrize(
    ("disparity", "hole", "expected"),
    [
        ([0.1, 0.1, 0.1, 0.1, 0.1], [], [0.3, 1, 1, 1, 0]),
        ([0.1, 0.1, 0.0, 0.0, 0.0], [], [0.3, 1, 1, 1, 0]),
        ([0.1, 0.1, 0.2, 0.1, 0.1], [], [0.3, 1, 0, 0, 0]),
        ([0.1, 0.1, 0.14, 0.14, 0.14], [], [0.3, 1, 0.5, 0.5, 0]),
        ([0.1, 0.1, 0.1, 0.1, 0.1], [1], [0.3, 0, 0.3, 1, 1]),
    ],
)
def test_strips_end_where_something_nearer_begins(
    disparity: list[float], hole: list[int], expected: list[float]
) -> None:
    mask = torch.zeros(1, 1, 1, 16)
    mask[..., :8] = 1
    mask[..., [8 + column for column in hole]] = 1
    values = torch.zeros(1, 1, 1, 16)
    values[..., 8:13] = torch.tensor(disparity)
    found = strips(mask, values)[0, 0, 0]
    assert torch.allclose(found[8:13], torch.tensor(expected), atol=1e-5)
    assert found[:8].abs().max() == 0


def test_blend_takes_the_shares_given() -> None:
    torch.manual_seed(0)
    mask = torch.zeros(1, 1, 16, 32)
    mask[..., 8:14] = 1
    guide = _guide(torch.rand(1, 3, 16, 32), mask, torch.rand(1, 1, 16, 32))
    shares = torch.zeros(1, 4, 8, 16)
    shares[:, 0] = 1
    assert torch.equal(blend(guide, shares), guide[:, :3])
    shares = shares.roll(1, dims=1)
    twice = functional.interpolate(backgrounds(guide)[:, 0], scale_factor=2.0)
    assert torch.equal(blend(guide, shares), twice)


@pytest.mark.parametrize("size", [(8, 8), (16, 8), (8, 136), (40, 24)])
@pytest.mark.parametrize("target", ["rgb", "depth"])
def test_mixing_is_finite_whatever_the_holes(size: tuple[int, int], target: Literal["rgb", "depth"]) -> None:
    """Smaller than what is searched for background, without a hole, and of nothing but holes; in bfloat16 too."""
    torch.manual_seed(0)
    network = infill_network(InfillConfig(mix=True, target=target))
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
    halves = backgrounds(guide.bfloat16(), target)
    assert torch.isfinite(halves).all()


def test_only_the_fast_network_mixes() -> None:
    with pytest.raises(ValueError, match=r"--model\.mix is of the fast network"):
        InfillConfig(variant="reference", mix=True)


def test_a_mixing_network_starts_from_fair_answers() -> None:
    network = infill_network(InfillConfig(mix=True)).eval()
    guide = torch.full((1, 8, 16, 48), 0.25)
    guide[:, 3] = 0
    guide[:, 3, :, 10:20] = 1
    assert torch.allclose(network(guide)[:, :, 4:12], torch.tensor(0.25), atol=1e-4)
