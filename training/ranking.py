"""Which of two points is nearer: the one thing about depth that neither scale nor any bending of it can change.

After the ranking loss of Chen et al. ("Single-Image Depth Perception in the Wild", 2016): pairs of points, a logistic
loss where one is clearly nearer, a squared one where both are alike.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_SHARPNESS = 3.0


def ranking_loss(
    prediction: Tensor, truth: Tensor, valid: Tensor, *, pairs: int = 2048, clearly: float = 0.08, seed: int = 0
) -> Tensor:
    """Mean loss over random pairs of points of each picture.

    Args:
        prediction: (N, 1, H, W) disparity in the units of `truth`.
        truth: (N, 1, H, W) normalised disparity, see losses.normalise_affine.
        valid: (N, 1, H, W) bool; pairs with an invalid point do not count.
        pairs: drawn from each picture.
        clearly: difference of truth from which one point counts as nearer.
        seed: of the pairs.
    """
    p, t, v = prediction.flatten(1), truth.flatten(1), valid.flatten(1)
    generator = torch.Generator().manual_seed(seed)
    first, second = torch.randint(p.shape[1], (2, len(p), pairs), generator=generator).to(p.device)

    def difference(values: Tensor) -> Tensor:
        return values.gather(1, first) - values.gather(1, second)

    dp, dt = difference(p), difference(t)
    counts = v.gather(1, first) & v.gather(1, second)
    nearer = dt.abs() > clearly
    ordered = functional.softplus(-_SHARPNESS * dp * dt.sign()) / _SHARPNESS
    # Far apart in truth is far apart in prediction: only pairs the network could still confuse should pull.
    loss = torch.where(nearer, ordered, dp.square().clamp(max=1.0))
    return (loss * counts).sum() / counts.sum().clamp(min=1)
