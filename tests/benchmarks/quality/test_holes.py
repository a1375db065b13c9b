from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.quality.holes import HoleCase, hole_cases, refilmed
from training.evaluation.stereo_scenes import StereoScene

MakeScene = Callable[..., StereoScene]
MakeCase = Callable[..., HoleCase]

ROWS = slice(30, 90)


def test_hole_is_what_the_square_hid(make_case: MakeCase) -> None:
    case = make_case()
    expected = np.zeros(case.hole.shape, bool)
    expected[ROWS, 74:86] = True
    assert np.array_equal(case.scored, expected)
    # Besides the hole only the strip that the left eye never saw is missing, and it does not count.
    expected[:, -4:] = True
    assert np.array_equal(case.hole, expected)
    assert not case.counted[:, -4:].any()
    assert case.counted[:, :-4].all()
    assert case.name == "square/right"


def test_what_is_no_hole_is_the_true_right_eye(make_case: MakeCase) -> None:
    case = make_case()
    assert np.abs(case.warped[~case.hole].astype(int) - case.truth[~case.hole]).max() <= 2


def test_left_eyes_come_from_right_ones(make_scene: MakeScene) -> None:
    scene = make_scene(both=True)
    right, left = hole_cases(scene)
    assert (right.name, left.name) == ("square/right", "square/left")
    assert left.source is scene.right
    assert left.truth is scene.left
    expected = np.zeros(left.hole.shape, bool)
    expected[ROWS, 48:60] = True  # to the left of the square, where it moves away from
    assert np.array_equal(left.scored, expected)
    assert np.abs(left.warped[~left.hole].astype(int) - left.truth[~left.hole]).max() <= 2
    # The background continues to the right up to the square.
    assert np.array_equal(left.warped[ROWS, 48:60], np.repeat(left.warped[ROWS, 47:48], 12, axis=1))


def test_nothing_that_came_of_unknown_disparity_counts(make_scene: MakeScene) -> None:
    scene = make_scene()
    known = scene.known.copy()
    known[30:50, 90:100] = False  # the farther edge of the hole, in its upper third
    known[100:110, 20:40] = False  # far from any hole
    (case,) = hole_cases(replace(scene, known=known))
    assert not case.scored[30:50].any()
    assert case.scored[50:90, 74:86].all()
    assert case.hole[30:50, 74:86].all()
    assert not case.counted[30:50, 86:96].any()
    assert not case.counted[100:110, 16:36].any()
    assert case.counted[100:110, 37:150].all()


def test_refilmed_keeps_the_geometry(make_case: MakeCase) -> None:
    case = make_case()
    bright = refilmed(case, np.clip(case.source.astype(int) + 20, 0, 255).astype(np.uint8), 7)
    assert bright.frame.index == 7
    assert np.array_equal(bright.hole, case.hole)
    step = bright.warped.astype(int) - case.warped
    assert abs(float(np.median(step)) - 20) <= 1
