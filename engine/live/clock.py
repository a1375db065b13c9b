"""The clock of a session, and waiting by it: one object, so that a logical one can take its place."""

from __future__ import annotations

import time
from threading import Condition


class Clock:
    """Monotonic seconds."""

    def __call__(self) -> float:
        """The present moment."""
        return time.perf_counter()

    def wait(self, changed: Condition, seconds: float) -> None:
        """Until somebody notifies `changed`, which the caller holds, or that long."""
        changed.wait(seconds)
