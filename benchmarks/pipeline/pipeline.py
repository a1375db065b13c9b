"""Frames a second of `wheatstone convert` with default options, beside transcoding alone."""

from __future__ import annotations

import multiprocessing
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmarks.pipeline.clip import make_clip
from benchmarks.pipeline.infill_alone import InfillTask, infill_records, run_infill_alone
from benchmarks.pipeline.segment import Segment, Task, run_segment
from benchmarks.record import Record, machine
from engine.report import versions
from engine.sources import open_source

Given = TypeVar("Given")
Measured = TypeVar("Measured")

# Until caches are warm and pools are full memory grows by design; the slope is taken from what comes after.
_WARM_SHARE = 0.3
# A slope over fewer frames than this says nothing about a thousand.
_SLOPE_FRAMES = 100


def measure(
    *,
    frames: int = 120,
    segments: int = 3,
    threads: int = 0,
    clip: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Record]:
    """Convert and transcode in turns, each pair in a fresh process, and swap who goes first every time.

    Then infill is timed with nothing else at work, as often.

    Args:
        frames: how many frames of the clip each measurement uses; infill alone 240 at most.
        segments: how many pairs; with 0 infill alone is timed, once.
        threads: cores that one stage may use; 0 as `convert` chooses.
        clip: a video; None makes one of moving texture, 1920x1080.
        tell: is told what happens, one line at a time.

    Raises:
        WheatstoneError: the clip cannot be converted.
    """
    with tempfile.TemporaryDirectory(prefix="wheatstone-bench-") as folder:
        if clip is None:
            tell(f"making {frames} frames of 1080p ...")
            clip = str(Path(folder) / "clip.mp4")
            make_clip(Path(clip), frames=frames)
        with open_source(clip) as source:
            info = source.info
        duration_s = None if info.frame_rate is None else float(frames / info.frame_rate)
        done = []
        for number in range(segments):
            tell(f"segment {number + 1} of {segments}: convert and transcode ...")
            task = Task(clip=clip, duration_s=duration_s, transcode_first=number % 2 == 1, threads=threads)
            done.append(_in_own_process(run_segment, task))
        alone = []
        for number in range(max(segments, 1)):
            tell(f"infill alone, {number + 1} of {max(segments, 1)} ...")
            alone.append(_in_own_process(run_infill_alone, InfillTask(clip=clip, frames=frames, threads=threads)))
    context = machine() | {
        "width": info.width,
        "height": info.height,
        "format": info.format.name,
        "threads": threads,
        "versions": versions(),
    }
    prefix = f"pipeline/{info.height}p"
    found = infill_records(f"{prefix}/infill_alone", alone, context)
    if done:
        found = records(prefix, done, context | {"frames": done[0].frames, "layout": "half-sbs"}) + found
    return found


def records(prefix: str, segments: list[Segment], context: dict[str, Any]) -> list[Record]:
    """What the segments say: speed, its ratio to transcoding, stage times, memory."""
    ratios = [segment.fps / segment.transcode_fps for segment in segments]
    found = [
        Record.of(f"{prefix}/fps", [s.fps for s in segments], "frames/s", context),
        Record.of(f"{prefix}/transcode_fps", [s.transcode_fps for s in segments], "frames/s", context),
        Record.of(f"{prefix}/ratio", ratios, "of transcode", context),
        Record.of(f"{prefix}/peak_rss", [s.peak_rss_mb for s in segments], "MiB", context),
    ]
    slopes = [rss_slope(s.rss) for s in segments if s.frames >= _SLOPE_FRAMES]
    if slopes:
        found.append(Record.of(f"{prefix}/rss_slope", slopes, "MiB/1000 frames", context))
    for name in segments[0].stages:
        p50, p95, p99 = (float(np.median([s.stages[name][i] for s in segments])) for i in range(3))
        frames = sum(s.frames for s in segments)
        found.append(
            Record(
                name=f"{prefix}/stage/{name}",
                value=p50,
                unit="ms",
                n=frames,
                p50=p50,
                p95=p95,
                p99=p99,
                context=context,
            )
        )
    return found


def rss_slope(samples: list[tuple[int, float]]) -> float:
    """Growth of memory in MiB per 1000 frames: the median of all pairwise slopes after warming up; 0 if too few.

    The median (Theil-Sen) because one allocation in the middle is a step, not a leak.
    """
    settled = samples[int(len(samples) * _WARM_SHARE) :]
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for i, a in enumerate(settled) for b in settled[i + 1 :] if b[0] > a[0]]
    return float(np.median(slopes)) * 1000 if slopes else 0.0


def _in_own_process(measurement: Callable[[Given], Measured], task: Given) -> Measured:
    """Peak memory belongs to a process, so every pair gets a fresh one."""
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measurement, task).result()
