"""A sink that only counts."""

from __future__ import annotations

from engine.frame import Frame
from engine.sinks.sink import FinishOrAbort, Picture


class NullSink(FinishOrAbort):
    """Takes frames and forgets them, for benchmarks."""

    def __init__(self) -> None:
        self.frames_written = 0
        self.picture: Picture | None = None

    @property
    def warnings(self) -> list[str]:
        """Nothing can go wrong here."""
        return []

    def open(self, picture: Picture) -> None:
        """Remember what comes."""
        self.picture = picture

    def write(self, frame: Frame) -> None:  # noqa: ARG002
        """Count one frame."""
        self.frames_written += 1

    def close(self, *, cut: bool = False) -> None:
        """Nothing to finish."""

    def abort(self) -> None:
        """Nothing to remove."""
