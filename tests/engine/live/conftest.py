"""Time that only tests move, and how long an end may take."""

from __future__ import annotations

from threading import Condition

import pytest

from engine.live.clock import Clock


class LogicalClock(Clock):
    """Stands still; who waits is at once as late as they would have become."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s

    def wait(self, changed: Condition, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def clock() -> LogicalClock:
    return LogicalClock()


@pytest.fixture(
    params=[pytest.param(1.0, marks=pytest.mark.slow, id="as promised"), pytest.param(20.0, id="however busy")]
)
def limit_s(request: pytest.FixtureRequest) -> float:
    """What an end may take: a second, where nobody else wants the processors."""
    return float(request.param)
