"""`wheatstone bench quality`: depth and infill against truth, beside what costs nothing."""

from __future__ import annotations

from benchmarks.quality.quality import measure
from benchmarks.quality.report import report

__all__ = ["measure", "report"]
