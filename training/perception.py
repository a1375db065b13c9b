"""Losses that look at texture instead of pixels and need no network of somebody else's."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

_FILTERS, _SIDE, _SCALES, _PATCH = 16, 3, 3, 7
_WARM_UP_STEPS = 500


class PatchTexture(nn.Module):
    """Compares how much detail of every kind patches hold, not where exactly it lies.

    Fixed random filters without a mean answer to edges and grain of all directions; the strength of their answers is
    averaged over patches. A blurred fill lacks it, a fill whose texture is right but shifted does not.
    """

    filters: Tensor

    def __init__(self, channels: int = 3, seed: int = 0) -> None:
        super().__init__()
        values = torch.randn(_FILTERS, channels, _SIDE, _SIDE, generator=torch.Generator().manual_seed(seed))
        values -= values.mean(dim=(1, 2, 3), keepdim=True)
        self.register_buffer("filters", values / values.square().sum(dim=(1, 2, 3), keepdim=True).sqrt())

    def forward(self, prediction: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
        """Mean difference of detail in patches that reach into holes.

        Args:
            prediction: (N, C, H, W).
            truth: (N, C, H, W).
            mask: (N, 1, H, W) 1 = hole.
        """
        total = prediction.new_zeros(())
        for scale in range(_SCALES):
            if scale:
                prediction, truth = functional.avg_pool2d(prediction, 2), functional.avg_pool2d(truth, 2)
                mask = functional.max_pool2d(mask, 2)
            weight = functional.avg_pool2d(mask, _PATCH, 2, _PATCH // 2)
            difference = (self._detail(prediction) - self._detail(truth)).abs() * weight
            total = total + difference.sum() / (_FILTERS * weight.sum()).clamp(min=1)
        return total / _SCALES

    def _detail(self, picture: Tensor) -> Tensor:
        # Every second answer tells the mean of a patch well enough.
        answers = functional.conv2d(picture, self.filters, stride=2, padding=1).abs()
        return functional.avg_pool2d(answers, 3, 1, 1, count_include_pad=False)


class PatchCritic(nn.Module):
    """A discriminator that is trained along: it judges patches of about 25 pixels, and only where holes were painted.

    It is not part of checkpoints. A run that is resumed starts a new one, whose say grows over its first 500 steps.
    """

    def __init__(self, width: int = 32, lr: float = 4e-4, seed: int = 0) -> None:
        super().__init__()
        state = torch.random.get_rng_state()
        torch.manual_seed(seed)
        layers = [(4, width, 1), (width, width, 2), (width, 2 * width, 2), (2 * width, 2 * width, 1)]
        blocks: list[nn.Module] = []
        for inputs, outputs, stride in layers:
            blocks += [spectral_norm(nn.Conv2d(inputs, outputs, 3, stride, 1)), nn.LeakyReLU(0.2)]
        self.judge = nn.Sequential(*blocks, spectral_norm(nn.Conv2d(2 * width, 1, 3, 1, 1)))
        torch.random.set_rng_state(state)
        self._optimizer = torch.optim.Adam(self.parameters(), lr=lr, betas=(0.5, 0.9))
        self._steps = 0

    def learn(self, painted: Tensor, truth: Tensor, mask: Tensor) -> None:
        """One step of telling painted holes from true ones (hinge loss). Pictures (N, 3, H, W), mask (N, 1, H, W)."""
        self.train()
        self.requires_grad_(True)
        real, fake = self._opinion(truth, mask), self._opinion(painted.detach(), mask)
        loss = _inside(functional.relu(1 - real), mask) + _inside(functional.relu(1 + fake), mask)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self._steps += 1

    def forward(self, painted: Tensor, mask: Tensor) -> Tensor:
        """What the painter has to minimise; its gradient reaches the picture, not the critic."""
        self.eval()
        self.requires_grad_(False)
        return -_inside(self._opinion(painted, mask), mask) * min(1.0, self._steps / _WARM_UP_STEPS)

    def _opinion(self, picture: Tensor, mask: Tensor) -> Tensor:
        opinion: Tensor = self.judge(torch.cat([2 * picture - 1, mask], dim=1))
        return opinion.float()


def _inside(opinion: Tensor, mask: Tensor) -> Tensor:
    """Mean over the opinions about patches in holes."""
    factor = math.ceil(mask.shape[-1] / opinion.shape[-1])
    weight = functional.avg_pool2d(mask, factor, ceil_mode=True)
    return (opinion * weight).sum() / weight.sum().clamp(min=1e-3)
