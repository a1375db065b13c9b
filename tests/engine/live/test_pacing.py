from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engine.frame import Frame, PixelFormat
from engine.live.pacing import Pacer
from engine.sources.file import FileSource
from engine.sources.source import SOURCE_LATE

pytestmark = pytest.mark.usefixtures("no_thread_left")

LONG_S = 30.0
"""Longer than any machine takes."""


def frame(index: int, interval_ms: int = 20) -> Frame:
    return Frame(
        planes=(np.zeros((2, 2), np.uint8),),
        format=PixelFormat(subsampling="gray"),
        pts=1000 + index * interval_ms,
        time_base=Fraction(1, 1000),
        index=index,
    )


def frames(count: int, interval_ms: int = 20) -> Iterator[Frame]:
    return (frame(index, interval_ms) for index in range(count))


def arrivals(released: list[Frame]) -> np.ndarray:
    return np.array([frame.stamps[0][1] for frame in released])


class Counting:
    """Iterates a pacer on a thread, as the graph does; what was released so far can be seen."""

    def __init__(self, pacer: Pacer, source: Iterator[Frame]) -> None:
        self.got: list[Frame] = []

        def run() -> None:
            for frame in pacer.frames(source):
                self.got.append(frame)

        self.thread = threading.Thread(target=run, name="paced")
        self.thread.start()

    def join(self) -> None:
        self.thread.join(LONG_S)
        assert not self.thread.is_alive()

    def wait_for(self, count: int) -> None:
        wait_until(lambda: len(self.got) >= count)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.perf_counter() + LONG_S
    while not condition():
        assert time.perf_counter() < deadline, "waited in vain"
        time.sleep(0.002)


def test_frames_come_when_they_are_due(clock: Any) -> None:
    pacer, came = Pacer(frame_s=0.02, clock=clock), []
    for one in pacer.frames(frames(10)):
        came.append(clock())
        assert one.stamps[0][:2] == ("arrival", pytest.approx(clock()))
    assert came == pytest.approx(1000.0 + 0.02 * np.arange(10)), "the first at once, whatever its timestamp"
    assert pacer.released == 10
    assert pacer.repeated == pacer.late == 0


def test_it_really_waits() -> None:
    pacer = Pacer(frame_s=0.02)
    start = time.perf_counter()
    assert [one.index for one in pacer.frames(frames(4))] == list(range(4))
    assert time.perf_counter() - start >= 0.059, "never early"


def test_waiting_is_no_latency(clock: Any) -> None:
    """The stamp is taken when the frame is let go, and earlier stamps are gone."""
    pacer = Pacer(clock=clock)
    stamped = (frame.stamped("decode", 0.0, 1.0) for frame in frames(2, interval_ms=50))
    *_, last = pacer.frames(stamped)
    assert len(last.stamps) == 1
    assert last.stamps[0][1] == pytest.approx(1000.05)


def test_frames_without_timestamps_come_at_the_usual_rate(clock: Any) -> None:
    pacer = Pacer(frame_s=0.02, clock=clock)
    bare = (Frame(planes=f.planes, format=f.format) for f in frames(5))
    assert np.diff(arrivals(list(pacer.frames(bare)))) == pytest.approx([0.02] * 4)


def late_by(clock: Any, source: Iterator[Frame], work_s: Callable[[int], float]) -> Iterator[Frame]:
    """A source that takes its time."""
    for one in source:
        clock.now_s += work_s(one.index)
        yield one


def test_a_source_at_two_thirds_of_its_speed_keeps_to_the_clock(clock: Any) -> None:
    """Most of its frames come too late; it still ends when it should, and some are shown all the time."""
    pacer, skips = Pacer(frame_s=0.02, clock=clock), []
    pacer.on_skip = lambda: skips.append(clock())
    given = list(pacer.frames(late_by(clock, frames(500), lambda _index: 0.03)))
    assert len(given) == pacer.released
    assert pacer.released + pacer.skipped == pacer.due == 500
    assert len(skips) == pacer.skipped > 400
    assert pacer.resyncs == 0
    assert arrivals(given) - 1000.03 == pytest.approx([one.index * 0.02 for one in given]), "due by one clock"
    came = np.array([one.stamps[0][2] for one in given])
    assert np.diff(came).max() < 0.3, "four pictures a second, however late"
    assert given[-1].index == 499, "the last one is shown"


