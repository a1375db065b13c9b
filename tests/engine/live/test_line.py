from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

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


def sleeping(seconds: float) -> Callable[[Frame], Frame]:
    def process(frame: Frame) -> Frame:
        time.sleep(seconds)
        return frame

    return process


def failing(frame: Frame) -> Frame:
    if frame.index >= 5:
        raise ValueError("no such luck")
    return frame


class Depth:
    """An estimator that takes its time, or fails from frame 5 on."""

    def __init__(self, *, seconds: float = 0.0, fails: bool = False) -> None:
        self.seconds, self.fails = seconds, fails

    def look(self, frame: Frame) -> SmallCopy:
        return SmallCopy(frame=frame, planes=frame.planes, is_cut=frame.index == 0)

    def estimate(self, small: SmallCopy, *, is_cut: bool) -> np.ndarray:
        time.sleep(self.seconds)
        if self.fails:
            failing(small.frame)
        return np.full((2, 2), small.frame.index, np.float32)

    def enlarge(self, disparity: np.ndarray, frame: Frame) -> np.ndarray:
        return disparity


class AsItIs:
    def carry(self, disparity: np.ndarray, before: np.ndarray, now: np.ndarray, max_value: int) -> np.ndarray:
        return disparity


def depth_line(**how: float) -> DepthLine:
    return DepthLine(Depth(**how), AsItIs(), patience_s=0.004)


def play(
    source: Iterator[Frame],
    depth: DepthLine | None = None,
    stereo: Callable[[Frame], Frame] = same,
    *,
    display_s: float = 0.0,
    take_at_most: int = 10_000,
    policy: Policy = "drop_oldest",
    paced: bool = True,
) -> tuple[LiveLine, Pacer, list[Frame]]:
    """Take every picture like the window does, until the stream is over."""
    pacer, woken = Pacer(frame_s=0.005, paced=paced), threading.Event()
    line = LiveLine(source, pacer, depth, stereo, woken.set, policy=policy)
    taken: list[Frame] = []
    line.start()
    try:
        while not line.is_over and len(taken) < take_at_most:
            woken.wait(0.5)
            woken.clear()
            assert line.waiting <= 2
            if (frame := line.take()) is not None:
                taken.append(frame)
                time.sleep(display_s)
    finally:
        line.stop()
    return line, pacer, taken


def test_an_easy_stream_loses_nothing() -> None:
    line, pacer, taken = play(frames(8, interval_ms=100), DepthLine(Depth(), AsItIs(), patience_s=0.09))
    assert [frame.index for frame in taken] == list(range(8))
    assert line.drops.by_cause() == {}
    assert pacer.released == 8
    assert [name for name, _, _ in taken[0].stamps] == ["arrival", "depth", "stereo"]
    assert [m.name for m in line.measurements()] == ["source", "depth", "picture"]
    assert [float(frame.disparity[0, 0]) for frame in taken] == list(range(8)), "everybody wears their own depth"


def test_frames_that_bring_their_depth_need_no_line_for_it() -> None:
    line, _, taken = play(frames(3, interval_ms=50))
    assert [name for name, _, _ in taken[0].stamps] == ["arrival", "stereo"]
    assert [m.name for m in line.measurements()] == ["source", "picture"]


@pytest.mark.parametrize(
    ("slow", "cause"), [({"stereo": sleeping(0.03)}, RENDER_LATE), ({"display_s": 0.03}, DISPLAY_LATE)]
)
def test_drops_are_blamed_on_who_is_late_and_every_frame_is_accounted_for(slow: dict, cause: str) -> None:
    line, pacer, taken = play(frames(120), depth_line(), **slow)
    drops = line.drops.by_cause()
    assert pacer.released == 120
    assert len(taken) + sum(drops.values()) == 120, "no frame is lost without a cause"
    assert drops[cause] == max(drops.values()), drops
    assert len(taken) < 60
    indices = [frame.index for frame in taken]
    assert indices == sorted(set(indices)), "order is kept"
    assert indices[-1] == 119, "the newest frame always arrives"


def test_slow_depth_costs_no_picture() -> None:
    """Depth takes four frames' time: every frame is shown all the same, with a map that is a few frames old."""
    depth = depth_line(seconds=0.08)
    line, _, taken = play(frames(50, interval_ms=20), depth)
    lost = sum(line.drops.by_cause().values())
    assert lost < 25, "a busy machine may lose some; waiting for depth would cost 37 of 50"
    assert depth.counts.carried > 0.5 * len(taken)
    lags = [frame.index - float(frame.disparity[0, 0]) for frame in taken if frame.disparity is not None]
    assert np.median(lags) <= 15
    assert min(lags) >= 0, "no depth of the future"
    ages = [frame.stamps[-1][2] - frame.stamps[0][1] for frame in taken]
    assert np.median(ages) < 0.06


@pytest.mark.parametrize("slow", [{"stereo": sleeping(0.03)}, {"display_s": 0.03}])
def test_newest_wins_so_latency_does_not_drift(slow: dict) -> None:
    """Something takes six frames' time: what is shown stays young however long it goes on."""
    _, _, taken = play(frames(300), depth_line(), **slow)
    ages = [frame.stamps[-1][2] - frame.stamps[0][1] for frame in taken]
    half = len(ages) // 2
    assert np.median(ages) < 0.15
    assert np.median(ages[half:]) < np.median(ages[:half]) + 0.05


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
    line = LiveLine(watched(), pacer, depth_line(seconds=0.002), same, woken.set)
    line.start()
    while not line.is_over:
        woken.wait(0.01)
        woken.clear()
        line.take()
    line.stop()
    assert pacer.released == 2000
    assert most <= 10


def test_without_a_clock_and_with_patience_everything_is_shown() -> None:
    line, _, taken = play(frames(60), depth_line(seconds=0.002), sleeping(0.002), policy="block", paced=False)
    assert [frame.index for frame in taken] == list(range(60))
    assert line.drops.by_cause() == {}


@pytest.mark.parametrize(
    ("stage", "parts"), [("depth", {"depth": depth_line(fails=True)}), ("picture", {"stereo": failing})]
)
def test_a_failing_stage_is_named(stage: str, parts: dict) -> None:
    start = time.perf_counter()
    with pytest.raises(ValueError, match="no such luck") as caught:
        play(frames(10_000), **parts)
    assert f"in stage '{stage}'" in caught.value.__notes__
    assert time.perf_counter() - start < 2


def test_a_failure_while_paused_does_not_wait_for_the_viewer() -> None:
    pacer = Pacer()

    def fail(frame: Frame) -> Frame:
        pacer.pause(True)
        raise ValueError("no such luck")

    line = LiveLine(frames(10), pacer, None, fail, lambda: None)
    line.start()
    deadline = time.perf_counter() + 5
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
def test_stopping_early_joins_everything_within_a_second(policy: Policy) -> None:
    line, pacer = play(frames(100_000, interval_ms=5), depth_line(), take_at_most=3, policy=policy)[:2]
    start = time.perf_counter()
    line.stop()
    assert time.perf_counter() - start < 1.0
    assert pacer.released < 100_000


def test_stopping_while_everything_is_busy() -> None:
    line = LiveLine(frames(100_000), Pacer(), depth_line(seconds=0.1), sleeping(0.1), lambda: None)
    line.start()
    time.sleep(0.15)
    start = time.perf_counter()
    line.stop()
    assert time.perf_counter() - start < 1.0


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
