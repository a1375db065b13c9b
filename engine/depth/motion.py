"""Where things were in an earlier picture of the same shot, and how far that can be believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]

_NEIGHBOURS = (11, 11)
# In code values of 255. Noise and fades make some motion look a little better than none; it must be clearly better. The
# step from one to the other is soft: a hard one tears ragged islands into the map.
_FULL_GAIN = 2.0
_PATCH = (5, 5)
# The usual remainder is the noise of the picture; from twice of it on trust falls, at four times there is none.
_USUAL, _STRANGE, _LEAST_STRANGE = 2.0, 4.0, 1.5
_SURROUNDINGS = np.ones((5, 5), np.uint8)
_BORDER = (7, 7)
_MEDIAN = 5
_LIGHT_GAIN = 0.7
_LEAST_CONTRAST = 1.0
_UNUSED: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """From a picture back to an earlier one."""

    positions: Map
    """(h, w, 2): x and y in the earlier picture of what is here now; whole numbers are centres of pixels."""
    trust: Map
    """(h, w), 0..1: whether the earlier picture shows the same there."""

    def fetch(self, values: Map, *, keep_sharp: bool = False) -> Map:
        """What lies at those positions.

        Args:
            values: (h, w) float32 of the earlier picture.
            keep_sharp: cubic instead of linear between samples, for what is fetched again and again; may overshoot.
        """
        return np.asarray(_fetched(values, self.positions, cv2.INTER_CUBIC if keep_sharp else cv2.INTER_LINEAR))

    def length(self) -> Map:
        """(h, w) how far everything has moved, in pixels."""
        rows, columns = self.trust.shape
        x = self.positions[..., 0] - np.arange(columns, dtype=np.float32)
        y = self.positions[..., 1] - np.arange(rows, dtype=np.float32)[:, None]
        return np.asarray(cv2.magnitude(x, y), dtype=np.float32)


class MotionFinder:
    """Finds dense optical flow (DIS) between the small copies that the network looks at. Used by one thread.

    The flow leads from the later picture back to the earlier one, so that every sample gets a value. Where the earlier
    picture, moved along it, looks no more like the later one than unmoved, nothing has moved.
    """

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._grid: Map = np.empty((0, 0, 2), np.float32)

    def find(self, before: NDArray[np.uint8], now: NDArray[np.uint8]) -> Motion:
        """From `now` back to `before`, both (h, w) luma in bytes, see `eight_bit`."""
        before = _in_the_light_of(now, before)
        flow: Map = np.asarray(self._flow.calc(now, before, _UNUSED), dtype=np.float32)
        grid = self._grid_of(now.shape)
        error_still, error_moved = cv2.absdiff(before, now), cv2.absdiff(_fetched(before, grid + flow), now)
        gain = cv2.blur(cv2.subtract(error_still, error_moved, dtype=cv2.CV_32F), _NEIGHBOURS)
        weight = np.clip(gain * np.float32(1 / _FULL_GAIN), 0.0, 1.0)
        flow *= weight[..., None]
        positions = grid + flow
        return Motion(positions=positions, trust=_trust(before, now, positions))

    def _grid_of(self, shape: tuple[int, ...]) -> Map:
        height, width = shape
        if self._grid.shape[:2] != (height, width):
            columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
            self._grid = np.dstack([columns, rows])
        return self._grid


class DepthCarrier(Protocol):
    """Moves depth along with the picture. Used by one thread."""

    def carry(self, disparity: Map, before: NDArray[Any], now: NDArray[Any], max_value: int) -> Map:
        """The map as the later picture would have it.

        Args:
            disparity: (h, w) float32, of the earlier picture; not changed.
            before: (h, w) luma of the earlier picture, in code values.
            now: (h, w) luma of the later picture.
            max_value: the largest code value of both.

        Returns:
            (h, w) float32; may be `disparity` itself.
        """
        ...


class FlowCarrier:
    """Carries depth along optical flow; where the flow explains nothing, depth stays where it is."""

    def __init__(self) -> None:
        self._finder = MotionFinder()

    def carry(self, disparity: Map, before: NDArray[Any], now: NDArray[Any], max_value: int) -> Map:
        """The map with everything where the later picture has it; see DepthCarrier."""
        motion = self._finder.find(eight_bit(before, max_value), eight_bit(now, max_value))
        carried = motion.fetch(disparity)
        # Where the flow is lost, it is torn, and so is the map.
        smooth = cv2.medianBlur(carried, _MEDIAN)
        return np.asarray(carried + (1 - motion.trust) * (smooth - carried), dtype=np.float32)


def eight_bit(luma: NDArray[Any], max_value: int) -> NDArray[np.uint8]:
    """(h, w) luma in bytes: the flow wants nothing else; the very array where it is in bytes already."""
    if luma.dtype == np.uint8:
        return luma
    return np.asarray(cv2.convertScaleAbs(luma, alpha=255.0 / max_value), dtype=np.uint8)


def _in_the_light_of(now: NDArray[np.uint8], before: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The earlier picture as bright and contrasty as the later one, if that is what changed: a fade, a lamp."""
    (mean_before, spread_before), (mean_now, spread_now) = (
        (float(values[0][0, 0]), float(values[1][0, 0])) for values in (cv2.meanStdDev(before), cv2.meanStdDev(now))
    )
    if spread_before < _LEAST_CONTRAST or spread_now < _LEAST_CONTRAST:
        return before
    scale = spread_now / spread_before
    table = np.clip((np.arange(256) - mean_before) * scale + mean_now + 0.5, 0, 255).astype(np.uint8)
    adapted = np.asarray(cv2.LUT(before, table), dtype=np.uint8)
    as_it_was, as_adapted = (cv2.norm(picture, now, cv2.NORM_L1) for picture in (before, adapted))
    # Something bright that comes into view changes the mean too; that explains little of the difference.
    return adapted if as_adapted < _LIGHT_GAIN * as_it_was else before


def _trust(before: NDArray[np.uint8], now: NDArray[np.uint8], positions: Map) -> Map:
    height, width = now.shape
    difference = cv2.absdiff(_fetched(before, positions), now)
    remainder = np.asarray(cv2.blur(difference.astype(np.float32), _PATCH), dtype=np.float32)
    noise = float(np.median(remainder[::4, ::4]))
    slope = 1.0 / ((_STRANGE - _USUAL) * noise + _LEAST_STRANGE)
    trust = np.clip((_STRANGE * noise + _LEAST_STRANGE - remainder) * np.float32(slope), 0.0, 1.0)
    x, y = positions[..., 0], positions[..., 1]
    trust[(x < -0.5) | (x > width - 0.5) | (y < -0.5) | (y > height - 0.5)] = 0.0
    # Next to what is wrong hardly anything is right, and a ragged border of trust would be seen in the map.
    return np.asarray(cv2.blur(cv2.erode(trust, _SURROUNDINGS), _BORDER), dtype=np.float32)


def _fetched(values: NDArray[Any], positions: Map, how: int = cv2.INTER_LINEAR) -> NDArray[Any]:
    return np.asarray(cv2.remap(values, positions, _UNUSED, how, borderMode=cv2.BORDER_REPLICATE))
