"""Stereo tags are read back from the finished file, by FFmpeg and by a reader of our own."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import pytest

from engine.sinks.encoder import EncoderSink
from engine.sinks.stereo_tags import STEREO_TAGS, add_st3d

# Matroska's numbers for StereoMode.
MODES = {
    "sbs": 1,
    "half-sbs": 1,
    "ou": 3,
    "half-ou": 3,
    "interlaced": 7,
    "anaglyph": 10,
    "anaglyph-dubois": 10,
    "anaglyph-red-cyan": 10,
    "anaglyph-green-magenta": 12,
}


def stereo_mode(path: Path) -> int | None:
    """Find the StereoMode element (53 B8, one byte long) inside the track entry."""
    data = path.read_bytes()
    tracks = data.index(b"\x16\x54\xae\x6b")
    position = data.find(b"\x53\xb8\x81", tracks, data.index(b"\x1f\x43\xb6\x75"))
    return None if position < 0 else data[position + 3]


def frame_side_data(path: Path) -> tuple[int, int] | None:
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        for item in frame.side_data:
            if item.type.name == "STEREO3D":  # type: ignore[attr-defined]
                return struct.unpack_from("<ii", bytes(item))  # type: ignore[arg-type,return-value]
    return None


@pytest.mark.parametrize("layout", sorted(STEREO_TAGS))
def test_matroska_stereo_mode(tmp_path, make_frames, write, layout) -> None:
    path = tmp_path / "out.mkv"
    write(EncoderSink(path, codec="ffv1", stereo=layout), make_frames())
    assert stereo_mode(path) == MODES[layout]


@pytest.mark.parametrize("layout", ["left", "right", "depth", None])
def test_single_pictures_have_no_tag(tmp_path, make_frames, write, layout) -> None:
    path = tmp_path / "out.mkv"
    write(EncoderSink(path, stereo=layout), make_frames())
    assert stereo_mode(path) is None
    assert frame_side_data(path) is None


@pytest.mark.parametrize(("layout", "packing"), [("half-sbs", 1), ("sbs", 1), ("ou", 2), ("interlaced", 6)])
def test_h264_frame_packing(tmp_path, make_frames, write, layout, packing) -> None:
    path = tmp_path / "out.ts"
    write(EncoderSink(path, stereo=layout), make_frames())
    # Type as FFmpeg numbers it, and no flag: the left eye is first.
    assert frame_side_data(path) == (packing, 0)


@pytest.mark.parametrize(("layout", "packing", "mode"), [("half-sbs", 1, 2), ("ou", 2, 1)])
@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_mp4_box(tmp_path, make_frames, write, rich_input, layout, packing, mode, suffix) -> None:
    from engine.sinks.carry import CarryOver

    path = tmp_path / f"out{suffix}"
    # HEVC carries no frame packing message here, so what is read back comes from the box.
    sink = EncoderSink(path, codec="hevc", preset="ultrafast", stereo=layout, carry=CarryOver(rich_input))
    write(sink, make_frames(50))
    assert path.read_bytes().count(b"st3d") == 1
    assert path.read_bytes()[path.read_bytes().index(b"st3d") + 8] == mode
    assert frame_side_data(path) == (packing, 0)
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 50
        assert len(container.streams.audio) == 2
    with av.open(str(path)) as container:
        assert sum(frame.samples for frame in container.decode(audio=1)) >= 4 * 44100 - 2048


def test_webm_has_the_modes_it_allows(tmp_path, make_frames, write) -> None:
    for layout, mode in (("half-sbs", 1), ("anaglyph", None)):
        path = tmp_path / f"{layout}.webm"
        write(EncoderSink(path, codec="vp9", preset="ultrafast", stereo=layout), make_frames())
        assert stereo_mode(path) == mode


def test_a_file_that_is_laid_out_otherwise_is_left_alone(tmp_path, make_frames, write) -> None:
    path = tmp_path / "out.mkv"
    write(EncoderSink(path), make_frames())
    before = path.read_bytes()
    assert not add_st3d(path, 2)
    assert path.read_bytes() == before
    moov_first = tmp_path / "first.mp4"
    moov_first.write_bytes(struct.pack(">I4s", 8, b"moov") + struct.pack(">I4s", 8, b"mdat"))
    assert not add_st3d(moov_first, 2)
    assert moov_first.stat().st_size == 16
