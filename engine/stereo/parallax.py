"""From relative disparity to parallax in pixels: the gain is the user's, the screen plane follows the picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.frame import Frame
from engine.geometry import gain_px
from engine.stereo.convergence import AutoConvergence, ComfortLimits, Placement, Relief

# Maps are estimated a few hundred columns wide: their rims are as soft in larger pictures, and wider in pixels.
_COLUMNS_PER_PIXEL_GROWN = 400


class ParallaxMapper:
    """Turns each frame's disparity into parallax, ``gain_px * (disparity - convergence)``."""

    def __init__(
        self,
        *,
        strength: float,
        convergence: float | None,
        raw: bool = False,
        grow: int | None = None,
        limits: ComfortLimits | None = None,
    ) -> None:
        """Make the mapper.

        Args:
            strength: parallax budget in percent of the width; ignored for raw.
            convergence: disparity on the screen plane; None follows the picture, see AutoConvergence.
            raw: the disparity is parallax in pixels already.
            grow: let near things grow by this many pixels; None is one for every 400 columns. Maps and pictures are
                blurred at the outline of a thing; what is left behind of it smears over the uncovered background. Not
                done to raw.
            limits: kept where the screen plane follows the picture; a plane that is set by hand is not questioned.
        """
        self._strength = strength
        self._fixed = convergence
        self._raw = raw
        self._grow = grow
        self._auto = AutoConvergence(limits or ComfortLimits())
        self._placement = Placement(convergence or 0.0, strength)
        self._subject = 0.0

    @property
    def limits(self) -> ComfortLimits:
        """What is comfortable, kept or not."""
        return self._auto.limits

    @property
    def strength(self) -> float:
        """Percent of the width that was asked for."""
        return self._strength

    @property
    def placement(self) -> Placement:
        """Where the screen was in the last frame; raw disparity has it at 0, and no strength of its own."""
        return Placement(0.0, 0.0) if self._raw else self._placement

    @property
    def convergence(self) -> float:
        """The disparity on the screen plane of the last frame."""
        return self.placement.plane

    def change(self, *, strength: float, convergence: float | None) -> None:
        """Use other settings from the next frame on, on the thread that calls `parallax_px`.

        A screen plane that is set free again (None) starts to follow the picture from where it is.
        """
        self._strength = strength
        self._fixed = convergence
        if convergence is not None:
            self._placement = Placement(convergence, strength)
            self._auto.start_from(convergence)

    def parallax_px(self, frame: Frame) -> NDArray[np.float32]:
        """The parallax of every pixel.

        Args:
            frame: with disparity (H, W) float32, finite.

        Returns:
            (H, W) float32 pixels, positive in front of the screen.

        Raises:
            ValueError: the frame has not been through the depth stage.
        """
        if frame.disparity is None:
            raise ValueError("stereo needs a frame with disparity; the depth stage comes first")
        disparity = np.asarray(frame.disparity)
        relief = Relief.of(disparity)
        self._subject = relief.subject
        if self._raw:
            return disparity
        if self._fixed is None:
            self._placement = self._auto.follow(relief, self._strength, time_s=frame.time_s, is_cut=frame.is_cut)
        else:
            self._placement = Placement(self._fixed, self._strength)
        grow = default_growth(frame.width) if self._grow is None else self._grow
        if grow > 0:
            disparity = cv2.dilate(disparity, np.ones((2 * grow + 1, 2 * grow + 1), np.uint8))
        gain = gain_px(self._placement.strength, frame.width)
        return _affine(disparity, gain, -gain * self._placement.plane)

    def subject_px(self, frame: Frame) -> float:
        """The parallax of what one looks at in the frame that was mapped last."""
        if self._raw:
            return self._subject
        return gain_px(self._placement.strength, frame.width) * (self._subject - self._placement.plane)

    def inverse(self, frame: Frame) -> tuple[float, float]:
        """(scale, offset) that turn the parallax_px of the frame that was mapped last into relative disparity, 0..1.

        Larger is nearer as rendered: negative strength turns disparity round. Raw parallax has no such range of its
        own; the frame's own 1st and 99th percentile take its place.
        """
        if self._raw:
            low, high = np.percentile(np.asarray(frame.disparity)[::8, ::8], (1.0, 99.0))
            scale = 1.0 / max(float(high - low), 1e-6)
            return scale, -float(low) * scale
        gain, plane = gain_px(self._placement.strength, frame.width), self._placement.plane
        if gain == 0:
            return 0.0, plane
        return 1.0 / abs(gain), plane if gain > 0 else 1.0 - plane


def default_growth(width: int) -> int:
    """By how many pixels near things grow in a picture of this width; docs/comfort.md has the measurement."""
    return max(1, round(width / _COLUMNS_PER_PIXEL_GROWN))


def _affine(values: NDArray[Any], scale: float, offset: float) -> NDArray[np.float32]:
    scaled = values * np.float32(scale)
    scaled += np.float32(offset)
    return scaled
