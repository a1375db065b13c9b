"""Carries what is known into holes, by opacities that a network gives to known places.

Holes open beside near things, and what belongs in them is seen elsewhere: past the mixed rim, behind a thin stick,
above or below. Where a place is transparent what lies behind it goes on into the hole; an opaque one covers it.
Carrying is compositing with `over` (Porter and Duff, 1984), which is associative, so a row takes as many steps as its
logarithm; diffusion is the pull-push of Gortler et al. (1996) with opacities for weights. All of it works at half size.

Premultiplied layers are (N, C + 1, h, w): C values times opacity, then opacity, 0 where nothing arrived.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce

import torch
from torch import Tensor
from torch.nn import functional

_STEPS = (1, 2, 4, 8, 16)
"""Of carrying along rows and columns: 31 places, 62 pixels, are reached."""
_BLUR = 5
"""Side of the box, at an eighth of the size, that diffusion ends with, twice."""
_TINY, _LITTLE = 1e-4, 1e-3


def blend(picture: Tensor, hole: Tensor, opacities: Tensor, shares: Tensor) -> Tensor:
    """What is known, and in holes the mixture of a first guess with all that is carried there.

    Args:
        picture: (N, C, H, W), in holes the first guess, which is not carried anywhere.
        hole: (N, 1, H, W) 1 = hole; H and W multiples of 8.
        opacities: (N, WAYS, H / 2, W / 2) from 0 to 1, of known places, for each way of carrying.
        shares: (N, 1 + WAYS, H / 2, W / 2), of the first guess and of each way; they sum to 1.

    Returns:
        (N, C, H, W). A way by which nothing arrived does not count.
    """
    is_known = 1 - hole
    pooled = functional.avg_pool2d(torch.cat([picture * is_known, is_known], dim=1), 2)
    values = pooled[:, :-1] / (pooled[:, -1:] + _TINY)
    opacities = opacities * pooled[:, -1:]
    layers = [torch.cat([values * opacity, opacity], dim=1) for opacity in torch.split(opacities, 1, dim=1)]
    first, *others = torch.split(shares, 1, dim=1)
    total = reduce(torch.add, (way(layer) * share for way, layer, share in zip(_WAYS, layers, others, strict=True)))
    full = functional.interpolate(torch.cat([total, first], dim=1), scale_factor=2.0, mode="nearest")
    # Something has to be left of the first guess, or nothing is divided by nothing.
    share = full[:, -1:] + _LITTLE
    mixture = (full[:, :-2] + picture * share) / (full[:, -2:-1] + share)
    return picture * is_known + mixture * hole


def carried(layer: Tensor, columns: int, rows: int) -> Tensor:
    """Each place composited over those in one direction behind it, up to 31 of them.

    Args:
        layer: premultiplied, (N, C + 1, h, w).
        columns: 1 looks to the right, -1 to the left, 0 neither.
        rows: 1 looks down, -1 up, 0 neither.
    """
    for step in _STEPS:
        layer = layer + (1 - layer[:, -1:]) * _from(layer, step * columns, step * rows)
    return layer


def diffused(layer: Tensor) -> Tensor:
    """Each place composited over ever wider averages around it, of which the widest is never empty-handed for long.

    Args:
        layer: premultiplied, (N, C + 1, h, w), h and w multiples of 4.
    """
    half = functional.avg_pool2d(layer, 2)
    quarter = functional.avg_pool2d(half, 2)
    wide = functional.avg_pool2d(quarter, _BLUR, 1, _BLUR // 2)
    widest = functional.avg_pool2d(wide, _BLUR, 1, _BLUR // 2)
    found = _over(wide, widest / (widest[:, -1:] + _LITTLE))
    found = _over(quarter, found)
    return _over(layer, twice(_over(half, twice(found))))


_WAYS: tuple[Callable[[Tensor], Tensor], ...] = (
    partial(carried, columns=1, rows=0),
    partial(carried, columns=0, rows=1),
    partial(carried, columns=0, rows=-1),
    diffused,
    diffused,
)
"""From the right, where the background of a right eye's holes lies; from below, from above; from all around, twice."""
WAYS = len(_WAYS)


def _over(near: Tensor, far: Tensor) -> Tensor:
    return near + (1 - near[:, -1:]) * far


def _from(x: Tensor, columns: int, rows: int) -> Tensor:
    """What lies so many columns to the right and rows below; 0 comes in at the border."""
    # Cut by constants, not by the size of x, which would put its arithmetic into exported graphs.
    x = functional.pad(x, (max(-columns, 0), max(columns, 0), max(-rows, 0), max(rows, 0)))
    x = x[..., columns:] if columns >= 0 else x[..., :columns]
    return x[..., rows:, :] if rows >= 0 else x[..., :rows, :]


def twice(x: Tensor) -> Tensor:
    """(N, C, h, w) to twice the height and width, linearly."""
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
