"""Encoded files: nothing lost, nothing half."""

from __future__ import annotations

import resource
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import OutputError, UnavailableError, UsageError
from engine.frame import Colour, PixelFormat
from engine.sinks.codecs import CONTAINERS
from engine.sinks.encoder import EncoderSink
from engine.sinks.sink import Picture


def decoded(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


@pytest.mark.parametrize(
    ("subsampling", "bits", "size"),
    [("420", 8, (64, 48)), ("420", 8, (65, 47)), ("422", 10, (63, 35)), ("444", 12, (31, 33)), ("gray", 16, (40, 30))],
)
def test_lossless_codec_gives_every_sample_back(tmp_path, make_frames, write, subsampling, bits, size) -> None:
    pixel_format = PixelFormat(subsampling=subsampling, bits=bits)
    path = tmp_path / "out.mkv"
    sink = EncoderSink(path, codec="ffv1")
    frames = write(sink, make_frames(width=size[0], height=size[1], pixel_format=pixel_format))
    assert sink.frames_written == len(frames) == 12
    assert sink.warnings == []
    for frame, picture in zip(frames, decoded(path), strict=True):
        assert picture.format.name == pixel_format.name
        for plane, stored in zip(frame.planes, picture.planes, strict=True):
            rows = np.frombuffer(stored, plane.dtype).reshape(stored.height, -1)
            np.testing.assert_array_equal(rows[:, : stored.width], plane)


@pytest.mark.parametrize(
    ("codec", "suffix", "pixel_format", "kept"),
    [
        ("h264", ".mp4", PixelFormat(), "yuv420p"),
        ("h264", ".mp4", PixelFormat(bits=10), "yuv420p10le"),
        ("h264", ".mkv", PixelFormat(subsampling="422", bits=10), "yuv422p10le"),
        ("hevc", ".mp4", PixelFormat(bits=10), "yuv420p10le"),
        ("hevc", ".mkv", PixelFormat(bits=12), "yuv420p12le"),
        ("av1", ".mkv", PixelFormat(bits=10), "yuv420p10le"),
        ("vp9", ".webm", PixelFormat(subsampling="444"), "yuv444p"),
        (None, ".webm", PixelFormat(), "yuv420p"),
        ("h264", ".mp4", PixelFormat(subsampling="gray"), "yuv420p"),
        ("mpeg4", ".avi", PixelFormat(), "yuv420p"),
        ("prores", ".mov", PixelFormat(subsampling="422", bits=10), "yuv422p10le"),
    ],
)
def test_codecs_keep_the_format_as_far_as_they_can(tmp_path, make_frames, write, codec, suffix, pixel_format, kept):
    path = tmp_path / f"out{suffix}"
    sink = EncoderSink(path, codec=codec, crf=10, preset="ultrafast")
    frames = write(sink, make_frames(pixel_format=pixel_format, width=128, height=96))
    pictures = decoded(path)
    assert sink.warnings == []
    assert len(pictures) == len(frames)
    assert pictures[0].format.name == kept
    truth = frames[5].planes[0]
    got = np.frombuffer(pictures[5].planes[0], truth.dtype).reshape(96, -1)[:, :128]
    step = 1 << (pixel_format.bits - 8)
    assert np.abs(got.astype(float) - truth).mean() < 1.5 * step
    if pixel_format.subsampling == "gray":
        assert np.frombuffer(pictures[0].planes[1], np.uint8).mean() == pytest.approx(128, abs=1)


@pytest.mark.parametrize("suffix", sorted(CONTAINERS))
def test_every_suffix_gives_a_file_that_plays(tmp_path, make_frames, write, suffix) -> None:
    sink = EncoderSink(tmp_path / f"out{suffix.upper()}", preset="ultrafast")
    # Real pictures have a size that H.263's and MPEG-2's headers know.
    write(sink, make_frames(6, width=176, height=144))
    assert len(decoded(sink.path)) == 6
    assert [line for line in sink.warnings if suffix != ".gif"] == []


def test_a_depth_that_is_lost_is_told(tmp_path, make_frames, write) -> None:
    sink = EncoderSink(tmp_path / "out.mp4", codec="h264", preset="ultrafast")
    write(sink, make_frames(pixel_format=PixelFormat(bits=12)))
    assert sink.warnings == ["out.mp4: libx264 cannot keep yuv420p12le: the picture is written as yuv420p10le"]


def test_odd_sizes_are_padded_where_the_codec_needs_it(tmp_path, make_frames, write) -> None:
    sink = EncoderSink(tmp_path / "out.mp4", crf=0, preset="ultrafast")
    (frame, *_) = write(sink, make_frames(width=65, height=47))
    picture = decoded(sink.path)[0]
    assert (picture.width, picture.height) == (66, 48)
    luma = np.frombuffer(picture.planes[0], np.uint8).reshape(48, -1)
    np.testing.assert_array_equal(luma[:47, :65], frame.planes[0])
    np.testing.assert_array_equal(luma[:47, 65], frame.planes[0][:, -1])
    assert "needs even sizes" in sink.warnings[0]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".ts"])
