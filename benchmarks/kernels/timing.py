"""Cases measured in turns, so that a slow moment of the machine hits all of them alike."""

from __future__ import annotations

import importlib.metadata
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.record import Record, machine

Case = Callable[[], object]


def interleaved(cases: Mapping[str, Case], *, repeats: int, context: Mapping[str, Any]) -> list[Record]:
    """Milliseconds of wall time of each case, by name; the first call (compilation, page faults) is not counted."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for case in cases.values():
        case()
    for _ in range(repeats):
        for name, case in cases.items():
            start = time.perf_counter()
            case()
            times[name].append(1e3 * (time.perf_counter() - start))
    versions = {
        package: importlib.metadata.version(package) for package in ("numpy", "numba", "opencv-python-headless")
    }
    return [Record.of(name, values, "ms", {**machine(), **versions, **context}) for name, values in times.items()]


def thread_counts(threads: int) -> list[int]:
    """One thread, and the number asked for; 0 is as many as there are cores."""
    return sorted({1, threads or os.cpu_count() or 1})
