from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from engine.depth import SmallCopy
from engine.frame import Frame, PixelFormat
from engine.graph import Policy
from engine.live.depth_line import DepthLine
from engine.live.line import DISPLAY_LATE, RENDER_LATE, LiveLine, LiveStereo, StereoSettings
from engine.live.pacing import Pacer
from engine.sources import PatternSource
from engine.stereo import ParallaxMapper, StereoStage

pytestmark = pytest.mark.usefixtures("no_thread_left")

LONG_S = 30.0
"""Longer than any machine takes."""


def frames(count: int, interval_ms: int = 5) -> Iterator[Frame]:
    for index in range(count):
        yield Frame(
            planes=(np.full((2, 2), index % 256, np.uint8),),
            format=PixelFormat(subsampling="gray"),
            pts=index * interval_ms,
            time_base=Fraction(1, 1000),
            index=index,
        )


def same(frame: Frame) -> Frame:
    return frame


def sleeping(frame: Frame) -> Frame:
    time.sleep(0.002)
    return frame


def failing(frame: Frame) -> Frame:
    if frame.index >= 5:
        raise ValueError("no such luck")
    return frame


class Depth:
    """An estimator that may be made to wait, or fails from frame 5 on."""

    def __init__(
        self,
        *,
        fails: bool = False,
        before: Callable[[], object] = lambda: None,
        after: Callable[[], object] = lambda: None,
    ) -> None:
        self.fails, self.before, self.after = fails, before, after

    def look(self, frame: Frame) -> SmallCopy:
        return SmallCopy(frame=frame, planes=frame.planes, is_cut=frame.index == 0)

    def estimate(self, small: SmallCopy, *, is_cut: bool) -> np.ndarray:
        self.before()
        if self.fails:
            failing(small.frame)
        self.after()
        return np.full((2, 2), small.frame.index, np.float32)

    def enlarge(self, disparity: np.ndarray, frame: Frame) -> np.ndarray:
        return disparity


class AsItIs:
    def carry(self, disparity: np.ndarray, before: np.ndarray, now: np.ndarray, max_value: int) -> np.ndarray:
        return disparity


def depth_line(*, patience_s: float = 0.004, **how: Any) -> DepthLine:
    return DepthLine(Depth(**how), AsItIs(), patience_s=patience_s)


