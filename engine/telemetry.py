"""Numbers about a run: where the time went, who waited, what was dropped and why.

They come from what the graph measures anyway and from ``Frame.stamps``; nothing here is collected by printing.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.graph import Samples, StageMeasurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Percentiles of durations in milliseconds, and their sum in seconds."""

    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    busy_s: float

    @classmethod
    def of(cls, samples: Samples) -> Distribution:
        """Summarise recorded durations; all zero where nothing was recorded."""
        p50, p95, p99 = (1e3 * seconds for seconds in samples.percentiles(50, 95, 99))
        return cls(
            count=samples.count,
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
            max_ms=1e3 * samples.max_s,
            busy_s=samples.total_s,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTimes:
    """One stage: its working times, and how long it waited for input and its producer for room."""

    work: Distribution
    waited_for_input_s: float
    producer_waited_s: float
    dropped: int


def stage_times(measurements: Iterable[StageMeasurement]) -> dict[str, StageTimes]:
    """What each stage of a graph did, in the order of the line."""
    return {
        m.name: StageTimes(
            work=Distribution.of(m.times),
            waited_for_input_s=m.inbox.get_wait_s if m.inbox else 0.0,
            producer_waited_s=m.inbox.put_wait_s if m.inbox else 0.0,
            dropped=m.inbox.dropped if m.inbox else 0,
        )
        for m in measurements
    }


def bottleneck(stages: dict[str, StageTimes]) -> str | None:
    """The stage that worked longest: the one that the others wait for. None where nothing ran."""
    worked = {name: times.work.busy_s for name, times in stages.items() if times.work.count}
    return max(worked, key=lambda name: worked[name]) if worked else None


class Drops:
    """Frames that never reached the sink, by cause. Any thread may add."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_cause: Counter[str] = Counter()

    def add(self, cause: str) -> None:
        """Count one dropped frame."""
        with self._lock:
            self._by_cause[cause] += 1

    def by_cause(self) -> dict[str, int]:
        """How many frames each cause has cost; empty if none."""
        with self._lock:
            return dict(self._by_cause)


def resident_mb() -> float:
    """Memory of this process that is in RAM now, in MiB."""
    import psutil

    return float(psutil.Process().memory_info().rss) / 2**20


def peak_rss_mb() -> float:
    """The most memory this process ever had in RAM, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # VmHWM and not ru_maxrss: the latter starts from the parent's peak when the parent forked.
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    if os.name == "nt":
        import psutil

        return float(psutil.Process().memory_info().peak_wset) / 2**20
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024
