from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.quality.gradients import gradient_distance_map

RNG = np.random.default_rng(3)
TEXTURE = cv2.resize(RNG.integers(0, 255, (48, 64, 3), dtype=np.uint8), (128, 96), interpolation=cv2.INTER_CUBIC)


def test_equal_pictures_have_no_distance() -> None:
    assert gradient_distance_map(TEXTURE, TEXTURE).max() == 0
    # Nor do pictures that differ in brightness alone: that is what PSNR is for.
    assert gradient_distance_map(TEXTURE // 2 + 20, TEXTURE // 2 + 60).max() < 1e-6


def test_more_blur_is_farther_away() -> None:
    blurred = [cv2.GaussianBlur(TEXTURE, (0, 0), sigma) for sigma in (0.7, 1.5, 3.0)]
    distances = [float(gradient_distance_map(picture, TEXTURE).mean()) for picture in blurred]
    assert 0 < distances[0] < distances[1] < distances[2] <= 1


def test_it_is_local() -> None:
    smeared = TEXTURE.copy()
    smeared[40:60, 40:70] = smeared[40:60, 40:41]
    distance = gradient_distance_map(smeared, TEXTURE)
    assert distance.shape == (96, 128)
    assert distance[40:60, 40:70].mean() > 0.1
    assert distance[:20].max() == 0
    assert distance[:, 100:].max() == 0


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="one size"):
        gradient_distance_map(TEXTURE, TEXTURE[:-1])
