from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from engine.frame import Colour, Frame, PixelFormat


@pytest.mark.parametrize(
    ("subsampling", "bits", "name", "shapes"),
    [
        ("420", 8, "yuv420p", ((5, 7), (3, 4), (3, 4))),
        ("422", 10, "yuv422p10le", ((5, 7), (5, 4), (5, 4))),
        ("444", 16, "yuv444p16le", ((5, 7), (5, 7), (5, 7))),
        ("gray", 12, "gray12le", ((5, 7),)),
    ],
)
def test_pixel_formats(subsampling, bits: int, name: str, shapes: tuple[tuple[int, int], ...]) -> None:
    pixel_format = PixelFormat(subsampling=subsampling, bits=bits)
    assert pixel_format.name == name
    assert pixel_format.plane_shapes(7, 5) == shapes
    assert pixel_format.max_value == 2**bits - 1


def test_planes_must_be_of_the_format() -> None:
    luma, chroma = np.zeros((4, 6), np.uint8), np.zeros((2, 3), np.uint8)
    frame = Frame(planes=(luma, chroma, chroma), format=PixelFormat(), pts=3, time_base=Fraction(1, 25))
    assert (frame.width, frame.height, frame.time_s) == (6, 4, pytest.approx(0.12))
    with pytest.raises(ValueError, match="6x4 yuv444p frame must be"):
        Frame(planes=(luma, chroma, chroma), format=PixelFormat(subsampling="444"))


def test_stamps_are_appended() -> None:
    frame = Frame(planes=(np.zeros((2, 2), np.uint8),), format=PixelFormat(subsampling="gray"))
    assert frame.stamped("source", 0.0, 1.0).stamped("depth", 2.0, 3.0).stamps == (
        ("source", 0.0, 1.0),
        ("depth", 2.0, 3.0),
    )
    assert frame.stamps == ()


@pytest.mark.parametrize(
    ("matrix", "height", "new_height", "expected"),
    [(2, 576, 1152, 6), (2, 1280, 640, 1), (2, 576, 480, 2), (0, 480, 960, 6), (9, 480, 960, 9), (6, 480, 960, 6)],
)
def test_a_silent_matrix_is_named_where_the_guess_would_change(
    matrix: int, height: int, new_height: int, expected: int
) -> None:
    colour = Colour(matrix=matrix, primaries=1, full_range=True)
    kept = colour.kept(height, new_height)
    assert kept.matrix == expected
    assert kept.matrix_or_default(new_height) == colour.matrix_or_default(height)
    assert (kept.primaries, kept.transfer, kept.full_range) == (1, 2, True)
