"""To the other eye and back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import kernels
from training.data.shards import Sample
from training.data.single_image.return_trip import farther_edge, return_trip, to_other_eye
from training.holes import warp_pair

HEIGHT, WIDTH = 40, 120


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def _box(step: float = 9.0) -> np.ndarray:
    disparity = np.full((HEIGHT, WIDTH), 4.0, np.float32)
    disparity[8:32, 40:70] = 4 + step
    return disparity


def test_the_hole_is_what_the_box_hides_from_the_other_eye(picture: np.ndarray) -> None:
    pair = return_trip(picture, _box(), tear_px=2.0)
    expected = np.zeros((HEIGHT, WIDTH), bool)
    expected[8:32, 70:79] = True
    np.testing.assert_array_equal(pair.inner, expected)
    np.testing.assert_array_equal(pair.truth, picture)


def test_known_pixels_are_the_picture_s_own_and_holes_repeat_the_background(picture: np.ndarray) -> None:
    pair = return_trip(picture, _box(), tear_px=2.0)
    shown = np.round(pair.guide[:3].transpose(1, 2, 0) * 255).astype(np.uint8)
    known = pair.guide[3] == 0
    np.testing.assert_array_equal(shown[known], picture[known])
    np.testing.assert_array_equal(shown[8:32, 70:79], np.repeat(picture[8:32, 79:80], 9, axis=1))


def test_fractions_and_slopes_stay_sharp(picture: np.ndarray) -> None:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    disparity = _box(8.4) + 0.05 * x + 0.13 * y
    pair = return_trip(picture, disparity, tear_px=2.0)
    shown = np.round(pair.guide[:3].transpose(1, 2, 0) * 255).astype(np.uint8)
    known = (pair.guide[3] == 0)[:, : WIDTH - 30]
    assert (shown[:, : WIDTH - 30][known] == picture[:, : WIDTH - 30][known]).mean() > 0.99


def test_guide_equals_that_of_a_real_pair(picture: np.ndarray) -> None:
    """Two flat cards at whole disparities can be drawn by hand for both eyes: both ways to a sample must agree."""
    behind = np.roll(picture[::-1], 5, axis=1)
    right, left = behind.copy(), np.roll(behind, 4, axis=1)
    right[8:32, 40:70] = picture[8:32, 40:70]
    left[8:32, 53:83] = picture[8:32, 40:70]
    left[:, :4] = left[:, 4:5]
    disparity_left = np.full((HEIGHT, WIDTH), 4.0, np.float32)
    disparity_left[8:32, 53:83] = 13
    real = warp_pair(Sample(left, right, disparity_left, _box()), tear_px=2.0)
    made = return_trip(right, _box(), tear_px=2.0)
    inside = np.s_[..., 8 : WIDTH - 24]
    np.testing.assert_array_equal(made.inner[inside], real.inner[inside])
    np.testing.assert_allclose(made.guide[inside], real.guide[inside], atol=1e-6)
    np.testing.assert_allclose(made.disparity, real.disparity, atol=1e-6)


def test_misjudged_edges_leave_foreground_behind(picture: np.ndarray) -> None:
    picture[8:32, 40:70] = (255, 0, 0)
    pair = return_trip(
        picture, _box(), tear_px=2.0, misjudge=lambda d: np.asarray(cv2.erode(d, np.ones((5, 5), np.uint8)), np.float32)
    )
    row = np.round(pair.guide[:3, 20] * 255).astype(np.uint8).T
    hole = np.flatnonzero(pair.inner[20])
    # Two red columns were taken for background: they stay where the background is, and are smeared into the hole.
    assert (row[hole[-1] + 1] == (255, 0, 0)).all()
    assert (row[hole] == (255, 0, 0)).all()
    assert pair.guide[3, 20, hole[-1] + 1] == 0


def test_farther_edge_is_the_kernel_s_background(picture: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    parallax = np.repeat(rng.integers(-14, 15, (HEIGHT, WIDTH // 6)), 6, axis=1).astype(np.float32)
    (view,) = kernels.forward_splat(picture, parallax, eyes=(-1.0,), tear_px=1.5, fill="background")
    assert (view.hole > 0).mean() > 0.1
    edge = farther_edge(view.hole, view.parallax_px)
    # Whole parallax: the pixel beside a hole shows exactly the sample at its edge.
    np.testing.assert_array_equal(np.take_along_axis(view.planes[0], edge[..., None], axis=1), view.planes[0])


def test_the_other_eye_continues_the_background(picture: np.ndarray) -> None:
    other = to_other_eye(picture, _box(), tear_px=2.0)
    hole = other.hole[20] > 0
    assert np.flatnonzero(hole).tolist() == [0, 1, 2, 3, *range(44, 53)]
    assert (other.disparity_px[20][44:53] == 4).all()
    np.testing.assert_array_equal(other.picture[20, 53:83], picture[20, 40:70])
