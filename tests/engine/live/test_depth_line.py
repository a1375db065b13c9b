from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np
import pytest

from engine.depth import SmallCopy
from engine.frame import Frame, PixelFormat
from engine.live.depth_line import DepthCounts, DepthLine

pytestmark = pytest.mark.usefixtures("no_thread_left")

Map = np.ndarray


class Estimator:
    """Depth whose values are the index of the frame; frames in `cuts` begin a shot. Waits for `may_go` to estimate."""

    def __init__(self, *, seconds: float = 0.0, cuts: tuple[int, ...] = (0,)) -> None:
        self.seconds = seconds
        self.cuts = cuts
        self.may_go = threading.Event()
        self.may_go.set()
        self.estimated: list[tuple[int, bool]] = []
        self.done = threading.Semaphore(0)

    def look(self, frame: Frame) -> SmallCopy:
        return SmallCopy(frame=frame, planes=frame.planes, is_cut=frame.index in self.cuts)

    def estimate(self, small: SmallCopy, *, is_cut: bool) -> Map:
        self.may_go.wait(5)
        time.sleep(self.seconds)
        self.estimated.append((small.frame.index, is_cut))
        self.done.release()
        return np.full((2, 2), small.frame.index, np.float32)

    def enlarge(self, disparity: Map, frame: Frame) -> Map:
        return disparity


class Adding:
    """A carrier that adds a hundredth, so that carried maps can be told from others."""

    def carry(self, disparity: Map, before: Map, now: Map, max_value: int) -> Map:
        return disparity + np.float32(0.01)


def frame(index: int) -> Frame:
    made = Frame(
        planes=(np.full((2, 2), index % 256, np.uint8),),
        format=PixelFormat(subsampling="gray"),
        pts=index,
        time_base=Fraction(1, 100),
        index=index,
    )
    now = time.perf_counter()
    return made.stamped("arrival", now, now)


@pytest.fixture
def line() -> Iterator[Callable[..., DepthLine]]:
    opened: list[DepthLine] = []

    def start(estimator: Estimator, *, patience_s: float = 1.0, every: int = 1) -> DepthLine:
        opened.append(DepthLine(estimator, Adding(), patience_s=patience_s, every=every))
        opened[-1].start()
        return opened[-1]

    yield start
    for one in opened:
        one.stop()


def depth_of(shown: Frame) -> float | None:
    return None if shown.disparity is None else round(float(shown.disparity[0, 0]), 2)


def test_what_is_quick_is_waited_for(line: Callable[..., DepthLine]) -> None:
    one = line(Estimator(seconds=0.002))
    shown = [one.process(frame(index)) for index in range(10)]
    assert [depth_of(f) for f in shown] == list(range(10))
    assert [f.is_cut for f in shown] == [True] + [False] * 9
    assert one.counts == DepthCounts(own=10, carried=0, spared=0, flat=0)
    assert one.age.max_s == 0.0


def test_what_is_slow_is_carried_and_not_waited_for(line: Callable[..., DepthLine]) -> None:
    estimator = Estimator()
    one = line(estimator, patience_s=0.05)
    assert depth_of(one.process(frame(0))) == 0
    estimator.may_go.clear()
    since = time.perf_counter()
    shown = [one.process(frame(index)) for index in range(1, 20)]
    assert [depth_of(f) for f in shown] == [0.01] * 19, "carried from frame 0, never chained"
    assert time.perf_counter() - since < 19 * 0.05 + 1.0
    estimator.may_go.set()
    assert estimator.done.acquire(timeout=5)
    assert estimator.done.acquire(timeout=5)
    assert estimator.done.acquire(timeout=5)
    assert [index for index, _ in estimator.estimated] == [0, 1, 19], "the newest offer replaces the one that waits"
    assert one.counts.carried == 19
    assert one.age.max_s == pytest.approx(0.19)


def test_what_was_waited_for_in_vain_is_not_waited_for_again_soon(line: Callable[..., DepthLine]) -> None:
    estimator = Estimator()
    one = line(estimator, patience_s=0.05)
    one.process(frame(0))
    estimator.may_go.clear()
    one.process(frame(1))
    since = time.perf_counter()
    for index in range(2, 12):
        one.process(frame(index))
    assert time.perf_counter() - since < 0.05
    assert one.counts.carried == 11


def test_waiting_is_tried_again_when_estimates_are_quick_again(line: Callable[..., DepthLine]) -> None:
    estimator = Estimator()
    one = line(estimator, patience_s=0.05)
    one.process(frame(0))
    estimator.may_go.clear()
    one.process(frame(1))
    estimator.may_go.set()
    deadline = time.perf_counter() + 5
    index = 2
    while one.counts.own < 20 and time.perf_counter() < deadline:
        one.process(frame(index))
        index += 1
        time.sleep(0.005)
    before = one.counts.carried
    shown = [depth_of(one.process(frame(index + more))) for more in range(10)]
    assert one.counts.own >= 20
    assert shown == [index + more for more in range(10)] or one.counts.carried - before <= 3


