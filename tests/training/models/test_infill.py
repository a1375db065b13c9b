"""Infill networks: published layout, size, known pixels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from training.models.infill import InfillConfig, infill_network

KEYS = Path(__file__).resolve().parents[4] / "shared/specs/checkpoint-keys/disocclusion_gated_unet_8ch_base48.json"


def _parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_reference_has_the_published_size() -> None:
    with torch.device("meta"):
        network = infill_network(InfillConfig(variant="reference"))
    assert _parameters(network) == 19_811_763
    assert len(network.state_dict()) == 102


def test_an_unknown_variant_is_refused() -> None:
    with pytest.raises(ValueError, match="variant is fast or reference, not mix"):
        InfillConfig(variant="mix")  # type: ignore[arg-type]


def test_reference_has_the_published_names() -> None:
    if not KEYS.is_file():
        pytest.skip(f"{KEYS.name}: the list of published tensors is not on this machine")
    with torch.device("meta"):
        network = infill_network(InfillConfig(variant="reference"))
    expected = json.loads(KEYS.read_text())["keys"]
    assert {name: list(value.shape) for name, value in network.state_dict().items()} == expected


@pytest.mark.parametrize("config", [InfillConfig(), InfillConfig(variant="reference", base=8)])
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
