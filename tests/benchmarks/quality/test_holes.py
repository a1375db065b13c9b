from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.quality.holes import hole_case
from training.evaluation.stereo_scenes import StereoScene

MakeScene = Callable[..., StereoScene]

ROWS = slice(30, 90)


def test_hole_is_what_the_square_hid(make_scene: MakeScene) -> None:
    scene = make_scene()
    case = hole_case(scene)
    expected = np.zeros(case.hole.shape, bool)
    expected[ROWS, 74:86] = True
    assert np.array_equal(case.scored, expected)
    # Besides the hole only the strip that the left eye never saw is missing, and it does not count.
    expected[:, -4:] = True
    assert np.array_equal(case.hole, expected)
    assert not case.counted[:, -4:].any()
    assert case.counted[:, :-4].all()


def test_what_is_no_hole_is_the_true_right_eye(make_scene: MakeScene) -> None:
    case = hole_case(make_scene())
    assert np.abs(case.warped[~case.hole].astype(int) - case.truth[~case.hole]).max() <= 2


def test_nothing_that_came_of_unknown_disparity_counts(make_scene: MakeScene) -> None:
    scene = make_scene()
    known = scene.known.copy()
    known[30:50, 90:100] = False  # the farther edge of the hole, in its upper third
    known[100:110, 20:40] = False  # far from any hole
    case = hole_case(replace(scene, known=known))
    assert not case.scored[30:50].any()
    assert case.scored[50:90, 74:86].all()
    assert case.hole[30:50, 74:86].all()
    assert not case.counted[30:50, 86:96].any()
    assert not case.counted[100:110, 16:36].any()
    assert case.counted[100:110, 37:150].all()
