"""Cases measured in turns, so that a slow moment of the machine hits all of them alike."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.record import Record, machine

Case = Callable[[], object]
_PACKAGES = ("numpy", "numba", "opencv-python-headless", "torch")


def interleaved(cases: Mapping[str, Case], *, repeats: int, context: Mapping[str, Any]) -> list[Record]:
    """Milliseconds of wall time of each case, by name; the first call (compilation, page faults) is not counted.

    Every round has another order: no case profits or suffers from what the same other one leaves in the caches.
    The context of each record holds the machine, its load when the run began, versions, and the threads of the name.
    """
    times: dict[str, list[float]] = {name: [] for name in cases}
    # Windows tells no load.
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    shared = {**machine(), "load": load, **versions(*_PACKAGES), **context}
    for case in cases.values():
        case()
    order, shuffle = list(cases.items()), random.Random(0).shuffle
    for _ in range(repeats):
        shuffle(order)
        for name, case in order:
            start = time.perf_counter()
            case()
            times[name].append(1e3 * (time.perf_counter() - start))
    return [Record.of(name, values, "ms", {**shared, **_threads(name)}) for name, values in times.items()]


def _threads(name: str) -> dict[str, int]:
    """What the name ends with, if it says anything about threads."""
    _, _, count = name.partition("/threads=")
    return {"threads": int(count)} if count else {}


def versions(*packages: str) -> dict[str, str]:
    """Of the installed packages among these."""
    found = {}
    for package in packages:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def thread_counts(threads: int) -> list[int]:
    """One thread, and the number asked for; 0 is as many as there are cores."""
    return sorted({1, threads or os.cpu_count() or 1})
