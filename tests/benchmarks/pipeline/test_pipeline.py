from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.pipeline.clip import make_clip
from benchmarks.pipeline.pipeline import measure, records, rss_slope
from benchmarks.pipeline.segment import Segment


def _segment(fps: float, transcode_fps: float) -> Segment:
    return Segment(
        frames=100,
        fps=fps,
        transcode_fps=transcode_fps,
        stages={"depth": (10.0, 12.0, 15.0), "sink": (20.0, 22.0, 25.0)},
        peak_rss_mb=700.0,
        rss=[(i, 500.0) for i in range(0, 100, 5)],
    )


def test_ratio_is_taken_within_each_segment() -> None:
    # A machine that is three times slower during one segment slows both down; the ratio does not care.
    found = {r.name: r for r in records("pipeline/1080p", [_segment(10, 20), _segment(30, 60), _segment(11, 20)], {})}
    assert found["pipeline/1080p/fps"].value == 11
    assert found["pipeline/1080p/transcode_fps"].value == 20
    assert found["pipeline/1080p/ratio"].value == pytest.approx(0.5)
    assert found["pipeline/1080p/ratio"].n == 3
    assert found["pipeline/1080p/stage/depth"].p95 == 12.0
    assert found["pipeline/1080p/stage/depth"].n == 300
    assert found["pipeline/1080p/peak_rss"].value == 700
    assert found["pipeline/1080p/rss_slope"].value == 0


def test_a_few_frames_have_no_slope() -> None:
    short = replace(_segment(10, 20), frames=99)
    assert "pipeline/1080p/rss_slope" not in {r.name for r in records("pipeline/1080p", [short], {})}


def test_rss_slope_sees_a_leak_and_forgives_a_step() -> None:
    assert rss_slope([(i, 300 + 0.05 * i) for i in range(0, 1000, 5)]) == pytest.approx(50)
    step = [(i, 300.0 if i < 700 else 330.0) for i in range(0, 1000, 5)]
    assert abs(rss_slope(step)) < 1
    warming = [(i, min(100.0 + 2 * i, 500.0)) for i in range(0, 1000, 5)]
    assert rss_slope(warming) == 0
    assert rss_slope([(0, 100.0)]) == 0


def test_without_segments_infill_alone_is_timed_once(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    make_clip(clip, width=640, height=360, frames=4)
    told: list[str] = []
    found = {
        record.name: record for record in measure(frames=3, segments=0, threads=1, clip=str(clip), tell=told.append)
    }
    assert told == ["infill alone, 1 of 1 ..."]
    assert all(name.startswith("pipeline/360p/infill_alone") for name in found)
    record = found["pipeline/360p/infill_alone"]
    assert (record.n, record.context["runs"], record.context["frames"]) == (3, 1, 3)
    assert (record.context["width"], record.context["height"], record.context["threads"]) == (640, 360, 1)
    assert 0 < record.value < 60_000
    assert found["pipeline/360p/infill_alone/tiles"].p99 > 0
