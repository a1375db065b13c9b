from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.depth.motion import FlowCarrier, MotionFinder, eight_bit

HEIGHT, WIDTH = 128, 192


def scene(x: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A textured near square with its left edge at x, over a textured far background: luma and disparity."""
    texture = rng.random((2, HEIGHT, WIDTH), dtype=np.float32) * 255
    background, near = (cv2.GaussianBlur(plane, (0, 0), 2) * 3 - 255 for plane in texture)
    luma, disparity = background.copy(), np.full((HEIGHT, WIDTH), 0.2, np.float32)
    luma[40:90, x : x + 60] = near[40:90, :60]
    disparity[40:90, x : x + 60] = 0.8
    return np.clip(luma, 0, 255).astype(np.uint8), disparity


def moved_by(pixels: int) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    return scene(50, np.random.default_rng(1)), scene(50 + pixels, np.random.default_rng(1))


@pytest.mark.parametrize("pixels", [3, 6, -6])
def test_depth_moves_with_what_it_belongs_to(pixels: int) -> None:
    (before, old), (now, true) = moved_by(pixels)
    carried = FlowCarrier().carry(old, before, now, 255)
    assert carried.dtype == np.float32
    as_it_was, error = np.abs(old - true).mean(), np.abs(carried - true).mean()
    assert error < 0.7 * as_it_was, (error, as_it_was)


def test_what_does_not_move_keeps_its_depth() -> None:
    (before, old), _ = moved_by(0)
    np.testing.assert_allclose(FlowCarrier().carry(old, before, before, 255), old, atol=1e-6)
    noisy = np.clip(before + np.random.default_rng(2).normal(0, 3, before.shape), 0, 255).astype(np.uint8)
    assert np.abs(FlowCarrier().carry(old, before, noisy, 255) - old).mean() < 0.002


def test_a_fade_is_no_motion() -> None:
    (before, old), _ = moved_by(0)
    carried = FlowCarrier().carry(old, before, (before * 0.7).astype(np.uint8), 255)
    assert np.abs(carried - old).mean() < 0.01


def test_ten_bits_are_like_eight() -> None:
    (before, old), (now, _) = moved_by(5)
    eight = FlowCarrier().carry(old, before, now, 255)
    ten = FlowCarrier().carry(old, before.astype(np.uint16) * 4, now.astype(np.uint16) * 4, 1023)
    assert np.abs(eight - ten).mean() < 0.01


def test_sizes_may_change_and_the_input_is_left_alone() -> None:
    carrier = FlowCarrier()
    for cut in (0, 32):
        (before, old), (now, _) = moved_by(4)
        before, old, now = (np.ascontiguousarray(plane[cut:, cut:]) for plane in (before, old, now))
        kept = old.copy()
        assert carrier.carry(old, before, now, 255).shape == old.shape
        assert np.array_equal(old, kept)


def test_trust_is_full_where_nothing_changed_and_none_where_something_new_is() -> None:
    (before, _), _ = moved_by(0)
    now = before.copy()
    now[30:90, 40:110] = np.random.default_rng(5).integers(0, 256, (60, 70), np.uint8)
    noise = np.random.default_rng(6).normal(0, 2, (2, *before.shape))
    grainy = [
        np.clip(picture + grain, 0, 255).astype(np.uint8) for picture, grain in zip((before, now), noise, strict=True)
    ]
    motion = MotionFinder().find(*grainy)
    assert motion.trust.dtype == np.float32
    assert motion.trust[40:80, 50:100].mean() < 0.1
    assert motion.trust[:, 130:].mean() > 0.95
    assert motion.length()[:, 130:].mean() < 0.2


def test_what_comes_into_the_picture_is_not_trusted() -> None:
    wide = cv2.GaussianBlur(np.random.default_rng(1).random((HEIGHT, WIDTH + 20), dtype=np.float32) * 255, (0, 0), 2)
    wide = np.clip(wide * 3 - 255, 0, 255).astype(np.uint8)
    before, now = (np.ascontiguousarray(wide[:, left : left + WIDTH]) for left in (0, 12))
    motion = MotionFinder().find(before, now)
    assert motion.trust[20:-20, -6:].max() < 0.5
    assert motion.trust[20:-20, 20:-40].mean() > 0.8
    np.testing.assert_allclose(np.median(motion.length()), 12, atol=0.5)


def test_bytes_are_not_copied() -> None:
    luma = np.zeros((4, 4), np.uint8)
    assert eight_bit(luma, 255) is luma
    assert eight_bit(np.full((4, 4), 1023, np.uint16), 1023).max() == 255
