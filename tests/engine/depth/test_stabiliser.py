"""Still pictures stop flickering, moving edges do not lag, scales stay, and ranges neither lag nor clip nor pump."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np
import pytest

from engine.depth.stabiliser import RangeNormaliser, Stabiliser

Picture = tuple[np.ndarray, np.ndarray]
"""Luma and true disparity."""

HEIGHT, WIDTH = 96, 160


def _ramp(low: float, high: float) -> np.ndarray:
    return np.linspace(low, high, 64 * 48, dtype=np.float32).reshape(48, 64)


@pytest.fixture
def square_at() -> Callable[..., Picture]:
    """Give a maker of scenes: a textured near square with its left edge at x, over a textured ramp that ends far."""
    texture = np.random.default_rng(3).random((2, HEIGHT, WIDTH), dtype=np.float32)
    far, near = (np.clip(cv2.GaussianBlur(plane, (0, 0), 1.5) * 900 - 320, 20, 235) for plane in texture)

    def make(x: int | None) -> Picture:
        luma = far.copy()
        disparity = np.linspace(0.1, 0.5, HEIGHT, dtype=np.float32)[:, None].repeat(WIDTH, axis=1)
        if x is not None:
            luma[30:70, x : x + 40] = near[30:70, :40]
            disparity[30:70, x : x + 40] = 1.0
        return luma.astype(np.uint8), disparity

    return make


def _grainy(picture: np.ndarray, rng: np.random.Generator, strength: float = 3.0) -> np.ndarray:
    return np.clip(picture + rng.normal(0, strength, picture.shape), 0, 255).astype(np.uint8)


def _flickering(disparity: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What a network makes of it: noise in patches, and a scale and shift of its own."""
    patches = cv2.resize(rng.normal(0, 0.05, (12, 20)).astype(np.float32), (WIDTH, HEIGHT))
    return ((disparity + patches) * rng.uniform(0.85, 1.15) + rng.uniform(-0.1, 0.1)).astype(np.float32)


def _change(maps: list[np.ndarray]) -> float:
    return float(np.mean([np.abs(b - a).mean() for a, b in pairwise(maps)]))


