"""Monocular relative disparity: a small residual U-Net with global context.

Dense 3x3 convolutions at low resolution are what two CPU cores run best, in training and in OpenVINO alike; every
convolution is followed by BatchNorm, which the exporter's runtimes fold away. Two coordinate channels tell the network
where the floor is, and the deepest level adds a pooled vector of the whole picture.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

SIZE_MULTIPLE = 32
"""Input height and width must be multiples of this."""
WORKING_SIZE = (320, 192)
"""Width and height it is trained for; pictures of another shape are shown to it with about as many pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthConfig:
    """Widths of the network; the checkpoint carries them."""

    stem: int = 16
    """Channels at 1/2 resolution."""
    encoder: tuple[int, int, int, int] = (40, 80, 144, 208)
    """Channels at 1/4, 1/8, 1/16 and 1/32."""
    blocks: tuple[int, int, int, int] = (1, 2, 2, 2)
    """Residual blocks at each of these resolutions."""
    decoder: tuple[int, int, int, int] = (112, 64, 32, 16)
    """Channels of the decoder at 1/16, 1/8, 1/4 and 1/2."""

    def to_dict(self) -> dict[str, object]:
        """Plain values for a checkpoint or a sidecar."""
        return asdict(self)


class ConvUnit(nn.Sequential):
    """Convolution, BatchNorm, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class ResidualBlock(nn.Module):
    """x + two 3x3 convolutions, ReLU at the end."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvUnit(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        # The block starts as the identity, so that a deep stack trains from the first step.
        nn.init.zeros_(self.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        return functional.relu(x + self.norm(self.second(self.first(x))))


class GlobalContext(nn.Module):
    """Adds one vector, computed from the average over the whole picture, to every position."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, channels // 2, 1)
        self.expand = nn.Conv2d(channels // 2, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        pooled = x.mean(dim=(2, 3), keepdim=True)
        offset: Tensor = self.expand(functional.relu(self.squeeze(pooled)))
        return x + offset


class Upsample(nn.Module):
    """Decoder step: bilinear x2, plus a 1x1 projection of the skip, then a 3x3 unit."""

    def __init__(self, inputs: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.lateral = nn.Conv2d(skip, outputs, 1, bias=True)
        self.fuse = ConvUnit(outputs, outputs)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Features at half the skip's size, and the skip, to features at the skip's size."""
        # Projecting before upsampling costs a quarter of doing it after, and the two commute.
        up = functional.interpolate(self.project(x), scale_factor=2.0, mode="bilinear", align_corners=False)
        fused: Tensor = self.fuse(functional.relu(up + self.lateral(skip)))
        return fused


class DepthNet(nn.Module):
    """RGB picture -> relative inverse depth, larger is nearer, up to scale and shift.

    Input (N, 3, H, W) float32 0..1, H and W multiples of 32; output (N, 1, H, W) float32.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, config: DepthConfig | None = None) -> None:
        super().__init__()
        self.config = config or DepthConfig()
        c = self.config
        self.register_buffer("mean", torch.tensor([0.46, 0.44, 0.41]).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor([0.26, 0.25, 0.26]).view(1, 3, 1, 1))
        self.stem = ConvUnit(5, c.stem, stride=2)
        widths = (c.stem, *c.encoder)
        self.stages = nn.ModuleList(
            nn.Sequential(ConvUnit(before, after, stride=2), *(ResidualBlock(after) for _ in range(number)))
            for before, after, number in zip(widths[:-1], c.encoder, c.blocks, strict=True)
        )
        self.context = GlobalContext(c.encoder[-1])
        skips = (c.encoder[2], c.encoder[1], c.encoder[0], c.stem)
        inputs = (c.encoder[-1], *c.decoder[:-1])
        self.ups = nn.ModuleList(Upsample(i, s, o) for i, s, o in zip(inputs, skips, c.decoder, strict=True))
        self.head = nn.Conv2d(c.decoder[-1], 1, 3, padding=1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        nn.init.normal_(self.head.weight, std=1e-2)

    def forward(self, image: Tensor) -> Tensor:
        """Disparity of a batch; see the class for shapes."""
        x = self.stem(torch.cat([(image - self.mean) / self.deviation, coordinates(image)], dim=1))
        skips = [x]
        for stage in self.stages:
            x = stage(x)
            skips.append(x)
        x = self.context(x)
        for up, skip in zip(self.ups, reversed(skips[:-1]), strict=True):
            x = up(x, skip)
        # ReLU-free on purpose: the scale and shift of the output are free, so nothing has to be clipped.
        return functional.interpolate(self.head(x), scale_factor=2.0, mode="bilinear", align_corners=False)


def coordinates(image: Tensor) -> Tensor:
    """(N, 2, H, W): x and y of each pixel, -1 at the left or top border, 1 at the right or bottom."""
    ones = torch.ones_like(image[:, :1])
    x = torch.cumsum(ones, dim=3)
    y = torch.cumsum(ones, dim=2)
    width, height = x[:, :, :1, -1:], y[:, :, -1:, :1]
    return torch.cat([2 * x / width - 1, 2 * y / height - 1], dim=1)
