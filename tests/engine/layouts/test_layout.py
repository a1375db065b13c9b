"""Padding to whole chroma samples."""

from __future__ import annotations

import numpy as np
import pytest

from engine.frame import PixelFormat
from engine.layouts.layout import pad_plane, pad_planes, round_up


@pytest.mark.parametrize(("size", "multiple", "expected"), [(7, 2, 8), (8, 2, 8), (1, 4, 4), (1919, 4, 1920)])
def test_round_up(size: int, multiple: int, expected: int) -> None:
    assert round_up(size, multiple) == expected


def test_padding_repeats_the_last_row_and_column() -> None:
    plane = np.array([[1, 2, 3]], np.uint8)
    np.testing.assert_array_equal(pad_plane(plane, 2, 4), [[1, 2, 3, 3], [1, 2, 3, 3]])


def test_a_fitting_plane_is_not_copied() -> None:
    planes = tuple(np.zeros(shape, np.uint8) for shape in PixelFormat().plane_shapes(4, 4))
    assert all(a is b for a, b in zip(planes, pad_planes(planes, PixelFormat(), 4, 4), strict=True))
