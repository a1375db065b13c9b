"""One measured number: the shape of what ``wheatstone bench --json`` writes.

Names are stable paths like ``pipeline/1080p/fps``. A ratio is computed from two records of one interleaved run.
"""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A number with its spread and its circumstances."""

    name: str
    value: float
    """The median, unless the name or the context says otherwise."""
    unit: str
    n: int
    """How many measurements are behind it."""
    p50: float
    p95: float
    p99: float
    context: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, values: Sequence[float], unit: str, context: Mapping[str, Any] | None = None) -> Self:
        """Summarise repeated measurements of one thing.

        Raises:
            ValueError: there are none.
        """
        if not values:
            raise ValueError(f"{name}: nothing was measured")
        p50, p95, p99 = (percentile(values, percent) for percent in (50, 95, 99))
        return cls(name=name, value=p50, unit=unit, n=len(values), p50=p50, p95=p95, p99=p99, context=context or {})

    def as_json(self) -> dict[str, Any]:
        """The record as JSON types."""
        return asdict(self)


def percentile(values: Sequence[float], percent: float) -> float:
    """The percentile (0..100), linear between neighbours; the only value where there is one."""
    if len(values) == 1:
        return float(values[0])
    if percent == 50:
        return float(statistics.median(values))
    ordered = sorted(values)
    position = percent / 100 * (len(ordered) - 1)
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (position - low) * (ordered[high] - ordered[low]))


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    """The processor's name, where the system tells."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
