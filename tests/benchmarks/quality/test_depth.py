from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.quality.depth import DepthEngine, bottom_near, constant, rgbd_records, stereo_records
from engine.errors import InputError
from engine.inference.artifact import Artifact
from training.evaluation.rgbd_frames import RgbdFrame
from training.evaluation.stereo_scenes import StereoScene

MakeScene = Callable[..., StereoScene]


def frames(count: int = 3, *, known: bool = True) -> list[RgbdFrame]:
    """Pictures whose brightness is their true inverse depth, which grows from left to right."""
    inverse = np.linspace(0.2, 0.8, 160, dtype=np.float32)[None].repeat(120, axis=0)
    picture = (inverse[..., None] * 255).round().astype(np.uint8).repeat(3, axis=2)
    depth = 1 / inverse
    depth[:, :10] = 0
    return [RgbdFrame(f"{i}", picture, depth if known else np.zeros_like(depth)) for i in range(count)]


def test_a_network_that_is_right(bright_is_near: Artifact, tmp_path: Path) -> None:
    engine = DepthEngine(bright_is_near, threads=1)
    records = {r.name: r for r in rgbd_records("room", frames(), engine, context={"x": 1}, sheets=tmp_path)}
    for method in ("engine", "single"):
        assert records[f"quality/depth/room/{method}/spearman"].value > 0.99
        assert records[f"quality/depth/room/{method}/delta1"].value > 0.97
        assert records[f"quality/depth/room/{method}/abs_rel"].value < 0.05
    assert records["quality/depth/room/engine/spearman"].n == 3
    assert records["quality/depth/room/engine/spearman"].context["x"] == 1
    sheet = cv2.imread(str(tmp_path / "depth-room-0.png"))
    assert sheet is not None
    assert sheet.shape[1] == 4 * 320


def test_baselines_know_nothing() -> None:
    records = {r.name: r.value for r in rgbd_records("room", frames(), None, context={})}
    assert records["quality/depth/room/constant/spearman"] == 0.0
    assert abs(records["quality/depth/room/bottom-near/spearman"]) < 0.05
    assert records["quality/depth/room/constant/delta1"] < 0.6
    assert not any("engine" in name for name in records)
    picture = frames()[0].image
    assert np.ptp(constant(picture)) == 0
    assert (np.diff(bottom_near(picture), axis=0) > 0).all()


def test_frames_without_truth_are_not_scored(bright_is_near: Artifact) -> None:
    mixed = [*frames(1, known=False), *frames(2)]
    records = rgbd_records("room", mixed, DepthEngine(bright_is_near, threads=1), context={})
    assert {record.n for record in records} == {2}
    with pytest.raises(InputError, match="no picture of this set has known depth"):
        rgbd_records("room", frames(2, known=False), None, context={})


def test_stereo_sets_give_ranks_only(make_scene: MakeScene, bright_is_near: Artifact) -> None:
    scene = make_scene()
    grey = np.where(scene.disparity_px > 10, 200, 50).astype(np.uint8)[..., None].repeat(3, axis=2)
    bright = type(scene)(scene.name, grey, scene.right, scene.disparity_px, scene.known)
    records = stereo_records("pairs", [bright], DepthEngine(bright_is_near, threads=1), context={})
    values = {record.name: record.value for record in records}
    assert set(values) == {f"quality/depth/pairs/{method}/spearman" for method in ("engine", "bottom-near")}
    # Two values of true disparity against a map with soft edges: ranks agree as far as ties let them.
    assert values["quality/depth/pairs/engine/spearman"] > 0.5
    assert abs(values["quality/depth/pairs/bottom-near/spearman"]) < 0.1
