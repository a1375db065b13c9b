"""What comes along from the input: every packet, every name."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from engine.sinks.carry import CarryOver
from engine.sinks.encoder import EncoderSink


def packets(path: Path, kind: str) -> dict[int, list[tuple[float, bytes]]]:
    """(time in seconds, payload) of each packet of each stream of a kind."""
    found: dict[int, list[tuple[float, bytes]]] = {}
    with av.open(str(path)) as container:
        for packet in container.demux([stream for stream in container.streams if stream.type == kind]):
            if packet.size:
                moment = float(packet.pts * packet.time_base)
                found.setdefault(packet.stream_index, []).append((moment, bytes(packet)))
    return found


def describe(path: Path) -> list[tuple[Any, ...]]:
    with av.open(str(path)) as container:
        return [
            (stream.type, stream.codec_context.codec.canonical_name, stream.metadata.get("language"))
            for stream in container.streams
            if stream.codec_context is not None
        ]


def convert(make_frames, write, source: Path, output: Path, count: int = 100, **options: Any) -> EncoderSink:
    sink = EncoderSink(output, preset="ultrafast", carry=CarryOver(source, **options))
    write(sink, make_frames(count))
    return sink


def test_matroska_keeps_everything(tmp_path, make_frames, write, rich_input) -> None:
    path = tmp_path / "out.mkv"
    sink = convert(make_frames, write, rich_input, path)
    assert sink.warnings == []
    assert describe(path) == [
        ("video", "h264", None),
        ("audio", "aac", "eng"),
        ("audio", "aac", "deu"),
        ("subtitle", "subrip", "fra"),
    ]
    for kind in ("audio", "subtitle"):
        before, after = packets(rich_input, kind), packets(path, kind)
        assert [[data for _, data in track] for track in before.values()] == [
            [data for _, data in track] for track in after.values()
        ]
    with av.open(str(rich_input)) as source, av.open(str(path)) as copy:
        assert [chapter["metadata"]["title"] for chapter in copy.chapters()] == ["One", "Two"]
        assert copy.metadata["title"] == "A rich film"
        (attached,) = copy.streams.attachments
        assert attached.data == source.streams.attachments[0].data
        assert attached.metadata["filename"] == "font.ttf"


def test_sound_stays_in_step_with_the_picture(tmp_path, make_frames, write, rich_input) -> None:
    path = tmp_path / "out.mkv"
    convert(make_frames, write, rich_input, path)
    offsets = []
    for file in (rich_input, path):
        with av.open(str(file)) as container:
            first = next(frame.pts * frame.time_base for frame in container.decode(video=0))
        offsets.append([track[0][0] - float(first) for track in packets(file, "audio").values()])
    assert offsets[0] == pytest.approx(offsets[1], abs=0.002)


def test_mp4_converts_text_and_names_what_is_left_out(tmp_path, make_frames, write, rich_input) -> None:
    path = tmp_path / "out.mp4"
    sink = convert(make_frames, write, rich_input, path)
    assert describe(path) == [
        ("video", "h264", "und"),
        ("audio", "aac", "eng"),
        ("audio", "aac", "deu"),
        ("subtitle", "mov_text", "fra"),
    ]
    counts = [len(track) for track in packets(rich_input, "audio").values()]
    assert [len(track) for track in packets(path, "audio").values()] == counts
    (words,) = packets(path, "subtitle").values()
    spoken = [(round(moment, 2), data[2:].decode()) for moment, data in words if len(data) > 2]
    assert spoken == [(0.5, "words at 500"), (1.7, "words at 1700"), (3.0, "words at 3000")]
    assert any("subtitle 1 (subrip, fra) is converted to mov_text" in line for line in sink.warnings)
    assert any("attachment 1" in line and "left out" in line for line in sink.warnings)
    with av.open(str(path)) as container:
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == ["One", "Two"]


def test_sound_the_container_cannot_hold_is_named(tmp_path, make_frames, write, rich_input) -> None:
    path = tmp_path / "out.webm"
    sink = EncoderSink(path, preset="ultrafast", carry=CarryOver(rich_input))
    write(sink, make_frames(100))
    assert any("audio 1 (aac, eng) is left out: webm files cannot hold aac" in line for line in sink.warnings)
    assert [kind for kind, *_ in describe(path)] == ["video", "subtitle"]


def test_streams_are_interleaved(tmp_path, make_frames, write, rich_input) -> None:
    path = tmp_path / "out.mkv"
    convert(make_frames, write, rich_input, path)
    last = Counter({0: 0.0, 1: 0.0, 2: 0.0})
    with av.open(str(path)) as container:
        for packet in container.demux(video=0, audio=(0, 1)):
            if packet.size:
                last[packet.stream_index] = float(packet.pts * packet.time_base)
                assert max(last.values()) - min(last.values()) < 0.6


def test_a_span_takes_the_sound_of_the_span(tmp_path, make_frames, write, rich_input) -> None:
    path = tmp_path / "out.mkv"
    convert(make_frames, write, rich_input, path, count=25, origin_s=Fraction(2), duration_s=1.0)
    whole = next(iter(packets(rich_input, "audio").values()))
    expected = [data for moment, data in whole if 2.0 <= moment < 3.0]
    track = next(iter(packets(path, "audio").values()))
    assert [data for _, data in track] == expected
    assert 0 <= track[0][0] < 0.03
    with av.open(str(path)) as container:
        (chapter,) = container.chapters()
        unit = float(chapter["time_base"] or 0)
        assert (chapter["start"] * unit, chapter["end"] * unit) == pytest.approx((0.0, 1.0))
        assert chapter["metadata"]["title"] == "Two"


def test_an_interrupted_film_ends_with_its_sound(tmp_path, make_frames, write, rich_input) -> None:
    def interrupted():
        yield from make_frames(25)
        raise KeyboardInterrupt

    path = tmp_path / "out.mkv"
    with pytest.raises(KeyboardInterrupt):
        write(EncoderSink(path, preset="ultrafast", carry=CarryOver(rich_input)), interrupted())
    for track in packets(path, "audio").values():
        assert 0.8 < track[-1][0] < 1.1


def test_sound_longer_than_the_picture_is_kept(tmp_path, make_frames, write, rich_input) -> None:
    path = tmp_path / "out.mkv"
    convert(make_frames, write, rich_input, path, count=10)
    before, after = packets(rich_input, "audio"), packets(path, "audio")
    assert [len(track) for track in after.values()] == [len(track) for track in before.values()]


def test_a_broken_end_of_the_input_does_not_kill_the_picture(tmp_path, make_frames, write, rich_input) -> None:
    broken = tmp_path / "broken.mkv"
    data = rich_input.read_bytes()
    broken.write_bytes(data[: len(data) // 2])
    sink = convert(make_frames, write, broken, tmp_path / "out.mkv")
    with av.open(str(sink.path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 100


def test_an_input_that_vanished_is_a_warning(tmp_path, make_frames, write) -> None:
    sink = convert(make_frames, write, tmp_path / "gone.mkv", tmp_path / "out.mkv", count=10)
    assert sink.frames_written == 10
    assert any("sound and subtitles of gone.mkv are left out" in line for line in sink.warnings)
