"""Reading the user's pictures, and refusing those that cannot teach."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from training.data.single_image.images import ImageFolder, RejectedError

REASONS = {
    "small.png": "too small",
    "gray.png": "grayscale",
    "colourless.png": "grayscale",
    "see_through.png": "alpha",
    "cut_off.png": "broken",
    "empty.jpg": "broken",
}


def _look(place: Path) -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
    good, bad = {}, {}
    with ImageFolder(place) as folder:
        for name in folder.names:
            try:
                good[name] = folder.read(name).shape
            except RejectedError as error:
                bad[name] = error.reason
    return good, bad


def test_good_pictures_are_read_and_bad_ones_say_why(album: Path) -> None:
    good, bad = _look(album)
    assert good == dict.fromkeys(("b.png", "c.png", "more/d.png"), (260, 400, 3))
    assert bad == REASONS


def test_a_zip_file_is_a_folder(album: Path, tmp_path: Path) -> None:
    archive = tmp_path / "album.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(album.rglob("*.*")):
            file.write(path, path.relative_to(album))
        file.writestr("__MACOSX/._b.png", b"shadow")
    assert _look(archive) == _look(album)
    with ImageFolder(archive) as zipped, ImageFolder(album) as folder:
        np.testing.assert_array_equal(zipped.read("b.png"), folder.read("b.png"))


def test_listed_copyright_is_obeyed(album: Path, tmp_path: Path) -> None:
    for name in ("b.png", "c.png"):
        (tmp_path / name).write_bytes((album / name).read_bytes())
    (tmp_path / "COPYRIGHT").write_text("b <https://example.org/by-sa>\nc <https://unsplash.com/photos/1>\n")
    with ImageFolder(tmp_path) as folder:
        assert folder.names == ["c.png"]


def test_places_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such folder or zip file"):
        ImageFolder(tmp_path / "none")
    (tmp_path / "album.zip").write_bytes(b"PK no archive")
    with pytest.raises(ValueError, match=r"album\.zip: neither a folder nor a zip file"):
        ImageFolder(tmp_path / "album.zip")
