from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality.fillers import BASELINES, FREE_FILLERS, UNFILLED
from benchmarks.quality.infill import infill_records
from benchmarks.quality.lpips import Lpips
from benchmarks.quality.scores import UNITS, WHOLE
from benchmarks.quality.stillness import STILL_UNITS
from engine.errors import InputError
from training.evaluation.stereo_scenes import StereoScene

MakeScene = Callable[..., StereoScene]


def test_records_compare_networks_with_the_best_baseline(make_scene: MakeScene, tmp_path: Path) -> None:
    scenes = [make_scene("a"), make_scene("b", seed=2)]
    truths = {scene.name: scene.right for scene in scenes}
    # A painter that knows the truth of one scene and paints the other one black.
    fillers = dict(FREE_FILLERS) | {
        "net": lambda case: truths[case.scene] if case.scene == "a" else np.zeros_like(case.truth)
    }
    records = {r.name: r for r in infill_records("set", scenes, fillers, context={"x": 1}, sheets=tmp_path)}
    filling = [m for m in fillers if m not in UNFILLED]
    psnr = {m: records[f"quality/infill/set/{m}/psnr_hole"].context["pictures"] for m in filling}
    best = max(psnr[b]["b/right"] for b in BASELINES)
    worst = records["quality/infill/set/net/worst_scene_gain"]
    assert worst.value == pytest.approx(psnr["net"]["b/right"] - best, abs=1e-3)
    assert worst.context["scene"] == "b/right"
    gain = records["quality/infill/set/net/gain_over_best_baseline"]
    means = {m: np.mean(list(by.values())) for m, by in psnr.items()}
    assert gain.value == pytest.approx(means["net"] - means[gain.context["best_baseline"]], abs=1e-3)
    assert means[gain.context["best_baseline"]] == max(means[b] for b in BASELINES)
    assert records["quality/infill/set/scored_holes"].value == pytest.approx(12 * 60 / (120 * 160))
    assert records["quality/infill/set/net/psnr_hole"].context["x"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["infill-set-a-right.jpg", "infill-set-b-right.jpg"]


def test_both_eyes_and_whole_pictures_of_what_fills_nothing(make_scene: MakeScene, lpips_data: Path) -> None:
    scenes = [make_scene("a", both=True), make_scene("b")]
    lpips = Lpips.open(lpips_data)
    records = {r.name: r for r in infill_records("set", scenes, FREE_FILLERS, context={}, lpips=lpips)}
    assert list(records["quality/infill/set/mirror/psnr_hole"].context["pictures"]) == ["a/right", "a/left", "b/right"]
    for method in UNFILLED:
        of_method = {name.split("/")[-1] for name in records if f"/{method}/" in name}
        assert of_method == WHOLE
    of_mirror = {name.split("/")[-1] for name in records if "/mirror/" in name}
    assert of_mirror == {*UNITS, *STILL_UNITS}
    assert records["quality/infill/set/mirror/static_change"].value == 0
    assert records["quality/infill/set/source/grain_change"].value > 1


def test_a_scene_without_holes_is_left_out(make_scene: MakeScene) -> None:
    told: list[str] = []
    flat = make_scene("flat", near_px=4)
    records = infill_records("set", [flat, make_scene("a")], FREE_FILLERS, context={}, tell=told.append)
    assert all(list(record.context["pictures"]) == ["a/right"] for record in records)
    assert told[0] == "set/flat/right: left out, it has hardly any hole between two known surfaces"
    with pytest.raises(InputError, match="set: no scene has enough of a hole between two known surfaces"):
        infill_records("set", [flat], FREE_FILLERS, context={})
