from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import OutputError
from engine.graph import Samples
from engine.report import Report, versions, write_json
from engine.telemetry import Distribution, StageTimes


def _report(transcode_fps: float | None = None) -> Report:
    samples = Samples()
    for milliseconds in (10, 20, 30):
        samples.add(milliseconds / 1000)
    times = StageTimes(work=Distribution.of(samples), waited_for_input_s=1, producer_waited_s=2, dropped=0)
    return Report(
        frames_in=4,
        frames_out=3,
        seconds=1.5,
        peak_rss_mb=123.456,
        stages={"depth": times},
        dropped={"late": 1},
        warnings=["film.mp4: odd"],
        transcode_fps=transcode_fps,
    )


def test_document(tmp_path: Path) -> None:
    _report().write(tmp_path / "r.json")
    found = json.loads((tmp_path / "r.json").read_text())
    assert found.pop("versions")["python"]
    assert found == {
        "frames_in": 4,
        "frames_out": 3,
        "dropped": {"late": 1},
        "seconds": 1.5,
        "fps": 2.0,
        "peak_rss_mb": 123.5,
        "stages": {"depth": {"p50_ms": 20, "p95_ms": 30, "p99_ms": 30, "max_ms": 30, "busy_s": 0.06}},
        "warnings": ["film.mp4: odd"],
    }


def test_transcode_fps_only_where_it_was_measured() -> None:
    assert "transcode_fps" not in _report().as_json()
    assert _report(12.3456).as_json()["transcode_fps"] == 12.346


def test_unwritable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"nowhere.r\.json: the file cannot be written"):
        write_json(tmp_path / "nowhere" / "r.json", {})


def test_versions_hold_what_is_installed() -> None:
    assert {"python", "wheatstone", "numpy", "av"} <= set(versions())


def test_comfort_only_where_eyes_were_rendered() -> None:
    assert "comfort" not in _report().as_json()
    assert replace(_report(), comfort={"frames": 3}).as_json()["comfort"] == {"frames": 3}


def test_infill_only_where_a_network_painted() -> None:
    assert "infill" not in _report().as_json()
    counted = replace(_report(), infill={"frames": 3, "tiles": 5, "tiles_over_budget": 0})
    assert counted.as_json()["infill"] == {"frames": 3, "tiles": 5, "tiles_over_budget": 0}
