"""The user's own pictures: a folder or a zip file, read one by one, each fit for samples or refused with a reason."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.assets import allowed_photos

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
SMALLEST_SIDE = 256
"""Pictures with a shorter side than this give no window worth having."""
_MOST_BYTES = 256 << 20
_GRAY_SPREAD = 3.0


class RejectedError(Exception):
    """A picture that gives no sample, and why in a word or two."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ImageFolder:
    """Pictures of a folder, its sub-folders, or a zip file, by name. Use as a context manager.

    In a folder with COPYRIGHT* files those are obeyed (`training.data.assets.allowed_photos`).
    """

    def __init__(self, place: Path) -> None:
        """List what is there.

        Raises:
            FileNotFoundError: the folder or file does not exist.
            ValueError: it is a file, but no zip file that can be read.
        """
        self.place = place
        self._archive: zipfile.ZipFile | None = None
        if place.is_dir():
            folders = [place, *(path for path in sorted(place.rglob("*")) if path.is_dir())]
            paths = [path for folder in folders for path in _pictures(folder)]
            self.names = [path.relative_to(place).as_posix() for path in paths]
        elif place.is_file():
            try:
                self._archive = zipfile.ZipFile(place)
            except (zipfile.BadZipFile, OSError) as error:
                raise ValueError(f"{place}: neither a folder nor a zip file that can be read ({error})") from error
            self.names = sorted(name for name in self._archive.namelist() if _is_picture(PurePosixPath(name)))
        else:
            raise FileNotFoundError(f"{place}: no such folder or zip file of pictures")

    def read(self, name: str) -> NDArray[np.uint8]:
        """(H, W, 3) RGB, turned upright where its EXIF data say so.

        Raises:
            RejectedError: it is broken, has an alpha channel, is grayscale, or is smaller than SMALLEST_SIDE.
        """
        picture = _decoded(self._bytes(name))
        if min(picture.shape[:2]) < SMALLEST_SIDE:
            raise RejectedError("too small")
        few = picture[::4, ::4].astype(np.int16)
        if float((few.max(axis=2) - few.min(axis=2)).mean()) < _GRAY_SPREAD:
            raise RejectedError("grayscale")
        return picture

    def _bytes(self, name: str) -> bytes:
        try:
            if self._archive is None:
                return (self.place / name).read_bytes()
            if self._archive.getinfo(name).file_size > _MOST_BYTES:
                raise RejectedError("broken")
            return self._archive.read(name)
        except (OSError, zipfile.BadZipFile, RuntimeError, EOFError, NotImplementedError) as error:
            raise RejectedError("broken") from error

    def __enter__(self) -> ImageFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._archive is not None:
            self._archive.close()


def _pictures(folder: Path) -> list[Path]:
    if any(folder.glob("COPYRIGHT*")):
        return allowed_photos(folder)
    return sorted(path for path in folder.iterdir() if path.is_file() and _is_picture(path))


def _is_picture(path: Path | PurePosixPath) -> bool:
    # Archives made on macOS carry shadows of every file under names that begin like this.
    return path.suffix.lower() in SUFFIXES and not path.name.startswith("._")


def _decoded(data: bytes) -> NDArray[np.uint8]:
    if not data:
        raise RejectedError("broken")
    packed = np.frombuffer(data, np.uint8)
    try:
        raw = cv2.imdecode(packed, cv2.IMREAD_UNCHANGED)
        picture = None if raw is None else cv2.imdecode(packed, cv2.IMREAD_COLOR_RGB)
    except cv2.error as error:
        raise RejectedError("broken") from error
    if raw is None or picture is None:
        raise RejectedError("broken")
    if raw.ndim == 2 or raw.shape[2] == 1:
        raise RejectedError("grayscale")
    if raw.shape[2] == 4 and int(raw[..., 3].min()) < int(raw[..., 3].max()):
        raise RejectedError("alpha")
    return np.asarray(picture, np.uint8)