def test_variable_frame_rate_is_kept(tmp_path, make_frames, write, suffix) -> None:
    stamps = [0, 40, 41, 90, 200, 233, 500, 540, 581]
    path = tmp_path / f"out{suffix}"
    write(EncoderSink(path, preset="fast"), make_frames(pts=stamps, time_base=Fraction(1, 1000)))
    pictures = decoded(path)
    first = pictures[0].pts * pictures[0].time_base
    assert [round((picture.pts * picture.time_base - first) * 1000) for picture in pictures] == stamps


def test_mp4_keeps_ticks_exactly(tmp_path, make_frames, write) -> None:
    time_base = Fraction(1001, 30000)
    path = tmp_path / "out.mp4"
    write(EncoderSink(path), make_frames(20, time_base=time_base), frame_rate=1 / time_base)
    assert [picture.pts * picture.time_base for picture in decoded(path)] == [i * time_base for i in range(20)]
    with av.open(str(path)) as container:
        assert container.streams.video[0].average_rate == 1 / time_base


def test_constant_rate_containers_say_when_times_move(tmp_path, make_frames, write) -> None:
    sink = EncoderSink(tmp_path / "out.avi", codec="mpeg4")
    write(sink, make_frames(pts=[0, 40, 50, 200, 240], time_base=Fraction(1, 1000)))
    assert len(decoded(sink.path)) == 5
    assert any("constant frame rate" in line for line in sink.warnings)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_colour_and_pixel_shape_are_written(tmp_path, make_frames, write, suffix) -> None:
    colour = Colour(matrix=9, primaries=9, transfer=16, full_range=False)
    path = tmp_path / f"out{suffix}"
    frames = make_frames(colour=colour, pixel_format=PixelFormat(bits=10), aspect=Fraction(4, 3))
    write(EncoderSink(path, codec="hevc", preset="ultrafast"), frames)
    picture = decoded(path)[0]
    assert (picture.colorspace, picture.color_primaries, picture.color_trc, picture.color_range) == (9, 9, 16, 1)
    with av.open(str(path)) as container:
        assert container.streams.video[0].sample_aspect_ratio == Fraction(4, 3)


def test_existing_output_needs_overwrite(tmp_path, make_frames, write) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"precious")
    with pytest.raises(OutputError, match=r"out\.mp4: the file exists already; add --overwrite"):
        EncoderSink(path)
    assert path.read_bytes() == b"precious"
    write(EncoderSink(path, overwrite=True), make_frames())
    assert len(decoded(path)) == 12


