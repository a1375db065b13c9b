from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from benchmarks.latency.run import Neighbour, Run, Shown, Task, csv_path, write_csv

TASK = Task(kind="engine", clip="clip.mp4", frames=3, width=64, height=64, fps=10)


def shown(frame: int, *, read: int | None = None, late_s: float = 0.02) -> Shown:
    arrival_s = 100.0 + frame / 10
    return Shown(
        frame=frame,
        read=frame if read is None else read,
        time_s=frame / 10,
        arrival_s=arrival_s,
        end_s=arrival_s + late_s,
        stages_s={"stereo": 0.012, "draw": 0.003},
        waiting=1,
    )


def test_latency_is_from_arrival_to_the_end_and_idle_what_nobody_worked() -> None:
    one = shown(4, late_s=0.02)
    assert one.latency_s == pytest.approx(0.02)
    assert one.idle_s == pytest.approx(0.005)


def test_pacing_is_off_by_what_a_frame_comes_too_late_or_too_early() -> None:
    run = Run(task=TASK, shown=[shown(0), shown(1, late_s=0.05), shown(2), shown(5)], released=6)
    assert run.pacing_s == pytest.approx([0.03, 0.03, 0.0], abs=1e-9)


def test_a_wrong_number_in_the_pixels_is_noticed() -> None:
    frames = [shown(0), shown(1, read=0), replace(shown(2), read=None)]
    assert Run(task=TASK, shown=frames, released=3).misread == 2
    assert Run(task=replace(TASK, numbered=False), shown=frames, released=3).misread == 0


def test_names_tell_conditions_apart() -> None:
    names = {
        replace(TASK, paced=paced, neighbour=neighbour).name for paced in (True, False) for neighbour in (True, False)
    }
    assert names == {"engine", "engine/unpaced", "engine/neighbour", "engine/unpaced/neighbour"}


def test_rows_begin_with_the_first_arrival_and_add_up() -> None:
    file = io.StringIO()
    run = Run(task=TASK, shown=[shown(0), replace(shown(2), read=None)], released=3)
    write_csv(file, [run, Run(task=replace(TASK, kind="player", segment=1), shown=[], released=0)])
    first, second = csv.DictReader(io.StringIO(file.getvalue()))
    assert first["run"] == "engine"
    assert (first["frame"], first["read"], first["arrival_ms"], first["end_ms"]) == ("0", "0", "0.000", "20.000")
    assert (second["frame"], second["read"], second["arrival_ms"]) == ("2", "", "200.000")
    parts = sum(float(second[f"{stage}_ms"]) for stage in ("depth", "stereo", "draw", "encode", "idle"))
    assert parts == pytest.approx(float(second["latency_ms"]))


def test_a_folder_gets_a_file(tmp_path: Path) -> None:
    assert csv_path(tmp_path) == tmp_path / "latency.csv"
    assert csv_path(tmp_path / "rows.csv") == tmp_path / "rows.csv"


def test_the_neighbour_is_another_process_and_goes() -> None:
    before = set(psutil.Process().children())
    with Neighbour():
        (neighbour,) = set(psutil.Process().children()) - before
    assert not neighbour.is_running()
    with Neighbour(wanted=False):
        assert set(psutil.Process().children()) == before
