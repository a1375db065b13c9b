"""Numbers about what was shown: latency, pacing, rate."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from engine.frame import Frame
from engine.graph import Samples

_RECENT = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """A distribution of durations in milliseconds."""

    count: int
    p50_ms: float
    p90_ms: float
    p95_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float

    @classmethod
    def of(cls, samples: Samples) -> Percentiles:
        """Summarise recorded durations; zeros where nothing was recorded."""
        p50, p90, p95, p99, p999 = (round(1e3 * s, 3) for s in samples.percentiles(50, 90, 95, 99, 99.9))
        return cls(
            count=samples.count,
            p50_ms=p50,
            p90_ms=p90,
            p95_ms=p95,
            p99_ms=p99,
            p999_ms=p999,
            max_ms=round(1e3 * samples.max_s, 3),
        )


class Meter:
    """Collects from the stamps of every frame that was drawn. One thread."""

    def __init__(self) -> None:
        self._latency, self._waiting, self._pacing = Samples(), Samples(), Samples()
        self._stages: dict[str, Samples] = {}
        self._intervals_ms: deque[float] = deque(maxlen=_RECENT)
        self._previous_time_s: float | None = None
        self._first_s = self._last_s = 0.0
        self.drawn = 0
        """Frames drawn, repeats included."""

    def add(self, frame: Frame) -> None:
        """Count a frame whose first stamp is its arrival and whose last one is its drawing."""
        end_s = frame.stamps[-1][2]
        latency_s = waiting_s = end_s - frame.stamps[0][1]
        self._latency.add(latency_s)
        for stage, start_s, stop_s in frame.stamps[1:]:
            self._stages.setdefault(stage, Samples()).add(stop_s - start_s)
            waiting_s -= stop_s - start_s
        self._waiting.add(max(0.0, waiting_s))
        if self.drawn == 0:
            self._first_s = end_s
        else:
            self._intervals_ms.append(1e3 * (end_s - self._last_s))
        self._note_pacing(frame, end_s)
        self._last_s = end_s
        self.drawn += 1

    @property
    def latency(self) -> Percentiles:
        """From arrival to the end of drawing."""
        return Percentiles.of(self._latency)

    @property
    def waiting(self) -> Percentiles:
        """The part of the latency in which no stage worked on the frame: queues, and hops between threads."""
        return Percentiles.of(self._waiting)

    @property
    def pacing_error(self) -> Percentiles:
        """How far the time between two drawn frames was from the time between their timestamps, either way."""
        return Percentiles.of(self._pacing)

    @property
    def stages(self) -> dict[str, Percentiles]:
        """Working time by stage, of the frames that were drawn."""
        return {name: Percentiles.of(samples) for name, samples in self._stages.items()}

    @property
    def intervals_ms(self) -> tuple[float, ...]:
        """The last times between two drawn frames, oldest first."""
        return tuple(self._intervals_ms)

    @property
    def fps(self) -> float:
        """Drawn frames a second, over the whole run; 0 before the second one."""
        passed_s = self._last_s - self._first_s
        return (self.drawn - 1) / passed_s if passed_s > 0 else 0.0

    @property
    def recent_fps(self) -> float:
        """Drawn frames a second, over about the last second."""
        total_ms, count = 0.0, 0
        for interval in reversed(self._intervals_ms):
            total_ms, count = total_ms + interval, count + 1
            if total_ms > 1000:
                break
        return 1e3 * count / total_ms if total_ms > 0 else 0.0

    def _note_pacing(self, frame: Frame, end_s: float) -> None:
        time_s, previous_s = frame.time_s, self._previous_time_s
        self._previous_time_s = time_s
        # A repeated frame has no distance to itself.
        if time_s is not None and previous_s is not None and time_s > previous_s:
            self._pacing.add(abs((end_s - self._last_s) - (time_s - previous_s)))