def test_output_is_never_the_input(tmp_path) -> None:
    path, link = tmp_path / "film.mp4", tmp_path / "link.mp4"
    path.write_bytes(b"film")
    link.symlink_to(path)
    for output in (path, link):
        with pytest.raises(OutputError, match="this is the input itself"):
            EncoderSink(output, input_path=path, overwrite=True)
    with pytest.raises(OutputError, match="this is the input itself"):
        EncoderSink(path, input_path=link, overwrite=True)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("out.xyz", "the suffix .xyz is unknown"),
        ("out", "it has no suffix"),
        ("nowhere/out.mp4", "the folder .*nowhere does not exist"),
    ],
)
def test_bad_names_are_one_line(tmp_path, name, words) -> None:
    with pytest.raises(OutputError, match=words) as caught:
        EncoderSink(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_bad_options_are_told_before_anything_is_written(tmp_path) -> None:
    path = tmp_path / "out.mp4"
    with pytest.raises(UsageError, match="--crf 99: libx264 takes 0"):
        EncoderSink(path, crf=99)
    with pytest.raises(UsageError, match="--preset hasty: libx264 knows ultrafast"):
        EncoderSink(path, preset="hasty")
    with pytest.raises(UnavailableError, match="--codec nonsense: there is no such encoder"):
        EncoderSink(path, codec="nonsense")
    with pytest.raises(UsageError, match="this is a codec for audio"):
        EncoderSink(path, codec="aac")
    assert list(tmp_path.iterdir()) == []


def test_a_codec_the_container_cannot_hold_is_told(tmp_path, make_frames, write) -> None:
    with pytest.raises(OutputError, match=r"a \.webm file cannot hold h264; use --codec vp9"):
        write(EncoderSink(tmp_path / "out.webm", codec="h264"), make_frames())
    assert list(tmp_path.iterdir()) == []


def test_the_name_appears_only_when_the_file_is_whole(tmp_path, make_frames) -> None:
    sink = EncoderSink(tmp_path / "out.mp4", preset="ultrafast")
    first, *rest = make_frames(30)
    look = {"width": 64, "height": 48, "format": first.format, "colour": first.colour}
    sink.open(Picture(**look, time_base=first.time_base, frame_rate=Fraction(25)))
    for frame in (first, *rest):
        sink.write(frame)
        assert not sink.path.exists()
    assert [path.name for path in tmp_path.iterdir()] == [".out.partial.mp4"]
    sink.close()
    sink.close()
    sink.abort()
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


def test_an_error_in_the_pipeline_leaves_nothing(tmp_path, make_frames, write) -> None:
    def failing():
        yield from make_frames(5)
        raise RuntimeError("the stage before failed")

    with pytest.raises(RuntimeError, match="the stage before"):
        write(EncoderSink(tmp_path / "out.mkv"), failing())
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_keeps_what_was_written(tmp_path, make_frames, write) -> None:
    def interrupted():
        yield from make_frames(7)
        raise KeyboardInterrupt

    path = tmp_path / "out.mp4"
    with pytest.raises(KeyboardInterrupt):
        write(EncoderSink(path), interrupted())
    assert len(decoded(path)) == 7
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.mp4"]


def test_no_frames_no_file(tmp_path, make_frames, write) -> None:
    write(EncoderSink(tmp_path / "out.mp4"), iter(()))
    assert list(tmp_path.iterdir()) == []


FULL_DISK = """
import resource, sys
from fractions import Fraction
import numpy as np
from engine.errors import OutputError
from engine.frame import Colour, Frame, PixelFormat
from engine.sinks.encoder import EncoderSink
from engine.sinks.sink import Picture
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
rng = np.random.default_rng(1)
sink = EncoderSink(sys.argv[1], codec="ffv1" if sys.argv[1].endswith("mkv") else "h264", crf=1, preset="ultrafast")
try:
    with sink:
        picture = {"width": 64, "height": 64, "format": PixelFormat(), "colour": Colour()}
        sink.open(Picture(**picture, time_base=Fraction(1, 25), frame_rate=Fraction(25)))
        for index in range(300):
            planes = tuple(rng.integers(0, 255, shape, dtype=np.uint8) for shape in ((64, 64), (32, 32), (32, 32)))
            sink.write(Frame(planes=planes, format=PixelFormat(), pts=index, time_base=Fraction(1, 25)))
except OutputError as error:
    sys.stdout.write(str(error))
    sys.exit(7)
"""


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts"])
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, suffix) -> None:
    # A limit on the file's size fails in the same calls as a full disk does.
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    path = tmp_path / f"out{suffix}"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 7, done.stderr
    assert done.stdout.startswith(f"{path}: the file grew beyond the allowed size")
    assert "\n" not in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_memory_given_to_the_sink_may_be_reused(tmp_path, make_frames, write) -> None:
    """An encoder that looks ahead must not see what is written into the arrays later."""
    reference = write(EncoderSink(tmp_path / "a.mkv", codec="ffv1"), make_frames(30))

    def scribbling():
        for frame in make_frames(30):
            yield frame
            for plane in frame.planes:
                plane[...] = 0

    write(EncoderSink(tmp_path / "b.mkv", codec="ffv1"), scribbling())
    write(EncoderSink(tmp_path / "c.mkv", codec="h264", crf=0), scribbling())
    for name in ("b.mkv", "c.mkv"):
        for frame, picture in zip(reference, decoded(tmp_path / name), strict=True):
            rows = np.frombuffer(picture.planes[0], np.uint8).reshape(48, -1)
            np.testing.assert_array_equal(rows[:, :64], frame.planes[0])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_film_of_hardly_any_pictures_in_hevc(tmp_path, make_frames, write, count: int) -> None:
    for attempt in range(4):
        path = tmp_path / f"{attempt}.mp4"
        write(EncoderSink(path, codec="hevc"), make_frames(count))
        with av.open(str(path)) as container:
            times = [(packet.pts, packet.dts) for packet in container.demux(video=0) if packet.size]
            assert len(times) == count
            assert all(pts - 10_000 < dts <= pts for pts, dts in times), times
