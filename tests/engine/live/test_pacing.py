from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from engine.frame import Frame, PixelFormat
from engine.live.pacing import Pacer

pytestmark = pytest.mark.usefixtures("no_thread_left")


def frames(count: int, *, interval_ms: int = 20, work_s: float = 0.0) -> Iterator[Frame]:
    planes = (np.zeros((2, 2), np.uint8),)
    for index in range(count):
        time.sleep(work_s)
        yield Frame(
            planes=planes,
            format=PixelFormat(subsampling="gray"),
            pts=1000 + index * interval_ms,
            time_base=Fraction(1, 1000),
            index=index,
        )


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
        self.thread.join(5)
        assert not self.thread.is_alive()

    def wait_for(self, count: int) -> None:
        deadline = time.perf_counter() + 5
        while len(self.got) < count and time.perf_counter() < deadline:
            time.sleep(0.002)
        assert len(self.got) >= count


def test_frames_come_when_they_are_due() -> None:
    pacer = Pacer(frame_s=0.02)
    start = time.perf_counter()
    released = list(pacer.frames(frames(10)))
    offsets = arrivals(released) - arrivals(released)[0]
    due = np.arange(10) * 0.02
    assert (offsets >= due - 1e-3).all(), "never early"
    assert np.median(offsets - due) < 0.02
    assert arrivals(released)[0] - start < 0.5, "the first one is due at once, whatever its timestamp"
    assert [frame.index for frame in released] == list(range(10))
    assert [frame.stamps[0][0] for frame in released] == ["arrival"] * 10
    assert pacer.released == 10
    assert pacer.repeated == 0


def test_waiting_is_no_latency() -> None:
    """The stamp is taken when the frame is let go, and earlier stamps are gone."""
    pacer = Pacer()
    stamped = (frame.stamped("decode", 0.0, 1.0) for frame in frames(2, interval_ms=50))
    before = time.perf_counter()
    *_, last = pacer.frames(stamped)
    assert len(last.stamps) == 1
    assert last.stamps[0][1] - before >= 0.049


def test_frames_without_timestamps_come_at_the_usual_rate() -> None:
    pacer = Pacer(frame_s=0.02)
    bare = (Frame(planes=f.planes, format=f.format) for f in frames(5))
    offsets = np.diff(arrivals(list(pacer.frames(bare))))
    assert offsets.sum() >= 0.079


def test_a_slow_source_is_late_and_gets_a_new_clock() -> None:
    pacer = Pacer(frame_s=0.005)
    start = time.perf_counter()
    released = list(pacer.frames(frames(12, interval_ms=5, work_s=0.05)))
    assert len(released) == 12
    assert pacer.late >= 8
    assert pacer.resyncs >= 1
    assert time.perf_counter() - start < 3


def test_after_a_hiccup_frames_keep_their_distance() -> None:
    jump_s = 0.0

    def hiccup() -> Iterator[Frame]:
        nonlocal jump_s
        for frame in frames(3, interval_ms=200):
            jump_s = 0.0 if frame.index == 0 else 0.8
            yield frame

    pacer = Pacer(frame_s=0.2, clock=lambda: time.perf_counter() + jump_s)
    late, after = np.diff(arrivals(list(pacer.frames(hiccup()))))
    assert pacer.resyncs == 1
    assert late > 0.7
    assert after > 0.1


def test_a_source_that_keeps_up_is_not_late() -> None:
    # Slow motion, so that a busy machine is no reason to be late.
    pacer = Pacer(frame_s=0.005, clock=lambda: time.perf_counter() / 10)
    list(pacer.frames(frames(5, interval_ms=5)))
    assert pacer.resyncs == 0


def test_pause_holds_and_step_lets_one_go() -> None:
    pacer = Pacer(frame_s=0.01)
    running = Counting(pacer, frames(1000, interval_ms=10))
    running.wait_for(3)
    pacer.pause(True)
    time.sleep(0.05)
    held = len(running.got)
    time.sleep(0.1)
    assert len(running.got) == held
    for extra in (1, 2):
        pacer.step()
        running.wait_for(held + extra)
        time.sleep(0.03)
        assert len(running.got) == held + extra
    pacer.pause(False)
    running.wait_for(held + 6)
    pacer.stop()
    running.join()
    indices = [frame.index for frame in running.got]
    assert indices == list(range(len(indices))), "nothing lost, nothing twice"
    gap = arrivals(running.got)[held + 2] - arrivals(running.got)[held + 1]
    assert gap < 1.0, "after the pause it goes on at once, it does not catch up or wait for the old clock"


def test_repeat_only_while_standing_still() -> None:
    pacer = Pacer(frame_s=0.01)
    running = Counting(pacer, frames(1000, interval_ms=10))
    running.wait_for(3)
    pacer.repeat()
    running.wait_for(6)
    assert pacer.repeated == 0
    pacer.pause(True)
    time.sleep(0.05)
    held = len(running.got)
    pacer.repeat()
    running.wait_for(held + 1)
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
    running = Counting(pacer, frames(2, interval_ms=60_000))
    running.wait_for(1)
    start = time.perf_counter()
    pacer.stop()
    running.join()
    assert time.perf_counter() - start < 1


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


def test_the_source_hears_how_late_it_is() -> None:
    lags: list[float] = []
    pacer = Pacer(frame_s=0.02, hurry=lags.append)
    list(pacer.frames(frames(6, interval_ms=5, work_s=0.03)))
    assert len(lags) == 6
    assert lags[0] == 0.0
    assert lags[-1] > 0.06


def test_a_live_source_that_was_paused_goes_on_with_what_happens_now() -> None:
    paused: list[bool] = []
    pacer = Pacer(paced=False, on_pause=paused.append)
    go_on = threading.Event()

    def live() -> Iterator[Frame]:
        for frame in frames(30):
            at_s = time.perf_counter()
            yield frame.stamped("arrival", at_s, at_s)
            if frame.index == 4:
                old_s = time.perf_counter()
                go_on.wait(5)
                # What a decoder still holds of the time in between.
                yield from (replace(one, index=100).stamped("arrival", old_s, old_s) for one in frames(20))

    running = Counting(pacer, live())
    running.wait_for(5)
    pacer.pause(True)
    time.sleep(0.02)
    pacer.pause(False)
    go_on.set()
    running.join()
    assert [frame.index for frame in running.got] == list(range(30))
    assert paused == [True, False]
