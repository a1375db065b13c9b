"""Where the viewer's head is, and what the picture looks like from there. Arithmetic only, no OpenGL.

Lengths are in widths of the picture. The film is looked at as through a window: the head sits in front of its middle at
a usual distance, each eye half an eye distance to the side, and a point with parallax p (in widths) lies at the inverse
distance q = 1 + p / eye distance, in units where the screen plane has q = 1. Axes: x right, y down, z into the picture.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from engine.errors import UsageError

EYE_DISTANCE = 0.105
"""63 mm in front of a screen 600 mm wide."""
VIEWING_DISTANCE = 1.07
"""640 mm in front of a screen 600 mm wide: the picture is 50 degrees wide."""
NEAREST = 8.0
"""Inverse distance at which things are cut off, in front of the eye."""

_LIMITS = {"x": 1.5, "y": 1.0, "z": 0.3, "yaw": 8.0, "pitch": 6.0, "roll": 10.0}
"""The comfortable box: farther out, more of the picture would be guessed than seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadPose:
    """How far the head has moved from its place; the default is not at all."""

    x: float = 0.0
    """To the right, in eye distances."""
    y: float = 0.0
    """Downwards, in eye distances."""
    z: float = 0.0
    """Towards the picture, as a share of the viewing distance."""
    yaw: float = 0.0
    """Turned to the right, degrees."""
    pitch: float = 0.0
    """Turned upwards, degrees."""
    roll: float = 0.0
    """Tilted towards the right shoulder, degrees."""

    @property
    def is_home(self) -> bool:
        """Whether the picture is what it would be without any of this."""
        return self == HOME

    def moved(self, **steps: float) -> HeadPose:
        """The pose after adding steps to its fields, kept inside the comfortable box."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, step in steps.items():
            limit = _LIMITS[name]
            values[name] = round(min(limit, max(-limit, values[name] + step)), 4)
        return HeadPose(**values)

    @classmethod
    def parse(cls, text: str) -> HeadPose:
        """The pose that words like ``x=1,yaw=-3`` ask for; the home pose for none.

        Raises:
            UsageError: something else than the six ways of moving, no number, or outside of the comfortable box.
        """
        steps: dict[str, float] = {}
        for part in text.split(",") if text else ():
            match = re.fullmatch(r"\s*([a-z]+)\s*=\s*([-+]?(?:\d+\.?\d*|\.\d+))\s*", part)
            if match is None or match[1] not in _LIMITS:
                raise UsageError(f"--head {text}: expected x, y, z, yaw, pitch or roll = number, like x=1,yaw=-3")
            steps[match[1]] = float(match[2])
            if abs(steps[match[1]]) > _LIMITS[match[1]]:
                raise UsageError(f"--head {text}: {match[1]} must lie within {_LIMITS[match[1]]:g} either way")
        return cls(**steps)


HOME = HeadPose()


def eye_camera(pose: HeadPose, side: float, aspect: float) -> NDArray[np.float64]:
    """What one eye of a moved head makes of its own unmoved picture.

    The frustum is sheared so that the middle of the screen plane stays in the middle and both eyes keep meeting on the
    screen plane. For a head that is turned both are true of the screen plane before the turn.

    Args:
        pose: of the head.
        side: -0.5 for the left eye, +0.5 for the right one.
        aspect: width over height of the picture.

    Returns:
        (4, 4): from (x, y, VIEWING_DISTANCE, q), x and y in widths from the middle of this eye's unmoved picture, to
        homogeneous clip coordinates whose y points down. The identity up to scale where the head is at home.
    """
    eye = np.array([side * EYE_DISTANCE, 0.0, 0.0])
    turn = _rotation(pose)
    offset = np.array([pose.x * EYE_DISTANCE, pose.y * EYE_DISTANCE, pose.z * VIEWING_DISTANCE])
    # From this eye's picture to points as the unmoved head sees them: the eye's own parallax is taken back.
    points = np.eye(4)
    points[0, 2] = -eye[0] / VIEWING_DISTANCE
    points[0, 3] = eye[0]
    # To the axes of the moved eye. Points are homogeneous with weight q.
    place = np.eye(4)
    place[:3, 3] = -(offset + turn @ eye)
    axes = np.eye(4)
    axes[:3, :3] = turn.T
    shift = (turn.T @ np.array([offset[0], offset[1], 0.0]) + eye) / (1.0 - pose.z)
    image = np.array(
        [
            [2.0 * VIEWING_DISTANCE, 0.0, 2.0 * shift[0], 0.0],
            [0.0, 2.0 * VIEWING_DISTANCE * aspect, 2.0 * aspect * shift[1], 0.0],
            # Depth falls linearly with the inverse distance: from 1 at infinity to -1 at NEAREST.
            [0.0, 0.0, 1.0, -2.0 * VIEWING_DISTANCE / NEAREST],
            [0.0, 0.0, 1.0, 0.0],
        ]
    )
    return np.asarray(image @ axes @ place @ points, dtype=np.float64)


def _rotation(pose: HeadPose) -> NDArray[np.float64]:
    """Columns are the axes of the turned head: yaw, then pitch, then roll about its own axes."""
    yaw, pitch, roll = (math.radians(angle) for angle in (pose.yaw, pose.pitch, pose.roll))
    cy, sy, cp, sp, cr, sr = (
        math.cos(yaw), math.sin(yaw), math.cos(pitch), math.sin(pitch), math.cos(roll), math.sin(roll),
    )  # fmt: skip
    about_y = np.array([[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]])
    about_x = np.array([[1.0, 0.0, 0.0], [0.0, cp, -sp], [0.0, sp, cp]])
    about_z = np.array([[cr, -sr, 0.0], [sr, cr, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(about_y @ about_x @ about_z, dtype=np.float64)
