"""What the recipes minimise.

Depth is learned up to scale and shift: the truth is normalised per picture by its median and mean absolute deviation,
so that a scene in millimetres and one in miles teach the same thing.
Infill is compared with the true picture inside holes only; outside, the graph itself copies what is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from training.ranking import ranking_loss

_TINY = 1e-4


def normalise_affine(disparity: Tensor, valid: Tensor) -> Tensor:
    """Remove the scale and shift of each picture: (d - median) / mean |d - median|, over valid pixels.

    Args:
        disparity: (N, 1, H, W) float.
        valid: (N, 1, H, W) bool; invalid pixels do not count. A picture with no valid pixel becomes all zero.

    Returns:
        (N, 1, H, W) float32. The deviation is never taken below 1e-4, so a flat picture stays finite.
    """
    values = disparity.float()
    hidden = values.masked_fill(~valid, torch.nan).flatten(1)
    median = hidden.nanmedian(dim=1).values.nan_to_num()[:, None, None, None]
    centred = torch.where(valid, values - median, 0.0)
    count = valid.flatten(1).sum(dim=1).clamp(min=1)[:, None, None, None]
    deviation = centred.abs().sum(dim=(1, 2, 3), keepdim=True) / count
    return centred / deviation.clamp(min=_TINY)


def aligned(prediction: Tensor, truth: Tensor, valid: Tensor) -> Tensor:
    """Prediction (N, 1, H, W) scaled and shifted per picture to fit truth in least squares over valid pixels.

    The scale is never taken below 0.05, so a prediction that is upside down cannot turn itself round and look right.
    """
    count = valid.flatten(1).sum(dim=1).clamp(min=1)[:, None, None, None]

    def mean(values: Tensor) -> Tensor:
        return (values * valid).sum(dim=(1, 2, 3), keepdim=True) / count

    p, t = prediction - mean(prediction), truth - mean(truth)
    scale = mean(p * t) / (mean(p * p) + 1e-3)
    return scale.clamp(min=0.05) * p + mean(truth)


def absolute_error(prediction: Tensor, truth: Tensor, valid: Tensor) -> Tensor:
    """Mean absolute error over valid pixels."""
    return ((prediction - truth).abs() * valid).sum() / valid.sum().clamp(min=1)


def multiscale_gradient(prediction: Tensor, truth: Tensor, valid: Tensor, scales: int = 4) -> Tensor:
    """Mean absolute gradient of the difference of normalised disparities, at 1, 1/2, 1/4 ... of the size.

    It makes edges sharp and flat things flat; each coarser scale looks at every second sample.
    """
    difference = prediction - truth
    total = difference.new_zeros(())
    for scale in range(scales):
        step = 2**scale
        d, v = difference[..., ::step, ::step], valid[..., ::step, ::step]
        total = total + _masked_gradient(d, v)
    return total / scales


def _masked_gradient(difference: Tensor, valid: Tensor) -> Tensor:
    dx = (difference[..., 1:] - difference[..., :-1]).abs()
    dy = (difference[..., 1:, :] - difference[..., :-1, :]).abs()
    vx = valid[..., 1:] & valid[..., :-1]
    vy = valid[..., 1:, :] & valid[..., :-1, :]
    return (dx * vx).sum() / vx.sum().clamp(min=1) + (dy * vy).sum() / vy.sum().clamp(min=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthLossWeights:
    """Weights of the terms of the depth loss; all but the ranking are zero for a perfect prediction."""

    value: float = 0.5
    """Absolute error against the normalised truth."""
    aligned: float = 0.5
    """The same after the best scale and shift, so that shape counts where scale cannot be told."""
    ranking: float = 0.25
    """Which of two points is nearer; the logistic loss never quite ends."""
    gradient: float = 0.5
    gradient_from: float = 0.45
    """Share of the run after which the gradient term grows from nothing, to its full weight at twice that share."""

    def at(self, fraction: float) -> DepthLossWeights:
        """The weights that count when `fraction` (0..1) of the run is over."""
        late = min(max(fraction / max(self.gradient_from, 1e-6) - 1, 0.0), 1.0)
        return replace(self, gradient=self.gradient * late)


def depth_loss(prediction: Tensor, truth: Tensor, valid: Tensor, weights: DepthLossWeights, *, seed: int = 0) -> Tensor:
    """The depth recipe's loss on raw disparities (N, 1, H, W); truth 0 (sky) is as valid as any other value.

    The truth is normalised per picture, the prediction is not: a loss that normalises both and trims outliers has a
    false optimum, a flat picture with a tenth of its pixels far off, and training finds it.
    """
    # Very near things would own the loss of a picture with a far background.
    t = normalise_affine(truth, valid).clamp(-4, 4)
    fitted = aligned(prediction, t, valid)
    total = weights.value * absolute_error(prediction, t, valid) + weights.aligned * absolute_error(fitted, t, valid)
    if weights.ranking:
        total = total + weights.ranking * ranking_loss(prediction, t, valid, seed=seed)
    if weights.gradient:
        total = total + weights.gradient * multiscale_gradient(fitted, t, valid)
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class InfillLossWeights:
    """Weights of the terms of the infill loss."""

    colour: float = 1.0
    squared: float = 5.0
    """Squared error, whose mean is what PSNR measures; at errors of 0.1 it pulls as hard as the colour term."""
    gradient: float = 0.2
    structure: float = 0.05
    seam: float = 0.3
    """Steps across the rim of holes, where a fill has to go on from what is known."""
    logarithm: float = 0.03
    """Logarithm of each sample's squared error, whose mean is what a mean of PSNR measures: without it the samples that
    nobody can know own the loss, and those that are nearly right are spoilt for them."""
    texture: float = 0.0
    """Detail in patches, wherever exactly it lies (`training.perception.PatchTexture`); try 0.5."""
    adversarial: float = 0.0
    """The opinion of a critic that is trained along (`training.perception.PatchCritic`); try 0.02. Costs speed."""


def charbonnier(prediction: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Smooth L1 inside the mask: mean of sqrt(e^2 + 1e-6) over masked values. mask: (N, 1, H, W) 0 or 1."""
    error = torch.sqrt((prediction - truth).square() + 1e-6) * mask
    return error.sum() / (prediction.shape[1] * mask.sum()).clamp(min=1)


