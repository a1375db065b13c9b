from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.quality.fillers import FREE_FILLERS
from benchmarks.quality.holes import hole_case
from benchmarks.quality.infill import infill_records, score, seam
from engine.errors import InputError
from training.evaluation.stereo_scenes import StereoScene

MakeScene = Callable[..., StereoScene]


def test_truth_is_perfect(make_scene: MakeScene) -> None:
    case = hole_case(make_scene())
    assert score(case, case.truth) == {
        "psnr_hole": 99.0,
        "psnr_whole": 99.0,
        "ssim_hole": pytest.approx(1.0),
        "seam": 0.0,
    }


def test_scores_of_a_known_error(make_scene: MakeScene) -> None:
    case = hole_case(make_scene())
    filled = case.truth.copy()
    filled[case.scored] += 10
    filled[~case.counted] = 0  # what does not count must not matter
    scores = score(case, filled)
    in_hole = 20 * math.log10(255 / 10)
    assert scores["psnr_hole"] == pytest.approx(in_hole, abs=1e-3)
    assert scores["psnr_whole"] == pytest.approx(
        in_hole + 10 * math.log10(case.counted.sum() / case.scored.sum()), abs=1e-3
    )
    assert scores["seam"] == pytest.approx(10, abs=1e-3)
    assert scores["ssim_hole"] < 0.999


def test_seam_sees_both_directions() -> None:
    error = np.zeros((3, 3, 3), np.float32)
    hole = np.zeros((3, 3), bool)
    hole[1, 1] = True
    error[1, 1] = 1.0
    assert seam(error, hole, ~hole) == pytest.approx(1.0)
    assert seam(error, hole, np.zeros_like(hole)) == 0.0


def test_records_compare_networks_with_the_best_baseline(make_scene: MakeScene, tmp_path: Path) -> None:
    scenes = [make_scene("a"), make_scene("b", seed=2)]
    truths = {scene.name: scene.right for scene in scenes}
    # A painter that knows the truth of one scene and paints the other one black.
    fillers = dict(FREE_FILLERS) | {
        "net": lambda case: truths[case.name] if case.name == "a" else np.zeros_like(case.truth)
    }
    records = {r.name: r for r in infill_records("set", scenes, fillers, context={"x": 1}, sheets=tmp_path)}
    psnr = {m: records[f"quality/infill/set/{m}/psnr_hole"].context["pictures"] for m in fillers}
    best = {scene: max(psnr[b][scene] for b in ("background", "mirror", "telea", "ns")) for scene in truths}
    worst = records["quality/infill/set/net/worst_scene_gain"]
    assert worst.value == pytest.approx(psnr["net"]["b"] - best["b"], abs=1e-3)
    assert worst.context["scene"] == "b"
    gain = records["quality/infill/set/net/gain_over_best_baseline"]
    means = {m: np.mean(list(by.values())) for m, by in psnr.items()}
    assert gain.value == pytest.approx(means["net"] - means[gain.context["best_baseline"]], abs=1e-3)
    assert means[gain.context["best_baseline"]] == max(means[b] for b in ("background", "mirror", "telea", "ns"))
    assert records["quality/infill/set/scored_holes"].value == pytest.approx(12 * 60 / (120 * 160))
    assert records["quality/infill/set/net/psnr_hole"].context["x"] == 1
    sheet = cv2.imread(str(tmp_path / "infill-set-a.png"))
    assert sheet is not None
    # Ten panels, four in a row: input, holes, six free fillers, net, truth.
    assert sheet.shape == (3 * (240 + 20), 4 * 320, 3)


def test_a_scene_without_holes_is_left_out(make_scene: MakeScene) -> None:
    told: list[str] = []
    flat = make_scene("flat", near_px=4)
    records = infill_records("set", [flat, make_scene("a")], FREE_FILLERS, context={}, tell=told.append)
    assert all(list(record.context["pictures"]) == ["a"] for record in records)
    assert told[0] == "set/flat: left out, it has no hole between two known surfaces"
    with pytest.raises(InputError, match="set: no scene has a hole between two known surfaces"):
        infill_records("set", [flat], FREE_FILLERS, context={})
