"""Where a new shot begins, told from the frames so far only."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_THUMBNAIL = (48, 27)
_BINS = 32
# Chosen on films with hard cuts, pans and fades: a cut changes both where the light is and how much of it there is;
# motion changes the first, a fade or a lamp the second, each a little at a time.
_LEAST_CHANGE = 0.06
_TIMES_USUAL = 2.5
_HISTOGRAM_CHANGE = 0.25
_CERTAIN_CHANGE = 0.20


class CutDetector:
    """Compares every frame with the one before it."""

    def __init__(self) -> None:
        self._thumbnail: NDArray[np.float32] | None = None
        self._histogram: NDArray[np.float32] | None = None
        self._usual_change = 0.0
        self._epoch = -1

    def is_cut(self, luma: NDArray[Any], max_value: int, epoch: int = 0) -> bool:
        """Whether this frame begins a shot; always True for the first frame and after a seek.

        Args:
            luma: (h, w) a small luma plane, uint8 or uint16.
            max_value: the largest code value of its format.
            epoch: Frame.epoch.
        """
        small = cv2.resize(luma, _THUMBNAIL, interpolation=cv2.INTER_AREA)
        thumbnail = np.asarray(small, dtype=np.float32) / np.float32(max_value)
        bins = np.minimum((luma.ravel()[::4] * np.float32(_BINS / (max_value + 1))).astype(np.intp), _BINS - 1)
        histogram = (np.bincount(bins, minlength=_BINS) / bins.size).astype(np.float32)
        before, histogram_before = self._thumbnail, self._histogram
        self._thumbnail, self._histogram = thumbnail, histogram
        if before is None or histogram_before is None or epoch != self._epoch:
            self._epoch, self._usual_change = epoch, 0.0
            return True
        change = float(np.abs(thumbnail - before).mean())
        moved = 0.5 * float(np.abs(histogram - histogram_before).sum())
        unusual = change > max(_LEAST_CHANGE, _TIMES_USUAL * self._usual_change)
        if unusual and (moved > _HISTOGRAM_CHANGE or change > _CERTAIN_CHANGE):
            self._usual_change = 0.0
            return True
        self._usual_change += 0.25 * (change - self._usual_change)
        return False
