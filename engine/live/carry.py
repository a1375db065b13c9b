"""Carrying a depth map from the picture it was estimated on to a later one of the same shot."""

from __future__ import annotations

from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]

_NEIGHBOURS = (11, 11)
# In code values of 255. Noise and fades make some motion look a little better than none; it must be clearly better. The
# step from one to the other is soft: a hard one tears ragged islands into the map.
_FULL_GAIN = 2.0


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
    """Moves every sample along dense optical flow (DIS), found on the small copies that the network looks at.

    The flow leads from the later picture back to the earlier one, so that every sample gets a value. Where the earlier
    picture, moved along it, looks no more like the later one than unmoved, the depth stays where it is.
    """

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._grid: Map = np.empty((0, 0, 2), np.float32)

    def carry(self, disparity: Map, before: NDArray[Any], now: NDArray[Any], max_value: int) -> Map:
        """The map with everything where the later picture has it; see DepthCarrier."""
        old, new = _eight_bit(before, max_value), _eight_bit(now, max_value)
        unused: Any = None
        positions: Map = np.asarray(self._flow.calc(new, old, unused), dtype=np.float32)
        positions += self._grid_of(disparity.shape)
        error_still, error_moved = cv2.absdiff(old, new), cv2.absdiff(_fetched(old, positions), new)
        gain = cv2.blur(cv2.subtract(error_still, error_moved, dtype=cv2.CV_32F), _NEIGHBOURS)
        weight = np.clip(gain * np.float32(1 / _FULL_GAIN), 0.0, 1.0)
        return np.asarray(disparity + weight * (_fetched(disparity, positions) - disparity), dtype=np.float32)

    def _grid_of(self, shape: tuple[int, ...]) -> Map:
        height, width = shape
        if self._grid.shape[:2] != (height, width):
            columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
            self._grid = np.dstack([columns, rows])
        return self._grid


def _fetched(values: NDArray[Any], positions: Map) -> NDArray[Any]:
    """What lies at those positions, linear between samples."""
    unused: Any = None
    return np.asarray(cv2.remap(values, positions, unused, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _eight_bit(luma: NDArray[Any], max_value: int) -> NDArray[np.uint8]:
    """The flow wants bytes."""
    if luma.dtype == np.uint8:
        return luma
    return np.asarray(cv2.convertScaleAbs(luma, alpha=255.0 / max_value), dtype=np.uint8)
