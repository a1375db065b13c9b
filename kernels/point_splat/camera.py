"""Cameras of the point splat, what it returns, and the constants that all implementations share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

MAX_SIDE = 16384
"""Rows and columns of source and target: pixel positions then fit the fixed-point grid, and float32 finds them."""
SUBPIXELS = 256
"""Steps of the grid on which corners lie, per target pixel: fine enough for 8-bit ramps, exact in 64-bit products."""
GUARD = 2.0**23
"""Corners farther out than this many grid steps (32,768 pixels) are no points; every integer up to it is a float32."""
NEAR = 2.0**-10
"""A point nearer to the target camera than this share of its source depth is none: it would fill the whole picture."""
MIN_DEPTH, MAX_DEPTH = 1e-30, 1e30
"""Depths outside are no points: their reciprocal would lose bits."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Pinhole:
    """A camera without distortion (docs/glossary.md: axes x right, y down, z forward; pixel centres at index + 0.5)."""

    fx: float
    """Focal length over image width, > 0."""
    fy: float
    """Focal length over image height, > 0."""
    cx: float = 0.5
    """Principal point over image width."""
    cy: float = 0.5
    """Principal point over image height."""
    pose: Array = field(default_factory=lambda: np.eye(3, 4))
    """World-to-camera, (3, 4): a rotation and a translation in the unit of depth."""

    def matrix(self, height: int, width: int) -> Array:
        """(3, 3) float64: camera coordinates to pixels times depth."""
        rows = [[self.fx * width, 0, self.cx * width], [0, self.fy * height, self.cy * height], [0, 0, 1]]
        return np.array(rows, np.float64)


@dataclass(frozen=True, eq=False)
class PointView:
    """What the target camera sees."""

    image: Array
    """(H', W', 3), dtype of the source picture; zeros in holes."""
    hole: Array
    """(H', W') uint8, 1 where no surface was drawn."""
    depth: Array
    """(H', W') float32: distance along the target's axis, 0 in holes."""

    @staticmethod
    def empty(size: tuple[int, int], dtype: np.dtype[Any]) -> PointView:
        """Arrays of a (height, width), not yet written."""
        return PointView(np.empty((*size, 3), dtype), np.empty(size, np.uint8), np.empty(size, np.float32))


def projection(source: Pinhole, target: Pinhole, source_size: tuple[int, int], target_size: tuple[int, int]) -> Array:
    """(3, 4) float32 P: a point at source pixel (u, v) with depth d is seen at pixel (X / Q, Y / Q), Q times as far,

        (X, Y, Q) = P[:, :3] @ (u, v, 1) + P[:, 3] / d

    Computed in float64 and rounded once, so that equal cameras give the identity without an error.
    """
    rotation, shift = np.eye(3), np.zeros(3)
    source_pose, target_pose = np.asarray(source.pose, np.float64), np.asarray(target.pose, np.float64)
    if not np.array_equal(source_pose, target_pose):
        rotation = target_pose[:, :3] @ source_pose[:, :3].T
        shift = target_pose[:, 3] - rotation @ source_pose[:, 3]
    camera = target.matrix(*target_size)
    plane = camera @ rotation @ np.linalg.inv(source.matrix(*source_size))
    with np.errstate(over="ignore"):
        return np.column_stack([plane, camera @ shift]).astype(np.float32)
