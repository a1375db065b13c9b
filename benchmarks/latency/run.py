"""What one run is: a task for a process of its own, and what it measured, frame by frame."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any, Literal, Self, TextIO

from engine.frame import Frame

Kind = Literal["engine", "player", "encoder", "engine-alone"]
"""What is run: `play`; decoding and drawing without stereo; `play` with an encoder instead of a window; and the live
line of threads without decoding, networks, kernels and pictures."""

STAGES = ("depth", "stereo", "draw", "encode")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One run. `clip` is a video; only `engine-alone` needs none."""

    kind: Kind
    clip: str
    frames: int
    width: int
    height: int
    fps: int
    paced: bool = True
    """False: every frame as soon as the one before it is done."""
    neighbour: bool = False
    """Beside a process that keeps one core busy."""
    numbered: bool = True
    """Whether the clip is the test pattern, whose pictures say their number."""
    period: int = 65536
    """After so many frames the numbers of the clip begin again."""
    window: bool = False
    """Draw in a window instead of off screen."""
    segment: int = 0
    """Counts runs of the same kind."""

    @property
    def name(self) -> str:
        """Which runs are put together."""
        return f"{self.kind}{'' if self.paced else '/unpaced'}{'/neighbour' if self.neighbour else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One frame that reached the end."""

    frame: int
    """Its number in the clip, by its own account."""
    read: int | None
    """The number in the drawn pixels; None where there is none to read."""
    time_s: float
    """Its timestamp."""
    arrival_s: float
    """When it was due, on the monotonic clock: here latency starts."""
    end_s: float
    """When drawing (glFinish) or encoding was done: here it stops."""
    stages_s: Mapping[str, float]
    """Working time by stage."""
    waiting: int
    """Frames that waited in the line at that moment."""

    @classmethod
    def of(
        cls, frame: Frame, *, waiting: int, read: int | None = None, end_s: float | None = None, **more_s: float
    ) -> Shown:
        """What a frame's own stamps say.

        Args:
            frame: stamped with its arrival and every stage it went through.
            waiting: frames that waited behind it.
            read: the number in the drawn pixels.
            end_s: when all was done; None is the end of the last stage.
            more_s: working times of stages that leave no stamp.
        """
        (_, arrival_s, _), *stages = frame.stamps
        return cls(
            frame=frame.index,
            read=read,
            time_s=frame.time_s or 0.0,
            arrival_s=arrival_s,
            end_s=stages[-1][2] if end_s is None else end_s,
            stages_s={name: stop_s - start_s for name, start_s, stop_s in stages} | more_s,
            waiting=waiting,
        )

    @property
    def latency_s(self) -> float:
        """From arrival to the end."""
        return self.end_s - self.arrival_s

    @property
    def idle_s(self) -> float:
        """The part of the latency in which no stage worked on the frame."""
        return self.latency_s - sum(self.stages_s.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run measured."""

    task: Task
    shown: list[Shown]
    released: int
    """Frames that were due."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    repeats: Mapping[str, int] = field(default_factory=dict)
    estimates_s: tuple[float, ...] = ()
    """(p50, p95, p99) of the depth thread, seconds."""
    depth: Mapping[str, int] = field(default_factory=dict)
    """Frames by where their depth came from."""
    look_ahead: int = 0
    """Frames that the end must hold back before it can finish one."""
    warm_up_s: float = 0.0
    seconds: float = 0.0
    renderer: str = ""
    rss: tuple[tuple[int, float], ...] = ()
    """(frames done, MiB resident)."""

    @property
    def misread(self) -> int:
        """Frames whose pixels show another number than they should, or none that can be read."""
        if not self.task.numbered or self.task.window:
            return 0
        return sum(one.read != one.frame % self.task.period for one in self.shown)

    @property
    def pacing_s(self) -> list[float]:
        """How far the time between two shown frames was from the time between their timestamps, either way."""
        pairs = zip(self.shown, self.shown[1:], strict=False)
        return [abs((b.end_s - a.end_s) - (b.time_s - a.time_s)) for a, b in pairs]


class Neighbour:
    """Another process that keeps one core busy while the block runs."""

    def __init__(self, *, wanted: bool = True) -> None:
        self._wanted = wanted
        self._process: Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if self._wanted:
            self._process = Popen([sys.executable, "-c", "while True: pass"], stdin=DEVNULL, stdout=DEVNULL)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def write_csv(file: TextIO, runs: list[Run]) -> None:
    """Every frame of every run, times in milliseconds; the clock of each run begins with its first arrival."""
    table = csv.writer(file, lineterminator="\n")
    stages = [f"{stage}_ms" for stage in STAGES]
    table.writerow(
        [
            "run",
            "segment",
            "frame",
            "read",
            "time_ms",
            "arrival_ms",
            "end_ms",
            "latency_ms",
            *stages,
            "idle_ms",
            "waiting",
        ]
    )
    for run in runs:
        origin_s = run.shown[0].arrival_s if run.shown else 0.0
        for one in run.shown:
            times: list[Any] = [one.time_s, one.arrival_s - origin_s, one.end_s - origin_s, one.latency_s]
            times += [one.stages_s.get(stage, 0.0) for stage in STAGES]
            columns = [f"{1e3 * seconds:.3f}" for seconds in (*times, one.idle_s)]
            read = "" if one.read is None else one.read
            table.writerow([run.task.name, run.task.segment, one.frame, read, *columns, one.waiting])


def csv_path(path: Path) -> Path:
    """Where the rows go: the file itself, or `latency.csv` in a folder."""
    return path / "latency.csv" if path.is_dir() else path
