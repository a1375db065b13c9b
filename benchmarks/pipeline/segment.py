"""One measurement in a process of its own: convert and transcode the same clip, one after the other."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from engine.assemble import Line, assemble, assemble_transcode
from engine.config import ConvertOptions
from engine.frame import Frame
from engine.telemetry import Distribution, peak_rss_mb, resident_mb, stage_times

_RSS_EVERY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to measure. The options are ConvertOptions without input and output."""

    clip: str
    duration_s: float | None
    transcode_first: bool
    threads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """What was measured.

    stages: name -> (p50, p95, p99) in milliseconds. rss: (frames done, MiB resident) while converting.
    """

    frames: int
    fps: float
    transcode_fps: float
    stages: dict[str, tuple[float, float, float]]
    peak_rss_mb: float
    rss: list[tuple[int, float]]


def run_segment(task: Task) -> Segment:
    """Measure once; the files that are written are thrown away."""
    rss: list[tuple[int, float]] = []

    def on_frame(frame: Frame) -> None:
        if frame.index % _RSS_EVERY == 0:
            rss.append((frame.index, resident_mb()))

    with tempfile.TemporaryDirectory(prefix="wheatstone-bench-") as folder:

        def options(name: str) -> ConvertOptions:
            path = str(Path(folder) / name)
            return ConvertOptions(input=task.clip, output=path, duration=task.duration_s, threads=task.threads)

        transcode_fps = _timed(assemble_transcode(options("before.mp4"))) if task.transcode_first else 0.0
        line = assemble(options("stereo.mp4"), on_frame=on_frame)
        fps = _timed(line)
        peak = peak_rss_mb()
        transcode_fps = transcode_fps or _timed(assemble_transcode(options("after.mp4")))
    stages = {name: times.work for name, times in stage_times(line.graph.measurements()).items()}
    if line.stereo is not None and line.stereo.infill_times is not None:
        # A part of the stereo stage.
        stages["infill"] = Distribution.of(line.stereo.infill_times)
    return Segment(
        frames=line.sink.frames_written,
        fps=fps,
        transcode_fps=transcode_fps,
        stages={name: (work.p50_ms, work.p95_ms, work.p99_ms) for name, work in stages.items()},
        peak_rss_mb=peak,
        rss=rss,
    )


def _timed(line: Line) -> float:
    since = time.perf_counter()
    line.graph.run()
    return line.sink.frames_written / (time.perf_counter() - since)
