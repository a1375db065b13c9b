"""One image per frame: a single image, a numbered pattern, or a folder."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.errors import OutputError
from engine.frame import Frame
from engine.sinks.destination import Destination
from engine.sinks.faults import reason
from engine.sinks.pictures import PictureWriter
from engine.sinks.sink import FinishOrAbort, Picture

WRITABLE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp"})
"""Suffixes that mean images; PNG and TIFF keep 16 bits, the others 8."""

_DEEP_SUFFIXES = frozenset({".png", ".tif", ".tiff"})
_NUMBER = re.compile(r"%0?(\d*)d")
# Signature, and the header chunk with its length and checksum.
_PNG_HEAD = 8 + 25
_FOLDER_NAME = "frame-%06d.png"
_PARAMETERS = {
    ".png": [cv2.IMWRITE_PNG_COMPRESSION, 3],
    ".jpg": [cv2.IMWRITE_JPEG_QUALITY, 95],
    ".jpeg": [cv2.IMWRITE_JPEG_QUALITY, 95],
    ".webp": [cv2.IMWRITE_WEBP_QUALITY, 95],
}


class ImageFilesSink(FinishOrAbort):
    """Writes each frame as RGB (or gray) image, numbered from 1. Each file gets its name when it is whole.

    Args:
        path: `still.png`, `frames/%05d.png`, or a folder, which is created where its parent exists.
        overwrite: replace existing images.
        input_path: the file being read.
        about: what the picture means, written into PNG files as a description.

    Raises:
        OutputError: the name or the folder will not do.
    """

    def __init__(
        self, path: str | Path, *, overwrite: bool = False, input_path: Path | None = None, about: str | None = None
    ) -> None:
        self.path = Path(path)
        self.frames_written = 0
        self._overwrite = overwrite
        self._input_path = input_path
        self._about = about
        self._notes: list[str] = []
        self._writer: PictureWriter | None = None
        is_folder = self.path.suffix.lower() not in WRITABLE_SUFFIXES
        self._pattern = self.path / _FOLDER_NAME if is_folder else self.path
        self._is_numbered = _NUMBER.search(self._pattern.name) is not None
        if is_folder:
            self._create_folder()
        self._destination(1)

    @property
    def warnings(self) -> list[str]:
        """What was lost, one line each."""
        return [f"{self.path.name}: {note}" for note in self._notes]

    def open(self, picture: Picture) -> None:
        """Prepare the conversion to RGB."""
        suffix = self._pattern.suffix.lower()
        bits = picture.format.bits
        self._keeps_depth = bits > 8 and suffix in _DEEP_SUFFIXES
        if bits > 8 and not self._keeps_depth:
            self._notes.append(f"{suffix} images hold 8 bits of the {bits}")
        if picture.sample_aspect != 1:
            self._notes.append(f"the pixels are not square ({picture.sample_aspect}): the images look squeezed")
        self._format = picture.format
        self._full_range = picture.colour.full_range
        if picture.format.subsampling != "gray":
            size = (picture.width, picture.height)
            self._writer = PictureWriter(picture, "bgr48le" if self._keeps_depth else "bgr24", size)

    def write(self, frame: Frame) -> None:
        """Write one image.

        Raises:
            OutputError: the disk failed, or OUTPUT is a single image and this is the second frame.
        """
        if self.frames_written and not self._is_numbered:
            raise OutputError(
                f"{self.path}: the input has more than one picture; name a folder, "
                f"or number the images: {self.path.stem}-%05d{self.path.suffix}"
            )
        destination = self._destination(self.frames_written + 1)
        suffix = destination.path.suffix.lower()
        encoded, data = cv2.imencode(suffix, self._pixels(frame), _PARAMETERS.get(suffix, []))
        if not encoded:
            raise OutputError(f"{destination.path}: a {frame.width}x{frame.height} picture does not fit {suffix}")
        content = data.tobytes()
        if self._about and suffix == ".png":
            content = _with_description(content, self._about)
        try:
            destination.partial.write_bytes(content)
        except OSError as error:
            destination.discard()
            raise OutputError(f"{destination.path}: {reason(error)}") from error
        destination.commit()
        self.frames_written += 1

    def close(self, *, cut: bool = False) -> None:
        """Every image is whole already."""

    def abort(self) -> None:
        """Images that were written are whole and stay."""

    def _destination(self, number: int) -> Destination:
        path = self._pattern
        if self._is_numbered:
            path = path.with_name(_NUMBER.sub(lambda match: f"{number:0{match.group(1) or 0}d}", path.name))
        return Destination(path, overwrite=self._overwrite, input_path=self._input_path)

    def _create_folder(self) -> None:
        try:
            self.path.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.path}: {reason(error)}") from error

    def _pixels(self, frame: Frame) -> np.ndarray[Any, Any]:
        if self._writer is None:
            return self._gray(frame.planes[0])
        return self._writer(frame).to_ndarray()

    def _gray(self, luma: Any) -> np.ndarray[Any, Any]:
        step = 1 << (self._format.bits - 8)
        black, span = (0, self._format.max_value) if self._full_range else (16 * step, 219 * step)
        top = 65535 if self._keeps_depth else 255
        if black == 0 and span == top:
            return np.ascontiguousarray(luma)
        scaled = (np.asarray(luma, dtype=np.float32) - black) * (top / span)
        return np.clip(np.rint(scaled), 0, top).astype(np.uint16 if self._keeps_depth else np.uint8)


def _with_description(png: bytes, text: str) -> bytes:
    """The same picture with a text chunk behind its header."""
    body = b"tEXtDescription\0" + text.encode("latin-1", "replace")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:_PNG_HEAD] + chunk + png[_PNG_HEAD:]