class Turnstile:
    """A source that gives a frame when it is let, and knows when the line has taken it over. Time passes by frames."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.over = 0
        """Frames that are in the line, or were."""
        self._let = 0
        self._is_open = False
        self._changed = threading.Condition()

    def frames(self) -> Iterator[Frame]:
        for frame in frames(self.count):
            with self._changed:
                self.over = frame.index
                self._changed.notify_all()
                assert self._changed.wait_for(lambda index=frame.index: self._is_open or self._let > index, LONG_S)
            yield frame
        with self._changed:
            self.over = self.count
            self._changed.notify_all()

    def let(self, count: int) -> None:
        """So many more; comes back when they are in the line, or all are."""
        with self._changed:
            wanted = min(self.count, self.over + count)
            self._let = max(self._let, wanted)
            self._changed.notify_all()
            assert self._changed.wait_for(lambda: self.over >= wanted or self._is_open, LONG_S)

    def open(self) -> None:
        """For good."""
        with self._changed:
            self._is_open = True
            self._changed.notify_all()


def play(
    source: Iterator[Frame] | Turnstile,
    depth: DepthLine | None = None,
    stereo: Callable[[Frame], Frame] = same,
    *,
    display: Callable[[Frame], object] = same,
    take_at_most: int = 10_000,
    policy: Policy = "drop_oldest",
) -> tuple[LiveLine, Pacer, list[Frame]]:
    """Take every picture like the window does, until the stream is over; without a clock, frames are due as they come.

    A turnstile lets a frame come when the one before it has been taken and `display` is done with it.
    """
    pacer, woken = Pacer(paced=False), threading.Event()
    gate = source if isinstance(source, Turnstile) else Turnstile(0)
    given = source.frames() if isinstance(source, Turnstile) else source
    line = LiveLine(given, pacer, depth, stereo, woken.set, policy=policy, interrupt=gate.open)
    taken: list[Frame] = []
    line.start()
    try:
        gate.let(1)
        while not line.is_over and len(taken) < take_at_most:
            woken.wait(0.5)
            woken.clear()
            assert line.waiting <= 2
            if (frame := line.take()) is not None:
                taken.append(frame)
                display(frame)
                gate.let(1)
    finally:
        line.stop()
    return line, pacer, taken


def test_an_easy_stream_loses_nothing() -> None:
    """Every frame comes when the one before it has been shown, and depth is waited for as long as it takes."""
    line, pacer, taken = play(Turnstile(8), depth_line(patience_s=LONG_S))
    assert [frame.index for frame in taken] == list(range(8))
    assert line.drops.by_cause() == {}
    assert pacer.released == 8
    assert [name for name, _, _ in taken[0].stamps] == ["arrival", "depth", "stereo"]
    assert [m.name for m in line.measurements()] == ["source", "depth", "picture"]
    assert [float(frame.disparity[0, 0]) for frame in taken] == list(range(8)), "everybody wears their own depth"


def test_frames_that_bring_their_depth_need_no_line_for_it() -> None:
    line, _, taken = play(Turnstile(3))
    assert [name for name, _, _ in taken[0].stamps] == ["arrival", "stereo"]
    assert [m.name for m in line.measurements()] == ["source", "picture"]


def slow_stereo() -> tuple[Turnstile, Callable[[Frame], Frame], Callable[[Frame], object]]:
    """Rendering takes as long as six frames take to come."""
    source = Turnstile(120)

    def stereo(frame: Frame) -> Frame:
        source.let(6)
        return frame

    return source, stereo, same


def slow_display() -> tuple[Turnstile, Callable[[Frame], Frame], Callable[[Frame], object]]:
    """Showing takes so long; every frame is rendered before the next one comes."""
    source = Turnstile(120)
    changed, newest = threading.Condition(), -1

    def stereo(frame: Frame) -> Frame:
        nonlocal newest
        with changed:
            newest = frame.index
            changed.notify_all()
        return frame

    def display(frame: Frame) -> None:
        for _ in range(6):
            source.let(1)
            with changed:
                assert changed.wait_for(lambda: newest >= source.over - 1, LONG_S)

    return source, stereo, display


@pytest.mark.parametrize(("slow", "cause"), [(slow_stereo, RENDER_LATE), (slow_display, DISPLAY_LATE)])
def test_drops_are_blamed_on_who_is_late_and_the_newest_frame_wins(slow: Callable, cause: str) -> None:
    """However long it goes on, what is shown is as old as rendering or showing takes, and no older."""
    source, stereo, display = slow()
    ages: list[int] = []
    done = stereo if cause == RENDER_LATE else display

    def noting(frame: Frame) -> Frame:
        begun = source.over
        result = done(frame)
        ages.append(begun - frame.index)
        return result

    stages = {"stereo": noting} if cause == RENDER_LATE else {"stereo": stereo, "display": noting}
    line, pacer, taken = play(source, depth_line(), **stages)
    drops = line.drops.by_cause()
    assert pacer.released == 120
    assert len(taken) + sum(drops.values()) == 120, "no frame is lost without a cause"
    assert drops[cause] == max(drops.values()), drops
    assert len(taken) <= 60
    indices = [frame.index for frame in taken]
    assert indices == sorted(set(indices)), "order is kept"
    assert indices[-1] == 119, "the newest frame always arrives"
    assert max(ages) <= 3, "nothing old is begun with while something newer waits"


def test_slow_depth_costs_no_picture() -> None:
    """Depth takes four frames' time: every frame is shown all the same, with a map that is a few frames old."""
    may_estimate, estimated = threading.Semaphore(0), threading.Semaphore(0)
    depth = depth_line(before=lambda: may_estimate.acquire(timeout=LONG_S), after=estimated.release)

    def display(frame: Frame) -> None:
        if frame.index == 49:
            may_estimate.release(100)
        elif frame.index % 4 == 3:
            may_estimate.release()
            assert estimated.acquire(timeout=LONG_S)

    line, _, taken = play(Turnstile(50), depth, display=display)
    assert line.drops.by_cause() == {}
    assert len(taken) == 50
    assert depth.counts.carried > 0.5 * len(taken)
    lags = [frame.index - float(frame.disparity[0, 0]) for frame in taken if frame.disparity is not None]
    assert len(lags) > 35
    assert max(lags) <= 12
    assert min(lags) >= 0, "no depth of the future"


def test_frames_are_given_back_however_many_come() -> None:
    """What is dropped or shown is not kept: at most the few that wait or are worked on are alive at any time."""
    alive: list[weakref.ref[np.ndarray]] = []
    most = 0

    def watched() -> Iterator[Frame]:
        nonlocal most
        for frame in frames(2000, interval_ms=1):
            alive[:] = [one for one in alive if one() is not None]
            most = max(most, len(alive))
            alive.append(weakref.ref(frame.planes[0]))
            held, frame = [frame], None
            yield held.pop()

    pacer, woken = Pacer(frame_s=0.001, paced=False), threading.Event()
    line = LiveLine(watched(), pacer, depth_line(before=lambda: time.sleep(0.002)), same, woken.set)
    line.start()
    while not line.is_over:
        woken.wait(0.01)
        woken.clear()
        line.take()
    line.stop()
    assert pacer.released == 2000
    assert most <= 10


