from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.quality.fillers import BASELINES, FREE_FILLERS, mirror, network_fillers
from benchmarks.quality.holes import HoleCase, hole_case
from engine.inference.artifact import Artifact
from training.evaluation.stereo_scenes import StereoScene

MakeScene = Callable[..., StereoScene]

ROWS = slice(30, 90)


@pytest.mark.parametrize("name", sorted(set(FREE_FILLERS) - {"identity"}))
def test_known_pixels_stay(name: str, make_scene: MakeScene) -> None:
    case = hole_case(make_scene())
    filled = FREE_FILLERS[name](case)
    assert np.array_equal(filled[~case.hole], case.warped[~case.hole])


def test_every_baseline_exists() -> None:
    assert set(BASELINES) < set(FREE_FILLERS)


def test_background_and_mirror_start_at_the_farther_edge(make_scene: MakeScene) -> None:
    case = hole_case(make_scene())
    edge = case.warped[ROWS, 86:87]
    assert np.array_equal(FREE_FILLERS["background"](case)[ROWS, 74:86], np.repeat(edge, 12, axis=1))
    assert np.array_equal(mirror(case)[ROWS, 74:86], case.warped[ROWS, 86:98][:, ::-1])


def test_mirror_looks_to_the_left_where_that_is_farther(make_scene: MakeScene) -> None:
    case = hole_case(make_scene())
    turned = replace(case, parallax_px=-case.parallax_px)
    assert np.array_equal(mirror(turned)[ROWS, 74:86], case.warped[ROWS, 62:74][:, ::-1])


def test_black_and_identity_do_nothing(make_scene: MakeScene) -> None:
    scene = make_scene()
    case = hole_case(scene)
    assert FREE_FILLERS["black"](case)[case.hole].max() == 0
    assert FREE_FILLERS["identity"](case) is scene.left


def test_inpainting_mixes_both_edges(make_scene: MakeScene) -> None:
    case = hole_case(make_scene())
    for name in ("telea", "ns"):
        red = FREE_FILLERS[name](case)[40:80, 74:86, 0].mean(axis=0)
        assert red[0] > 120  # next to the red square
        assert red[-1] < red[0] / 2  # next to the wall, which has little red


def test_networks_paint_wide_holes_only_unless_told(make_scene: MakeScene, green_painter: Artifact) -> None:
    fillers = network_fillers(green_painter, threads=1)
    wide, narrow = hole_case(make_scene()), hole_case(make_scene(near_px=6))
    assert narrow.scored.sum() == 2 * 60

    def share_of_green(name: str, case: HoleCase) -> float:
        picture = fillers[name](case)
        assert np.array_equal(picture[~case.hole], case.warped[~case.hole])
        return float((np.abs(picture[case.scored].astype(int) - (0, 255, 0)).max(axis=1) <= 2).mean())

    assert [share_of_green(name, wide) for name in ("net", "net-only")] == [1.0, 1.0]
    assert [share_of_green(name, narrow) for name in ("net", "net-only")] == [0.0, 1.0]
