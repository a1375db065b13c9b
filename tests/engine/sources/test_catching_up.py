from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

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
