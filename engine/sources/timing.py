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


class ArrivalClock:
    """Timestamps of a live stream: they grow, begin at zero, and follow the time at which the frames came.

    Between two frames the stream's own clock counts, because it does not jitter. It is tied to the time of arrival anew
    with every connection, and wherever it jumped: the two are further apart than `_TRUST_S`, or it went back by more
    than `_STRAY_S`.

    Args:
        ticks_per_second: of the timestamps that come out.
    """

    _TRUST_S = 10.0
    _STRAY_S = 0.5

    def __init__(self, ticks_per_second: int) -> None:
        self._ticks = ticks_per_second
        self._begin_s: float | None = None
        self._offset_s: float | None = None
        self._last: int | None = None

    def reconnect(self) -> None:
        """A new connection: its clock has nothing to do with the old one's."""
        self._offset_s = None

    def __call__(self, time_s: float | None, arrival_s: float) -> int:
        """The timestamp of the next frame.

        Args:
            time_s: by the stream's own clock; None where it has none.
            arrival_s: by ours.
        """
        if self._begin_s is None:
            self._begin_s = arrival_s
        since_s = arrival_s - self._begin_s
        if time_s is None:
            wanted_s = since_s
        else:
            wanted_s = since_s if self._offset_s is None else time_s + self._offset_s
            last_s = wanted_s if self._last is None else self._last / self._ticks
            if abs(wanted_s - since_s) > self._TRUST_S or wanted_s < last_s - self._STRAY_S:
                wanted_s = since_s
            self._offset_s = wanted_s - time_s
        wanted = round(wanted_s * self._ticks)
        self._last = wanted if self._last is None else max(wanted, self._last + 1)
        return self._last