def squared_error(prediction: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Mean squared error over masked values. mask: (N, 1, H, W) 0 or 1."""
    error = (prediction - truth).square() * mask
    return error.sum() / (prediction.shape[1] * mask.sum()).clamp(min=1)


def log_error(prediction: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Mean over samples of ln(e + 1e-4), e the mean squared error over a sample's masked values. mask: (N, 1, H, W)."""
    error = ((prediction - truth).square() * mask).sum(dim=(1, 2, 3))
    return torch.log(error / (prediction.shape[1] * mask.sum(dim=(1, 2, 3))).clamp(min=1) + _TINY).mean()


def structure(prediction: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Mean 1 - SSIM (7x7 box windows) over masked pixels; windows reach across the hole's edge on purpose."""
    one_minus = 1 - ssim_map(prediction, truth)
    return (one_minus * mask).sum() / (prediction.shape[1] * mask.sum()).clamp(min=1)


def ssim_map(first: Tensor, second: Tensor, window: int = 7) -> Tensor:
    """(N, C, H, W) structural similarity of pictures in 0..1, box windows, borders averaged over what is inside."""

    def blur(x: Tensor) -> Tensor:
        return functional.avg_pool2d(x, window, 1, window // 2, count_include_pad=False)

    a, b = blur(first), blur(second)
    va = blur(first.square()) - a.square()
    vb = blur(second.square()) - b.square()
    cov = blur(first * second) - a * b
    c1, c2 = 0.01**2, 0.03**2
    return (2 * a * b + c1) * (2 * cov + c2) / ((a.square() + b.square() + c1) * (va + vb + c2))


def seam(prediction: Tensor, truth: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute difference of the steps between a hole pixel and its known neighbour. mask: (N, 1, H, W) 0 or 1."""
    difference = prediction - truth
    total, count = difference.new_zeros(()), mask.new_zeros(())
    for axis in (-1, -2):
        rim = torch.diff(mask, dim=axis).abs()
        total = total + (torch.diff(difference, dim=axis).abs() * rim).sum()
        count = count + rim.sum()
    return total / (prediction.shape[1] * count).clamp(min=1)


def infill_loss(prediction: Tensor, truth: Tensor, mask: Tensor, weights: InfillLossWeights) -> Tensor:
    """The infill recipe's loss but for its texture and adversarial terms, which have weights of their own.

    prediction, truth: (N, C, H, W) 0..1; mask: (N, 1, H, W) 1 = hole.
    """
    # Gradients across the border of the hole count too, or fills end in a seam.
    touched = functional.max_pool2d(mask, 3, 1, 1) > 0
    total = (
        weights.colour * charbonnier(prediction, truth, mask)
        + weights.squared * squared_error(prediction, truth, mask)
        + weights.gradient * multiscale_gradient(prediction, truth, touched.expand_as(prediction), scales=3)
        + weights.structure * structure(prediction, truth, mask)
    )
    if weights.seam:
        total = total + weights.seam * seam(prediction, truth, mask)
    if weights.logarithm:
        total = total + weights.logarithm * log_error(prediction, truth, mask)
    return total
