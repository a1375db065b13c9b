"""Durations in bounded memory: exact count, sum and maximum, percentiles from an even thinning."""

from __future__ import annotations

import math
from array import array


class Samples:
    """Collects seconds. One thread adds; others may read at any time and see a recent state.

    When the store is full every second value is dropped and from then on only every second (fourth, eighth ...) one is
    kept. So a stream that runs for days costs as much memory as its first minutes, with no random choice in it.
    """

    def __init__(self, limit: int = 16384) -> None:
        self._limit = limit
        self._stride = 1
        self._kept = array("d")
        self.count = 0
        self.total_s = 0.0
        self.max_s = 0.0

    def add(self, seconds: float) -> None:
        """Record one duration."""
        if self.count % self._stride == 0:
            if len(self._kept) >= self._limit:
                self._kept = self._kept[::2]
                self._stride *= 2
            if self.count % self._stride == 0:
                self._kept.append(seconds)
        self.count += 1
        self.total_s += seconds
        self.max_s = max(self.max_s, seconds)

    def percentiles(self, *percents: float) -> tuple[float, ...]:
        """Nearest-rank percentiles (0..100) in seconds; zeros where nothing was recorded."""
        ordered = sorted(self._kept)
        if not ordered:
            return tuple(0.0 for _ in percents)
        last = len(ordered) - 1
        return tuple(ordered[min(last, max(0, math.ceil(p / 100 * len(ordered)) - 1))] for p in percents)
