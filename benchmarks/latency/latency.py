"""From the moment a frame is due to the end of its drawing, beside a player that only decodes and draws."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from benchmarks.latency.clip import make_pattern_clip
from benchmarks.latency.drawing import run_engine, run_player
from benchmarks.latency.records import CLOCK, records
from benchmarks.latency.run import Kind, Neighbour, Run, Task, csv_path, write_csv
from benchmarks.latency.windowless import run_alone, run_encoder
from benchmarks.record import Record, machine
from engine.errors import OutputError
from engine.report import versions
from engine.sources import open_source

_RUNNERS: Mapping[Kind, Callable[[Task], Run]] = MappingProxyType(
    {"engine": run_engine, "player": run_player, "encoder": run_encoder, "engine-alone": run_alone}
)
_PERIOD_S = 30.0
"""Longer clips repeat themselves."""


def measure(
    *,
    width: int = 640,
    height: int = 360,
    fps: int = 30,
    seconds: float = 5.0,
    segments: int = 3,
    clip: str | None = None,
    window: bool = False,
    csv: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Record]:
    """Measure, every run in a fresh process: engine and player in turns, then each other condition once.

    Args:
        width: columns of the test pattern.
        height: rows of it.
        fps: its frames a second.
        seconds: how long every run plays.
        segments: how often the engine and the plain player take turns; who goes first swaps every time. 0 is for
            endurance: the engine alone, once.
        clip: a video to play instead of the pattern; it carries no numbers to read back.
        window: draw in a window; off screen otherwise. Numbers are read back off screen only.
        csv: also write every frame of every run to this file, or to latency.csv in this folder.
        tell: is told what happens, one line at a time.

    Raises:
        WheatstoneError: the clip cannot be played, there is no OpenGL, or the rows cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="wheatstone-bench-") as folder:
        frames = max(2, round(seconds * fps))
        if clip is None:
            tell(f"making {frames} frames of {width}x{height} ...")
            path = Path(folder) / "pattern.mp4"
            task = _of_pattern(path, (width, height), fps, frames)
        else:
            task = _of_clip(clip, seconds)
        task = replace(task, window=window)
        runs = []
        for one in _plan(task, segments):
            tell(f"{one.name}: {one.frames / one.fps:.0f} s ...")
            runs.append(_in_own_process(one))
    if csv is not None:
        _write_rows(csv, runs)
    context = machine() | {
        "width": task.width,
        "height": task.height,
        "fps": task.fps,
        "frames": task.frames,
        "clip": "test pattern as H.264" if clip is None else Path(clip).name,
        "layout": "half-sbs",
        "surface": "window" if window else "off screen",
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "clock": CLOCK,
        "versions": versions(),
    }
    return records(f"latency/{task.height}p{task.fps}", runs, context)


def _plan(task: Task, segments: int) -> Iterator[Task]:
    """What is run, in order."""
    if not segments:
        yield task
        return
    for segment in range(segments):
        pair: list[Kind] = ["engine", "player"]
        for kind in pair if segment % 2 == 0 else reversed(pair):
            yield replace(task, kind=kind, segment=segment)
    for kind in pair:
        yield replace(task, kind=kind, neighbour=True)
    yield replace(task, kind="encoder")
    yield replace(task, kind="engine", paced=False)
    yield replace(task, kind="engine-alone", numbered=False)


def _of_pattern(path: Path, size: tuple[int, int], fps: int, frames: int) -> Task:
    period = max(1, round(_PERIOD_S * fps))
    width, height = size
    make_pattern_clip(path, width=width, height=height, fps=fps, frames=frames, period=period)
    return Task(kind="engine", clip=str(path), frames=frames, width=width, height=height, fps=fps, period=period)


def _of_clip(clip: str, seconds: float) -> Task:
    with open_source(clip) as source:
        info = source.info
    fps = round(info.frame_rate or 30)
    count = round(seconds * fps)
    frames = count if info.frame_count is None else min(count, info.frame_count)
    return Task(
        kind="engine", clip=clip, frames=max(2, frames), width=info.width, height=info.height, fps=fps, numbered=False
    )


def run(task: Task) -> Run:
    """Do one run in this process."""
    with Neighbour(wanted=task.neighbour):
        return _RUNNERS[task.kind](task)


def _in_own_process(task: Task) -> Run:
    """Threads of runtimes and drivers live on; a fresh process knows nothing of the run before."""
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(run, task).result()


def _write_rows(path: Path, runs: list[Run]) -> None:
    path = csv_path(path)
    try:
        with path.open("w", newline="") as file:
            write_csv(file, runs)
    except OSError as error:
        raise OutputError(f"--csv {path}: the file cannot be written ({error.strerror or error})") from error
