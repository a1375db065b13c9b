"""Gain, convergence and its slew."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from engine.stereo.parallax import ParallaxMapper, screen_plane


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


def test_the_screen_plane_lies_in_the_picture_and_little_stands_far_in_front(rng: np.random.Generator) -> None:
    ground = np.repeat(np.linspace(0, 1, 90, dtype=np.float32)[:, None], 160, axis=1)
    assert 0.45 < screen_plane(ground) < 0.75
    flat = np.full((90, 160), 0.3, np.float32)
    assert screen_plane(flat) == pytest.approx(0.3)
    bush = np.full((90, 160), 0.05, np.float32)
    bush[60:, :40] = 1.0
    assert screen_plane(bush) == pytest.approx(0.4)


def test_convergence_slews_within_a_shot_and_jumps_at_a_cut(make_frame) -> None:
    mapper = ParallaxMapper(strength=2.5, convergence=None)
    far = np.full((144, 160), 0.2, np.float32)
    near = np.full((144, 160), 0.8, np.float32)
    frame = replace(make_frame(), time_base=Fraction(1, 10))
    mapper.parallax_px(replace(frame, disparity=far, pts=0))
    assert mapper.convergence == pytest.approx(0.2)
    mapper.parallax_px(replace(frame, disparity=near, pts=1, is_cut=False))
    assert mapper.convergence == pytest.approx(0.225)
    mapper.parallax_px(replace(frame, disparity=near, pts=2, is_cut=True))
    assert mapper.convergence == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("grow", "width", "expected_growth"), [(0, 160, 0), (2, 160, 2), (None, 160, 1), (None, 1920, 2)]
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
