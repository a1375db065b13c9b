"""Images: names, depth, colours."""

from __future__ import annotations

import zlib
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.errors import OutputError
from engine.frame import Colour, Frame, PixelFormat
from engine.sinks.image_files import ImageFilesSink

GRAY16 = PixelFormat(subsampling="gray", bits=16)


def red(full_range: bool, bits: int = 8) -> Frame:
    """BT.709 red in 4:4:4."""
    codes = (54, 99, 255) if full_range else (63, 102, 240)
    dtype = np.uint8 if bits == 8 else np.uint16
    planes = tuple(np.full((16, 20), code << (bits - 8), dtype) for code in codes)
    colour = Colour(matrix=1, primaries=1, transfer=1, full_range=full_range)
    return Frame(planes=planes, format=PixelFormat(subsampling="444", bits=bits), colour=colour, pts=0)


def test_a_folder_is_numbered_from_one(tmp_path, make_frames, write) -> None:
    folder = tmp_path / "frames"
    sink = ImageFilesSink(folder)
    write(sink, make_frames(3))
    assert sorted(path.name for path in folder.iterdir()) == [f"frame-00000{n}.png" for n in (1, 2, 3)]
    assert sink.frames_written == 3
    with pytest.raises(OutputError, match=r"frame-000001\.png: the file exists already"):
        ImageFilesSink(folder)
    write(ImageFilesSink(folder, overwrite=True), make_frames(2))


def test_a_pattern_sets_name_and_kind(tmp_path, make_frames, write) -> None:
    write(ImageFilesSink(tmp_path / "shot%03d.jpg"), make_frames(2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shot001.jpg", "shot002.jpg"]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp", ".bmp"])
@pytest.mark.parametrize("full_range", [False, True])
def test_colours_are_right(tmp_path, write, suffix, full_range) -> None:
    path = tmp_path / f"red{suffix}"
    write(ImageFilesSink(path), iter([red(full_range)]), frame_rate=None)
    blue_green_red = cv2.imread(str(path)).reshape(-1, 3).mean(axis=0)
    assert blue_green_red == pytest.approx((0, 0, 255), abs=4)


def test_ten_bits_become_sixteen_in_png_and_eight_in_jpeg(tmp_path, write) -> None:
    sink = ImageFilesSink(tmp_path / "red.png")
    write(sink, iter([red(False, bits=10)]), frame_rate=None)
    pixels = cv2.imread(str(sink.path), cv2.IMREAD_UNCHANGED)
    assert pixels.dtype == np.uint16
    assert pixels[..., 2].mean() == pytest.approx(65535, rel=0.01)
    lossy = ImageFilesSink(tmp_path / "red.jpg")
    write(lossy, iter([red(False, bits=10)]), frame_rate=None)
    assert lossy.warnings == ["red.jpg: .jpg images hold 8 bits of the 10"]


def test_sixteen_bit_gray_is_exact(tmp_path, write, rng) -> None:
    depth = rng.integers(0, 65536, (12, 18), dtype=np.uint16)
    frame = Frame(planes=(depth,), format=GRAY16, colour=Colour(full_range=True), pts=0)
    write(ImageFilesSink(tmp_path / "depth.png"), iter([frame]), frame_rate=None)
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "depth.png"), cv2.IMREAD_UNCHANGED), depth)


def test_png_says_what_it_means(tmp_path, write) -> None:
    frame = Frame(planes=(np.zeros((12, 18), np.uint16),), format=GRAY16, colour=Colour(full_range=True), pts=0)
    write(ImageFilesSink(tmp_path / "depth.png", about="nearer is larger"), iter([frame]), frame_rate=None)
    data = (tmp_path / "depth.png").read_bytes()
    start = data.index(b"tEXtDescription\0nearer is larger")
    length, checksum = data[start - 4 : start], data[start + 32 : start + 36]
    assert int.from_bytes(length) == 28
    assert int.from_bytes(checksum) == zlib.crc32(data[start : start + 32])
    assert cv2.imread(str(tmp_path / "depth.png"), cv2.IMREAD_UNCHANGED).shape == (12, 18)


def test_gray_in_limited_range_is_stretched(tmp_path, write) -> None:
    luma = np.array([[16, 126, 235]] * 3, np.uint8)
    frame = Frame(planes=(luma,), format=PixelFormat(subsampling="gray"), pts=0)
    write(ImageFilesSink(tmp_path / "gray.png"), iter([frame]), frame_rate=None)
    assert cv2.imread(str(tmp_path / "gray.png"), cv2.IMREAD_UNCHANGED)[0].tolist() == [0, 128, 255]


def test_a_film_does_not_fit_into_one_image(tmp_path, make_frames, write) -> None:
    with pytest.raises(
        OutputError, match=r"more than one picture; name a folder, or number the images: still-%05d\.png"
    ):
        write(ImageFilesSink(tmp_path / "still.png"), make_frames(2))


def test_bad_places_are_one_line(tmp_path) -> None:
    with pytest.raises(OutputError, match="its folder does not exist"):
        ImageFilesSink(tmp_path / "no" / "where")
    with pytest.raises(OutputError, match="does not exist"):
        ImageFilesSink(tmp_path / "no" / "x.png")
    still = tmp_path / "x.png"
    still.write_bytes(b"precious")
    with pytest.raises(OutputError, match="this is the input itself"):
        ImageFilesSink(still, overwrite=True, input_path=Path(still))


def test_pixels_that_are_not_square_are_told(tmp_path, make_frames, write) -> None:
    sink = ImageFilesSink(tmp_path / "f%d.png")
    write(sink, make_frames(1, aspect=Fraction(4, 3)))
    assert "not square (4/3)" in sink.warnings[0]
