from __future__ import annotations

import numpy as np

from training.data.degrade import degrade


def _picture() -> np.ndarray:
    ramp = np.linspace(20, 220, 96, dtype=np.float32)
    return np.repeat(np.stack([ramp, ramp[::-1], ramp], -1)[None], 64, axis=0).astype(np.uint8)


def test_both_eyes_pass_the_same_camera_but_not_the_same_noise() -> None:
    differs = 0
    for seed in range(20):
        left, right = degrade((_picture(), _picture()), np.random.default_rng(seed))
        assert left.shape == right.shape == (64, 96, 3)
        assert left.dtype == np.uint8
        assert abs(left.mean() - right.mean()) < 2
        differs += not np.array_equal(left, right)
    assert 5 < differs < 20


def test_the_same_seed_gives_the_same_picture_and_others_do_not() -> None:
    first, again, other = (degrade((_picture(),) * 2, np.random.default_rng(seed))[0] for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.astype(int) - other).mean() > 1


def test_dark_and_bright_pictures_are_brought_to_a_middle_exposure() -> None:
    for factor in (0.15, 1.0):
        dim = (_picture() * factor).astype(np.uint8)
        means = [degrade((dim, dim), np.random.default_rng(seed))[0].mean() for seed in range(12)]
        assert 60 < np.median(means) < 180
