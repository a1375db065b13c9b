"""The definition of joint upsampling, slow and obvious. Every other implementation equals it bit for bit.

All arithmetic is float32, one rounding per operation, in the order written here (no fused multiply-add).

Each output pixel lies among four samples of the disparity map (`grid.sample_positions`): d00, d01 above, d10, d11
below. Each sample also has a guide g: the mean of the luma over the sample's own cell of pixels. The result is the
mean of the four, weighted by distance and by likeness of luma:

    weight = bilinear / Q        Q = (1 + ((luma - g) / LUMA_TOLERANCE)^2)^2

so a pixel follows the samples that look like it, and edges of the result lie on edges of the picture. The mean is
written as the first sample and a rise from it (where only that one counts, it comes out exactly), and without the four
divisions, as the same fraction times the product of all Q. Where the four samples differ by
no more than FLAT (of a relative disparity, 0..1) the plain bilinear value is used, so that texture on a smooth
surface does not become relief; between FLAT and EDGE the two are mixed. The result lies between the smallest and the
largest of the four samples: no overshoot, no halo. Zero is added at last, so that no zero is negative: which of two
zeros is the smaller, minima do not agree on.
"""

from __future__ import annotations

import numpy as np

from kernels.joint_upsample.grid import FLAT, LUMA_TOLERANCE, RISE, WHITE, Array, cell_edges, sample_positions

_ZERO, _ONE = np.float32(0), np.float32(1)


def joint_upsample_reference(disparity: Array, luma: Array, *, luma_scale: float) -> Array:
    """The upsampled map, (H, W) float32; checked arguments, luma_scale brings luma to 0..255."""
    scale = np.float32(luma_scale / LUMA_TOLERANCE)
    guide = np.minimum(_cell_means(luma, disparity.shape) * scale, WHITE)
    height, width = luma.shape
    x0, x1, fx = sample_positions(width, disparity.shape[1])
    out = np.empty((height, width), np.float32)
    for y, (y0, y1, fy) in enumerate(zip(*sample_positions(height, disparity.shape[0]), strict=True)):
        corners = [(y0, x0), (y0, x1), (y1, x0), (y1, x1)]
        samples = [disparity[corner] for corner in corners]
        smooth = _mix_between(_mix_between(samples[0], samples[1], fx), _mix_between(samples[2], samples[3], fx), fy)
        low, high = np.minimum.reduce(samples), np.maximum.reduce(samples)
        say = np.minimum((high - low - FLAT) * RISE, _ONE)
        pixel = np.minimum(luma[y].astype(np.float32) * scale, WHITE)
        joint = _mean_of_like(samples, [_unlikeness(pixel, guide[corner]) for corner in corners], fx, fy)
        sharp = np.minimum(np.maximum(smooth + say * (joint - smooth), low), high)
        out[y] = np.where(say > 0, sharp, smooth) + _ZERO
    return out


def _mix_between(first: Array, second: Array, share: Array) -> Array:
    """Linear interpolation that stays between its ends in spite of rounding."""
    mixed = first + share * (second - first)
    return np.minimum(np.maximum(mixed, np.minimum(first, second)), np.maximum(first, second))


def _unlikeness(pixel: Array, guide: Array) -> Array:
    """Q: 1 for the same luma, 4 at the tolerance."""
    unlike = pixel - guide
    root = _ONE + unlike * unlike
    return root * root


def _mean_of_like(samples: list[Array], unlikeness: list[Array], fx: Array, fy: np.float32) -> Array:
    """d00 plus the sum of bilinear / Q * (d - d00) over the sum of bilinear / Q, both times the product of all Q."""
    (d00, d01, d10, d11), (q00, q01, q10, q11) = samples, unlikeness
    gx, gy = _ONE - fx, _ONE - fy
    w00, w01, w10, w11 = gx * q01, fx * q00, gx * q11, fx * q10
    above, below = gy * (q10 * q11), fy * (q00 * q01)
    total = above * (w01 * (d01 - d00)) + below * (w10 * (d10 - d00) + w11 * (d11 - d00))
    return d00 + total / (above * (w00 + w01) + below * (w10 + w11))


def _cell_means(luma: Array, shape: tuple[int, ...]) -> Array:
    """(h, w) float32: the mean luma of every cell: exact integer sum, divided once."""
    rows, columns = cell_edges(luma.shape[0], shape[0]), cell_edges(luma.shape[1], shape[1])
    means = np.empty(shape, np.float32)
    for r, c in np.ndindex(*shape):
        cell = luma[rows[r] : rows[r + 1], columns[c] : columns[c + 1]].astype(np.int64)
        means[r, c] = np.float32(cell.sum()) / np.float32(cell.size)
    return means
