"""Still images: depth, range, transparency, orientation, damage."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.errors import InputError
from engine.sources.image import ImageSource, read_image

RED_BT601_FULL = (76.2, 85.0, 255.0)


def write(path: Path, pixels: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), pixels)
    return path


def solid_red(dtype: type, size: tuple[int, int] = (30, 41)) -> np.ndarray:
    pixels = np.zeros((*size, 3), dtype)
    pixels[..., 2] = np.iinfo(dtype).max
    return pixels


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".webp"])
def test_colour_images_become_yuv(tmp_path: Path, suffix: str) -> None:
    with ImageSource(write(tmp_path / f"red{suffix}", solid_red(np.uint8))) as source:
        (frame,) = source.frames()
    assert (frame.width, frame.height) == (41, 30)
    assert source.info.is_still
    assert source.info.frame_count == 1
    assert frame.pts == 0
    means = [float(plane.mean()) for plane in frame.planes]
    assert frame.format.name == "yuv444p"
    assert frame.colour.full_range
    assert frame.colour.matrix == 6
    assert means == pytest.approx(RED_BT601_FULL, abs=0.6)


def test_jpeg_keeps_its_own_planes(tmp_path: Path) -> None:
    frame, notes = read_image(write(tmp_path / "red.jpg", solid_red(np.uint8, (64, 48))))
    assert frame.format.name == "yuv420p"
    assert frame.colour.full_range
    assert notes == []
    assert [float(plane.mean()) for plane in frame.planes] == pytest.approx(RED_BT601_FULL, abs=2)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_are_kept(tmp_path: Path, suffix: str) -> None:
    frame, _ = read_image(write(tmp_path / f"red{suffix}", solid_red(np.uint16)))
    assert frame.format.name == "yuv444p16le"
    means = [float(plane.mean()) / 257 for plane in frame.planes]
    assert means == pytest.approx((76.245, 84.475, 255.0), abs=0.01)


def test_sixteen_bit_gray_is_exact(tmp_path: Path, rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 65536, (21, 33), dtype=np.uint16)
    frame, _ = read_image(write(tmp_path / "depth.png", pixels))
    assert frame.format.name == "gray16le"
    assert frame.colour.full_range
    np.testing.assert_array_equal(frame.planes[0], pixels)


def test_transparency_is_laid_over_black(tmp_path: Path) -> None:
    pixels = np.zeros((20, 20, 4), np.uint8)
    pixels[..., :3] = 255
    pixels[:, 10:, 3] = 255
    pixels[:10, :10, 3] = 128
    frame, notes = read_image(write(tmp_path / "glass.png", pixels))
    assert notes == ["transparency is laid over black"]
    luma = frame.planes[0]
    assert luma[15, 15] >= 254
    assert luma[15, 3] <= 1
    assert luma[3, 3] == pytest.approx(128, abs=2)


@pytest.mark.parametrize(("tag", "turn"), [(1, 0), (3, 2), (6, 3), (8, 1)])
def test_camera_orientation_is_applied(tmp_path: Path, tag: int, turn: int) -> None:
    pixels = np.zeros((32, 48, 3), np.uint8)
    pixels[:16, :16] = 255
    path = write(tmp_path / "plain.jpg", pixels)
    exif = b"Exif\0\0II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, tag, 0, 0)
    data = path.read_bytes()
    path.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:])
    frame, _ = read_image(path)
    expected = np.rot90(pixels[..., 0], turn)
    assert frame.planes[0].shape == expected.shape
    assert np.abs(frame.planes[0].astype(int) - expected).mean() < 8


def test_a_percent_sign_in_the_name_is_a_percent_sign(tmp_path: Path) -> None:
    frame, _ = read_image(write(tmp_path / "100%d.png", solid_red(np.uint8)))
    assert frame.width == 41


@pytest.mark.parametrize("kind", ["empty", "noise", "cut"])
def test_bad_images_are_one_line(tmp_path: Path, kind: str, rng: np.random.Generator) -> None:
    path = write(tmp_path / "picture.png", rng.integers(0, 255, (200, 200, 3), dtype=np.uint8))
    data = path.read_bytes()
    path.write_bytes({"empty": b"", "noise": rng.bytes(5000), "cut": data[:60]}[kind])
    with pytest.raises(InputError, match=r"picture\.png: ") as caught:
        ImageSource(path)
    assert "\n" not in str(caught.value)
    assert "Invalid data found" not in str(caught.value)
