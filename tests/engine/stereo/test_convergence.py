"""Where the screen goes, what it ignores, and how fast it may move."""

from __future__ import annotations

import numpy as np
import pytest

from engine.stereo.convergence import AutoConvergence, ComfortLimits, Placement, Relief, place

FPS = 25
WIDE = ComfortLimits(20.0, 20.0)


def _with_box(box: float, *, left: int = 60, right: int = 100, ground: float = 0.1) -> Relief:
    values = np.full((90, 160), ground, np.float32)
    values[20:70, left:right] = box
    return Relief.of(values)


def _play(auto: AutoConvergence, reliefs: list[Relief], *, strength: float = 2.5, start: int = 0) -> list[Placement]:
    return [
        auto.follow(relief, strength, time_s=(start + index) / FPS, is_cut=start + index == 0)
        for index, relief in enumerate(reliefs)
    ]


def test_relief_of_flat_and_of_a_ramp() -> None:
    flat = Relief.of(np.full((90, 160), 0.3, np.float32))
    assert (flat.far, flat.near, flat.subject) == pytest.approx((0.3, 0.3, 0.3))
    ramp = Relief.of(np.repeat(np.linspace(0, 1, 90, dtype=np.float32)[:, None], 160, axis=1))
    assert ramp.far == pytest.approx(0.02, abs=0.02)
    assert ramp.near == pytest.approx(0.98, abs=0.02)
    assert 0.5 < ramp.subject < 0.7


def test_what_is_in_the_middle_counts_more() -> None:
    middle = _with_box(0.9).subject
    aside = _with_box(0.9, left=0, right=40).subject
    assert middle == pytest.approx(0.9, abs=1e-6)
    two = np.full((90, 160), 0.1, np.float32)
    two[20:70, 60:100], two[20:70, :30] = 0.5, 0.9
    assert Relief.of(two).subject < aside


def test_the_subject_does_not_depend_on_scale_and_shift(rng: np.random.Generator) -> None:
    values = rng.random((36, 64)).astype(np.float32)
    one, other = Relief.of(values), Relief.of(3 * values - 7)
    assert other.subject == pytest.approx(3 * one.subject - 7, abs=1e-4)


def test_little_stands_far_in_front() -> None:
    bush = Relief(far=0.0, near=1.0, subject=0.1)
    assert place(bush, 2.5, WIDE) == Placement(0.4, 2.5)


@pytest.mark.parametrize("strength", [3.0, 8.0, -3.0, -8.0])
@pytest.mark.parametrize("relief", [Relief(0.0, 1.0, 0.2), Relief(0.3, 0.8, 0.4), Relief(0.5, 0.5, 0.5)])
def test_limits_are_kept(strength: float, relief: Relief) -> None:
    limits = ComfortLimits(0.7, 1.1)
    placed = place(relief, strength, limits)
    parallax = [placed.strength * (disparity - placed.plane) for disparity in (relief.far, relief.near)]
    assert max(parallax) <= limits.front + 1e-9
    assert min(parallax) >= -limits.behind - 1e-9
    assert placed.strength * strength > 0
    assert abs(placed.strength) <= abs(strength)


def test_usual_settings_are_within_the_limits() -> None:
    for subject in (0.0, 0.5, 1.0):
        placed = place(Relief(0.0, 1.0, subject), 2.5, ComfortLimits())
        assert not placed.is_limited
        assert placed.strength == 2.5


def test_what_only_crosses_does_not_move_the_screen() -> None:
    """Somebody walks through the middle in 0.8 s, in front of everything."""
    auto = AutoConvergence(WIDE)
    background = _with_box(0.4)
    walker = [_with_box(0.95, left=left, right=left + 40) for left in range(0, 120, 6)]
    planes = [p.plane for p in _play(auto, [background] * 50 + walker + [background] * 100)]
    assert max(planes) - min(planes) < 1e-9


