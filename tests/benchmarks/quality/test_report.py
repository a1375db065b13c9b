from __future__ import annotations

from collections.abc import Callable, Mapping
from io import StringIO
from typing import Any

from rich.console import Console

from benchmarks.quality.fillers import FREE_FILLERS, Filler, network_fillers
from benchmarks.quality.infill import infill_records
from benchmarks.quality.report import report
from benchmarks.record import Record
from engine.inference.artifact import Artifact
from training.evaluation.stereo_scenes import StereoScene

MakeScene = Callable[..., StereoScene]


def lines_of(records: list[Record]) -> list[str]:
    console = Console(width=250, record=True, file=StringIO())
    for part in report(records):
        console.print(part)
    return [line.rstrip() for line in console.export_text().splitlines()]


def records_of(make_scene: MakeScene, fillers: Mapping[str, Filler], **context: Any) -> list[Record]:
    return infill_records("set", [make_scene("one", both=True), make_scene("two")], fillers, context=context)


def test_methods_scenes_and_goals(make_scene: MakeScene, green_painter: Artifact) -> None:
    fillers = network_fillers(green_painter, threads=1) | dict(FREE_FILLERS)
    lines = lines_of(records_of(make_scene, fillers, left_out=["lpips: left out, no weights"]))
    assert lines[0].startswith("set: 3 eyes, holes are 3.8 % of the picture")
    rows = {line.split()[0]: line.split() for line in lines if line}
    assert {"net", "net-only", "background", "mirror", "telea", "ns", "black", "identity", "source"} <= set(rows)
    assert len(rows["black"]) == 1 + 3  # PSNR, SSIM and gradient of the whole picture
    assert len(rows["net"]) == 1 + 9
    scenes = [rows[name] for name in ("one/right", "one/left", "two/right")]
    # The last column is what net has over the best of the four, which green has not.
    for row in scenes:
        assert abs(float(row[1]) - max(map(float, row[3:7])) - float(row[-1])) < 0.011
        assert float(row[-1]) < 0
    assert any(line.startswith("set: PSNR in holes over ") and line.endswith(": NOT reached") for line in lines)
    assert "set: static holes without grain change by 0 code values (goal 0): reached" in lines
    assert lines[-1] == "lpips: left out, no weights"


def test_without_a_network_there_are_no_goals(make_scene: MakeScene) -> None:
    lines = lines_of(records_of(make_scene, FREE_FILLERS))
    assert not any("goal" in line for line in lines)
    assert any(line.startswith("mirror") for line in lines)


def test_other_records_are_not_ours() -> None:
    assert list(report([Record.of("quality/depth/x/y/z", [1.0], "m")])) == []
