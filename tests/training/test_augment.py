"""Augmentation: deterministic, in step with its disparity, in range."""

from __future__ import annotations

import numpy as np
import pytest

from training.augment import Augmenter, AugmentOptions, letterbox, recolour, write_over

_STILL = AugmentOptions(zoom=1.0, aspect=1.0, colour=0, gray=0, blur=0, noise=0, jpeg=0, bars=0, text=0)


@pytest.fixture
def picture(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    disparity = np.repeat(np.repeat(rng.integers(0, 200, (12, 16)), 8, 0), 8, 1)
    return np.stack([disparity] * 3, axis=-1).astype(np.uint8), disparity.astype(np.float16)


def test_picture_and_disparity_move_together(picture: tuple[np.ndarray, np.ndarray]) -> None:
    augment = Augmenter(AugmentOptions(colour=0, gray=0, blur=0, noise=0, jpeg=0, bars=0, text=0))
    for seed in range(8):
        image, disparity = augment(*picture, (96, 64), np.random.default_rng(seed))
        assert image.shape == (64, 96, 3)
        assert disparity.shape == (64, 96)
        # Colours are blended at block borders, disparities are not.
        assert np.mean(np.abs(image[..., 0] - disparity) < 1) > 0.6


def test_nothing_asked_nothing_changed(picture: tuple[np.ndarray, np.ndarray]) -> None:
    image, disparity = Augmenter(_STILL)(*picture, (128, 96), np.random.default_rng(1))
    flipped = np.random.default_rng(1)
    del flipped
    assert np.array_equal(image[..., 0], disparity)
    assert sorted(np.unique(image)) == sorted(np.unique(picture[0]))


def test_same_seed_same_result(picture: tuple[np.ndarray, np.ndarray]) -> None:
    augment = Augmenter(AugmentOptions())
    first, second = (augment(*picture, (64, 32), np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])


def test_every_look_keeps_eight_bits(picture: tuple[np.ndarray, np.ndarray]) -> None:
    augment = Augmenter(AugmentOptions(gray=1, blur=1, noise=1, jpeg=1))
    for seed in range(6):
        image, _ = augment(*picture, (64, 64), np.random.default_rng(seed))
        assert image.dtype == np.uint8
        assert image.shape == (64, 64, 3)


def test_eyes_are_recoloured_alike(picture: tuple[np.ndarray, np.ndarray]) -> None:
    image = picture[0]
    first, second = recolour((image, image.copy()), 1.0, np.random.default_rng(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, image)
    assert recolour((image,), 0.0, np.random.default_rng(2))[0] is image


def test_bars_are_black_and_teach_nothing(picture: tuple[np.ndarray, np.ndarray]) -> None:
    for seed in range(12):
        image, disparity = letterbox(*picture, np.random.default_rng(seed))
        barred = np.isnan(disparity)
        assert 0.05 < barred.mean() < 0.4
        assert image[barred].max() < 8
        np.testing.assert_array_equal(image[~barred], picture[0][~barred])
        np.testing.assert_array_equal(barred, barred[::-1, ::-1])
        assert not np.isnan(picture[1]).any(), "the sample itself stays whole"


def test_subtitles_change_a_small_part_and_leave_disparity_alone(picture: tuple[np.ndarray, np.ndarray]) -> None:
    for seed in range(12):
        image = picture[0].copy()
        written = write_over(image, np.random.default_rng(seed))
        np.testing.assert_array_equal(image, picture[0])
        changed = (written != image).any(axis=2).mean()
        assert 0.001 < changed < 0.5
    only_text = AugmentOptions(zoom=1.0, aspect=1.0, colour=0, gray=0, blur=0, noise=0, jpeg=0, bars=0, text=1)
    image, disparity = Augmenter(only_text)(*picture, (128, 96), np.random.default_rng(3))
    plain, same = Augmenter(_STILL)(*picture, (128, 96), np.random.default_rng(3))
    np.testing.assert_array_equal(disparity, same)
    assert not np.array_equal(image, plain)
