"""A grown network begins as the one it grew from."""

from __future__ import annotations

import pytest
import torch

from training.grow import grow
from training.models.depth import DepthConfig, DepthNet

_SMALL = DepthConfig(stem=4, encoder=(6, 8, 10, 12), blocks=(1, 1, 1, 1), decoder=(8, 6, 5, 4))
_LARGE = DepthConfig(stem=5, encoder=(9, 12, 16, 14), blocks=(1, 2, 3, 1), decoder=(10, 7, 6, 5))


def _trained(config: DepthConfig) -> DepthNet:
    """Fresh networks have zeros where training leaves none."""
    network = DepthNet(config)
    generator = torch.Generator().manual_seed(1)
    for value in network.state_dict().values():
        if value.is_floating_point():
            value.add_(0.2 * torch.rand(value.shape, generator=generator))
    return network.eval()


def test_wider_and_deeper_computes_the_same() -> None:
    torch.manual_seed(0)
    small, large = _trained(_SMALL), DepthNet(_LARGE)
    image = torch.rand(2, 3, 64, 96)
    before = large.eval()(image)
    grow(large, small.state_dict(), "small.pt")
    assert torch.allclose(large.eval()(image), small(image), atol=1e-4)
    assert not torch.allclose(before, small(image), atol=1e-2)


def test_new_channels_can_learn() -> None:
    torch.manual_seed(0)
    large = DepthNet(_LARGE)
    grow(large, _trained(_SMALL).state_dict(), "small.pt")
    large(torch.rand(2, 3, 64, 96)).square().mean().backward()
    heard = large.stages[0][0][0].weight.grad[:, 4]  # what old and new outputs hear of the stem's new channel
    assert float(heard.abs().sum()) > 0


def test_what_does_not_fit_is_listed_and_nothing_changes() -> None:
    small = DepthNet(_SMALL)
    before = {name: value.clone() for name, value in small.state_dict().items()}
    with pytest.raises(ValueError, match=r"large\.pt: cannot grow into DepthNet: .*stem\.0\.weight is \(5, 5, 3, 3\)"):
        grow(small, DepthNet(_LARGE).state_dict(), "large.pt")
    with pytest.raises(ValueError, match="unexpected other"):
        grow(small, {"other": torch.zeros(1)}, "foreign.pt")
    assert all(torch.equal(before[name], value) for name, value in small.state_dict().items())
