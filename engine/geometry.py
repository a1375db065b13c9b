"""Parallax, convergence and eyes (docs/architecture.md, section 4; signs in docs/glossary.md)."""

from __future__ import annotations

from typing import Literal

Eyes = Literal["both", "right", "left"]
"""Which eyes are synthesised: `right` keeps the source as the left eye, `left` keeps it as the right one."""

_EYE_OFFSETS: dict[str, tuple[float, float]] = {"both": (0.5, -0.5), "right": (0.0, -1.0), "left": (1.0, 0.0)}


def eye_offsets(eyes: Eyes) -> tuple[float, float]:
    """How far the (left, right) eye moves a sample, as a factor of its parallax; 0 means the source itself."""
    return _EYE_OFFSETS[eyes]


def gain_px(strength: float, width: int) -> float:
    """The parallax between disparity 0 and disparity 1.

    Args:
        strength: parallax budget in percent of the image width.
        width: columns of the picture.

    Returns:
        Pixels of the picture; negative strength swaps near and far.
    """
    return strength / 100.0 * width