def test_depth_never_crosses_a_cut(line: Callable[..., DepthLine]) -> None:
    """Frame 5 begins a shot: it stays flat until a map of its own shot is there, which then counts as the cut."""
    estimator = Estimator(cuts=(0, 5))
    one = line(estimator, patience_s=0.02)
    for index in range(5):
        assert one.process(frame(index)).disparity is not None
    estimator.may_go.clear()
    flat = [one.process(frame(index)) for index in (5, 6)]
    assert [f.disparity for f in flat] == [None, None]
    estimator.may_go.set()
    deadline = time.perf_counter() + 5
    shown = one.process(frame(7))
    while shown.disparity is None and time.perf_counter() < deadline:
        shown = one.process(frame(7))
    assert depth_of(shown) is not None
    assert depth_of(shown) >= 5
    assert shown.is_cut, "what smooths over time starts anew here"
    assert not one.process(frame(8)).is_cut
    assert one.counts.flat >= 2


def test_a_cut_that_was_replaced_in_the_queue_is_still_a_cut(line: Callable[..., DepthLine]) -> None:
    estimator = Estimator(cuts=(0, 5))
    one = line(estimator, patience_s=0.02)
    estimator.may_go.clear()
    one.process(frame(4))
    for index in (5, 6, 7):
        one.process(frame(index))
    estimator.may_go.set()
    assert estimator.done.acquire(timeout=5)
    assert estimator.done.acquire(timeout=5)
    assert estimator.estimated == [(4, True), (7, True)]


def test_every_third_is_estimated_by_wish(line: Callable[..., DepthLine]) -> None:
    estimator = Estimator(cuts=(0, 7))
    one = line(estimator, every=3)
    shown = [depth_of(one.process(frame(index))) for index in range(10)]
    assert shown == [0, 0.01, 0.01, 3, 3.01, 3.01, 6, 7, 7.01, 7.01]
    assert one.counts == DepthCounts(own=4, carried=0, spared=6, flat=0)


def test_depth_gives_way_for_a_while(line: Callable[..., DepthLine]) -> None:
    estimator = Estimator()
    one = line(estimator, patience_s=0.2)
    one.process(frame(0))
    one.give_way()
    since = time.perf_counter()
    for index in (1, 2, 3):
        assert depth_of(one.process(frame(index))) == 0.01
    assert time.perf_counter() - since < 0.19, "nothing is waited for either"
    assert [index for index, _ in estimator.estimated] == [0]
    time.sleep(0.21)
    assert depth_of(one.process(frame(4))) == 4
    assert one.counts.carried == 3


def test_giving_way_does_not_delay_a_new_shot(line: Callable[..., DepthLine]) -> None:
    one = line(Estimator(cuts=(0, 1)))
    one.process(frame(0))
    one.give_way()
    assert depth_of(one.process(frame(1))) == 1


def test_a_group_of_losses_is_one_reason_and_no_rest_is_long(line: Callable[..., DepthLine]) -> None:
    one = line(Estimator(), patience_s=0.01)
    one.process(frame(0))
    for _ in range(100):
        one.give_way()
    time.sleep(0.05)
    assert depth_of(one.process(frame(1))) == 1


def test_a_failure_is_told_at_once_and_named(line: Callable[..., DepthLine]) -> None:
    class Broken(Estimator):
        def estimate(self, small: SmallCopy, *, is_cut: bool) -> Map:
            raise ValueError("no such luck")

    told: list[BaseException] = []
    one = line(Broken())
    one.on_failure = told.append
    since = time.perf_counter()
    assert one.process(frame(0)).disparity is None
    assert time.perf_counter() - since < 0.5, "it does not wait for what will never come"
    one.stop()
    assert [str(error) for error in told] == ["no such luck"]
    assert told[0].__notes__ == ["in stage 'depth'"]


def test_stop_releases_whoever_waits(line: Callable[..., DepthLine]) -> None:
    estimator = Estimator(seconds=0.2)
    one = line(estimator, patience_s=30.0)
    waiting = threading.Thread(target=lambda: one.process(frame(0)))
    waiting.start()
    time.sleep(0.02)
    since = time.perf_counter()
    one.stop()
    waiting.join(5)
    assert not waiting.is_alive()
    assert time.perf_counter() - since < 1.0


def test_stop_twice_and_before_start() -> None:
    one = DepthLine(Estimator(), Adding(), patience_s=1.0)
    one.stop()
    one.stop()
