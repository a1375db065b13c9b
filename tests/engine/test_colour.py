"""Colour conversion: known points, and there-and-back."""

from __future__ import annotations

import numpy as np
import pytest

from engine.colour import black, rgb_from_yuv, yuv_from_rgb
from engine.frame import Colour, PixelFormat


@pytest.mark.parametrize("bits", [8, 10, 16])
@pytest.mark.parametrize("full_range", [False, True])
def test_black_white_and_gray(bits: int, full_range: bool) -> None:
    pixel_format, colour = PixelFormat(bits=bits), Colour(matrix=1, full_range=full_range)
    matrix, offset = rgb_from_yuv(colour, pixel_format, 1080)
    step = 1 << (bits - 8)
    floor, top = (0, pixel_format.max_value) if full_range else (16 * step, 235 * step)
    assert black(pixel_format, full_range=full_range) == (floor, 128 * step, 128 * step)
    np.testing.assert_allclose(matrix @ [floor, 128 * step, 128 * step] + offset, [0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(matrix @ [top, 128 * step, 128 * step] + offset, [1, 1, 1], atol=1e-12)


@pytest.mark.parametrize(("matrix", "height", "red"), [(1, 480, 0.2126), (6, 1080, 0.299), (9, 480, 0.2627)])
def test_luma_of_red_is_the_weight_of_its_matrix(matrix: int, height: int, red: float) -> None:
    to_yuv, offset = yuv_from_rgb(Colour(matrix=matrix, full_range=True), PixelFormat(), height)
    assert (to_yuv @ [1, 0, 0] + offset)[0] == pytest.approx(255 * red)


def test_unspecified_matrix_is_guessed_from_the_height() -> None:
    silent = Colour()
    for height, code in ((480, 6), (720, 1)):
        np.testing.assert_array_equal(
            rgb_from_yuv(silent, PixelFormat(), height)[0], rgb_from_yuv(Colour(matrix=code), PixelFormat(), height)[0]
        )


@pytest.mark.parametrize("matrix", [1, 4, 5, 6, 7, 9, 10, 14])
def test_there_and_back(matrix: int, rng: np.random.Generator) -> None:
    colour, pixel_format = Colour(matrix=matrix), PixelFormat(bits=10)
    to_rgb, rgb_offset = rgb_from_yuv(colour, pixel_format, 720)
    to_yuv, yuv_offset = yuv_from_rgb(colour, pixel_format, 720)
    rgb = rng.random((3, 50))
    np.testing.assert_allclose(to_rgb @ (to_yuv @ rgb + yuv_offset[:, None]) + rgb_offset[:, None], rgb, atol=1e-9)
