"""Formats, orientation and colour of decoded pictures."""

from __future__ import annotations

import av
import numpy as np
import pytest

from engine.frame import PixelFormat
from engine.sources.planes import Orientation, colour_of, is_direct, nearest_format, turn_planes, view_planes


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("yuvj422p", "yuv422p"),
        ("p010le", "yuv420p10le"),
        ("nv12", "yuv420p"),
        ("yuyv422", "yuv422p"),
        ("pal8", "yuv444p"),
        ("rgb48be", "yuv444p16le"),
        ("gbrp12le", "yuv444p12le"),
        ("yuv420p10be", "yuv420p10le"),
        ("ya8", "gray"),
        ("monow", "gray"),
        ("gray16be", "gray16le"),
        ("yuv411p", "yuv422p"),
        ("bayer_rggb8", "yuv444p"),
        ("yuva444p10le", "yuv444p10le"),
    ],
)
def test_nearest_format_keeps_the_most(name: str, nearest: str) -> None:
    assert nearest_format(av.VideoFormat(name)).name == nearest


def test_planar_little_endian_formats_need_no_conversion() -> None:
    assert all(
        is_direct(PixelFormat(subsampling=s, bits=b).name) for s in ("420", "422", "444", "gray") for b in (8, 10)
    )
    assert not is_direct("nv12")
    assert not is_direct("gbrp")


@pytest.mark.parametrize("quarters", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_turning_is_mirror_then_clockwise_quarters(quarters: int, mirrored: bool, rng: np.random.Generator) -> None:
    plane = rng.integers(0, 1024, (6, 10), dtype=np.uint16)
    (turned,) = turn_planes((plane,), Orientation(quarters, mirrored))
    np.testing.assert_array_equal(turned, np.rot90(plane[:, ::-1] if mirrored else plane, -quarters))
    assert turned.strides[-1] == 2


def test_views_have_the_shape_of_odd_pictures() -> None:
    planes = view_planes(av.VideoFrame(33, 17, "yuv420p10le"), PixelFormat(bits=10))
    assert [plane.shape for plane in planes] == [(17, 33), (9, 17), (9, 17)]
    assert all(plane.dtype == np.uint16 for plane in planes)


def test_full_range_is_seen_in_tag_and_in_name() -> None:
    tagged = av.VideoFrame(16, 16, "yuv420p")
    tagged.color_range = 2
    assert colour_of(tagged).full_range
    assert colour_of(av.VideoFrame(16, 16, "yuvj420p")).full_range
    assert not colour_of(av.VideoFrame(16, 16, "yuv420p")).full_range
