from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.quality.fillers import BASELINES, FREE_FILLERS, UNFILLED, mirror, network_fillers, played
from benchmarks.quality.holes import HoleCase, hole_cases
from engine.inference.artifact import Artifact
from training.evaluation.stereo_scenes import StereoScene

MakeScene = Callable[..., StereoScene]
MakeCase = Callable[..., HoleCase]

ROWS = slice(30, 90)


@pytest.mark.parametrize("name", sorted(set(FREE_FILLERS) - {"identity"}))
def test_known_pixels_stay(name: str, make_case: MakeCase) -> None:
    case = make_case()
    filled = FREE_FILLERS[name](case)
    assert np.array_equal(filled[~case.hole], case.warped[~case.hole])


def test_every_baseline_exists() -> None:
    assert {*BASELINES, *UNFILLED} == set(FREE_FILLERS)


def test_background_and_mirror_start_at_the_farther_edge(make_case: MakeCase) -> None:
    case = make_case()
    edge = case.warped[ROWS, 86:87]
    assert np.array_equal(FREE_FILLERS["background"](case)[ROWS, 74:86], np.repeat(edge, 12, axis=1))
    assert np.array_equal(mirror(case)[ROWS, 74:86], case.warped[ROWS, 86:98][:, ::-1])


def test_mirror_looks_to_the_left_where_that_is_farther(make_case: MakeCase) -> None:
    case = make_case()
    turned = replace(case, parallax_px=-case.parallax_px)
    assert np.array_equal(mirror(turned)[ROWS, 74:86], case.warped[ROWS, 62:74][:, ::-1])


def test_black_and_identity_do_nothing(make_case: MakeCase) -> None:
    case = make_case()
    assert FREE_FILLERS["black"](case)[case.hole].max() == 0
    assert FREE_FILLERS["identity"](case) is case.source


def test_inpainting_mixes_both_edges(make_case: MakeCase) -> None:
    case = make_case()
    for name in ("telea", "ns"):
        red = FREE_FILLERS[name](case)[40:80, 74:86, 0].mean(axis=0)
        assert red[0] > 120  # next to the red square
        assert red[-1] < red[0] / 2  # next to the wall, which has little red


def test_networks_paint_wide_holes_only_unless_told(make_case: MakeCase, green_painter: Artifact) -> None:
    fillers = network_fillers(green_painter, threads=1)
    wide, narrow = make_case(), make_case(near_px=6)
    assert narrow.scored.sum() == 2 * 60

    def share_of_green(name: str, case: HoleCase) -> float:
        picture = fillers[name](case)
        assert np.array_equal(picture[~case.hole], case.warped[~case.hole])
        return float((np.abs(picture[case.scored].astype(int) - (0, 255, 0)).max(axis=1) <= 2).mean())

    assert [share_of_green(name, wide) for name in ("net", "net-only")] == [1.0, 1.0]
    assert [share_of_green(name, narrow) for name in ("net", "net-only")] == [0.0, 1.0]


def test_left_eyes_are_painted_too(make_scene: MakeScene, green_painter: Artifact) -> None:
    _, left = hole_cases(make_scene(both=True))
    net = network_fillers(green_painter, threads=1)["net"]
    green = np.abs(net(left)[left.scored].astype(int) - (0, 255, 0)).max(axis=1) <= 2
    assert green.all()
    assert FREE_FILLERS["black"](left)[left.hole].max() == 0


def test_a_shot_is_played_frame_by_frame(make_case: MakeCase, green_painter: Artifact) -> None:
    case = make_case()
    for fill in (network_fillers(green_painter, threads=1)["net"], FREE_FILLERS["telea"]):
        first, second = played(fill, [case, case])
        assert np.array_equal(first, second)
        assert np.array_equal(first, fill(case))
