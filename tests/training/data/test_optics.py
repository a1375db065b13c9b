from __future__ import annotations

import numpy as np
import pytest

from training.data.optics import contact_shade, defocus, haze, shoot


def _gray(value: int = 180) -> np.ndarray:
    return np.full((64, 96, 3), value, np.uint8)


def _plane(slant: float) -> np.ndarray:
    """Inverse depth of a plane seen at an angle: linear in the picture."""
    x, y = np.linspace(0, 1, 96), np.linspace(0, 1, 64)
    return (0.4 + slant * x[None] + 0.5 * y[:, None]).astype(np.float32)


@pytest.mark.parametrize("slant", [0.0, 0.3, 0.8])
def test_planes_of_any_slant_stay_as_bright_as_they_are(slant: float) -> None:
    shaded = contact_shade(_gray(), _plane(slant), 1.0)
    inside = shaded[16:-16, 16:-16]
    assert inside.min() >= 178


def test_creases_are_darkened_and_ridges_are_not() -> None:
    x = np.linspace(-1, 1, 96, dtype=np.float32)
    crease = np.tile(0.5 + 0.8 * np.abs(x), (64, 1))
    ridge = np.tile(1.3 - 0.8 * np.abs(x), (64, 1))
    dark, bright = (contact_shade(_gray(), inverse, 1.0)[32] for inverse in (crease, ridge))
    assert dark[46:50].mean() < 165
    assert dark[20:24].mean() > 175
    assert bright[20:76].min() > 175


def test_a_far_wall_is_not_darkened_around_a_thing_before_it() -> None:
    inverse = np.full((64, 96), 0.3, np.float32)
    inverse[20:44, 30:66] = 2.0
    assert contact_shade(_gray(), inverse, 1.0).min() > 170


def test_haze_hides_what_is_far_and_the_sky() -> None:
    inverse = np.full((64, 96), 2.0, np.float32)
    inverse[:, 48:] = 0.05
    inverse[:8] = 0.0
    seen = haze(_gray(0), inverse, 0.2, np.array([200.0, 210.0, 220.0]))
    assert seen[40, 10].max() < 30
    np.testing.assert_allclose(seen[40, 80], (196, 206, 216), atol=3)
    np.testing.assert_allclose(seen[2, 10], (200, 210, 220), atol=1)


def test_only_what_is_out_of_focus_is_blurred() -> None:
    stripes = np.zeros((64, 96, 3), np.uint8)
    stripes[:, ::4] = 255
    stripes[:, 1::4] = 255
    inverse = np.full((64, 96), 0.2, np.float32)
    inverse[:, :48] = 1.0
    seen = defocus(stripes, inverse, focus=1.0, scale=4.0)
    np.testing.assert_array_equal(seen[:, 8:36], stripes[:, 8:36])
    assert seen[8:-8, 64:-8].std() < 0.3 * stripes.std()


def test_both_eyes_get_the_same_light_and_a_seed_gives_the_same_picture() -> None:
    rng = np.random.default_rng(0)
    view, inverse = rng.integers(0, 255, (64, 96, 3), dtype=np.uint8), _plane(0.2)
    changed = 0
    for seed in range(20):
        left, right = shoot((view, view), (inverse, inverse), np.random.default_rng(seed), shallow=0.5)
        again, _ = shoot((view, view), (inverse, inverse), np.random.default_rng(seed), shallow=0.5)
        np.testing.assert_array_equal(left, right)
        np.testing.assert_array_equal(left, again)
        assert left.dtype == np.uint8
        changed += not np.array_equal(left, view)
    assert changed > 8
