"""What every source offers the graph."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType
from typing import Protocol, Self

from engine.frame import Frame, StreamInfo


class Source(Protocol):
    """A stream of frames that is open from construction to close.

    Opening reads far enough to know that a first picture exists: a source that was constructed has at least one frame.
    """

    @property
    def info(self) -> StreamInfo:
        """What the frames look like, before the first one is asked for."""

    @property
    def origin_s(self) -> Fraction:
        """The time in the input, in seconds, that became time zero. Whoever copies other streams subtracts it too."""

    @property
    def warnings(self) -> list[str]:
        """What a person should know about this input; grows while frames are read, one line each."""

    def frames(self) -> Iterator[Frame]:
        """Yield every frame once, in presentation order.

        Raises:
            InputError: reading failed and not one frame could be given.
        """

    def close(self) -> None:
        """Release the input. Safe to call twice."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ClosesAtExit:
    """The context manager half of a source."""

    def close(self) -> None:
        """Nothing stays open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
