from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.quality import measure
from engine.__main__ import main
from engine.errors import InputError
from engine.inference.artifact import Artifact
from training.evaluation.stereo_scenes import StereoScene

MakeScene = Callable[..., StereoScene]


def _room() -> list[tuple[np.ndarray, np.ndarray]]:
    inverse = np.linspace(0.2, 0.8, 160)[None].repeat(120, axis=0)
    picture = (inverse[..., None] * 255).astype(np.uint8).repeat(3, axis=2)
    millimetres = (1000 / inverse).astype(np.uint16)
    millimetres[:5], millimetres[5:10] = 0, 65535
    return [(picture, millimetres)] * 2


def test_from_the_command_line(
    make_scene: MakeScene, test_sets: Any, bright_is_near: Artifact, green_painter: Artifact, tmp_path: Path
) -> None:
    test_sets.stereo(make_scene())
    test_sets.rgbd(_room())
    networks = ["--depth", str(bright_is_near.path), "--infill", str(green_painter.path)]
    output = ["--json", str(tmp_path / "q.json"), "--pictures", str(tmp_path / "sheets")]
    words = ["--data", str(test_sets.data), "--threads", "1", "--scenes", "0", *networks, *output]
    assert main(["bench", "quality", *words]) == 0
    records = {record["name"]: record for record in json.loads((tmp_path / "q.json").read_text())}
    assert records["quality/depth/room/engine/spearman"]["value"] > 0.99
    assert records["quality/depth/exact/engine/spearman"]["n"] == 1
    # Green on a wall of other colours is worse than continuing the wall.
    assert records["quality/infill/exact/net/worst_scene_gain"]["value"] < 0
    assert (
        records["quality/infill/exact/black/psnr_whole"]["value"]
        < records["quality/infill/exact/ns/psnr_whole"]["value"]
    )
    assert records["quality/infill/exact/net/psnr_hole"]["context"]["network"]["sha256"] == green_painter.sha256
    assert len(list((tmp_path / "sheets").glob("depth-*.png"))) == 2
    assert len(list((tmp_path / "sheets").glob("infill-*.jpg"))) == 1


def test_one_part_without_networks(make_scene: MakeScene, test_sets: Any) -> None:
    test_sets.stereo(make_scene())
    records = measure(test_sets.data, what=("infill",))
    assert {record.name.split("/")[1] for record in records} == {"infill"}
    assert not any("/net" in record.name for record in records)
    # Nobody brought weights for the perceptual distance: the other one is there, and the records say why.
    assert not any("lpips" in record.name for record in records)
    assert any(record.name.endswith("/gradient_hole") for record in records)
    assert "weights/squeezenet/*.onnx: no such file" in str(records[0].context["left_out"])


def test_weights_in_the_data_folder_are_used(make_scene: MakeScene, test_sets: Any, lpips_data: Path) -> None:
    test_sets.stereo(make_scene())
    (lpips_data / "weights").rename(test_sets.data / "weights")
    records = measure(test_sets.data, what=("infill",))
    assert any(record.name == "quality/infill/exact/ns/lpips_hole" for record in records)
    assert records[0].context["left_out"] == []


@pytest.mark.gl
def test_without_any_data(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench", "quality", "infill", "--scenes", "1", "--infill", "none", "--threads", "1"]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "lpips: left out, without --data" in shown
    assert "procedural" in shown  # its table, or why it could not be drawn


def test_no_data_names_the_layout(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(InputError, match=r"no test set in it; expected rgbd/SET/ .* stereo_gt/SET/SCENE/"):
            measure(folder)
    with pytest.raises(InputError, match="no test set in it"):
        measure(tmp_path / "missing", what=("infill",), scenes=1)


def test_depth_only_data_says_what_is_left_out(test_sets: Any) -> None:
    test_sets.rgbd(_room())
    told: list[str] = []
    records = measure(test_sets.data, tell=told.append)
    assert {record.name.split("/")[1] for record in records} == {"depth"}
    assert any("no stereo_gt folder" in line for line in told)
    with pytest.raises(InputError, match="no test set"):
        measure(test_sets.data, what=("infill",))


def test_broken_files_are_named(make_scene: MakeScene, test_sets: Any) -> None:
    folder = test_sets.stereo(make_scene())
    (folder / "im1.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"im1\.png: the picture cannot be read"):
        measure(test_sets.data, what=("infill",))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "bench quality needs --data DIR"),
        (["--data", ".", "--depth", "nothing"], "nothing: there is no such network"),
        (["depht", "--data", "."], "choose one of"),
        (["infill", "--scenes", "-1"], "--scenes must be 0 or more"),
    ],
)
def test_wrong_usage(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "quality", *words]) in (1, 2)
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_network_of_the_other_kind(
    test_sets: Any, green_painter: Artifact, capsys: pytest.CaptureFixture[str]
) -> None:
    test_sets.rgbd(_room())
    words = ["--data", str(test_sets.data), "--depth", str(green_painter.path)]
    assert main(["bench", "quality", "depth", *words]) == 1
    assert "is of kind infill, but depth is needed here" in capsys.readouterr().err
