"""`wheatstone bench latency`: from the moment a frame is due to the end of its drawing."""

from benchmarks.latency.latency import measure
from benchmarks.latency.table import report

__all__ = ["measure", "report"]