def test_what_comes_to_stay_is_followed_slowly_and_then_all_is_still() -> None:
    auto = AutoConvergence(WIDE)
    planes = np.array([p.plane for p in _play(auto, [_with_box(0.3)] * 50 + [_with_box(0.8)] * 150)])
    assert planes[0] == pytest.approx(0.3, abs=1e-6)
    steps = np.abs(np.diff(planes))
    # 0.5 % of the width a second at 2.5 % strength
    assert steps.max() * FPS == pytest.approx(0.2, rel=0.01)
    assert planes[-1] == pytest.approx(0.8, abs=0.006)
    assert (steps[-25:] == 0).all()


def test_noise_does_not_move_the_screen(rng: np.random.Generator) -> None:
    auto = AutoConvergence(WIDE)
    shaking = [_with_box(float(0.5 + 0.04 * rng.standard_normal())) for _ in range(100)]
    planes = [p.plane for p in _play(auto, [_with_box(0.5), *shaking])]
    assert max(planes) == min(planes)


def test_a_cut_sets_it_anew() -> None:
    auto = AutoConvergence(WIDE)
    _play(auto, [_with_box(0.3)] * 30)
    assert auto.follow(_with_box(0.8), 2.5, time_s=2.0, is_cut=True).plane == pytest.approx(0.8, abs=1e-6)
    # and the shot before has no vote any more
    assert auto.follow(_with_box(0.8), 2.5, time_s=2.04, is_cut=False).plane == pytest.approx(0.8, abs=1e-6)


def test_beyond_a_limit_it_hurries() -> None:
    auto = AutoConvergence(ComfortLimits(1.0, 4.0))
    placed = _play(auto, [_with_box(0.3)] * 50 + [_with_box(0.9)] * 50)
    in_front = [2.5 * (0.9 - p.plane) for p in placed[50:]]
    assert in_front[0] > 1.0
    # 0.5 % too much, at 2 % a second
    assert in_front[7] == pytest.approx(1.0, abs=1e-5)
    assert placed[50].is_limited


def test_strength_comes_back_slowly() -> None:
    auto = AutoConvergence(ComfortLimits(1.0, 1.0))
    wide, narrow = Relief(0.0, 1.0, 0.5), Relief(0.3, 0.6, 0.5)
    placed = _play(auto, [wide] * 2 + [narrow] * 200, strength=4.0)
    assert placed[0].strength == pytest.approx(2.0)
    assert np.abs(np.diff([p.strength for p in placed])).max() * FPS <= 4.0 * 0.25 + 1e-9
    assert placed[-1].strength == pytest.approx(4.0)
    assert not placed[-1].is_limited


def test_a_picture_that_stands_still_does_not_outvote_the_past() -> None:
    auto = AutoConvergence(WIDE)
    _play(auto, [_with_box(0.3)] * 40)
    for _ in range(100):
        placed = auto.follow(_with_box(0.9), 2.5, time_s=39 / FPS, is_cut=False)
    assert placed.plane == pytest.approx(0.3, abs=1e-6)


def test_frames_without_time_are_a_thirtieth_of_a_second_apart() -> None:
    auto = AutoConvergence(WIDE)
    auto.follow(_with_box(0.3), 2.5, time_s=None, is_cut=True)
    planes = [auto.follow(_with_box(0.8), 2.5, time_s=None, is_cut=False).plane for _ in range(3)]
    assert np.diff(planes)[-1] == pytest.approx(0.2 / 30)


def test_the_same_film_gives_the_same_planes() -> None:
    film = [_with_box(0.2 + 0.006 * index) for index in range(100)]
    assert _play(AutoConvergence(ComfortLimits()), film) == _play(AutoConvergence(ComfortLimits()), film)


def test_no_strength() -> None:
    auto = AutoConvergence(ComfortLimits())
    assert auto.follow(_with_box(0.9), 0.0, time_s=0.0, is_cut=True).strength == 0.0
