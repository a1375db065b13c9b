"""Folders of images: order, one size, one kind."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.errors import InputError, UsageError
from engine.sources.image_folder import ImageFolderSource, natural_key
from engine.sources.source import SOURCE_LATE


def fill(folder: Path, names: list[str], size: tuple[int, int] = (24, 32)) -> None:
    for number, name in enumerate(names):
        cv2.imwrite(str(folder / name), np.full((*size, 3), 10 * number, np.uint8))


def test_frames_come_in_the_order_people_count(tmp_path: Path) -> None:
    fill(tmp_path, ["f1.png", "f2.png", "f10.png", "f11.png", "F3.png"])
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / ".f0.png").write_bytes(b"hidden")
    with ImageFolderSource(tmp_path) as source:
        frames = list(source.frames())
    assert [file.name for file in source.files] == ["f1.png", "f2.png", "F3.png", "f10.png", "f11.png"]
    assert [frame.pts for frame in frames] == [0, 1, 2, 3, 4]
    assert [int(frame.planes[0][0, 0]) for frame in frames] == [0, 10, 40, 20, 30]
    assert source.info.frame_count == 5
    assert source.info.frame_rate == 25


def test_start_and_duration_choose_images(tmp_path: Path) -> None:
    fill(tmp_path, [f"{n}.png" for n in range(20)])
    with ImageFolderSource(tmp_path, start_s=0.2, duration_s=0.4) as source:
        assert [file.stem for file in source.files] == [str(n) for n in range(5, 15)]
    with pytest.raises(UsageError, match=r"has only 0\.8 s of images"):
        ImageFolderSource(tmp_path, start_s=2)


def test_an_image_of_another_size_names_both(tmp_path: Path) -> None:
    fill(tmp_path, ["1.png"])
    cv2.imwrite(str(tmp_path / "2.png"), np.zeros((10, 12, 3), np.uint8))
    with ImageFolderSource(tmp_path) as source, pytest.raises(InputError, match=r"2\.png: it is 12x10, but 1\.png"):
        list(source.frames())


def test_an_image_of_another_kind_names_both(tmp_path: Path) -> None:
    fill(tmp_path, ["1.png"])
    cv2.imwrite(str(tmp_path / "2.png"), np.zeros((24, 32), np.uint8))
    with ImageFolderSource(tmp_path) as source, pytest.raises(InputError, match=r"2\.png: it is gray, but 1\.png"):
        list(source.frames())


def test_a_folder_without_images_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "film.txt").write_text("x")
    with pytest.raises(InputError, match="no image in this folder"):
        ImageFolderSource(tmp_path)
    with pytest.raises(InputError, match="there is no such file"):
        ImageFolderSource(tmp_path / "nowhere")


def test_natural_order() -> None:
    names = ["a10b2", "a2b10", "a2b9", "1", "a", "10"]
    assert sorted(names, key=natural_key) == ["1", "10", "a", "a2b9", "a2b10", "a10b2"]


def test_images_that_come_too_late_are_not_even_read(tmp_path: Path) -> None:
    fill(tmp_path, [f"{n}.png" for n in range(20)])
    (tmp_path / "7.png").write_bytes(b"damaged, but nobody looks at it")
    with ImageFolderSource(tmp_path) as source:
        indices = []
        for frame in source.frames():
            indices.append(frame.index)
            source.hurry({5: 0.1, 12: 0.03, 17: 9.0}.get(frame.index, 0.0))
        assert indices == [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19]
        assert source.drops == {SOURCE_LATE: 3}
