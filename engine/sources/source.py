"""What every source offers the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from types import TracebackType
from typing import Protocol, Self

from engine.frame import Frame, StreamInfo

SOURCE_LATE = "source late"
"""Cause of drops: frames that were passed over because the source was late already."""


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

    @property
    def is_live(self) -> bool:
        """Whether frames count when they come, not when their timestamps say. Such frames are stamped `arrival`."""

    @property
    def has_sound(self) -> bool:
        """Whether the input has sound that no other reader can copy, because it passes only once."""

    @property
    def drops(self) -> Mapping[str, int]:
        """Frames lost before they could be given, by cause; grows while frames are read."""

    def listen(self, say: Callable[[str, float], None]) -> None:
        """Have notices told while frames are read: words, and for how many seconds they hold; on any thread."""

    def frames(self) -> Iterator[Frame]:
        """Yield every frame once, in presentation order.

        Raises:
            InputError: reading failed and not one frame could be given.
        """

    def hurry(self, lag_s: float) -> None:
        """Frames come `lag_s` seconds after they are due: leave out what can be left out. On the thread of `frames`."""

    def hold(self, held: bool) -> None:
        """Nobody wants frames for a while, or does again: what passes meanwhile is nobody's loss. Any thread."""

    def stop(self) -> None:
        """End `frames` now, even while it waits. Any thread, any time, also from a signal handler: takes no lock."""

    def close(self) -> None:
        """Release the input. Safe to call twice."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ClosesAtExit:
    """The context manager half of a source, and what most sources need not do because they never wait."""

    @property
    def is_live(self) -> bool:
        """Frames have their time."""
        return False

    @property
    def has_sound(self) -> bool:
        """Sound is copied by another reader, if there is any."""
        return False

    @property
    def drops(self) -> Mapping[str, int]:
        """Nothing is lost."""
        return {}

    def listen(self, say: Callable[[str, float], None]) -> None:
        """There is nothing to tell."""

    def hurry(self, lag_s: float) -> None:
        """Every frame is as much work as another."""

    def hold(self, held: bool) -> None:
        """Frames wait."""

    def stop(self) -> None:
        """There is nothing to wake."""

    def close(self) -> None:
        """Nothing stays open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
