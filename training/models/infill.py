"""Infill: gated U-Nets that paint holes from the eight-channel guide.

Two members of one family. `GatedUNet` is the four-level reference of the published system (base 48: 19,811,763
parameters), for a GPU. `FastInfill` is what the engine plays: it works at half size behind a pixel-unshuffle, gates
where holes are still open (the encoder) and adds its skips instead of concatenating them.
Both copy known pixels from the guide themselves, so nobody downstream can forget to.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

SIZE_MULTIPLE = 8
"""Input height and width must be multiples of this."""
_CHANNELS_IN = 8
_CHANNELS = {"rgb": slice(0, 3), "depth": slice(7, 8)}
"""Where the guide holds what is known of each target."""
_CHOICES, _SMOOTHED_ROWS = 4, 5
"""Of `backgrounds`."""
_RIM_SHARE, _STRIP_PX = 0.3, 4
"""How much the known pixel at a hole's rim counts beside those behind it, and how many pixels count in all."""
_SAME_SURFACE, _OTHER_SURFACE = 0.02, 0.06
"""Where relative disparity grows by the first from one pixel to the next, both are background; by the second, not."""
_TINY = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class InfillConfig:
    """Which network and how wide; the checkpoint carries it."""

    variant: Literal["fast", "reference"] = "fast"
    """`fast` for the engine, `reference` for a teacher on a GPU."""
    target: Literal["rgb", "depth"] = "rgb"
    """What is painted into holes: colours, or the relative disparity that is there."""
    base: int = 48
    """Channels of the reference at full size."""
    fast: tuple[int, int, int] = (16, 40, 80)
    """Channels of the fast network at 1/2, 1/4 and 1/8."""
    dilations: tuple[int, ...] = (2, 4)
    """Dilations of the fast network's blocks at 1/8."""
    mix: bool = False
    """Let the fast network blend, pixel by pixel, four guesses at the background (see `blend`) before it adds to them;
    otherwise it adds to the first, the stretched background."""

    def __post_init__(self) -> None:
        if self.mix and self.variant != "fast":
            raise ValueError("--model.mix is of the fast network: leave it out, or take --model.variant fast")

    @property
    def outputs(self) -> int:
        """Channels of what is painted."""
        return 3 if self.target == "rgb" else 1

    def to_dict(self) -> dict[str, object]:
        """Plain values for a checkpoint or a sidecar."""
        return asdict(self)


def infill_network(config: InfillConfig) -> nn.Module:
    """The network of a configuration, freshly initialised."""
    return FastInfill(config) if config.variant == "fast" else GatedUNet(config)


def composite(guide: Tensor, painted: Tensor, *, clamp: bool, target: str = "rgb") -> Tensor:
    """Known pixels of the guide, painted ones in holes: (N, 3, H, W), or (N, 1, H, W) where disparity is painted.

    Clamped to 0..1 for use; not while training, where a clamp would stop the gradient of every overshoot.
    """
    mask = guide[:, 3:4]
    inside = painted.clamp(0, 1) if clamp else painted
    return guide[:, _CHANNELS[target]] * (1 - mask) + inside * mask


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
        self.enc1 = nn.Sequential(GatedConv(_CHANNELS_IN, a), GatedResidual(a))
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
    def __init__(self, inputs: int, outputs: int, kernel: int = 3) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
        )


class FastInfill(nn.Module):
    """The engine's network: it predicts what to add to the stretched background (to nothing, for disparity).

    Input (N, 8, H, W), H and W multiples of 8; output (N, 3, H, W), or (N, 1, H, W) where disparity is painted.
    """

    def __init__(self, config: InfillConfig) -> None:
        super().__init__()
        self.config = config
        a, b, c = config.fast
        self.stem = _FastGate(4 * _CHANNELS_IN, a)
        self.down1 = _FastGate(a, b, stride=2)
        self.mid = _FastGate(b, b)
        self.down2 = _FastGate(b, c, stride=2)
        self.deep = nn.ModuleList(_FastGate(c, c, dilation=dilation) for dilation in config.dilations)
        self.up2, self.dec2 = nn.Conv2d(c, b, 1), _Unit(b, b)
        self.up1, self.dec1 = nn.Conv2d(b, a, 1), _Unit(a, a)
        choices = _CHOICES if config.mix else 0
        self.out = nn.Conv2d(a, 4 * config.outputs + choices, 3, padding=1)
        # The first picture is the stretched background itself, or mostly: training starts from a fair answer.
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(_bias(self.out))

    def forward(self, guide: Tensor) -> Tensor:
        """Guide to picture; see the class."""
        half = self.stem(functional.pixel_unshuffle(guide, 2))
        quarter = self.down1(half)
        quarter = quarter + self.mid(quarter)
        x = self.down2(quarter)
        for block in self.deep:
            x = x + block(x)
        x = self.dec2(_twice(self.up2(x)) + quarter)
        x = self.dec1(_twice(self.up1(x)) + half)
        answer = self.out(x)
        added = functional.pixel_shuffle(answer[:, : 4 * self.config.outputs], 2)
        start = guide[:, _CHANNELS[self.config.target]]
        if self.config.mix:
            shares = torch.softmax(answer[:, 4 * self.config.outputs :], dim=1)
            start = blend(guide, shares, self.config.target)
        painted = start + added
        return composite(guide, painted, clamp=not self.training, target=self.config.target)


