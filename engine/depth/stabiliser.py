"""Making single-frame estimates hold still: one range per shot, and no flicker where the picture does not move.

Both are causal: no frame waits for a later one.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]


class RangeNormaliser:
    """Maps the network's relative output to 0..1 by a robust range that follows the shot slowly."""

    def __init__(self, *, rate: float = 0.12, percentiles: tuple[float, float] = (1.0, 99.0)) -> None:
        """Start without a range.

        Args:
            rate: how much of a new frame's range is taken over, 0..1; a cut takes all of it.
            percentiles: what becomes 0 and what becomes 1.
        """
        self._rate = rate
        self._percentiles = percentiles
        self._range: tuple[float, float] | None = None

    def normalise(self, disparity: Map, *, is_cut: bool) -> Map:
        """The map in 0..1; a map without any relief becomes 0.5 everywhere.

        Args:
            disparity: (h, w) float32, finite, any scale and offset, larger is nearer.
            is_cut: forget the range of the shot before.
        """
        low, high = (float(value) for value in np.percentile(disparity[::2, ::2], self._percentiles))
        if self._range is not None and not is_cut:
            old_low, old_high = self._range
            low = old_low + self._rate * (low - old_low)
            high = old_high + self._rate * (high - old_high)
        self._range = (low, high)
        span = high - low
        if span <= 1e-6 * max(abs(low), abs(high), 1e-6):
            return np.full_like(disparity, 0.5)
        scaled = (disparity - np.float32(low)) * np.float32(1.0 / span)
        return np.clip(scaled, 0.0, 1.0, out=scaled)


class TemporalFilter:
    """Blends each map with the one before it where the luma has not changed."""

    def __init__(self, *, still_weight: float = 0.3, moving_change: float = 0.05) -> None:
        """Start with no memory.

        Args:
            still_weight: share of the new map where nothing moves.
            moving_change: luma change (of 1) from which on only the new map counts.
        """
        self._still_weight = still_weight
        self._moving_change = moving_change
        self._map: Map | None = None
        self._luma: Map | None = None

    def filter(self, disparity: Map, luma: NDArray[Any], max_value: int, *, is_cut: bool) -> Map:
        """The steadied map.

        Args:
            disparity: (h, w) float32.
            luma: (h, w) the picture it was estimated from, in code values.
            max_value: the largest code value.
            is_cut: forget the shot before.
        """
        now = np.asarray(cv2.blur(luma.astype(np.float32) / np.float32(max_value), (5, 5)), dtype=np.float32)
        before, luma_before = self._map, self._luma
        if before is not None and luma_before is not None and not is_cut and before.shape == disparity.shape:
            change = cv2.absdiff(now, luma_before)
            weight = np.clip(change * np.float32((1 - self._still_weight) / self._moving_change), 0, 1)
            weight = np.minimum(weight + np.float32(self._still_weight), np.float32(1.0))
            disparity = before + weight * (disparity - before)
        self._map, self._luma = disparity, now
        return disparity
