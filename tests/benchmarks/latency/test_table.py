from __future__ import annotations

from dataclasses import replace

import pytest
from rich.console import Console

from benchmarks.latency.records import records
from benchmarks.latency.run import Run
from benchmarks.latency.table import curve, limiting_stage, report
from benchmarks.record import Record

CONTEXT = {
    "width": 64,
    "height": 64,
    "fps": 10,
    "clip": "test pattern as H.264",
    "layout": "half-sbs",
    "surface": "off screen",
    "processor": "Processor 9000 with a rather long name",
    "cores": 2,
    "load": 0.5,
}


@pytest.fixture
def found(runs: list[Run]) -> list[Record]:
    return records("latency/64p10", runs, CONTEXT)


def lines_of(found: list[Record]) -> list[str]:
    console = Console(width=80)
    with console.capture() as shown:
        for part in report(found):
            console.print(part)
    return [line.rstrip() for line in shown.get().splitlines()]


def test_everything_fits_a_terminal_and_can_be_read(found: list[Record]) -> None:
    lines = lines_of(found)
    assert [part for part in report(found) if isinstance(part, str) and len(part) > 80] == [], "nothing is wrapped"
    (stereo,) = (line for line in lines if line.startswith("stereo, drawn"))
    assert stereo.split()[-8:] == ["100.5", "180.1", "190.0", "198.0", "199.8", "200.0", "200", "2"]
    (plain,) = (line for line in lines if line.startswith("plain player"))
    assert plain.split()[-1] == "-", "nothing was lost"
    text = "\n".join(lines)
    assert "lost, stereo, drawn: render late 2" in text
    assert "shown again: depth late 1" in text
    assert "200 of 200 right" in text
    assert "most of it goes to: depth" in text
    assert "as fast as it goes: 2.0 frames/s" in text
    assert "200 ms" in lines[-1]


def test_numbers_that_were_not_read_are_not_boasted_of(runs: list[Run]) -> None:
    own_clip = [replace(run, task=replace(run.task, numbered=False)) for run in runs]
    assert "read back" not in "\n".join(lines_of(records("latency/64p10", own_clip, CONTEXT)))


def test_the_limiting_stage_is_the_longest() -> None:
    def record(value: float) -> Record:
        return Record.of("x", [value], "ms")

    times = {"stage/depth": record(9.0), "stage/stereo": record(7.0), "stage/draw": record(10.0), "idle": record(1.0)}
    assert limiting_stage(times) == "draw"
    assert limiting_stage(times | {"idle": record(20.0)}) == "idle"


def test_a_curve_rises_where_the_frames_are() -> None:
    assert curve([(1, 10.0), (50, 20.0), (100, 40.0)], 40.0, columns=8) == "   ▄▄▄▄█"
    assert curve([(100, 1.0)], 40.0, columns=4) == "████"