def blend(guide: Tensor, shares: Tensor, target: str = "rgb") -> Tensor:
    """The first guess in holes and those of `backgrounds`, in the shares given.

    Args:
        guide: (N, 8, H, W).
        shares: (N, 4, H / 2, W / 2), of the first guess and of the three others; they sum to 1.
        target: what is painted.

    Returns:
        (N, C, H, W), of use in holes only.
    """
    others = (backgrounds(guide, target) * shares[:, 1:, None]).sum(dim=1)
    both = functional.interpolate(torch.cat([others, shares[:, :1]], dim=1), scale_factor=2.0, mode="nearest")
    return both[:, :-1] + both[:, -1:] * guide[:, _CHANNELS[target]]


def backgrounds(guide: Tensor, target: str = "rgb") -> Tensor:
    """What may be behind the foreground: three guesses beside the stretched background, at half size.

    The known pixel at a hole's right rim is a mixture of both surfaces and differs from row to row; repeated into the
    hole it draws streaks. The pixels behind it (`strips`) are background themselves.

    Args:
        guide: (N, 8, H, W), a first guess in its holes.
        target: what is painted, "rgb" or "depth".

    Returns:
        (N, 3, C, H / 2, W / 2), of use in holes only: the mean of the strip at the hole's right rim (the first guess
        where none is within 62 columns to the right); the first guess smoothed over the hole pixels of ten rows; that
        mean, smoothed likewise.
    """
    known, mask = guide[:, _CHANNELS[target]], guide[:, 3:4]
    strip = strips(mask, guide[:, 7:8])
    channels = known.shape[1]
    half = functional.avg_pool2d(torch.cat([known * strip, strip, known * mask, mask], dim=1), 2)
    sums, first, hole = half[:, : channels + 1], half[:, channels + 1 : -1], half[:, -1:]
    # A strip lies in three cells at most, and those to the left of it begin at its rim.
    whole = functional.avg_pool2d(functional.pad(sums, (0, 2)), (1, 3), 1)
    begins = (sums[:, channels:] > 0).to(sums.dtype)
    values = torch.cat([whole[:, :channels] / (whole[:, channels:] + _TINY) * begins, begins], dim=1)
    for step in (1, 2, 4, 8, 16):
        values = values + (1 - values[:, -1:]) * _shifted(values, -step)
    inside = values[:, :-1] + (1 - values[:, -1:]) * (first / (hole + _TINY))
    rows = ((_SMOOTHED_ROWS, 1), 1, (_SMOOTHED_ROWS // 2, 0))
    total = functional.avg_pool2d(torch.cat([first, inside * hole, hole], dim=1), *rows)
    smooth = total[:, :-1] / (total[:, -1:] + _TINY)
    return torch.stack([inside, *smooth.chunk(2, dim=1)], dim=1)


def strips(mask: Tensor, disparity: Tensor) -> Tensor:
    """Which pixels at the right of holes show the background, and how much each of them counts.

    A strip begins at the hole's right rim and ends after four pixels, before the next hole, or where something nearer
    begins: between the slats of a blind two pixels further in is the next slat.

    Args:
        mask: (N, 1, H, W) 1 = hole.
        disparity: (N, 1, H, W) relative, 0..1, larger is nearer.

    Returns:
        (N, 1, H, W) from 0 to 1; it changes without a jump with disparity, so that no rounding tips it over.
    """
    nearer = _shifted(disparity, -1) - disparity
    same = ((_OTHER_SURFACE - nearer) / (_OTHER_SURFACE - _SAME_SURFACE)).clamp(0, 1) * (1 - _shifted(mask, -1))
    reached = (1 - mask) * _shifted(mask, 1)
    found = _RIM_SHARE * reached
    for _ in range(_STRIP_PX - 1):
        reached = _shifted(reached * same, 1)
        found = found + reached
    return found


def _shifted(x: Tensor, columns: int) -> Tensor:
    """Moved to the right, or to the left where `columns` is below zero; 0 comes in."""
    if columns > 0:
        return functional.pad(x, (columns, 0))[..., :-columns]
    return functional.pad(x, (0, -columns))[..., -columns:]


def _bias(layer: nn.Conv2d) -> Tensor:
    assert layer.bias is not None
    return layer.bias


def _twice(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
