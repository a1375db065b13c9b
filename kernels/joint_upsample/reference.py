"""The definition of joint upsampling, slow and obvious. Every other implementation equals it bit for bit.

All arithmetic is float32, one rounding per operation, in the order written here (no fused multiply-add).

Each output pixel lies among four samples of the disparity map (`grid.sample_positions`): d00, d01 above, d10, d11
below. Each sample also has a guide g: the mean of the luma over the sample's own cell of pixels. The result is the
mean of the four, weighted by distance and by likeness of luma:

    weight = bilinear / (1 + ((luma - g) / LUMA_TOLERANCE)^2)^2

so a pixel follows the samples that look like it, and edges of the result lie on edges of the picture. Where the
four samples differ by no more than FLAT (of a relative disparity, 0..1) the plain bilinear value is used, so that
texture on a smooth surface does not become relief; between FLAT and EDGE the two are mixed. The result lies between
the smallest and the largest of the four samples: no overshoot, no halo.
"""

from __future__ import annotations

import numpy as np

from kernels.joint_upsample.grid import EDGE, FLAT, LUMA_TOLERANCE, Array, cell_edges, sample_positions

_ONE = np.float32(1)


def joint_upsample_reference(disparity: Array, luma: Array, *, luma_scale: float) -> Array:
    """The upsampled map, (H, W) float32; checked arguments, luma_scale brings luma to 0..255."""
    scale = np.float32(luma_scale / LUMA_TOLERANCE)
    guide = _cell_means(luma, disparity.shape) * scale
    height, width = luma.shape
    x0, x1, fx = sample_positions(width, disparity.shape[1])
    out = np.empty((height, width), np.float32)
    for y, (y0, y1, fy) in enumerate(zip(*sample_positions(height, disparity.shape[0]), strict=True)):
        corners = [(y0, x0), (y0, x1), (y1, x0), (y1, x1)]
        d00, d01, d10, d11 = (disparity[corner] for corner in corners)
        gx, gy = _ONE - fx, _ONE - fy
        shares = [gx * gy, fx * gy, gx * fy, fx * fy]
        pixel = luma[y].astype(np.float32) * scale
        weights = []
        for corner, share in zip(corners, shares, strict=True):
            unlike = pixel - guide[corner]
            quotient = _ONE + unlike * unlike
            weights.append(share / (quotient * quotient))
        w00, w01, w10, w11 = weights
        joint = (w00 * d00 + w01 * d01 + w10 * d10 + w11 * d11) / (w00 + w01 + w10 + w11)
        top, bottom = d00 + fx * (d01 - d00), d10 + fx * (d11 - d10)
        smooth = top + fy * (bottom - top)
        low = np.minimum(np.minimum(d00, d01), np.minimum(d10, d11))
        high = np.maximum(np.maximum(d00, d01), np.maximum(d10, d11))
        mix = np.minimum(np.maximum((high - low - FLAT) / (EDGE - FLAT), np.float32(0)), _ONE)
        out[y] = np.minimum(np.maximum(smooth + mix * (joint - smooth), low), high)
    return out


def _cell_means(luma: Array, shape: tuple[int, ...]) -> Array:
    """(h, w) float32: the mean luma of every cell: exact integer sum, divided once."""
    rows, columns = cell_edges(luma.shape[0], shape[0]), cell_edges(luma.shape[1], shape[1])
    means = np.empty(shape, np.float32)
    for r, c in np.ndindex(*shape):
        cell = luma[rows[r] : rows[r + 1], columns[c] : columns[c + 1]].astype(np.int64)
        means[r, c] = np.float32(cell.sum()) / np.float32(cell.size)
    return means