def test_without_a_clock_and_with_patience_everything_is_shown() -> None:
    line, _, taken = play(frames(60), depth_line(before=lambda: time.sleep(0.002)), sleeping, policy="block")
    assert [frame.index for frame in taken] == list(range(60))
    assert line.drops.by_cause() == {}


@pytest.mark.parametrize(
    ("stage", "parts"), [("depth", {"depth": depth_line(fails=True)}), ("picture", {"stereo": failing})]
)
def test_a_failing_stage_is_named(stage: str, parts: dict) -> None:
    source = Turnstile(10_000)
    with pytest.raises(ValueError, match="no such luck") as caught:
        play(source, **parts)
    assert f"in stage '{stage}'" in caught.value.__notes__


def test_a_failure_while_paused_does_not_wait_for_the_viewer() -> None:
    pacer = Pacer()

    def fail(frame: Frame) -> Frame:
        pacer.pause(True)
        raise ValueError("no such luck")

    line = LiveLine(frames(10), pacer, None, fail, lambda: None)
    line.start()
    deadline = time.perf_counter() + LONG_S
    while not line.is_over and time.perf_counter() < deadline:
        time.sleep(0.005)
    assert line.is_over
    with pytest.raises(ValueError, match="no such luck"):
        line.stop()


def test_a_failing_source_is_named() -> None:
    def broken() -> Iterator[Frame]:
        yield from frames(3)
        raise OSError("unplugged")

    with pytest.raises(OSError, match="unplugged") as caught:
        play(broken(), depth_line())
    assert "in stage 'source'" in caught.value.__notes__


@pytest.mark.parametrize("policy", ["drop_oldest", "block"])
def test_stopping_early_joins_everything(policy: Policy, limit_s: float) -> None:
    """In the middle of a film, while the source waits for the time of its next frame."""
    pacer, woken = Pacer(), threading.Event()
    line = LiveLine(frames(1000, interval_ms=60_000), pacer, depth_line(), same, woken.set, policy=policy)
    line.start()
    assert woken.wait(LONG_S)
    start = time.perf_counter()
    line.stop()
    assert time.perf_counter() - start < limit_s
    assert pacer.released == 1


def test_stopping_while_everything_is_busy(limit_s: float) -> None:
    busy = {name: threading.Event() for name in ("depth", "picture")}

    def work(name: str) -> None:
        busy[name].set()
        time.sleep(0.1)

    def stereo(frame: Frame) -> Frame:
        work("picture")
        return frame

    depth = depth_line(before=lambda: work("depth"))
    line = LiveLine(frames(100_000), Pacer(), depth, stereo, lambda: None)
    line.start()
    assert all(one.wait(LONG_S) for one in busy.values())
    start = time.perf_counter()
    line.stop()
    assert time.perf_counter() - start < limit_s


def test_stop_before_start_and_twice() -> None:
    line = LiveLine(frames(3), Pacer(), depth_line(), same, lambda: None)
    line.stop()
    line.stop()


def test_without_depth_both_eyes_see_the_frame() -> None:
    frame = PatternSource(128, 64).frame(0)
    mapper = ParallaxMapper(strength=2.0, convergence=0.3)
    stereo = LiveStereo(StereoStage(mapper), StereoSettings(strength=2.0, convergence=0.3))
    shown = stereo.process(replace(frame, disparity=None))
    assert shown.views is not None
    for view in shown.views:
        assert all(np.array_equal(a, b) for a, b in zip(view.planes, frame.planes, strict=True))
        assert not view.hole.any()
        assert not view.parallax_px.any()
    assert stereo.convergence == 0.3


def test_stereo_settings_change_between_frames() -> None:
    frame = PatternSource(128, 64).frame(0)
    mapper = ParallaxMapper(strength=2.0, convergence=0.0)
    stereo = LiveStereo(StereoStage(mapper), StereoSettings(strength=2.0, convergence=0.0))

    def spread() -> float:
        views = stereo.process(frame).views
        assert views is not None
        return float(np.ptp(views[0].parallax_px))

    narrow = spread()
    stereo.settings = replace(stereo.settings, strength=8.0)
    assert spread() == pytest.approx(4 * narrow, rel=0.05)
    stereo.settings = replace(stereo.settings, convergence=0.9)
    stereo.process(frame)
    assert stereo.convergence == 0.9
    stereo.settings = replace(stereo.settings, convergence=None)
    stereo.process(frame)
    assert 0.0 < stereo.convergence < 0.9 + 1e-6, "it follows the picture again, from where it was"
