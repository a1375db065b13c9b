from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from time import perf_counter, sleep

import numpy as np
import pytest

from engine.depth import SmallCopy
from engine.frame import Frame, PixelFormat
from engine.live.clock import Clock
from engine.live.depth_line import DepthCounts, DepthLine

pytestmark = pytest.mark.usefixtures("no_thread_left")

Map = np.ndarray

LONG_S = 30.0
"""Longer than any machine takes."""


class Estimator:
    """Depth whose values are the index of the frame; frames in `cuts` begin a shot. Waits for `may_go` to estimate."""

    def __init__(self, *, cuts: tuple[int, ...] = (0,)) -> None:
        self.cuts = cuts
        self.may_go = threading.Event()
        self.may_go.set()
        self.begun = threading.Event()
        self.estimated: list[tuple[int, bool]] = []
        self.done = threading.Semaphore(0)

    def look(self, frame: Frame) -> SmallCopy:
        return SmallCopy(frame=frame, planes=frame.planes, is_cut=frame.index in self.cuts)

    def estimate(self, small: SmallCopy, *, is_cut: bool) -> Map:
        self.begun.set()
        assert self.may_go.wait(LONG_S)
        self.estimated.append((small.frame.index, is_cut))
        self.done.release()
        return np.full((2, 2), small.frame.index, np.float32)

    def enlarge(self, disparity: Map, frame: Frame) -> Map:
        return disparity


class Adding:
    """A carrier that adds a hundredth, so that carried maps can be told from others."""

    def carry(self, disparity: Map, before: Map, now: Map, max_value: int) -> Map:
        return disparity + np.float32(0.01)