class TestStabiliser:
    def test_flicker_of_a_still_picture_falls_to_a_fifth(
        self, square_at: Callable[..., Picture], rng: np.random.Generator
    ) -> None:
        luma, true = square_at(60)
        raw = [_flickering(true, rng) for _ in range(40)]
        stabiliser = Stabiliser()
        steady = [stabiliser.steady(r, _grainy(luma, rng), 255, is_cut=i == 0) for i, r in enumerate(raw)]
        assert _change(steady[10:]) < _change(raw[10:]) / 8

    def test_a_jittering_scale_is_held(self, square_at: Callable[..., Picture], rng: np.random.Generator) -> None:
        luma, true = square_at(60)
        raw = [true * np.float32(rng.uniform(0.7, 1.4)) + np.float32(rng.uniform(-0.3, 0.3)) for _ in range(40)]
        stabiliser = Stabiliser(most=1)
        steady = [stabiliser.steady(r, luma, 255, is_cut=i == 0) for i, r in enumerate(raw)]
        assert _change(steady[10:]) < _change(raw[10:]) / 10
        assert np.corrcoef(steady[-1].ravel(), true.ravel())[0, 1] > 0.999

    def test_the_scale_cannot_drift_away(self, square_at: Callable[..., Picture], rng: np.random.Generator) -> None:
        """Noise makes every fit a little too flat or too steep; after many of them the map is as contrasty as ever."""
        luma, true = square_at(60)
        stabiliser = Stabiliser()
        for index in range(200):
            noisy = true + rng.normal(0, 0.1, true.shape).astype(np.float32)
            steady = stabiliser.steady(noisy, luma, 255, is_cut=index == 0)
        assert 0.8 < steady.std() / true.std() < 1.2

    def test_a_scale_that_changes_for_good_is_taken_over(self, square_at: Callable[..., Picture]) -> None:
        luma, true = square_at(60)
        stabiliser = Stabiliser()
        for index in range(150):
            steady = stabiliser.steady(true if index < 10 else 3 * true + 1, luma, 255, is_cut=index == 0)
        np.testing.assert_allclose(steady, 3 * true + 1, atol=0.1)

    @pytest.mark.parametrize("speed", [2, 5, -4])
    def test_moving_edges_do_not_lag(
        self, square_at: Callable[..., Picture], rng: np.random.Generator, speed: int
    ) -> None:
        """Half of the step in depth is crossed where the true edge is, within two pixels, before and behind."""
        stabiliser = Stabiliser()
        for index in range(16):
            x = 60 + speed * (index - 8)
            luma, true = square_at(x)
            noisy = true + rng.normal(0, 0.02, true.shape).astype(np.float32)
            steady = stabiliser.steady(noisy, _grainy(luma, rng, 2.0), 255, is_cut=index == 0)
            if index < 3:
                continue
            inside = (steady[36:64] > 0.65).mean(axis=0) > 0.5
            assert abs(int(np.flatnonzero(inside)[0]) - x) <= 2
            assert abs(int(np.flatnonzero(inside)[-1]) - (x + 39)) <= 2

    def test_what_appears_is_there_at_once_and_what_vanishes_gone(self, square_at: Callable[..., Picture]) -> None:
        stabiliser = Stabiliser()
        (empty, far), (full, near) = square_at(None), square_at(60)
        for index in range(10):
            stabiliser.steady(far, empty, 255, is_cut=index == 0)
        square = (slice(35, 65), slice(65, 95))
        assert stabiliser.steady(near, full, 255, is_cut=False)[square].mean() > 0.9
        for _ in range(10):
            stabiliser.steady(near, full, 255, is_cut=False)
        np.testing.assert_allclose(stabiliser.steady(far, empty, 255, is_cut=False)[square], far[square], atol=0.1)

    def test_a_flash_and_a_fade_change_nothing(
        self, square_at: Callable[..., Picture], rng: np.random.Generator
    ) -> None:
        """The estimate of the flash itself is poor; it must not remain."""
        luma, true = square_at(60)
        stabiliser = Stabiliser()
        light = [1.0] * 12 + [1.4] + [1.0] * 2 + list(np.linspace(1, 0.4, 10))
        steady = []
        for index, level in enumerate(light):
            lit = np.clip(luma * level, 0, 255).astype(np.uint8)
            steady.append(stabiliser.steady(_flickering(true, rng), lit, 255, is_cut=index == 0))
        assert _change(steady[11:]) < 0.015

    def test_a_cut_forgets(self, square_at: Callable[..., Picture]) -> None:
        luma, true = square_at(60)
        stabiliser = Stabiliser()
        for index in range(5):
            stabiliser.steady(true, luma, 255, is_cut=index == 0)
        np.testing.assert_array_equal(stabiliser.steady(5 - true, luma, 255, is_cut=True), 5 - true)

    def test_estimates_that_are_not_finite_are_passed_over(self, square_at: Callable[..., Picture]) -> None:
        luma, true = square_at(60)
        broken = true.copy()
        broken[5, 5] = np.nan
        stabiliser = Stabiliser()
        assert (stabiliser.steady(broken, luma, 255, is_cut=True) == 0).all()
        stabiliser.steady(true, luma, 255, is_cut=True)
        np.testing.assert_allclose(stabiliser.steady(broken, luma, 255, is_cut=False), true, atol=1e-5)

    def test_a_shot_whose_first_estimate_is_broken_begins_with_the_next(
        self, square_at: Callable[..., Picture]
    ) -> None:
        luma, true = square_at(60)
        stabiliser, normaliser = Stabiliser(), RangeNormaliser()
        for raw, is_cut in ((true, True), (np.full_like(true, np.nan), True), (5 - 3 * true, False)):
            steady = stabiliser.steady(raw, luma, 255, is_cut=is_cut)
            unit = normaliser.normalise(steady, is_cut=is_cut)
        np.testing.assert_array_equal(steady, 5 - 3 * true)
        np.testing.assert_array_equal(unit, RangeNormaliser().normalise(5 - 3 * true, is_cut=True))

    def test_bit_depth_and_reused_buffers_do_not_matter(self, square_at: Callable[..., Picture]) -> None:
        eight, ten = Stabiliser(), Stabiliser()
        buffer = np.empty((HEIGHT, WIDTH), np.uint8)
        for index in range(6):
            luma, true = square_at(60 + 3 * index)
            buffer[:] = luma
            first = eight.steady(true, buffer, 255, is_cut=index == 0)
            second = ten.steady(true, luma.astype(np.uint16) * 4, 1023, is_cut=index == 0)
        np.testing.assert_allclose(first, second, atol=1e-4)

    def test_flat_pictures_and_flat_maps(self) -> None:
        stabiliser = Stabiliser()
        for index in range(4):
            flat = stabiliser.steady(
                np.full((48, 64), 2.0, np.float32), np.full((48, 64), 9, np.uint8), 255, is_cut=not index
            )
        np.testing.assert_allclose(flat, 2.0, atol=1e-5)


