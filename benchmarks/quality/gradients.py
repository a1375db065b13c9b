"""A perceptual distance that needs no network: how well gradient magnitudes agree, at three scales.

Around a pixel the similarity of gradient magnitudes a and b is (2ab + c) / (a^2 + b^2 + c): 1 where edges and texture
are as strong as they should be, and low where something is blurred, smeared, or there is an edge too many.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SCALES = 3
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_STABILITY = 170.0
"""The constant c for luma of 0..255: keeps noise in flat places from counting."""


def gradient_distance_map(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Squared shortfall of the similarity around every pixel of two RGB pictures (H, W, 3), mean over scales: (H, W).

    The root of its mean over a region is the distance there: 0 where gradients are equal, 1 at most.

    Raises:
        ValueError: shapes differ.
    """
    if first.shape != second.shape:
        raise ValueError(f"pictures of one size are expected: {first.shape}, {second.shape}")
    rows, columns = first.shape[:2]
    a, b = (np.ascontiguousarray(picture @ _LUMA, np.float32) for picture in (first, second))
    total = np.zeros((rows, columns), np.float32)
    for scale in range(SCALES):
        if scale:
            half = (max(1, a.shape[1] // 2), max(1, a.shape[0] // 2))
            a, b = (np.asarray(cv2.resize(x, half, interpolation=cv2.INTER_AREA), np.float32) for x in (a, b))
        strong, weak = _magnitude(a), _magnitude(b)
        similarity = (2 * strong * weak + _STABILITY) / (strong**2 + weak**2 + _STABILITY)
        total += cv2.resize(np.square(1 - similarity), (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(total / SCALES, np.float32)


def _magnitude(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """Prewitt's operator."""
    smooth, step = np.full(3, 1 / 3, np.float32), np.array([1, 0, -1], np.float32)
    across = cv2.sepFilter2D(luma, cv2.CV_32F, step, smooth, borderType=cv2.BORDER_REPLICATE)
    down = cv2.sepFilter2D(luma, cv2.CV_32F, smooth, step, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.hypot(across, down), np.float32)