class Time(Clock):
    """Stands still while estimates may go, however long they take; while they may not, who waits is late at once."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.may_go = threading.Event()
        self.waits = 0

    def __call__(self) -> float:
        return self.now_s

    def wait(self, changed: threading.Condition, seconds: float) -> None:
        if self.may_go.is_set():
            assert changed.wait(LONG_S)
        else:
            self.now_s += seconds
            self.waits += 1

    def frame(self, index: int) -> Frame:
        """One that has just arrived."""
        made = Frame(
            planes=(np.full((2, 2), index % 256, np.uint8),),
            format=PixelFormat(subsampling="gray"),
            pts=index,
            time_base=Fraction(1, 100),
            index=index,
        )
        return made.stamped("arrival", self.now_s, self.now_s)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def line(time: Time) -> Iterator[Callable[..., DepthLine]]:
    opened: list[DepthLine] = []

    def start(estimator: Estimator, *, patience_s: float = 0.05, every: int = 1) -> DepthLine:
        time.may_go = estimator.may_go
        opened.append(DepthLine(estimator, Adding(), patience_s=patience_s, every=every, clock=time))
        opened[-1].start()
        return opened[-1]

    yield start
    for one in opened:
        one.stop()


def depth_of(shown: Frame) -> float | None:
    return None if shown.disparity is None else round(float(shown.disparity[0, 0]), 2)


def test_what_is_quick_is_waited_for(line: Callable[..., DepthLine], time: Time) -> None:
    one = line(Estimator())
    shown = [one.process(time.frame(index)) for index in range(10)]
    assert [depth_of(f) for f in shown] == list(range(10))
    assert [f.is_cut for f in shown] == [True] + [False] * 9
    assert one.counts == DepthCounts(own=10, carried=0, spared=0, flat=0)
    assert one.age.max_s == 0.0


def test_what_is_slow_is_carried_and_not_waited_for(line: Callable[..., DepthLine], time: Time) -> None:
    estimator = Estimator()
    one = line(estimator)
    assert depth_of(one.process(time.frame(0))) == 0
    estimator.may_go.clear()
    estimator.begun.clear()
    shown = [one.process(time.frame(1))]
    assert estimator.begun.wait(LONG_S)
    shown += [one.process(time.frame(index)) for index in range(2, 20)]
    assert [depth_of(f) for f in shown] == [0.01] * 19, "carried from frame 0, never chained"
    assert time.now_s == pytest.approx(1000.05), "it was waited for once"
    estimator.may_go.set()
    assert estimator.done.acquire(timeout=LONG_S)
    assert estimator.done.acquire(timeout=LONG_S)
    assert estimator.done.acquire(timeout=LONG_S)
    assert [index for index, _ in estimator.estimated] == [0, 1, 19], "the newest offer replaces the one that waits"
    assert one.counts.carried == 19
    assert one.age.max_s == pytest.approx(0.19)


def test_while_depth_is_busy_with_what_came_too_late_nobody_waits_for_it(
    line: Callable[..., DepthLine], time: Time
) -> None:
    estimator = Estimator()
    one = line(estimator)
    one.process(time.frame(0))
    estimator.may_go.clear()
    for index in range(1, 200):
        one.process(time.frame(index))
        time.now_s += 0.01
    assert time.waits == 1, "two seconds of frames, and the thread still has the first of them"
    estimator.may_go.set()
    assert estimator.done.acquire(timeout=LONG_S)
    assert estimator.done.acquire(timeout=LONG_S)


def test_waiting_is_tried_again_when_estimates_are_quick_again(line: Callable[..., DepthLine], time: Time) -> None:
    estimator = Estimator()
    one = line(estimator)
    one.process(time.frame(0))
    estimator.may_go.clear()
    one.process(time.frame(1))
    estimator.may_go.set()
    for _ in range(2):
        assert estimator.done.acquire(timeout=LONG_S)
    index, deadline = 2, perf_counter() + LONG_S
    while one.counts.own < 2:
        assert perf_counter() < deadline, "never tried again"
        time.now_s += 0.02
        one.process(time.frame(index))
        index += 1
        sleep(0.001)
    shown = [depth_of(one.process(time.frame(index + more))) for more in range(10)]
    assert shown == [index + more for more in range(10)]


def test_depth_never_crosses_a_cut(line: Callable[..., DepthLine], time: Time) -> None:
    """Frame 5 begins a shot: it stays flat until a map of its own shot is there, which then counts as the cut."""
    estimator = Estimator(cuts=(0, 5))
    one = line(estimator)
    for index in range(5):
        assert one.process(time.frame(index)).disparity is not None
    estimator.may_go.clear()
    flat = [one.process(time.frame(index)) for index in (5, 6)]
    assert [f.disparity for f in flat] == [None, None]
    estimator.may_go.set()
    index = 7
    while (shown := one.process(time.frame(index))).disparity is None:
        time.now_s += 0.02
        index += 1
    assert depth_of(shown) is not None
    assert depth_of(shown) >= 5
    assert shown.is_cut, "what smooths over time starts anew here"
    assert not one.process(time.frame(index + 1)).is_cut
    assert one.counts.flat >= 2


def test_a_cut_that_was_replaced_in_the_queue_is_still_a_cut(line: Callable[..., DepthLine], time: Time) -> None:
    estimator = Estimator(cuts=(0, 5))
    one = line(estimator)
    estimator.may_go.clear()
    one.process(time.frame(4))
    assert estimator.begun.wait(LONG_S)
    for index in (5, 6, 7):
        one.process(time.frame(index))
    estimator.may_go.set()
    assert estimator.done.acquire(timeout=LONG_S)
    assert estimator.done.acquire(timeout=LONG_S)
    assert estimator.estimated == [(4, True), (7, True)]


def test_every_third_is_estimated_by_wish(line: Callable[..., DepthLine], time: Time) -> None:
    estimator = Estimator(cuts=(0, 7))
    one = line(estimator, every=3)
    shown = [depth_of(one.process(time.frame(index))) for index in range(10)]
    assert shown == [0, 0.01, 0.01, 3, 3.01, 3.01, 6, 7, 7.01, 7.01]
    assert one.counts == DepthCounts(own=4, carried=0, spared=6, flat=0)


def test_depth_gives_way_for_a_while(line: Callable[..., DepthLine], time: Time) -> None:
    estimator = Estimator()
    one = line(estimator, patience_s=0.2)
    one.process(time.frame(0))
    one.give_way()
    for index in (1, 2, 3):
        assert depth_of(one.process(time.frame(index))) == 0.01, "nothing is waited for either"
    assert [index for index, _ in estimator.estimated] == [0]
    time.now_s += 0.21
    assert depth_of(one.process(time.frame(4))) == 4
    assert one.counts.carried == 3


def test_giving_way_does_not_delay_a_new_shot(line: Callable[..., DepthLine], time: Time) -> None:
    one = line(Estimator(cuts=(0, 1)))
    one.process(time.frame(0))
    one.give_way()
    assert depth_of(one.process(time.frame(1))) == 1


def test_a_group_of_losses_is_one_reason_and_no_rest_is_long(line: Callable[..., DepthLine], time: Time) -> None:
    one = line(Estimator(), patience_s=0.01)
    one.process(time.frame(0))
    for _ in range(100):
        one.give_way()
    time.now_s += 0.05
    assert depth_of(one.process(time.frame(1))) == 1


def test_a_failure_is_told_at_once_and_named(line: Callable[..., DepthLine], time: Time) -> None:
    class Broken(Estimator):
        def estimate(self, small: SmallCopy, *, is_cut: bool) -> Map:
            raise ValueError("no such luck")

    told: list[BaseException] = []
    one = line(Broken())
    one.on_failure = told.append
    assert one.process(time.frame(0)).disparity is None
    assert time.waits == 0, "it does not wait for what will never come"
    one.stop()
    assert [str(error) for error in told] == ["no such luck"]
    assert told[0].__notes__ == ["in stage 'depth'"]


def test_stop_releases_whoever_waits(limit_s: float) -> None:
    estimator = Estimator()
    estimator.may_go.clear()
    one = DepthLine(estimator, Adding(), patience_s=10 * LONG_S)
    one.start()
    time = Time()
    time.now_s = perf_counter()
    waiting = threading.Thread(target=lambda: one.process(time.frame(0)))
    waiting.start()
    assert estimator.begun.wait(LONG_S)
    since = perf_counter()
    releasing = threading.Timer(0.1, estimator.may_go.set)
    releasing.start()
    one.stop()
    waiting.join(LONG_S)
    assert not waiting.is_alive()
    assert perf_counter() - since < limit_s
    releasing.join()


def test_stop_twice_and_before_start() -> None:
    one = DepthLine(Estimator(), Adding(), patience_s=1.0)
    one.stop()
    one.stop()