class TestRangeNormaliser:
    @pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-300.0, 5000.0), (0.001, 0.002)])
    def test_any_scale_becomes_the_unit_range(self, low: float, high: float) -> None:
        scaled = RangeNormaliser().normalise(_ramp(low, high), is_cut=True)
        assert 0.0 <= scaled.min() < 0.02
        assert 0.98 < scaled.max() <= 1.0
        assert scaled.dtype == np.float32
        np.testing.assert_allclose(np.median(scaled), 0.5, atol=0.02)
        assert (np.diff(scaled.ravel()) >= 0).all()

    def test_outliers_do_not_set_the_range(self, rng: np.random.Generator) -> None:
        ramp = _ramp(0, 1)
        ramp.ravel()[rng.choice(ramp.size, 10, replace=False)] = 1e4
        scaled = RangeNormaliser().normalise(ramp, is_cut=True)
        np.testing.assert_allclose(np.median(scaled), 0.5, atol=0.02)

    def test_something_new_and_near_is_never_clipped(self) -> None:
        """From its first frame on it keeps its relief, and the range is there within a quarter of a second."""
        normaliser = RangeNormaliser()
        far = _ramp(0, 1)
        for index in range(20):
            normaliser.normalise(far, is_cut=index == 0)
        near = far.copy()
        near[10:34, 20:44] = np.linspace(2.0, 2.5, 24, dtype=np.float32)
        for _ in range(8):
            scaled = normaliser.normalise(near, is_cut=False)
            square = scaled[10, 20:44]
            assert (np.diff(square) > 0).all()
            assert square[0] > np.delete(scaled[:10], slice(20, 44), axis=1).max()
            assert square[-1] < 1.0
        assert square[-1] - square[0] > 0.1

    def test_what_leaves_does_not_pump(self) -> None:
        normaliser = RangeNormaliser()
        far = _ramp(0, 1)
        near = far.copy()
        near[10:34, 20:44] = 2.5
        for index in range(20):
            before = normaliser.normalise(near, is_cut=index == 0)
        steps = []
        for _ in range(200):
            now = normaliser.normalise(far, is_cut=False)
            steps.append(np.abs(now - before)[:8].max())
            before = now
        assert max(steps) < 0.02
        np.testing.assert_allclose(np.median(now), 0.5, atol=0.02)

    def test_a_cut_takes_the_new_range_at_once(self) -> None:
        normaliser = RangeNormaliser()
        normaliser.normalise(_ramp(0, 1), is_cut=True)
        np.testing.assert_allclose(np.median(normaliser.normalise(_ramp(0, 40), is_cut=True)), 0.5, atol=0.02)

    def test_a_flat_map_lies_in_the_middle(self) -> None:
        assert (RangeNormaliser().normalise(np.full((8, 8), 3.0, np.float32), is_cut=True) == 0.5).all()
