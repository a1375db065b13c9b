from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import pytest

from engine.sources.catching_up import CatchingUp
from engine.sources.file import FileSource
from engine.sources.source import SOURCE_LATE

GOP = {"g": "10", "keyint_min": "10", "sc_threshold": "0", "bf": "0", "threads": "1"}


def numbers_after(source: FileSource, lags_s: dict[int, float]) -> list[int]:
    """Which pictures come, when these are said to have been so late and all others in time."""
    numbers = []
    for frame in source.frames():
        numbers.append(round(frame.pts * frame.time_base * 25))
        assert frame.index == numbers[-1], "what was left out is counted over"
        source.hurry(lags_s.get(numbers[-1], 0.0))
    return numbers


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_far_behind_it_goes_on_with_the_last_key_frame_that_is_due(make_clip, suffix: str) -> None:
    """Every tenth picture is a key frame; after number 4 it is 1.3 s late, so that number 36 is due."""
    path = make_clip(f"clip.{suffix}", pts=tuple(range(60)), options=GOP)
    with FileSource(path, threads=1) as source:
        numbers = numbers_after(source, {4: 1.3})
        # A picture that is being decoded already may still come.
        assert [n for n in numbers if 6 < n < 30] == []
        assert numbers[-30:] == list(range(30, 60)), "and not with one that is not due yet"
        assert source.drops == {SOURCE_LATE: 60 - len(numbers)}
        assert source.warnings == []


def test_where_no_key_frame_is_due_everything_is_decoded(make_clip) -> None:
    path = make_clip("clip.mkv", pts=tuple(range(60)), options=GOP | {"g": "60"})
    with FileSource(path, threads=1) as source:
        assert numbers_after(source, {4: 1.3, 20: 0.9}) == list(range(60))
        assert source.drops == {}


def test_a_little_late_is_no_reason_to_jump(make_clip) -> None:
    path = make_clip("clip.mkv", pts=tuple(range(40)), options=GOP)
    with FileSource(path, threads=1) as source:
        assert numbers_after(source, {4: 0.45}) == list(range(40))


def test_the_end_is_no_key_frame_and_is_reached(make_clip) -> None:
    path = make_clip("clip.mkv", pts=tuple(range(25)), options=GOP)
    with FileSource(path, threads=1) as source:
        numbers = numbers_after(source, {4: 100.0})
        assert numbers[-5:] == list(range(20, 25))


def test_a_span_ends_with_its_own_last_picture(make_clip) -> None:
    """Number 50 is a key frame and due, but lies behind the end."""
    path = make_clip("clip.mkv", pts=tuple(range(60)), options=GOP)
    with FileSource(path, threads=1, duration_s=1.8) as source:
        numbers = numbers_after(source, {4: 2.0})
        assert numbers[-5:] == list(range(40, 45))
        assert source.drops == {SOURCE_LATE: 45 - len(numbers)}


def test_joined_recordings_are_not_left_out_because_their_clocks_differ(make_clip, tmp_path: Path) -> None:
    """After the seam the clock begins anew: what is due by the first one comes there only much later."""
    part = make_clip("part.ts", pts=tuple(range(60)), options=GOP)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(2 * part.read_bytes())
    with FileSource(joined, threads=1) as source:
        assert numbers_after(source, {52: 0.9}) == list(range(120))
        assert source.drops == {}


def test_pictures_without_timestamps_are_all_given(make_clip) -> None:
    """Of what comes after one that was left out nobody knows when it is due."""
    path = make_clip("clip.h264", pts=tuple(range(60)), options=GOP | {"bf": "2"})
    with FileSource(path, threads=1) as source:
        assert numbers_after(source, dict.fromkeys(range(4, 40), 1.3)) == list(range(60))
        assert source.drops == {}


@pytest.mark.parametrize(
    ("times", "most"),
    [([*range(50, 100), *range(100)], 51), ([None] * 200, 1), (range(50, 2050, 10), 77)],
    ids=["set back", "unknown", "no other key"],
)
def test_little_is_read_ahead_where_nobody_knows_what_is_due(make_clip, times: Sequence[int | None], most: int) -> None:
    """The last one: 76 packets, 0.4 seconds apart, are half a minute; one more is not due any more."""
    read = 0

    def demuxed() -> Iterator[av.Packet]:
        nonlocal read
        for time in times:
            packet = av.Packet(b"picture")
            packet.pts = packet.dts = time
            read += 1
            yield packet

    with av.open(str(make_clip())) as container:
        decoder = container.streams.video[0].codec_context
        catching_up = CatchingUp(lambda: decoder, Fraction(25), Fraction(1, 25))
        catching_up.hurry(3600.0, 50)
        assert next(catching_up.packets(demuxed())).pts == times[0]
        assert read == most


def test_a_film_of_which_pictures_were_left_out_is_not_said_to_be_cut_off(make_clip) -> None:
    """Its rate is an average, by which many pictures close together look like few."""
    path = make_clip("clip.mp4", pts=(*range(100), *range(100, 350, 25)), options=GOP)
    with FileSource(path, threads=1) as source:
        assert source.info.frame_count == 110
        given = 0
        for _frame in source.frames():
            given += 1
            source.hurry(3.5 if given == 5 else 0.0)
        assert given < 60
        assert source.warnings == []


def test_what_breaks_while_looking_ahead_breaks_after_what_came_before(make_clip) -> None:
    path = make_clip("clip.mkv", pts=tuple(range(30)), options=GOP)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]

        def broken() -> Iterator[av.Packet]:
            for number, packet in enumerate(container.demux(stream)):
                if number == 7:
                    raise av.error.InvalidDataError(1, "broken")
                yield packet

        catching_up = CatchingUp(lambda: stream.codec_context, Fraction(25), stream.time_base)
        packets = catching_up.packets(broken())
        next(packets)
        catching_up.hurry(10.0, 0)
        for _ in range(6):
            assert next(packets).size
        with pytest.raises(av.error.InvalidDataError):
            next(packets)
