"""The depth network's shape, size and place sense."""

from __future__ import annotations

import pytest
import torch

from training.models.depth import DepthNet, coordinates


def test_size_and_shapes() -> None:
    network = DepthNet().eval()
    assert sum(parameter.numel() for parameter in network.parameters()) <= 4_000_000
    with torch.no_grad():
        for shape in ((1, 3, 64, 96), (2, 3, 32, 32)):
            assert network(torch.rand(shape)).shape == (shape[0], 1, *shape[2:])


def test_coordinates_span_the_picture() -> None:
    x, y = coordinates(torch.zeros(2, 3, 4, 8))[1]
    assert x[0, -1] == 1
    assert y[-1, 0] == 1
    assert x[0].diff().tolist() == pytest.approx([0.25] * 7)
    assert (y[0] == y[0, 0]).all()


def test_context_reaches_across_the_picture() -> None:
    torch.manual_seed(0)
    network = DepthNet().eval()
    picture = torch.rand(1, 3, 32, 320)
    changed = picture.clone()
    changed[..., :8] = 0
    with torch.no_grad():
        difference = (network(picture) - network(changed)).abs()[0, 0, :, -8:]
    assert difference.max() > 0
