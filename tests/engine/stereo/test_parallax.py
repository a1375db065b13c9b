"""Gain, convergence and its slew."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from engine.stereo.convergence import ComfortLimits
from engine.stereo.parallax import ParallaxMapper


def test_parallax_is_gain_times_distance_from_the_screen(make_frame) -> None:
    frame = make_frame(width=200)
    parallax = ParallaxMapper(strength=5.0, convergence=0.4, grow=0).parallax_px(frame)
    np.testing.assert_allclose(parallax, 10.0 * (frame.disparity - 0.4), atol=1e-5)
    assert parallax.dtype == np.float32


def test_raw_disparity_is_parallax(make_frame) -> None:
    frame = make_frame()
    np.testing.assert_array_equal(
        ParallaxMapper(strength=5.0, convergence=0.4, raw=True).parallax_px(frame), frame.disparity
    )


@pytest.mark.parametrize("raw", [False, True])
def test_inverse_gives_disparity_back(make_frame, raw: bool) -> None:
    frame = make_frame()
    mapper = ParallaxMapper(strength=3.0, convergence=0.25, raw=raw, grow=0)
    parallax = mapper.parallax_px(frame)
    scale, offset = mapper.inverse(frame)
    expected = (frame.disparity - 0.1) / 0.8 if raw else frame.disparity
    np.testing.assert_allclose(scale * parallax + offset, expected, atol=1e-5)


def test_inverse_follows_what_negative_strength_brings_to_the_front(make_frame) -> None:
    frame = make_frame()
    mapper = ParallaxMapper(strength=-3.0, convergence=0.25, grow=0)
    scale, offset = mapper.inverse(frame)
    np.testing.assert_allclose(scale * mapper.parallax_px(frame) + offset, 1 - frame.disparity, atol=1e-5)


def test_no_strength_is_no_parallax(make_frame) -> None:
    mapper = ParallaxMapper(strength=0.0, convergence=0.5)
    assert (mapper.parallax_px(make_frame()) == 0).all()
    assert mapper.inverse(make_frame()) == (0.0, 0.5)


def test_the_screen_follows_and_jumps_at_a_cut(make_frame) -> None:
    mapper = ParallaxMapper(strength=2.5, convergence=None)
    far = np.full((144, 160), 0.2, np.float32)
    near = np.full((144, 160), 0.8, np.float32)
    frame = replace(make_frame(), time_base=Fraction(1, 10))
    mapper.parallax_px(replace(frame, disparity=far, pts=0))
    assert mapper.convergence == pytest.approx(0.2)
    for pts in range(1, 3):
        mapper.parallax_px(replace(frame, disparity=near, pts=pts, is_cut=False))
    assert 0.2 < mapper.convergence < 0.3
    mapper.parallax_px(replace(frame, disparity=near, pts=3, is_cut=True))
    assert mapper.convergence == pytest.approx(0.8)


def test_limits_bind_a_free_screen_only(make_frame) -> None:
    frame = make_frame()
    limits = ComfortLimits(0.5, 1.0)
    free = ParallaxMapper(strength=4.0, convergence=None, limits=limits, grow=0)
    percent = 100 / frame.width * free.parallax_px(frame)
    assert percent.max() == pytest.approx(0.5, abs=1e-4)
    assert percent.min() == pytest.approx(-1.0, abs=1e-4)
    assert free.placement.is_limited
    assert free.placement.strength == pytest.approx(1.5 / 0.8)
    fixed = ParallaxMapper(strength=4.0, convergence=0.0, limits=limits, grow=0)
    assert (100 / frame.width * fixed.parallax_px(frame)).max() == pytest.approx(3.6, abs=1e-4)
    assert not fixed.placement.is_limited


def test_inverse_uses_the_strength_that_was_left(make_frame) -> None:
    frame = make_frame()
    mapper = ParallaxMapper(strength=4.0, convergence=None, limits=ComfortLimits(0.5, 1.0), grow=0)
    parallax = mapper.parallax_px(frame)
    scale, offset = mapper.inverse(frame)
    np.testing.assert_allclose(scale * parallax + offset, frame.disparity, atol=1e-5)


@pytest.mark.parametrize("raw", [False, True])
def test_the_subject_is_what_is_near_the_middle(make_frame, raw: bool) -> None:
    frame = make_frame(width=200)
    mapper = ParallaxMapper(strength=5.0, convergence=0.4, raw=raw)
    mapper.parallax_px(frame)
    expected = 0.9 if raw else 10 * (0.9 - 0.4)
    assert mapper.subject_px(frame) == pytest.approx(expected, abs=1e-5)


def test_a_screen_set_free_starts_where_it_was(make_frame) -> None:
    mapper = ParallaxMapper(strength=2.5, convergence=0.3)
    frame = replace(make_frame(), time_base=Fraction(1, 10))
    mapper.parallax_px(replace(frame, pts=0))
    mapper.change(strength=2.5, convergence=0.2)
    assert mapper.convergence == 0.2
    mapper.change(strength=2.5, convergence=None)
    mapper.parallax_px(replace(frame, pts=1, is_cut=False))
    mapper.parallax_px(replace(frame, pts=2, is_cut=False))
    assert 0.2 < mapper.convergence < 0.3


def test_a_screen_that_was_held_for_long_does_not_leap_when_set_free(make_frame) -> None:
    mapper = ParallaxMapper(strength=2.5, convergence=None)
    frame = replace(make_frame(), time_base=Fraction(1, 10), is_cut=False)
    mapper.parallax_px(replace(frame, pts=0, is_cut=True))
    mapper.change(strength=2.5, convergence=0.2)
    for pts in range(1, 200):
        mapper.parallax_px(replace(frame, pts=pts))
    mapper.change(strength=2.5, convergence=None)
    mapper.parallax_px(replace(frame, pts=200))
    assert 0.2 < mapper.convergence < 0.23


@pytest.mark.parametrize(
    ("grow", "width", "expected_growth"), [(0, 160, 0), (2, 160, 2), (None, 160, 1), (None, 1920, 5)]
)
def test_near_things_grow(make_frame, grow: int | None, width: int, expected_growth: int) -> None:
    frame = make_frame(width=width)
    near = frame.disparity > 0.5
    grown = ParallaxMapper(strength=2.5, convergence=0.5, grow=grow).parallax_px(frame) > 0
    rows, columns = np.nonzero(near)
    g = expected_growth
    expected = np.zeros_like(near)
    expected[rows.min() - g : rows.max() + g + 1, columns.min() - g : columns.max() + g + 1] = True
    np.testing.assert_array_equal(grown, expected)


def test_disparity_is_needed(make_frame) -> None:
    with pytest.raises(ValueError, match="depth stage"):
        ParallaxMapper(strength=2.5, convergence=None).parallax_px(replace(make_frame(), disparity=None))
