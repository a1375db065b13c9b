from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.quality.fillers import FREE_FILLERS
from benchmarks.quality.holes import HoleCase
from benchmarks.quality.lpips import Lpips
from benchmarks.quality.scores import UNITS, WHOLE, Judge, seam

MakeCase = Callable[..., HoleCase]


def test_truth_is_perfect(make_case: MakeCase, lpips_data: Path) -> None:
    case = make_case()
    scores = Judge(case, Lpips.open(lpips_data)).score(case.truth)
    assert set(scores) == set(UNITS)
    perfect = {"psnr": 99.0, "ssim": pytest.approx(1.0), "lpips": 0.0, "gradient": 0.0, "seam": 0.0}
    assert scores == {name: perfect[name.split("_")[0]] for name in UNITS}


def test_scores_of_a_known_error(make_case: MakeCase) -> None:
    case = make_case()
    filled = case.truth.copy()
    filled[case.scored] += 10
    filled[~case.counted] = 0  # what does not count must not matter
    scores = Judge(case).score(filled)
    assert set(scores) == {name for name in UNITS if "lpips" not in name}
    in_hole = 20 * math.log10(255 / 10)
    assert scores["psnr_hole"] == pytest.approx(in_hole, abs=1e-3)
    whole = in_hole + 10 * math.log10(case.counted.sum() / case.scored.sum())
    assert scores["psnr_whole"] == pytest.approx(whole, abs=1e-3)
    assert scores["seam"] == pytest.approx(10, abs=1e-3)
    assert scores["ssim_hole"] < scores["ssim_whole"] < 0.9999


def test_distances_are_taken_where_the_holes_are(make_case: MakeCase, lpips_data: Path) -> None:
    case = make_case()
    judge = Judge(case, Lpips.open(lpips_data))
    smeared = judge.score(FREE_FILLERS["background"](case))
    noise = np.random.default_rng(1).integers(0, 255, case.truth.shape, dtype=np.uint8)
    worse = judge.score(np.where(case.hole[..., None], noise, case.warped))
    for kind in ("lpips", "gradient"):
        assert 0 < smeared[f"{kind}_hole"] < worse[f"{kind}_hole"]
        assert smeared[f"{kind}_whole"] < smeared[f"{kind}_hole"]
    # An error far from every hole is seen by the whole, not by the holes.
    elsewhere = case.truth.copy()
    elsewhere[100:, :40] = cv2.GaussianBlur(elsewhere, (0, 0), 4)[100:, :40] // 2
    scores = judge.score(elsewhere)
    assert scores["gradient_hole"] == 0
    assert scores["gradient_whole"] > 0


def test_only_what_was_asked_for(make_case: MakeCase, lpips_data: Path) -> None:
    case = make_case()
    assert set(Judge(case, Lpips.open(lpips_data)).score(case.source, WHOLE)) == WHOLE


def test_seam_sees_both_directions() -> None:
    error = np.zeros((3, 3, 3), np.float32)
    hole = np.zeros((3, 3), bool)
    hole[1, 1] = True
    error[1, 1] = 1.0
    assert seam(error, hole, ~hole) == pytest.approx(1.0)
    assert seam(error, hole, np.zeros_like(hole)) == 0.0
