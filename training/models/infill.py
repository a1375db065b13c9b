"""Infill: gated U-Nets that paint holes from the eight-channel guide.

Two members of one family. `GatedUNet` is the four-level reference of the published system (base 48: 19,811,763
parameters), for a GPU. `training.models.fast_infill` is what the engine plays.
Both copy known pixels from the guide themselves, so nobody downstream can forget to.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.models.fast_infill import FastInfill
from training.models.infill_config import CHANNELS_IN, SIZE_MULTIPLE, InfillConfig, composite

__all__ = ["SIZE_MULTIPLE", "GatedUNet", "InfillConfig", "infill_network"]


def infill_network(config: InfillConfig) -> nn.Module:
    """The network of a configuration, freshly initialised."""
    return FastInfill(config) if config.variant == "fast" else GatedUNet(config)


class GatedConv(nn.Module):
    """LeakyReLU(feature(x)) * sigmoid(gate(x))."""

    def __init__(self, inputs: int, outputs: int, dilation: int = 1) -> None:
        super().__init__()
        self.feature = nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation)
        self.gate = nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) to (N, outputs, H, W)."""
        return functional.leaky_relu(self.feature(x), 0.2) * torch.sigmoid(self.gate(x))


class GatedResidual(nn.Module):
    """x + two gated convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = GatedConv(channels, channels)
        self.conv2 = GatedConv(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        refined: Tensor = self.conv2(self.conv1(x))
        return x + refined


class GatedUNet(nn.Module):
    """The reference: names and shapes of its tensors are those of the published checkpoints.

    Input (N, 8, H, W), H and W multiples of 8; output (N, 3, H, W), or (N, 1, H, W) where disparity is painted.
    """

    def __init__(self, config: InfillConfig) -> None:
        super().__init__()
        self.config = config
        a, b, c, d = (config.base * factor for factor in (1, 2, 4, 8))
        self.enc1 = nn.Sequential(GatedConv(CHANNELS_IN, a), GatedResidual(a))
        self.enc2 = nn.Sequential(nn.MaxPool2d(2), GatedConv(a, b), GatedResidual(b))
        self.enc3 = nn.Sequential(nn.MaxPool2d(2), GatedConv(b, c), GatedResidual(c))
        self.enc4 = nn.Sequential(nn.MaxPool2d(2), GatedConv(c, d), GatedResidual(d))
        self.bottleneck = nn.Sequential(GatedConv(d, d, dilation=2), GatedResidual(d))
        self.up3, self.dec3 = nn.ConvTranspose2d(d, c, 2, 2), _decoder(d, c)
        self.up2, self.dec2 = nn.ConvTranspose2d(c, b, 2, 2), _decoder(c, b)
        self.up1, self.dec1 = nn.ConvTranspose2d(b, a, 2, 2), _decoder(b, a)
        self.out = nn.Sequential(GatedConv(a, a), nn.Conv2d(a, config.outputs, 1))

    def forward(self, guide: Tensor) -> Tensor:
        """Guide to picture; see the class."""
        first = self.enc1(guide)
        second = self.enc2(first)
        third = self.enc3(second)
        x = self.bottleneck(self.enc4(third))
        x = self.dec3(torch.cat([self.up3(x), third], dim=1))
        x = self.dec2(torch.cat([self.up2(x), second], dim=1))
        x = self.dec1(torch.cat([self.up1(x), first], dim=1))
        return composite(guide, self.out(x), clamp=not self.training, target=self.config.target)


def _decoder(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.LeakyReLU(0.2), GatedResidual(outputs))