def test_a_source_that_leaves_out_work_is_hardly_behind(clock: Any) -> None:
    """What `hurry` is for: a source that goes on with what is due now."""
    lag_s = 0.0

    def hurry(seconds: float) -> None:
        nonlocal lag_s
        lag_s = seconds

    def source() -> Iterator[Frame]:
        index = 0
        while index < 1000:
            clock.now_s += 0.03
            yield frame(index)
            index += 1 + int(lag_s / 0.02)

    pacer = Pacer(frame_s=0.02, clock=clock, hurry=hurry)
    given = list(pacer.frames(source()))
    assert clock() == pytest.approx(1000.0 + 1000 * 0.02, abs=0.1)
    assert pacer.skipped == pacer.resyncs == 0
    late_s = [one.stamps[0][2] - one.stamps[0][1] for one in given]
    assert max(late_s) < 0.05


@pytest.mark.parametrize("references", ["some", "all"])
def test_a_real_file_that_decodes_too_slowly_ends_in_time(clock: Any, tmp_path: Path, references: str) -> None:
    """Twelve seconds at half speed: pictures that no other needs are left out, or all up to the next key frame."""
    count, rate = 300, 25
    options = {"g": "25", "bf": "2" if references == "some" else "0", "b_strategy": "0", "threads": "1"}
    with av.open(str(tmp_path / "film.mkv"), "w") as out:
        stream = out.add_stream("libx264", rate=rate, options=options | {"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(count):
            picture = av.VideoFrame.from_ndarray(np.full((72, 64), index % 256, np.uint8), format="yuv420p")
            picture.pts, picture.time_base = index, Fraction(1, rate)
            out.mux(stream.encode(picture))
        out.mux(stream.encode())
    with FileSource(tmp_path / "film.mkv", threads=1) as source:
        pacer = Pacer(frame_s=1 / rate, clock=clock, hurry=source.hurry)
        began_s = clock()
        given = list(pacer.frames(late_by(clock, source.frames(), lambda _index: 2 / rate)))
        assert clock() - began_s == pytest.approx(count / rate, abs=1.25), "bounded by the distance of key frames"
        assert pacer.resyncs == 0
        assert pacer.due + source.drops[SOURCE_LATE] == count, "every picture is accounted for"
        assert len(given) > 30, "it is no slide show"
    late_s = [one.stamps[0][2] - one.stamps[0][1] for one in given]
    assert max(late_s) < 1.3, "likewise, however long it goes on"
    assert np.mean(late_s[len(late_s) // 2 :]) < np.mean(late_s[: len(late_s) // 2]) + 0.2


def test_after_a_hiccup_nothing_old_is_shown_and_the_clock_is_the_same(clock: Any) -> None:
    pacer = Pacer(frame_s=0.02, clock=clock)
    hiccup = late_by(clock, frames(100), lambda index: 0.5 if index == 10 else 0.002)
    given = list(pacer.frames(hiccup))
    indices = [one.index for one in given]
    # The first one after it stands for all that were missed.
    assert indices == [*range(11), *range(indices[11], 100)]
    assert 30 < indices[11] < 40
    assert pacer.skipped == indices[11] - 11
    assert pacer.resyncs == 0
    assert np.diff(arrivals(given)[11:]) == pytest.approx(0.02)
    assert clock() == pytest.approx(1000.002 + 99 * 0.02)


@pytest.mark.parametrize("where", ["source", "sleep"])
def test_after_an_interruption_it_goes_on_where_it_was(clock: Any, where: str) -> None:
    """The machine was suspended, while the source worked or while the pacer waited for the time of a frame."""
    if where == "sleep":
        wait = clock.wait

        def suspended(changed: threading.Condition, seconds: float) -> None:
            wait(changed, seconds + (60.0 if 1000.19 < clock.now_s < 1000.21 else 0.0))

        clock.wait = suspended
    pacer = Pacer(frame_s=0.02, clock=clock)
    gap_s = 60.0 if where == "source" else 0.002
    given = list(pacer.frames(late_by(clock, frames(30), lambda index: gap_s if index == 10 else 0.002)))
    assert [one.index for one in given] == list(range(30)), "nothing is missed"
    assert pacer.resyncs == 1
    steps = np.diff(arrivals(given))
    assert steps.max() == pytest.approx(60.0, abs=0.1)
    assert sorted(steps)[:-1] == pytest.approx([0.02] * 28), "and nothing is hurried"


def test_a_source_that_takes_seconds_for_every_frame_is_slow_and_not_interrupted(clock: Any) -> None:
    pacer = Pacer(frame_s=0.02, clock=clock)
    given = list(pacer.frames(late_by(clock, frames(20), lambda _index: 3.0)))
    assert len(given) == 20, "there is nothing newer to show"
    assert pacer.resyncs <= 1


def test_a_source_that_keeps_up_is_not_late(clock: Any) -> None:
    pacer = Pacer(frame_s=0.005, clock=clock)
    list(pacer.frames(late_by(clock, frames(5, interval_ms=5), lambda _index: 0.004)))
    assert pacer.resyncs == pacer.late == 0


def let_through(may_come: threading.Semaphore) -> Iterator[Frame]:
    """A frame for every permit, 100 a second by their timestamps."""
    for one in frames(1000, interval_ms=10):
        assert may_come.acquire(timeout=LONG_S)
        yield one


def test_pause_holds_and_step_lets_one_go(clock: Any) -> None:
    pacer, may_come = Pacer(frame_s=0.01, clock=clock), threading.Semaphore(3)
    running = Counting(pacer, let_through(may_come))
    running.wait_for(3)
    pacer.pause(True)
    may_come.release(1000)
    wait_until(lambda: pacer.is_still)
    for extra in (1, 2):
        pacer.step()
        wait_until(lambda: pacer.is_still)
        assert len(running.got) == 3 + extra
    clock.now_s += 60.0
    pacer.pause(False)
    running.wait_for(9)
    pacer.stop()
    running.join()
    indices = [frame.index for frame in running.got]
    assert indices == list(range(len(indices))), "nothing lost, nothing twice"
    held, first, second = arrivals(running.got)[4:7]
    assert (first - held, second - first) == pytest.approx((60.0, 0.01)), "at once, and not in a hurry"


def test_repeat_only_while_standing_still(clock: Any) -> None:
    pacer, may_come = Pacer(frame_s=0.01, clock=clock), threading.Semaphore(3)
    running = Counting(pacer, let_through(may_come))
    running.wait_for(3)
    pacer.repeat()
    may_come.release(3)
    running.wait_for(6)
    assert pacer.repeated == 0
    pacer.pause(True)
    may_come.release(1000)
    wait_until(lambda: pacer.is_still)
    clock.now_s += 1.0
    pacer.repeat()
    running.wait_for(7)
    assert running.got[-1].index == running.got[-2].index
    assert running.got[-1].stamps[0][1] > running.got[-2].stamps[0][1]
    assert pacer.repeated == 1
    pacer.stop()
    running.join()


def test_hold_keeps_a_single_picture_open() -> None:
    pacer = Pacer(hold=True)
    running = Counting(pacer, frames(1))
    running.wait_for(1)
    time.sleep(0.05)
    assert running.thread.is_alive()
    pacer.repeat()
    running.wait_for(2)
    pacer.stop()
    running.join()
    assert pacer.released == 2


def test_stop_wakes_a_sleeper() -> None:
    pacer = Pacer()
    running = Counting(pacer, frames(2, interval_ms=3_600_000))
    running.wait_for(1)
    pacer.stop()
    running.join()


@pytest.mark.parametrize("first", ["pause", "stop"])
def test_stop_wakes_a_paused_stream_too(first: str) -> None:
    pacer = Pacer()
    pacer.pause(True)
    if first == "stop":
        pacer.stop()
    running = Counting(pacer, frames(2))
    time.sleep(0.03)
    assert running.got == []
    pacer.stop()
    running.join()


def test_an_empty_source_ends() -> None:
    assert list(Pacer().frames(iter(()))) == []


def test_the_source_hears_how_late_it_is(clock: Any) -> None:
    lags: list[float] = []
    pacer = Pacer(frame_s=0.02, hurry=lags.append, clock=clock)
    list(pacer.frames(late_by(clock, frames(6, interval_ms=5), lambda _index: 0.03)))
    assert lags == pytest.approx([0.0, 0.025, 0.05, 0.075, 0.1, 0.125]), "of those that are skipped, too"


def test_a_live_source_that_was_paused_goes_on_with_what_happens_now(clock: Any) -> None:
    paused: list[bool] = []
    pacer = Pacer(paced=False, on_pause=paused.append, clock=clock)
    is_paused, go_on = threading.Event(), threading.Event()

    def live() -> Iterator[Frame]:
        for one in frames(30):
            yield one.stamped("arrival", clock(), clock())
            if one.index == 4:
                is_paused.wait(LONG_S)
                old_s = clock() - 0.01
                go_on.wait(LONG_S)
                # What a decoder still holds of the time in between.
                yield from (replace(one, index=100).stamped("arrival", old_s, old_s) for _ in range(20))

    running = Counting(pacer, live())
    running.wait_for(5)
    pacer.pause(True)
    is_paused.set()
    clock.now_s += 1.0
    pacer.pause(False)
    go_on.set()
    running.join()
    assert [frame.index for frame in running.got] == list(range(30))
    assert paused == [True, False]
