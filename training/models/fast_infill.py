"""The engine's infill network: it chooses what to carry into holes, then adds what nobody showed."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.models.infill_config import CHANNELS, CHANNELS_IN, InfillConfig, composite
from training.models.transport import WAYS, blend, twice

_GAIN = 3.0
"""Opacities and shares learn so much faster than the features they are made from."""
_FIRST_OPACITIES = (1.5, 2.0, 2.0, 0.0, 1.0)
_FIRST_SHARES = (1.0, 1.0, 0.0, 0.0, 0.0, -0.5)
"""Logits that training starts from: mostly the stretched background and what comes from the right."""


class _FastGate(nn.Module):
    """A gated convolution computed as one convolution of twice the width, with BatchNorm, which runtimes fold away."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, 2 * outputs, 3, stride, dilation, dilation, bias=False)
        self.norm = nn.BatchNorm2d(2 * outputs)

    def forward(self, x: Tensor) -> Tensor:
        feature, gate = self.norm(self.conv(x)).chunk(2, dim=1)
        return functional.relu(feature) * torch.sigmoid(gate)


class _Unit(nn.Sequential):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


class FastInfill(nn.Module):
    """Works at half size behind a pixel-unshuffle, gates where holes are open, adds its skips.

    Input (N, 8, H, W), H and W multiples of 8; output (N, 3, H, W), or (N, 1, H, W) where disparity is painted.
    """

    def __init__(self, config: InfillConfig) -> None:
        super().__init__()
        self.config = config
        a, b, c = config.fast
        self.stem = _FastGate(4 * CHANNELS_IN, a)
        self.down1 = _FastGate(a, b, stride=2)
        self.mid = _FastGate(b, b)
        self.down2 = _FastGate(b, c, stride=2)
        self.deep = nn.ModuleList(_FastGate(c, c, dilation=dilation) for dilation in config.dilations)
        self.up2, self.dec2 = nn.Conv2d(c, b, 1), _Unit(b, b)
        self.up1, self.dec1 = nn.Conv2d(b, a, 1), _Unit(a, a)
        self.choose = nn.Conv2d(a, WAYS + 1 + WAYS, 3, padding=1)
        self.look = _Unit(a + 4 * config.outputs, config.refine)
        self.add = nn.Conv2d(config.refine, 4 * config.outputs, 3, padding=1)
        # The first picture is what was carried and nothing else: training starts from a fair answer.
        nn.init.normal_(self.choose.weight, std=0.02)
        with torch.no_grad():
            _bias(self.choose).copy_(torch.tensor([*_FIRST_OPACITIES, *_FIRST_SHARES]) / _GAIN)
        nn.init.zeros_(self.add.weight)
        nn.init.zeros_(_bias(self.add))

    def forward(self, guide: Tensor) -> Tensor:
        """Guide to picture; see the class."""
        features = self._features(guide)
        # bfloat16 is too coarse for what is divided by opacities.
        choice = _GAIN * self.choose(features).float()
        opacities, shares = torch.sigmoid(choice[:, :WAYS]), torch.softmax(choice[:, WAYS:], dim=1)
        known = guide[:, CHANNELS[self.config.target]]
        coarse = blend(known, guide[:, 3:4], opacities, shares)
        seen = self.look(torch.cat([features, functional.pixel_unshuffle(coarse, 2)], dim=1))
        painted = coarse + functional.pixel_shuffle(self.add(seen), 2)
        return composite(guide, painted, clamp=not self.training, target=self.config.target)

    def _features(self, guide: Tensor) -> Tensor:
        half = self.stem(functional.pixel_unshuffle(guide, 2))
        quarter = self.down1(half)
        quarter = quarter + self.mid(quarter)
        x = self.down2(quarter)
        for block in self.deep:
            x = x + block(x)
        x = self.dec2(twice(self.up2(x)) + quarter)
        features: Tensor = self.dec1(twice(self.up1(x)) + half)
        return features


def _bias(layer: nn.Conv2d) -> Tensor:
    assert layer.bias is not None
    return layer.bias
