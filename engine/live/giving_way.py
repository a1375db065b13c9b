"""When to step back and when to try again: two rules of thumb with a clock."""

from __future__ import annotations

from collections.abc import Callable

Clock = Callable[[], float]
"""Seconds, monotonic."""


class Attempts:
    """Something that is done as long as it works, and otherwise tried again after growing intervals.

    Args:
        first_s: how long to wait after the first failure; every further one doubles it.
        longest_s: but never longer than this.
        clock: for tests.
    """

    def __init__(self, *, first_s: float, longest_s: float, clock: Clock) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._clock = clock
        self._interval_s = 0.0
        self._next_s = clock()

    @property
    def is_due(self) -> bool:
        """Whether to do it now."""
        return self._clock() >= self._next_s

    def succeeded(self) -> None:
        """It worked: do it always."""
        self._interval_s = 0.0
        self._next_s = self._clock()

    def failed(self) -> None:
        """It did not work: not again for a while."""
        self._interval_s = min(max(2 * self._interval_s, self._first_s), self._longest_s)
        self._next_s = self._clock() + self._interval_s


class Rest:
    """A pause between two turns of something, which grows with every complaint and shrinks by itself.

    Args:
        first_s: the pause after the first complaint; every further one doubles it. Half of that is none.
        longest_s: but never longer than this. Complaints within this time of one another are one complaint.
        half_life_s: after this long without complaints a pause has become half as long.
        clock: for tests.
    """

    def __init__(self, *, first_s: float, longest_s: float, half_life_s: float, clock: Clock) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._half_life_s = half_life_s
        self._clock = clock
        self._pause_s = 0.0
        self._complained_s = self._began_s = clock() - longest_s

    @property
    def is_over(self) -> bool:
        """Whether the pause since `begin` is long enough."""
        pause_s = self._present_pause_s()
        return pause_s <= self._first_s / 2 or self._clock() - self._began_s >= pause_s

    def begin(self) -> None:
        """A turn was taken."""
        self._began_s = self._clock()

    def complain(self) -> None:
        """The turns are in somebody's way."""
        now = self._clock()
        if now - self._complained_s >= self._longest_s:
            self._pause_s = min(max(2 * self._present_pause_s(), self._first_s), self._longest_s)
            self._complained_s = now

    def _present_pause_s(self) -> float:
        return float(self._pause_s * 0.5 ** ((self._clock() - self._complained_s) / self._half_life_s))
