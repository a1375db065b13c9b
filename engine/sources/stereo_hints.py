"""Whether an input is stereo already, from what the file says and, as a guess, from its name."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

import av


@dataclass(frozen=True, slots=True, kw_only=True)
class StereoHint:
    """One sign of a stereo layout.

    layout: the layout's name. origin: where it was found. is_guess: True where only the file's name says so.
    """

    layout: str
    origin: str
    is_guess: bool = False
    right_eye_first: bool = False


# FFmpeg's AVStereo3DType -> our words.
_PACKING: Mapping[int, str] = MappingProxyType(
    {1: "sbs", 2: "ou", 3: "frame sequence", 4: "checkerboard", 5: "half-sbs quincunx", 6: "interlaced", 7: "columns"}
)
_MATROSKA: Mapping[str, tuple[str, bool]] = MappingProxyType(
    {
        "left_right": ("sbs", False),
        "right_left": ("sbs", True),
        "top_bottom": ("ou", False),
        "bottom_top": ("ou", True),
        "row_interleaved_lr": ("interlaced", False),
        "row_interleaved_rl": ("interlaced", True),
        "col_interleaved_lr": ("columns", False),
        "col_interleaved_rl": ("columns", True),
        "checkerboard_lr": ("checkerboard", False),
        "checkerboard_rl": ("checkerboard", True),
        "anaglyph_cyan_red": ("anaglyph", False),
        "anaglyph_green_magenta": ("anaglyph", False),
        "block_lr": ("frame sequence", False),
        "block_rl": ("frame sequence", True),
    }
)
_IN_NAME: tuple[tuple[str, str], ...] = (
    ("half-sbs", r"h-?sbs|half-?sbs|sbs-?half|lrh"),
    ("half-ou", r"h-?ou|half-?ou|h-?tab|half-?tab|tbh"),
    ("sbs", r"sbs|f-?sbs|full-?sbs|lr|3dh|side-?by-?side"),
    ("ou", r"ou|tb|tab|f-?ou|full-?ou|3dv|over-?under|top-?bottom"),
    ("anaglyph", r"anaglyph"),
)
_ISO_PATH = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
_ST3D_MODES = {1: "ou", 2: "sbs"}


def stereo_from_name(path: Path) -> StereoHint | None:
    """What the file's name says, as in film_hsbs.mkv or clip.3D.half-ou.mp4: a guess."""
    for layout, words in _IN_NAME:
        if re.search(rf"(?:^|[._\- ])(?:{words})(?:$|[._\- ])", path.stem, re.IGNORECASE):
            return StereoHint(layout=layout, origin="file name", is_guess=True)
    return None


def stereo_from_metadata(metadata: Mapping[str, str]) -> StereoHint | None:
    """What Matroska's StereoMode says."""
    mode = metadata.get("stereo_mode", "")
    if mode not in _MATROSKA:
        return None
    layout, right_first = _MATROSKA[mode]
    return StereoHint(layout=layout, origin="Matroska StereoMode", right_eye_first=right_first)


def stereo_from_frame(frame: av.VideoFrame) -> StereoHint | None:
    """What the first picture says: H.264 and HEVC frame packing, or the container's word passed on by the decoder."""
    try:
        items = [item for item in frame.side_data if getattr(item, "type", None) is not None]
    except ValueError:
        # PyAV 18 knows no name for the newest kinds of side data.
        return None
    for item in items:
        kind = getattr(item, "type", None)
        if kind is not None and kind.name == "STEREO3D":
            layout, flags = struct.unpack_from("<ii", bytes(memoryview(item)))  # type: ignore[arg-type]
            if layout in _PACKING:
                return StereoHint(layout=_PACKING[layout], origin="frame packing", right_eye_first=bool(flags & 1))
    return None


def stereo_from_box(path: Path) -> StereoHint | None:
    """What the st3d box of an MP4 or MOV file says."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, 2)
            mode = _find_st3d(file, 0, end, _ISO_PATH)
    except OSError:
        return None
    layout = _ST3D_MODES.get(mode) if mode is not None else None
    return StereoHint(layout=layout, origin="st3d box") if layout else None


def _find_st3d(file: BinaryIO, start: int, end: int, path: tuple[bytes, ...]) -> int | None:
    if not path:
        return _mode_in_entries(file, start + 8, end)
    for name, inner, stop in _boxes(file, start, end):
        if name == path[0]:
            mode = _find_st3d(file, inner, stop, path[1:])
            if mode is not None:
                return mode
    return None


def _mode_in_entries(file: BinaryIO, start: int, end: int) -> int | None:
    # A visual sample entry has 78 bytes of fields before its own boxes.
    for _, inner, stop in _boxes(file, start, end):
        for name, content, _ in _boxes(file, inner + 78, stop):
            if name == b"st3d":
                file.seek(content + 4)
                data = file.read(1)
                return data[0] if data else None
    return None


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, start of content, end) of each box between two offsets; stops at the first that makes no sense."""
    while start + 8 <= end:
        file.seek(start)
        head = file.read(16)
        if len(head) < 8:
            return
        size, name = struct.unpack_from(">I4s", head)
        header = 8
        if size == 1 and len(head) == 16:
            size, header = struct.unpack_from(">Q", head, 8)[0], 16
        if size == 0:
            size = end - start
        if size < header or start + size > end:
            return
        yield name, start + header, start + size
        start += size
