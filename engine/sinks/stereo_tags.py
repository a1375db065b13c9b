"""How a file says that its picture is stereo: Matroska StereoMode, H.264 frame packing, the MP4 st3d box."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class StereoTag:
    """The names one layout has in each standard; None where the standard has none.

    matroska: StereoMode as FFmpeg names it. frame_packing: type in the H.264 SEI message. st3d: mode of the MP4 box.
    """

    matroska: str
    frame_packing: int | None = None
    st3d: int | None = None


_SIDE_BY_SIDE = StereoTag("left_right", frame_packing=3, st3d=2)
_OVER_UNDER = StereoTag("top_bottom", frame_packing=4, st3d=1)
STEREO_TAGS: Mapping[str, StereoTag] = MappingProxyType(
    {
        "sbs": _SIDE_BY_SIDE,
        "half-sbs": _SIDE_BY_SIDE,
        "ou": _OVER_UNDER,
        "half-ou": _OVER_UNDER,
        "interlaced": StereoTag("row_interleaved_lr", frame_packing=2),
        "anaglyph": StereoTag("anaglyph_cyan_red"),
        "anaglyph-dubois": StereoTag("anaglyph_cyan_red"),
        "anaglyph-red-cyan": StereoTag("anaglyph_cyan_red"),
        "anaglyph-green-magenta": StereoTag("anaglyph_green_magenta"),
    }
)
"""By layout name, left eye first. Layouts that show one picture (left, right, depth) have no entry."""

_WEBM_MODES = frozenset({"mono", "left_right", "bottom_top", "top_bottom", "right_left"})
_BOXES_TO_SAMPLE_ENTRY = (b"trak", b"mdia", b"minf", b"stbl", b"stsd")
_STSD_HEADER = 8
_VISUAL_ENTRY_HEADER = 78


def stream_metadata(tag: StereoTag, container: str) -> dict[str, str]:
    """Metadata of the video stream that the muxer turns into StereoMode."""
    if container == "matroska" or (container == "webm" and tag.matroska in _WEBM_MODES):
        return {"stereo_mode": tag.matroska}
    return {}


def encoder_options(tag: StereoTag, encoder: str) -> dict[str, str]:
    """Options that make the encoder write the SEI message. x264 alone can."""
    if encoder == "libx264" and tag.frame_packing is not None:
        return {"x264-params": f"frame-packing={tag.frame_packing}"}
    return {}


def add_st3d(path: Path, mode: int) -> bool:
    """Add the stereo box to the video track of a finished MP4 or MOV file.

    Done only where the index is the last thing in the file, because then nothing else has to move.

    Returns:
        True when the box was added; False when this file is laid out in another way and was left alone.

    Raises:
        OSError: the file cannot be rewritten.
    """
    with path.open("r+b") as file:
        start, size, last = _find_index(file)
        if not size or not last:
            return False
        file.seek(start)
        index = bytearray(file.read(size))
        if not _insert(index, struct.pack(">I4sIB", 13, b"st3d", 0, mode)):
            return False
        file.seek(start)
        file.write(index)
    return True


def _find_index(file: BinaryIO) -> tuple[int, int, bool]:
    """(offset, size, is last) of the moov box; size 0 where there is none or it is too large for 32 bits."""
    end = file.seek(0, 2)
    position = 0
    while position + 8 <= end:
        file.seek(position)
        size, kind = struct.unpack(">I4s", file.read(8))
        if kind == b"moov":
            return position, size if size >= 8 else 0, position + size == end
        if size == 1:
            size = struct.unpack(">Q", file.read(8))[0]
        if size < 8:
            break
        position += size
    return 0, 0, False


def _insert(index: bytearray, box: bytes) -> bool:
    for trak in _children(index, 8, len(index), b"trak"):
        path = _descend(index, trak)
        if path is None:
            continue
        entry = path[-1]
        entry_size = struct.unpack_from(">I", index, entry)[0]
        for position in (0, *path):
            size = struct.unpack_from(">I", index, position)[0]
            struct.pack_into(">I", index, position, size + len(box))
        index[entry + entry_size : entry + entry_size] = box
        return True
    return False


def _descend(index: bytearray, trak: int) -> list[int] | None:
    """Offsets of the boxes from a video trak down to its sample entry; None for other tracks."""
    path = [trak]
    for name in _BOXES_TO_SAMPLE_ENTRY[1:]:
        start = path[-1]
        end = start + struct.unpack_from(">I", index, start)[0]
        found = next(_children(index, start + 8, end, name), None)
        if found is None:
            return None
        if name == b"minf" and next(_children(index, found + 8, end, b"vmhd"), None) is None:
            return None
        path.append(found)
    entry = path[-1] + 8 + _STSD_HEADER
    size = struct.unpack_from(">I", index, entry)[0]
    if size < 8 + _VISUAL_ENTRY_HEADER:
        return None
    return [*path, entry]


def _children(index: bytearray, start: int, end: int, name: bytes) -> Iterator[int]:
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", index, start)
        if size < 8:
            return
        if kind == name:
            yield start
        start += size
