"""Sizes and colours of what a network sees."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.colour import yuv_from_rgb
from engine.depth.network_input import network_size, small_planes, small_rgb
from engine.frame import Colour, Frame, PixelFormat


@pytest.mark.parametrize(
    ("aspect", "expected"), [(16 / 9, (384, 224)), (4 / 3, (352, 256)), (9 / 16, (224, 384)), (1.0, (288, 288))]
)
def test_sizes_of_usual_pictures(aspect: float, expected: tuple[int, int]) -> None:
    assert network_size(aspect) == expected


@pytest.mark.parametrize(
    ("aspect", "expected"), [(16 / 9, (352, 192)), (4 / 3, (288, 224)), (3 / 2, (288, 192)), (9 / 16, (192, 352))]
)
def test_the_area_it_was_trained_at_outweighs_a_little_squeezing(aspect: float, expected: tuple[int, int]) -> None:
    assert network_size(aspect, area=320 * 192) == expected


@pytest.mark.parametrize("aspect", [0.1, 0.4, 1.5, 2.39, 3.5, 12.0])
def test_every_size_is_legal_and_about_as_large_as_trained(aspect: float) -> None:
    width, height = network_size(aspect)
    assert width % 32 == height % 32 == 0
    assert 0.6 < width * height / (384 * 224) < 1.5
    assert abs(np.log(width / height / aspect)) < 0.15


@pytest.mark.parametrize("matrix", [1, 6, 9])
@pytest.mark.parametrize(("subsampling", "bits"), [("420", 8), ("420", 10), ("422", 10), ("444", 16)])
@pytest.mark.parametrize("full_range", [False, True])
def test_colours_survive(matrix: int, subsampling: str, bits: int, full_range: bool) -> None:
    colour = Colour(matrix=matrix, full_range=full_range)
    pixel_format = PixelFormat(subsampling=subsampling, bits=bits)  # type: ignore[arg-type]
    to_yuv, offset = yuv_from_rgb(colour, pixel_format, 96)
    rgb = np.array([0.8, 0.3, 0.1])
    code = (to_yuv @ rgb + offset + 0.5).astype(np.uint8 if bits == 8 else np.uint16)
    shapes = pixel_format.plane_shapes(128, 96)
    planes = tuple(np.full(shape, value, code.dtype) for shape, value in zip(shapes, code, strict=True))
    frame = Frame(planes=planes, format=pixel_format, colour=colour)
    seen = small_rgb(frame, small_planes(frame, 64, 32))
    assert seen.shape == (1, 3, 32, 64)
    assert seen.dtype == np.float32
    assert seen.flags.c_contiguous
    np.testing.assert_allclose(seen.mean(axis=(0, 2, 3)), rgb, atol=0.01)


def test_gray_frames_give_gray_pictures(make_frame) -> None:
    frame = make_frame(0.25, subsampling="gray", bits=16)
    seen = small_rgb(frame, small_planes(frame, 32, 32))
    np.testing.assert_allclose(seen, 0.25, atol=1e-3)


def test_shrinking_averages_and_padding_is_not_read(make_frame, rng: np.random.Generator) -> None:
    frame = make_frame(rng.random((48, 64)))
    wide = np.full((48, 80), 255, np.uint8)
    wide[:, :64] = frame.planes[0]
    padded = replace(frame, planes=(wide[:, :64], *frame.planes[1:]))
    (small, *_) = small_planes(padded, 32, 24)
    expected = frame.planes[0].reshape(24, 2, 32, 2).mean(axis=(1, 3))
    assert np.abs(small - expected).max() <= 0.5


def test_small_pictures_are_enlarged(make_frame) -> None:
    frame = make_frame(0.5, 20, 10)
    assert [plane.shape for plane in small_planes(frame, 64, 32)] == [(32, 64)] * 3
