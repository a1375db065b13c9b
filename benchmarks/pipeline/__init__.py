"""`wheatstone bench pipeline`: converting against the same decode and encode with no stereo work; infill alone."""

from benchmarks.pipeline.pipeline import measure

__all__ = ["measure"]
