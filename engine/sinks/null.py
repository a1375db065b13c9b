"""A sink that only counts."""

from __future__ import annotations

from fractions import Fraction

from engine.frame import Colour, Frame, PixelFormat
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

    def open(
        self,
        *,
        width: int,
        height: int,
        format: PixelFormat,  # noqa: A002 - the contract's name
        colour: Colour,
        sample_aspect: Fraction,
        time_base: Fraction,
        frame_rate: Fraction | None,
    ) -> None:
        """Remember what comes."""
        self.picture = Picture(
            width=width,
            height=height,
            format=format,
            colour=colour,
            sample_aspect=sample_aspect,
            time_base=time_base,
            frame_rate=frame_rate,
        )

    def write(self, frame: Frame) -> None:  # noqa: ARG002
        """Count one frame."""
        self.frames_written += 1

    def close(self, *, cut: bool = False) -> None:
        """Nothing to finish."""

    def abort(self) -> None:
        """Nothing to remove."""
