"""A picture with depth seen by another camera, by PyTorch: z pass by scatter_reduce, degrid, bilinear index_add."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

Array = np.ndarray[Any, Any]
TOLERANCE = 0.01
"""Points up to this share behind the nearest one of a pixel belong to the same surface."""


def index_add_point_splat(
    image: Array, depth: Array, matrix: Array, size: tuple[int, int]
) -> Callable[[], tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Every point is spread bilinearly over four pixels, where it is not hidden, and what lands is averaged.

    The three passes that point renderers make, as PyTorch users write them: every point is tested at the pixel it is
    nearest to; pixels between two opposite, clearly nearer ones get their depth, so that nothing shines through the
    cracks of a surface; every point is added to those of its four pixels whose depth it does not exceed. It cracks
    where the camera comes much nearer; ours does not.

    Args:
        image: (H, W, 3) uint8.
        depth: (H, W) float32, all points.
        matrix: (3, 4) float32 as `kernels.point_splat.camera.projection` makes it.
        size: (height, width) of the result.

    Returns:
        The case: when called it gives the image (H', W', 3) uint8, hole (H', W') bool and depth (H', W') float32.
    """
    height, width = size
    nowhere = height * width
    picture, distance = torch.from_numpy(image), torch.from_numpy(depth)
    v, u = (torch.from_numpy(grid.astype(np.float32) + 0.5) for grid in np.mgrid[: depth.shape[0], : depth.shape[1]])
    rows = matrix.tolist()

    def index_of(column: torch.Tensor, row: torch.Tensor, good: torch.Tensor) -> torch.Tensor:
        inside = good & (column >= 0) & (column < width) & (row >= 0) & (row < height)
        return torch.where(inside, row.long() * width + column.long(), nowhere)

    def run() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        torch.set_num_threads(1)
        inverse = 1 / distance
        x, y, q = (a * u + (b * v + c) + d * inverse for a, b, c, d in rows)
        good = q > 1e-3
        x, y, z = x / q - 0.5, y / q - 0.5, distance * q
        index = index_of(x.round(), y.round(), good)
        nearest = torch.full((nowhere + 1,), torch.inf)
        nearest.scatter_reduce_(0, index.flatten(), z.flatten(), "amin")
        nearest[:nowhere] = degrid(nearest[:nowhere].reshape(height, width)).flatten()
        nearest *= 1 + TOLERANCE
        values = torch.cat((picture.permute(2, 0, 1).float(), z[None], torch.ones_like(z)[None])).flatten(1)
        total = torch.zeros(5, nowhere + 1)
        left, top = x.floor(), y.floor()
        far, low = x - left, y - top
        for column, row, share in (
            (left, top, (1 - far) * (1 - low)),
            (left + 1, top, far * (1 - low)),
            (left, top + 1, (1 - far) * low),
            (left + 1, top + 1, far * low),
        ):
            # index_add is fastest along the last axis.
            index = index_of(column, row, good)
            weight = torch.where(z <= nearest[index], share, 0)
            total.index_add_(1, index.flatten(), values * weight.flatten())
        landed = total[:, :nowhere].reshape(5, height, width)
        hole = landed[4] <= 1e-6
        shown = torch.where(hole, 0, landed[:4] / landed[4])
        return shown[:3].round().to(torch.uint8).permute(1, 2, 0), hole, shown[3]

    return run


def degrid(nearest: torch.Tensor) -> torch.Tensor:
    """Depth (H, W) of each pixel, or the mean over the opposite pairs around it of which both are clearly nearer."""
    height, width = nearest.shape
    around = torch.nn.functional.pad(nearest, (1, 1, 1, 1), value=torch.inf)
    total, count = torch.zeros_like(nearest), torch.zeros_like(nearest)
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        one = around[1 + down : 1 + down + height, 1 + right : 1 + right + width]
        other = around[1 - down : 1 - down + height, 1 - right : 1 - right + width]
        nearer = torch.maximum(one, other) * (1 + TOLERANCE) < nearest
        total += torch.where(nearer, (one + other) / 2, 0)
        count += nearer
    return torch.where(count > 0, torch.minimum(nearest, total / count), nearest)
