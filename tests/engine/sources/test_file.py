"""Video files: every format, odd size, turned, cut, damaged."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import InputError, UsageError
from engine.frame import Frame
from engine.sources.file import FileSource, seconds_of
from engine.sources.source import SOURCE_LATE


def read(path: Path, **options: object) -> tuple[FileSource, list[Frame]]:
    with FileSource(path, **options) as source:  # type: ignore[arg-type]
        return source, list(source.frames())


def decoded(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


@pytest.mark.parametrize(
    ("pixel_format", "size"),
    [
        ("yuv420p", (64, 48)),
        ("yuv420p", (65, 47)),
        ("yuv422p", (63, 33)),
        ("yuv444p", (33, 31)),
        ("gray", (50, 40)),
        ("yuv420p10le", (66, 50)),
        ("yuv422p10le", (61, 35)),
        ("yuv444p12le", (40, 30)),
        ("gray10le", (48, 36)),
    ],
)
def test_planes_are_what_was_encoded(make_clip, pixel_format: str, size: tuple[int, int]) -> None:
    path = make_clip(codec="ffv1", pixel_format=pixel_format, width=size[0], height=size[1])
    source, frames = read(path)
    assert source.info.format.name == pixel_format
    assert (source.info.width, source.info.height) == size
    assert len(frames) == 10
    for frame, picture in zip(frames, decoded(path), strict=True):
        for plane, stored in zip(frame.planes, picture.planes, strict=True):
            rows = np.frombuffer(stored, plane.dtype).reshape(stored.height, -1)
            np.testing.assert_array_equal(plane, rows[:, : stored.width])
            assert plane.strides[-1] == plane.itemsize


def test_planes_are_views_that_outlive_the_source(make_clip) -> None:
    _, frames = read(make_clip(codec="ffv1"))
    assert all(plane.base is not None for frame in frames for plane in frame.planes)
    means = [float(frame.planes[0].mean()) for frame in frames]
    assert np.all(np.diff(means) > 1.5)


def test_variable_frame_rate_is_kept(make_clip) -> None:
    stamps = (0, 40, 41, 90, 200, 233, 500)
    _, frames = read(make_clip(pts=stamps, time_base=Fraction(1, 1000)))
    assert [frame.pts * frame.time_base * 1000 for frame in frames] == list(stamps)
    assert [frame.index for frame in frames] == list(range(7))


def test_b_frames_come_in_presentation_order(make_clip) -> None:
    path = make_clip("clip.mp4", pts=tuple(range(30)), options={"bf": "3", "x264-params": "b-adapt=0"})
    with av.open(str(path)) as container:
        stamps = [packet.pts for packet in container.demux(video=0) if packet.size]
    assert stamps != sorted(stamps)
    _, frames = read(path)
    assert [round(frame.time_s * 25) for frame in frames] == list(range(30))


@pytest.mark.parametrize(("rotation", "turns"), [(90, 1), (180, 2), (-90, 3)])
def test_phone_rotation_is_applied(make_clip, rotation: int, turns: int) -> None:
    upright, (first, *_) = read(make_clip("plain.mp4", codec="libx264", options={"qp": "0"}))
    turned, (picture, *_) = read(make_clip("turned.mp4", rotation=rotation, options={"qp": "0"}))
    swapped = turns % 2 == 1
    assert (turned.info.width, turned.info.height) == ((48, 64) if swapped else (64, 48))
    expected = [np.rot90(plane, turns) for plane in first.planes]
    assert upright.info.format == turned.info.format
    for plane, truth in zip(picture.planes, expected, strict=True):
        np.testing.assert_array_equal(plane, truth)


def test_a_guessed_matrix_outlives_the_turn(make_clip) -> None:
    """48 stored lines without a matrix are BT.601; 736 upright ones would be taken for BT.709."""
    turned, (picture, *_) = read(make_clip("turned.mp4", width=736, rotation=90))
    assert (turned.info.height, turned.info.colour.matrix, picture.colour.matrix) == (736, 6, 6)
    flat, _ = read(make_clip("flat.mp4", width=736))
    assert flat.info.colour.matrix == 2


def test_turning_422_keeps_the_chroma(make_clip) -> None:
    source, (frame, *_) = read(
        make_clip("turned.mp4", pixel_format="yuv422p", rotation=90, aspect=Fraction(4, 3), options={"qp": "0"})
    )
    assert source.info.format.name == frame.format.name == "yuv444p"
    assert source.info.sample_aspect == Fraction(3, 4)
    assert frame.planes[1].shape == (64, 48)


def test_colour_and_pixel_shape_are_told(make_clip) -> None:
    source, frames = read(make_clip("clip.mp4", colour=(9, 9, 16, 1), aspect=Fraction(8, 9)))
    colour = source.info.colour
    assert (colour.matrix, colour.primaries, colour.transfer, colour.full_range) == (9, 9, 16, False)
    assert source.info.sample_aspect == frames[0].sample_aspect == Fraction(8, 9)
    full, _ = read(make_clip("full.mp4", colour=(1, 1, 1, 2)))
    assert full.info.colour.full_range


@pytest.mark.parametrize(("pixel_format", "expected"), [("bgr0", "yuv444p"), ("gbrp10le", "yuv444p10le")])
def test_rgb_becomes_yuv444_with_the_right_colours(make_clip, pixel_format: str, expected: str) -> None:
    def red(width: int, height: int, name: str, _: int) -> av.VideoFrame:
        array = np.zeros((height, width, 3), np.uint8)
        array[..., 0] = 255
        return av.VideoFrame.from_ndarray(array, format="rgb24").reformat(format=name)

    source, frames = read(make_clip(codec="ffv1", pixel_format=pixel_format, draw=red))
    assert source.info.format.name == expected
    assert source.info.colour.full_range
    assert source.info.colour.matrix == 6
    # BT.601 full range red is (76, 85, 255).
    step = 1 << (source.info.format.bits - 8)
    assert [float(plane.mean()) / step for plane in frames[0].planes] == pytest.approx([76, 85, 255], abs=1.5)


@pytest.mark.parametrize(("pixel_format", "expected"), [("nv12", "yuv420p"), ("yuv440p", "yuv444p")])
def test_other_formats_are_converted(make_clip, pixel_format: str, expected: str) -> None:
    codec = "rawvideo" if pixel_format == "nv12" else "ffv1"
    source, frames = read(make_clip("clip.nut", codec=codec, pixel_format=pixel_format, width=64, height=48))
    assert source.info.format.name == expected
    assert len(frames) == 10
    luma = decoded(source.path)[0].planes[0]
    stored = np.frombuffer(luma, np.uint8).reshape(luma.height, -1)[:, : luma.width]
    np.testing.assert_allclose(frames[0].planes[0].astype(int), stored.astype(int), atol=1)
    assert frames[0].planes[1].shape == source.info.format.plane_shapes(64, 48)[1]


def test_transparency_is_told(make_clip) -> None:
    source, frames = read(make_clip(codec="ffv1", pixel_format="yuva420p"))
    assert source.warnings == ["clip.mkv: transparency is ignored"]
    assert source.info.format.name == "yuv420p"
    assert len(frames[0].planes) == 3


def test_start_and_duration_are_exact(make_clip) -> None:
    path = make_clip("clip.mp4", pts=tuple(range(100)), options={"g": "30"}, codec="libx264")
    whole, everything = read(path)
    part, frames = read(path, start_s=1.5, duration_s=1.0)
    assert part.origin_s == Fraction(3, 2)
    assert len(frames) == 25
    first = next(frame for frame in everything if frame.time_s >= 1.5)
    assert frames[0].time_s == pytest.approx(first.time_s - 1.5)
    np.testing.assert_array_equal(frames[0].planes[0], first.planes[0])
    assert part.info.duration_s == pytest.approx(1.0)
    assert part.info.frame_count == 25
    assert whole.info.frame_count == 100


@pytest.mark.parametrize("span_s", [0.02, 0.5, 0.96, 1.0, 1.02])
def test_the_number_of_frames_of_a_span_is_foretold(make_clip, span_s: float) -> None:
    source, frames = read(make_clip("clip.mp4", pts=tuple(range(50))), duration_s=span_s)
    assert source.info.frame_count == len(frames)


def test_a_start_behind_the_end_is_a_usage_error(make_clip) -> None:
    path = make_clip()
    with pytest.raises(UsageError, match=r"--start 9: clip\.mkv is only 0\.\d+ s long"):
        FileSource(path, start_s=9)
    with pytest.raises(UsageError, match="--start must be 0 or more"):
        FileSource(path, start_s=-1)
    with pytest.raises(UsageError, match="--duration must be more than 0"):
        FileSource(path, duration_s=0)


def test_size_change_in_mid_stream_is_fitted(make_clip, tmp_path: Path) -> None:
    small = make_clip("small.ts", options={"x264-params": "repeat-headers=1"})
    large = make_clip("large.ts", width=96, height=80, options={"x264-params": "repeat-headers=1"})
    joined = tmp_path / "joined.ts"
    joined.write_bytes(small.read_bytes() + large.read_bytes())
    source, frames = read(joined)
    assert {(frame.width, frame.height) for frame in frames} == {(64, 48)}
    assert len(frames) == 20
    assert any("10 frames were fitted to the first one" in line for line in source.warnings)
    times = [frame.pts for frame in frames]
    assert times == sorted(set(times))


def test_a_late_start_becomes_zero(make_clip) -> None:
    path = make_clip("late.ts", pts=tuple(range(50, 60)))
    source, frames = read(path)
    assert frames[0].pts == 0
    assert source.origin_s > 1


def test_truncated_file_plays_what_is_there(make_clip, tmp_path: Path) -> None:
    path = make_clip("whole.mp4", pts=tuple(range(60)), options={"movflags": "faststart", "g": "5"})
    with av.open(str(path), "r") as container:
        fast = tmp_path / "fast.mp4"
        with av.open(str(fast), "w", options={"movflags": "faststart"}) as output:
            stream = output.add_stream_from_template(container.streams.video[0])
            for packet in container.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    output.mux(packet)
    data = fast.read_bytes()
    fast.write_bytes(data[: len(data) * 6 // 10])
    source, frames = read(fast)
    assert 5 < len(frames) < 55
    assert any(f"{len(frames)} of 60 pictures are there" in line for line in source.warnings)


def test_damaged_packets_do_not_stop_the_film(make_clip, rng: np.random.Generator) -> None:
    path = make_clip("clip.ts", width=320, height=240, pts=tuple(range(60)), options={"g": "10"})
    data = bytearray(path.read_bytes())
    for offset in rng.integers(len(data) // 4, len(data) * 3 // 4, 60):
        data[offset] ^= 0xFF
    path.write_bytes(data)
    source, frames = read(path)
    assert 30 < len(frames) <= 60
    assert source.warnings


def test_cover_art_is_no_video(make_clip, sound_only: Path, tmp_path: Path) -> None:
    picture = make_clip("cover.png", codec="png", pixel_format="rgb24", pts=(0,))
    path = tmp_path / "song.mka"
    with av.open(str(sound_only)) as sound, av.open(str(path), "w", format="matroska") as output:
        stream = output.add_stream_from_template(sound.streams.audio[0])
        output.add_attachment("cover.png", "image/png", picture.read_bytes())
        for packet in sound.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    with pytest.raises(InputError, match=r"song\.mka: no video in it, only .*sound"):
        FileSource(path)


def bad_files(folder: Path) -> dict[str, tuple[Path, str]]:
    empty, noise, zeros, text = (folder / name for name in ("empty.mp4", "noise.mp4", "zeros.mkv", "text.mp4"))
    empty.touch()
    noise.write_bytes(np.random.default_rng(1).bytes(50_000))
    zeros.write_bytes(bytes(50_000))
    text.write_text("this is no film\n" * 50)
    return {
        "missing": (folder / "missing.mp4", "there is no such file"),
        "empty": (empty, "the file is empty"),
        "noise": (noise, "not a video, or it is damaged"),
        "zeros": (zeros, "nothing but zeros"),
        "text": (text, "not a video"),
        "folder": (folder, "it is a folder"),
    }


@pytest.mark.parametrize("kind", ["missing", "empty", "noise", "zeros", "text", "folder"])
def test_bad_files_are_one_line_with_name_and_reason(tmp_path: Path, kind: str) -> None:
    path, words = bad_files(tmp_path)[kind]
    with pytest.raises(InputError) as caught:
        FileSource(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert words in message
    assert "\n" not in message
    assert "Invalid data found" not in message


def test_sound_alone_is_an_input_error(sound_only: Path) -> None:
    with pytest.raises(InputError, match="no video in it, only sound"):
        FileSource(sound_only)


def test_a_recording_without_its_index_says_so(make_clip) -> None:
    path = make_clip("clip.mp4", pts=tuple(range(50)), width=320, height=240)
    path.write_bytes(path.read_bytes()[:-1500])
    with pytest.raises(InputError, match=r"its index .* is missing: the recording or download was cut off"):
        FileSource(path)


def test_a_file_of_headers_alone_holds_no_picture(make_clip) -> None:
    path = make_clip("clip.mkv", width=320, height=240)
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(InputError, match=r"clip\.mkv: "):
        FileSource(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_says_permission(make_clip) -> None:
    path = make_clip()
    path.chmod(0)
    with pytest.raises(InputError, match="permission denied"):
        FileSource(path)


def test_duration_tags_are_read() -> None:
    assert seconds_of("00:01:02.500000000") == 62.5
    assert seconds_of("soon") is None


def test_size_change_in_mid_stream_is_followed_if_wanted(make_clip, listener, tmp_path: Path) -> None:
    small = make_clip("small.ts", options={"x264-params": "repeat-headers=1"})
    large = make_clip("large.ts", width=96, height=80, options={"x264-params": "repeat-headers=1"})
    joined = tmp_path / "joined.ts"
    joined.write_bytes(small.read_bytes() + large.read_bytes())
    with FileSource(joined, follows=True) as source:
        source.listen(listener)
        frames = list(source.frames())
        assert (source.info.width, source.info.height) == (64, 48)
    assert [(frame.width, frame.height, frame.epoch) for frame in frames] == [(64, 48, 0)] * 10 + [(96, 80, 1)] * 10
    assert listener.words == ["the picture is now 96x80"]
    assert not any("fitted" in line for line in source.warnings)


def test_a_file_that_is_late_leaves_out_what_no_picture_needs_and_counts_it(make_clip) -> None:
    path = make_clip(
        "clip.mkv", pts=tuple(range(90)), options={"bf": "3", "b_strategy": "0", "g": "90", "threads": "1"}
    )
    with FileSource(path, threads=1) as source:
        frames = []
        for frame in source.frames():
            frames.append(frame)
            # Late from the tenth to the fiftieth picture, then in time again.
            source.hurry(1.0 if 10 <= frame.pts * frame.time_base * 25 < 50 else 0.0)
        drops = source.drops
        assert source.warnings == []
    numbers = [round(frame.pts * frame.time_base * 25) for frame in frames]
    assert numbers == sorted(set(numbers))
    assert 10 <= drops[SOURCE_LATE] <= 40
    assert len(frames) + drops[SOURCE_LATE] == 90
    assert numbers[-20:] == list(range(70, 90)), "in time again, all are there"
    assert [frame.index for frame in frames] == numbers, "what was left out is counted over"


def test_a_file_that_is_in_time_is_whole(make_clip) -> None:
    path = make_clip("clip.mkv", pts=tuple(range(30)), options={"bf": "3"})
    with FileSource(path) as source:
        count = 0
        for _ in source.frames():
            count += 1
            source.hurry(0.02)
        assert count == 30
        assert source.drops == {}
