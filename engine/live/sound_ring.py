"""A bounded buffer of samples between the thread that decodes sound and the one of the sound device."""

from __future__ import annotations

from threading import Condition

import numpy as np
from numpy.typing import NDArray

from engine.graph import Cancelled

Samples = NDArray[np.float32]


class SoundRing:
    """Samples are numbered from 0 as they are put in. One thread puts, another copies and discards.

    Args:
        capacity: samples that are kept at most.
    """

    def __init__(self, capacity: int) -> None:
        self._data: Samples = np.zeros((capacity, 2), np.float32)
        self._changed = Condition()
        self._first = self._written = 0
        self._is_ended = self._is_cancelled = False

    @property
    def written(self) -> int:
        """How many samples were put in."""
        return self._written

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will come."""
        return self._is_ended

    def put(self, samples: Samples) -> None:
        """Add samples; waits for room.

        Args:
            samples: (n, 2) float32.

        Raises:
            Cancelled: nobody wants them any more.
        """
        capacity = len(self._data)
        while len(samples):
            with self._changed:
                self._changed.wait_for(lambda: self._written - self._first < capacity or self._is_cancelled)
                if self._is_cancelled:
                    raise Cancelled
                room = capacity - max(0, self._written - self._first)
                # What was discarded before it came need not be kept, but it is simplest to write it.
                part = samples[:room]
                places = np.arange(self._written, self._written + len(part)) % capacity
                self._data[places] = part
                self._written += len(part)
            samples = samples[room:]

    def end(self) -> None:
        """There is nothing more."""
        self._is_ended = True

    def cancel(self) -> None:
        """Wake whoever waits to put."""
        with self._changed:
            self._is_cancelled = True
            self._changed.notify_all()

    def holds(self, end: int) -> bool:
        """Whether everything up to a sample (exclusive) was put in, or the rest is the silence after the end."""
        return self._written >= end

    def copy(self, first: int, count: int) -> Samples:
        """`count` samples from number `first` on; zeros where there are none (yet, or any more)."""
        taken = np.zeros((count, 2), np.float32)
        with self._changed:
            begin, end = max(first, self._first, 0), min(first + count, self._written)
            if begin < end:
                places = np.arange(begin, end) % len(self._data)
                taken[begin - first : end - first] = self._data[places]
        return taken

    def discard(self, before: int) -> None:
        """Everything before that sample is not needed any more."""
        with self._changed:
            if before > self._first:
                self._first = min(before, self._written)
                self._changed.notify_all()
