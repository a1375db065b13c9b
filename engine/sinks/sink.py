"""What every sink offers the graph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from types import TracebackType
from typing import Protocol, Self

from engine.frame import Colour, Frame, PixelFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a sink is told before the first frame."""

    width: int
    height: int
    format: PixelFormat
    colour: Colour
    sample_aspect: Fraction = Fraction(1)
    time_base: Fraction = Fraction(1, 1000)
    frame_rate: Fraction | None = None


class Sink(Protocol):
    """Where frames end: `open` once, `write` each, then `close` to finish or `abort` to leave nothing behind.

    As a context manager a sink finishes well at the end of the block and on Ctrl-C, and aborts on any other error.
    """

    frames_written: int

    @property
    def warnings(self) -> list[str]:
        """What a person should know about this output, one line each."""

    def open(self, picture: Picture) -> None:
        """Prepare for pictures of this kind.

        Raises:
            OutputError: the output cannot be created.
            UsageError: the options ask for something impossible.
        """

    def write(self, frame: Frame) -> None:
        """Take one frame; it may be kept no longer than the call."""

    def close(self, *, cut: bool = False) -> None:
        """Finish: what was written becomes the output. Safe to call twice.

        Args:
            cut: the input was not read to its end (Ctrl-C): whatever is copied beside the picture ends with it.
        """

    def abort(self) -> None:
        """Give up: nothing stays under the output's name. Safe to call after close."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class FinishOrAbort(ABC):
    """The context manager half of a sink."""

    @abstractmethod
    def close(self, *, cut: bool = False) -> None:
        """Finish."""

    @abstractmethod
    def abort(self) -> None:
        """Give up."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Whoever presses Ctrl-C wants to keep what is there; any other error makes it worthless.
        if kind is None or issubclass(kind, KeyboardInterrupt):
            self.close(cut=kind is not None)
        else:
            self.abort()
