from __future__ import annotations

import csv
from pathlib import Path

import pytest

from benchmarks.latency import latency, measure, records, report
from benchmarks.latency.latency import run
from engine.errors import InputError, OutputError

pytestmark = [pytest.mark.gl, pytest.mark.usefixtures("needs_egl")]


def test_everything_is_measured_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole benchmark, in this process: starting others takes longer than these runs."""
    monkeypatch.setattr(latency, "_in_own_process", run)
    told: list[str] = []
    found = measure(width=128, height=72, fps=10, seconds=0.6, segments=2, csv=tmp_path, tell=told.append)
    by_name = {record.name: record for record in found}
    assert "latency/72p10/arrival_to_drawn" in by_name
    drawn = by_name["latency/72p10/arrival_to_drawn"]
    facts = drawn.context
    assert facts["frames_due"] == 12
    assert drawn.n + sum(facts["dropped"].values()) == 12
    assert facts["misread"] == 0
    assert {"starts", "stops_drawn", "stops_encoded"} <= set(facts["clock"])
    assert 0 < drawn.p50 <= facts["p90"] <= drawn.p95 <= drawn.p99 <= facts["p999"] <= facts["max"]
    order = [line.split(":")[0] for line in told[1:]]
    assert order[:4] == ["engine", "player", "player", "engine"], "who goes first swaps"
    assert order[4:] == ["engine/neighbour", "player/neighbour", "encoder", "engine/unpaced", "engine-alone"]
    with (tmp_path / "latency.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert sum(row["run"] == "engine" for row in rows) == drawn.n
    assert all(row["read"] == row["frame"] for row in rows if row["run"] != "engine-alone")
    assert report(found)


def test_a_clip_that_cannot_be_played_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.mp4"):
        measure(clip=str(tmp_path / "nothing.mp4"))


def test_rows_that_cannot_be_written_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "_plan", lambda _task, _segments: iter(()))
    with pytest.raises(OutputError, match=r"--csv .*not.there\.csv"):
        measure(width=64, height=64, seconds=0.1, csv=tmp_path / "not" / "there.csv")


def test_endurance_is_one_run_and_tells_how_it_went(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "_in_own_process", run)
    monkeypatch.setattr(latency, "_PERIOD_S", 0.4)
    monkeypatch.setattr(records, "_ENDURANCE_S", 1)
    told: list[str] = []
    found = measure(width=128, height=72, fps=10, seconds=2.0, segments=0, tell=told.append)
    assert [line.split(":")[0] for line in told[1:]] == ["engine"]
    (drawn,) = [record for record in found if record.name == "latency/72p10/arrival_to_drawn"]
    facts = drawn.context
    assert facts["frames_due"] == 20
    assert facts["misread"] == 0, "numbers begin again after four frames"
    assert sum(facts["shown_by_tenth"]) == drawn.n
    assert len(facts["p50_by_tenth"]) == sum(count > 0 for count in facts["shown_by_tenth"])
    assert facts["newest_wins"]
    assert max(facts["waiting_by_tenth"]) <= 2
    assert report(found)
