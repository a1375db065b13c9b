"""Timestamps that can be relied on: present, and strictly growing."""

from __future__ import annotations

from fractions import Fraction


class TimestampRepair:
    """Passes good timestamps through untouched and mends the others, counting each mend.

    Variable frame rate is not a fault: only a missing timestamp, or one that does not grow, is changed.
    """

    def __init__(self, time_base: Fraction, frame_rate: Fraction | None) -> None:
        self._ticks_per_second = 1 / time_base
        rate = frame_rate if frame_rate and frame_rate > 0 else Fraction(25)
        self._step = max(1, round(1 / (rate * time_base)))
        self._last: int | None = None
        self._offset = 0
        self.missing = 0
        self.backward = 0

    def __call__(self, pts: int | None) -> int:
        """The timestamp to use for the next frame, in the same unit."""
        if pts is None:
            self.missing += 1
            mended = 0 if self._last is None else self._last + self._step
        else:
            mended = self._growing(pts)
        self._last = mended
        return mended

    def _growing(self, pts: int) -> int:
        mended = pts + self._offset
        if self._last is None or mended > self._last:
            return mended
        self.backward += 1
        if self._last - mended > self._ticks_per_second:
            # The clock was set back (joined recordings): everything after the seam follows on.
            self._offset += self._last + self._step - mended
            return self._last + self._step
        # A stray stamp: a quarter of a step keeps the frames that follow where they are.
        return self._last + max(1, self._step // 4)
