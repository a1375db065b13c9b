from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import benchmarks.latency
import benchmarks.pipeline
from benchmarks.record import Record
from engine.__main__ import main


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Replace the measuring, which takes a while, and note what it was asked."""
    noted: dict[str, Any] = {}

    def measure(**options: Any) -> list[Record]:
        noted.update(options)
        return [Record.of("pipeline/1080p/fps", [10.0, 12.0, 11.0], "frames/s", {"cores": 2})]

    monkeypatch.setattr(benchmarks.pipeline, "measure", measure)
    return noted


def test_table_and_records(asked: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "pipeline", "--frames", "7", "--segments", "2", "--json", str(tmp_path / "b.json")]) == 0
    assert (asked["frames"], asked["segments"], asked["clip"]) == (7, 2, None)
    row = capsys.readouterr().out.splitlines()[1].split()
    assert row == ["pipeline/1080p/fps", "11", "11.9", "3", "frames/s"]
    records = json.loads((tmp_path / "b.json").read_text())
    assert [set(record) for record in records] == [{"name", "value", "unit", "n", "p50", "p95", "p99", "context"}]


def test_nothing_is_measured_for_a_file_that_cannot_be_written(asked: dict[str, Any], tmp_path: Path) -> None:
    assert main(["bench", "pipeline", "--json", str(tmp_path / "nowhere" / "b.json")]) == 2
    assert asked == {}


def test_what_bench_latency_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    noted: dict[str, Any] = {}
    monkeypatch.setattr(benchmarks.latency, "measure", lambda **options: noted.update(options) or [])
    monkeypatch.setattr(benchmarks.latency, "report", lambda _records: ["a table"])
    words = ["--size", "1280x720", "--fps", "60", "--seconds", "2.5", "--segments", "1", "--csv", str(tmp_path)]
    assert main(["bench", "latency", *words]) == 0
    assert (noted["width"], noted["height"], noted["fps"], noted["seconds"]) == (1280, 720, 60, 2.5)
    assert (noted["segments"], noted["csv"], noted["clip"], noted["window"]) == (1, tmp_path, None, False)


def test_missing_benchmarks_are_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(__import__("sys").modules, "benchmarks.kernels", None)
    assert main(["bench", "kernels"]) == 1
    assert "this installation has no benchmarks.kernels" in capsys.readouterr().err
