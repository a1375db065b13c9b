"""`wheatstone bench pipeline`: converting against the same decode and encode with no stereo work."""

from benchmarks.pipeline.pipeline import measure

__all__ = ["measure"]
