"""Every kind of file gives back what was put in."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engine.depth.map_files import open_maps, read_map
from engine.errors import InputError


def _write_pfm(path: Path, values: np.ndarray, *, little: bool = True) -> None:
    height, width = values.shape
    body = values[::-1].astype("<f4" if little else ">f4").tobytes()
    path.write_bytes(f"Pf\n{width} {height}\n{-1.0 if little else 1.0}\n".encode() + body)


def _write_gray_video(path: Path, pictures: list[np.ndarray], pix_fmt: str = "gray") -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(25))
        stream.height, stream.width = pictures[0].shape
        stream.pix_fmt = pix_fmt
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(picture, format="gray")
            if pix_fmt != "gray":
                luma = picture
                frame = av.VideoFrame(picture.shape[1], picture.shape[0], pix_fmt)
                for plane, value in zip(frame.planes, (luma, 128, 128), strict=True):
                    rows = np.full((plane.height, plane.line_size), 128, np.uint8)
                    rows[:, : plane.width] = value
                    plane.update(rows.tobytes())
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


@pytest.fixture
def values(rng: np.random.Generator) -> np.ndarray:
    """Give a map with invalid places."""
    disparity = (100 * rng.random((6, 9))).astype(np.float32)
    disparity[0, 0], disparity[1, 1], disparity[2, 2] = np.nan, np.inf, 1e10
    return disparity


def _expected(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values) & (values < 1e9), values, np.nan)


@pytest.mark.parametrize("little", [True, False])
def test_pfm(tmp_path: Path, values: np.ndarray, little: bool) -> None:
    _write_pfm(tmp_path / "map.pfm", values, little=little)
    np.testing.assert_array_equal(read_map(tmp_path / "map.pfm"), _expected(values))


def test_npy_one_and_stack(tmp_path: Path, values: np.ndarray) -> None:
    np.save(tmp_path / "one.npy", values.astype(np.float64))
    np.testing.assert_array_equal(read_map(tmp_path / "one.npy"), _expected(values))
    np.save(tmp_path / "many.npy", np.stack([values, 2 * values]))
    maps = open_maps(tmp_path / "many.npy")
    assert (maps.count, maps.is_unit) == (2, False)
    maps.next()
    np.testing.assert_array_equal(maps.next(), _expected(2 * values))
    with pytest.raises(InputError, match="holds 2 disparity maps"):
        maps.next()


def test_npy_with_objects_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "evil.npy", np.array([{}, []], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"evil\.npy"):
        open_maps(tmp_path / "evil.npy")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_is_a_share_of_its_range_unless_raw(tmp_path: Path, dtype: type, rng: np.random.Generator) -> None:
    codes = rng.integers(0, np.iinfo(dtype).max + 1, (6, 9)).astype(dtype)
    cv2.imwrite(str(tmp_path / "map.png"), codes)
    np.testing.assert_allclose(read_map(tmp_path / "map.png"), codes / np.iinfo(dtype).max, atol=1e-7)
    np.testing.assert_array_equal(read_map(tmp_path / "map.png", raw=True), codes)


def test_exr(tmp_path: Path, values: np.ndarray) -> None:
    path = tmp_path / "map.exr"
    clean = np.nan_to_num(values, nan=5, posinf=6).clip(0, 1e6)
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("exr", rate=1)
        stream.height, stream.width = clean.shape
        stream.pix_fmt = "gbrpf32le"
        frame = av.VideoFrame.from_ndarray(np.repeat(clean[..., None], 3, axis=2), format="gbrpf32le")
        for packet in [*stream.encode(frame), *stream.encode()]:
            container.mux(packet)
    np.testing.assert_allclose(read_map(path), clean, rtol=1e-5)


def test_folders_are_read_in_natural_order(tmp_path: Path) -> None:
    for number in (10, 9, 2, 1):
        _write_pfm(tmp_path / f"frame{number}.pfm", np.full((2, 3), number, np.float32))
    (tmp_path / "notes.txt").write_text("not a map")
    maps = open_maps(tmp_path)
    assert maps.count == 4
    assert [float(maps.next()[0, 0]) for _ in range(4)] == [1, 2, 9, 10]


def test_gray_video_by_its_range(tmp_path: Path) -> None:
    pictures = [np.full((16, 32), value, np.uint8) for value in (16, 100, 235)]
    _write_gray_video(tmp_path / "full.mkv", pictures)
    maps = open_maps(tmp_path / "full.mkv")
    assert [round(255 * float(maps.next().mean())) for _ in range(3)] == [16, 100, 235]
    _write_gray_video(tmp_path / "limited.mkv", pictures, "yuv420p")
    maps = open_maps(tmp_path / "limited.mkv")
    np.testing.assert_allclose([float(maps.next().mean()) for _ in range(3)], [0, 84 / 219, 1], atol=1e-6)
    with pytest.raises(InputError, match="more frames"):
        maps.next()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pfm", b""),
        ("a.pfm", b"PF\n2 2\n-1.0\n" + bytes(48)),
        ("a.pfm", b"Pf\n200 200\n-1.0\n" + bytes(48)),
        ("a.npy", b"no numpy"),
        ("a.png", b"no png"),
        ("a.exr", b"no exr"),
        ("a.mp4", b"no video"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        open_maps(tmp_path / name).next()


def _colour(path: Path) -> None:
    cv2.imwrite(str(path), np.dstack([np.full((6, 9), value, np.uint16) for value in (1, 500, 60000)]))


def test_a_colour_picture_is_no_map_but_gray_in_three_channels_is(tmp_path: Path) -> None:
    _colour(tmp_path / "colour.png")
    with pytest.raises(InputError, match=r"colour\.png: it is in colour"):
        open_maps(tmp_path / "colour.png").next()
    cv2.imwrite(str(tmp_path / "gray.png"), np.full((6, 9, 3), 65535, np.uint16))
    assert (open_maps(tmp_path / "gray.png").next() == 1).all()


def test_a_colour_video_is_no_map(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "film.mkv"), "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 32, 16, "yuv420p"
        rainbow = np.zeros((16, 32, 3), np.uint8)
        rainbow[..., 0], rainbow[..., 2] = np.linspace(0, 255, 32), np.linspace(255, 0, 32)
        for packet in [*stream.encode(av.VideoFrame.from_ndarray(rainbow, format="rgb24")), *stream.encode()]:
            container.mux(packet)
    with pytest.raises(InputError, match=r"film\.mkv: it is in colour"):
        open_maps(tmp_path / "film.mkv").next()


def test_the_first_file_of_another_kind_is_named(tmp_path: Path) -> None:
    for name in ("1.pfm", "2.pfm", "10.pfm"):
        _write_pfm(tmp_path / name, np.ones((2, 3), np.float32))
    np.save(tmp_path / "3.npy", np.ones((2, 3), np.float32))
    with pytest.raises(InputError, match=r"3\.npy: it is of another kind than 1\.pfm"):
        open_maps(tmp_path)


def test_the_map_that_was_taken_last_has_a_name(tmp_path: Path) -> None:
    for number in (1, 2):
        _write_pfm(tmp_path / f"f{number}.pfm", np.ones((2, 3), np.float32))
    maps = open_maps(tmp_path)
    maps.next()
    maps.next()
    assert maps.current.endswith("f2.pfm")
    np.save(tmp_path / "stack.npy", np.ones((2, 2, 3)))
    stack = open_maps(tmp_path / "stack.npy")
    stack.next()
    assert stack.current.endswith("stack.npy: map 1")


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        open_maps(tmp_path / "missing.pfm")
    with pytest.raises(InputError, match="holds no"):
        open_maps(tmp_path)


@pytest.mark.parametrize("is_folder", [True, False])
def test_numbers_in_a_tiff_are_no_code_values(tmp_path: Path, is_folder: bool) -> None:
    numbers = np.linspace(3, 40, 48, dtype=np.float32).reshape(6, 8)
    for name, picture in (("numbers", numbers), ("codes", (numbers * 1000).astype(np.uint16))):
        path = tmp_path / name / "1.tif"
        path.parent.mkdir()
        assert cv2.imwrite(str(path), picture)
        maps = open_maps(path.parent if is_folder else path)
        assert maps.is_unit == (name == "codes")
        expected = picture / 65535 if maps.is_unit else picture
        np.testing.assert_allclose(maps.next(), expected, atol=1e-5)
