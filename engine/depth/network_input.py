"""From a planar frame to the small RGB picture a depth network looks at."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.colour import rgb_from_yuv
from engine.frame import Frame

# A network sees what it was trained on: shapes close to its training area matter more than the last bit of aspect.
_AREA_WEIGHT = 0.25
_USUAL_AREA = 384 * 224


def network_size(display_aspect: float, *, area: int | None = None, multiple: int = 32) -> tuple[int, int]:
    """The size to look at a stream in.

    Args:
        display_aspect: width over height of the picture as it is shown.
        area: pixels the network was trained at; None where its sidecar does not say.
        multiple: what both sides must be divisible by.

    Returns:
        (width, height), multiples of `multiple`, with about this area and the nearest aspect.
    """
    area = area or _USUAL_AREA
    best, best_cost = (multiple, multiple), math.inf
    limit = max(2, math.ceil(2 * math.sqrt(area * max(display_aspect, 1 / display_aspect)) / multiple))
    for columns in range(1, limit + 1):
        for rows in range(1, limit + 1):
            width, height = columns * multiple, rows * multiple
            cost = abs(math.log(width / height / display_aspect))
            cost += _AREA_WEIGHT * abs(math.log(width * height / area))
            if cost < best_cost:
                best, best_cost = (width, height), cost
    return best


def small_planes(frame: Frame, width: int, height: int) -> tuple[NDArray[Any], ...]:
    """Every plane of the frame resampled to width x height, in its own code values; area averages when shrinking."""
    return tuple(_resized(plane, width, height) for plane in frame.planes)


def small_rgb(frame: Frame, planes: tuple[NDArray[Any], ...]) -> NDArray[np.float32]:
    """The R'G'B' picture of planes made by small_planes.

    Args:
        frame: where the planes come from; gives matrix, range and bit depth.
        planes: (h, w) each.

    Returns:
        (1, 3, h, w) float32, 0..1, C-contiguous.
    """
    matrix, offset = rgb_from_yuv(frame.colour, frame.format, frame.height)
    height, width = planes[0].shape
    if len(planes) == 1:
        luma = planes[0].reshape(1, -1).astype(np.float32)
        middle = float(1 << (frame.format.bits - 1))
        scale = np.full((3, 1), matrix[0, 0], np.float32)
        shift = (offset + matrix[:, 1:].sum(axis=1) * middle).astype(np.float32)
        rgb = scale * luma + shift[:, None]
    else:
        code = np.empty((3, height * width), np.float32)
        for row, plane in zip(code, planes, strict=True):
            row[:] = plane.reshape(-1)
        rgb = matrix.astype(np.float32) @ code
        rgb += offset.astype(np.float32)[:, None]
    return np.clip(rgb, 0.0, 1.0, out=rgb).reshape(1, 3, height, width)


def _resized(plane: NDArray[Any], width: int, height: int) -> NDArray[Any]:
    # Exact halves take OpenCV's fast way; one step of any ratio costs five times as much at 1080p.
    while plane.shape[0] >= 2 * height and plane.shape[1] >= 2 * width:
        half = (plane.shape[1] // 2, plane.shape[0] // 2)
        plane = cv2.resize(plane[: 2 * half[1], : 2 * half[0]], half, interpolation=cv2.INTER_AREA)
    shrinks = plane.shape[0] >= height and plane.shape[1] >= width
    return cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
