"""Two eyes by PyTorch: sampling backwards with grid_sample, and softmax splatting with index_add."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional

Array = np.ndarray[Any, Any]
Eyes = list[list[torch.Tensor]]


def grid_sample_two_eyes(
    planes: tuple[Array, Array, Array], parallax: Array, eyes: Sequence[float]
) -> Callable[[], Eyes]:
    """Every eye from grids already built, bilinear; no visibility, no holes. The planes are Y, U, V in 4:2:0.

    Returns:
        The case: when called it gives Y (H, W) and UV (2, h, w) of every eye, uint8.
    """
    half = parallax[::2, ::2] / 2
    grids = [torch.from_numpy(np.stack([_grid(p, eye) for eye in eyes])) for p in (parallax, half)]
    luma, u, v = (torch.from_numpy(plane) for plane in planes)

    def run() -> Eyes:
        torch.set_num_threads(1)
        made = []
        for source, grid in zip((luma[None], torch.stack((u, v))), grids, strict=True):
            pictures = source.float().expand(len(eyes), -1, -1, -1)
            sampled = functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
            made.append(sampled.round_().to(torch.uint8))
        return [[made[0][n, 0], made[1][n]] for n in range(len(eyes))]

    return run


def _grid(parallax: Array, eye: float) -> Array:
    """(h, w, 2) float32: where grid_sample looks for each pixel, -1..1 from edge to edge of the picture."""
    height, width = parallax.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x -= np.float32(eye) * parallax
    return np.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], axis=-1).astype(np.float32)


def softmax_splat_two_eyes(
    planes: tuple[Array, Array, Array], parallax: Array, eyes: Sequence[float]
) -> Callable[[], Eyes]:
    """Every eye by softmax splatting: samples are spread over two pixels each, and averaged there by exp(parallax).

    The planes are Y, U, V in 4:2:0; chroma is splatted at its own size, with the parallax of every second pixel.

    Returns:
        The case: when called it gives Y (H, W) and UV (2, h, w) uint8, hole (H, W) bool and parallax (H, W) float32 of
        every eye.
    """
    near, half = torch.from_numpy(parallax), torch.from_numpy(np.ascontiguousarray(parallax[::2, ::2] / 2))
    luma, u, v = (torch.from_numpy(plane) for plane in planes)

    def run() -> Eyes:
        torch.set_num_threads(1)
        made = []
        for eye in eyes:
            (y, warped), hole = _splat(torch.stack((luma.float(), near)), near, eye)
            chroma, _ = _splat(torch.stack((u.float(), v.float())), half, eye)
            made.append([y.round_().to(torch.uint8), chroma.round_().to(torch.uint8), hole, warped])
        return made

    return run


def _splat(values: torch.Tensor, parallax: torch.Tensor, eye: float) -> tuple[torch.Tensor, torch.Tensor]:
    """(C, H, W) values moved by eye * parallax, and where nothing landed. index_add is fastest along the last axis."""
    channels, height, width = values.shape
    landing = torch.arange(width) + eye * parallax
    left = landing.floor()
    share = landing - left
    weight = (parallax - parallax.max()).exp_()
    rows = torch.arange(height)[:, None] * width
    nowhere = height * width
    total = torch.zeros(channels + 1, nowhere + 1)
    weighted = torch.cat((values, torch.ones(1, height, width))) * weight
    for column, part in ((left, 1 - share), (left + 1, share)):
        inside = (column >= 0) & (column < width)
        index = torch.where(inside, column.long() + rows, nowhere)
        total.index_add_(1, index.flatten(), (weighted * part).flatten(1))
    landed = total[:, :nowhere].reshape(channels + 1, height, width)
    hole = landed[-1] == 0
    return torch.where(hole, 0, landed[:-1] / landed[-1]), hole
