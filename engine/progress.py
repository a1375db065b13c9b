"""How far a conversion is: a bar on a terminal, silence in a pipe."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

_SPEED_OVER_S = 3.0


class Speed:
    """Frames a second over the last few seconds."""

    def __init__(self, over_s: float = _SPEED_OVER_S) -> None:
        self._over_s = over_s
        self._marks: list[tuple[float, int]] = []

    def add(self, now_s: float, frames: int) -> None:
        """Note how many frames there were at this time."""
        self._marks.append((now_s, frames))
        while len(self._marks) > 2 and self._marks[1][0] <= now_s - self._over_s:
            del self._marks[0]

    @property
    def frames_per_second(self) -> float | None:
        """None before there are two marks to compare."""
        if len(self._marks) < 2 or self._marks[-1][0] <= self._marks[0][0]:
            return None
        return (self._marks[-1][1] - self._marks[0][1]) / (self._marks[-1][0] - self._marks[0][0])


class _CountColumn(ProgressColumn):
    """Frames done, and of how many where that is known."""

    def render(self, task: Task) -> Text:
        """One short text."""
        total = "" if task.total is None else f"/{task.total:.0f}"
        return Text(f"{task.completed:.0f}{total} frames")


class _SpeedColumn(ProgressColumn):
    """The speed, where one is known."""

    def render(self, task: Task) -> Text:
        """One short text."""
        fps = task.fields.get("fps")
        return Text("" if fps is None else f"{fps:.1f} fps", style="progress.data.speed")


class ProgressBar:
    """A context manager; call `advance` for every frame that is done.

    Args:
        label: what is being made.
        console: where to draw; nothing is drawn unless it is a terminal. None is standard error.
    """

    def __init__(self, label: str, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            _CountColumn(),
            _SpeedColumn(),
            TimeElapsedColumn(),
            TextColumn("elapsed"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(label, total=None, fps=None)
        self._speed = Speed()
        self._frames = 0

    def expect(self, total: int | None) -> None:
        """Say how many frames will come, as soon as someone knows; None where nobody does."""
        self._bar.update(self._task, total=total)

    def advance(self) -> None:
        """One more frame is done."""
        self._frames += 1
        if self._bar.disable:
            return
        self._speed.add(time.monotonic(), self._frames)
        self._bar.update(self._task, completed=self._frames, fps=self._speed.frames_per_second)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
