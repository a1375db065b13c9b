"""From relative disparity to parallax in pixels: the gain is the user's, the screen plane follows the picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.frame import Frame
from engine.geometry import gain_px

_GRID = (64, 36)
_SLEW_PER_SECOND = 0.25
_USUAL_FRAME_S = 1.0 / 30.0
# What people look at is mostly in the middle and not the farthest thing there; it belongs on the screen plane.
_ON_SCREEN = 0.6
_CENTRE_SIGMA = 0.35
# Near things leave the screen by at most this share of the budget: more is tiring, and they are cut by the frame.
_MOST_IN_FRONT = 0.6
_COLUMNS_PER_PIXEL_GROWN = 960


class ParallaxMapper:
    """Turns each frame's disparity into parallax, ``gain_px * (disparity - convergence)``."""

    def __init__(
        self, *, strength: float, convergence: float | None, raw: bool = False, grow: int | None = None
    ) -> None:
        """Make the mapper.

        Args:
            strength: parallax budget in percent of the width; ignored for raw.
            convergence: disparity on the screen plane; None follows the picture, slowly within a shot.
            raw: the disparity is parallax in pixels already.
            grow: let near things grow by this many pixels; None is one for every 960 columns. The outline of a thing is
                blurred over a pixel or two; left behind, its colours would be smeared over the uncovered background.
                Not done to raw.
        """
        self._strength = strength
        self._fixed = convergence
        self._raw = raw
        self._grow = grow
        self._convergence: float | None = convergence
        self._last_s: float | None = None

    @property
    def convergence(self) -> float:
        """The disparity on the screen plane of the last frame."""
        return 0.0 if self._raw or self._convergence is None else self._convergence

    def change(self, *, strength: float, convergence: float | None) -> None:
        """Use other settings from the next frame on, on the thread that calls `parallax_px`.

        A screen plane that is set free again (None) starts to follow the picture from where it is.
        """
        self._strength = strength
        self._fixed = convergence
        if convergence is not None:
            self._convergence = convergence

    def parallax_px(self, frame: Frame) -> NDArray[np.float32]:
        """The parallax of every pixel.

        Args:
            frame: with disparity (H, W) float32, finite.

        Returns:
            (H, W) float32 pixels, positive in front of the screen.

        Raises:
            ValueError: the frame has not been through the depth stage.
        """
        disparity = frame.disparity
        if disparity is None:
            raise ValueError("stereo needs a frame with disparity; the depth stage comes first")
        if self._raw:
            return np.asarray(disparity)
        if self._fixed is None:
            self._follow(frame, disparity)
        grow = max(1, round(frame.width / _COLUMNS_PER_PIXEL_GROWN)) if self._grow is None else self._grow
        if grow > 0:
            disparity = cv2.dilate(disparity, np.ones((2 * grow + 1, 2 * grow + 1), np.uint8))
        gain = gain_px(self._strength, frame.width)
        return _affine(disparity, gain, -gain * self.convergence)

    def inverse(self, frame: Frame) -> tuple[float, float]:
        """(scale, offset) that turn the frame's parallax_px back into relative disparity, 0..1.

        Larger is nearer as rendered: negative strength turns disparity round. Raw parallax has no such range of its
        own; the frame's own 1st and 99th percentile take its place.
        """
        if self._raw:
            low, high = np.percentile(np.asarray(frame.disparity)[::8, ::8], (1.0, 99.0))
            scale = 1.0 / max(float(high - low), 1e-6)
            return scale, -float(low) * scale
        gain = gain_px(self._strength, frame.width)
        if gain == 0:
            return 0.0, self.convergence
        return 1.0 / abs(gain), self.convergence if gain > 0 else 1.0 - self.convergence

    def _follow(self, frame: Frame, disparity: NDArray[Any]) -> None:
        wanted = screen_plane(disparity)
        now = frame.time_s
        passed = _USUAL_FRAME_S if now is None or self._last_s is None else max(now - self._last_s, 0.0)
        self._last_s = now
        if self._convergence is None or frame.is_cut:
            self._convergence = wanted
            return
        limit = _SLEW_PER_SECOND * passed
        self._convergence += min(max(wanted - self._convergence, -limit), limit)


def screen_plane(disparity: NDArray[Any]) -> float:
    """Which disparity to put on the screen plane: a high percentile of what is near the middle of the picture.

    Args:
        disparity: (H, W) float32, 0..1.

    Returns:
        0..1; with it nothing stands farther in front of the screen than a set share of the budget.
    """
    small = cv2.resize(disparity, _GRID, interpolation=cv2.INTER_NEAREST).astype(np.float64)
    rows, columns = np.mgrid[-1 : 1 : _GRID[1] * 1j, -1 : 1 : _GRID[0] * 1j] / 2
    weight = np.exp(-(rows**2 + columns**2) / (2 * _CENTRE_SIGMA**2)).ravel()
    order = np.argsort(small, axis=None)
    share = np.cumsum(weight[order])
    centre = small.ravel()[order][np.searchsorted(share, _ON_SCREEN * share[-1])]
    return float(max(centre, np.percentile(small, 98.0) - _MOST_IN_FRONT))


def _affine(values: NDArray[Any], scale: float, offset: float) -> NDArray[np.float32]:
    scaled = values * np.float32(scale)
    scaled += np.float32(offset)
    return scaled
