from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from engine.frame import Frame, PixelFormat
from engine.live.line import DEPTH_LATE, DISPLAY_LATE, RENDER_LATE, LiveLine, LiveStereo, StereoSettings
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


def play(
    source: Iterator[Frame],
    depth: Callable[[Frame], Frame] = same,
    stereo: Callable[[Frame], Frame] = same,
    *,
    display_s: float = 0.0,
    take_at_most: int = 10_000,
) -> tuple[LiveLine, Pacer, list[Frame]]:
    """Take every picture like the window does, until the stream is over."""
    pacer, woken = Pacer(frame_s=0.005), threading.Event()
    line = LiveLine(source, pacer, depth, stereo, woken.set)
    taken: list[Frame] = []
    line.start()
    try:
        while not line.is_over and len(taken) < take_at_most:
            woken.wait(0.5)
            woken.clear()
            if (frame := line.take()) is not None:
                taken.append(frame)
                time.sleep(display_s)
    finally:
        line.stop()
    return line, pacer, taken


def test_an_easy_stream_loses_nothing() -> None:
    line, pacer, taken = play(frames(8, interval_ms=100))
    assert [frame.index for frame in taken] == list(range(8))
    assert line.drops.by_cause() == {}
    assert pacer.released == 8
    assert [name for name, _, _ in taken[0].stamps] == ["arrival", "depth", "stereo"]
    assert [m.name for m in line.measurements()] == ["source", "depth", "stereo"]


@pytest.mark.parametrize(
    ("slow", "cause"),
    [
        ({"depth": sleeping(0.03)}, DEPTH_LATE),
        ({"stereo": sleeping(0.03)}, RENDER_LATE),
        ({"display_s": 0.03}, DISPLAY_LATE),
    ],
)
def test_drops_are_blamed_on_who_is_late_and_every_frame_is_accounted_for(slow: dict, cause: str) -> None:
    line, pacer, taken = play(frames(120), **slow)
    drops = line.drops.by_cause()
    assert pacer.released == 120
    assert len(taken) + sum(drops.values()) == 120, "no frame is lost without a cause"
    assert drops[cause] > 0.6 * sum(drops.values()), drops
    assert len(taken) < 60
    indices = [frame.index for frame in taken]
    assert indices == sorted(set(indices)), "order is kept"
    assert indices[-1] == 119, "the newest frame always arrives"


def test_newest_wins_so_latency_does_not_drift() -> None:
    """Depth takes six frames' time: what is shown stays young however long it goes on."""
    _, _, taken = play(frames(300), depth=sleeping(0.03))
    ages = [frame.stamps[-1][2] - frame.stamps[0][1] for frame in taken]
    half = len(ages) // 2
    assert np.median(ages) < 0.15
    assert np.median(ages[half:]) < np.median(ages[:half]) + 0.05


@pytest.mark.parametrize("stage", ["depth", "stereo"])
def test_a_failing_stage_is_named(stage: str) -> None:
    def fail(frame: Frame) -> Frame:
        if frame.index >= 5:
            raise ValueError("no such luck")
        return frame

    start = time.perf_counter()
    with pytest.raises(ValueError, match="no such luck") as caught:
        play(frames(10_000), **{stage: fail})
    assert f"in stage '{stage}'" in caught.value.__notes__
    assert time.perf_counter() - start < 2


def test_a_failure_while_paused_does_not_wait_for_the_viewer() -> None:
    pacer, failed = Pacer(), threading.Event()

    def fail(frame: Frame) -> Frame:
        pacer.pause(True)
        failed.set()
        raise ValueError("no such luck")

    line = LiveLine(frames(10), pacer, fail, same, lambda: None)
    line.start()
    assert failed.wait(5)
    deadline = time.perf_counter() + 2
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
        play(broken())
    assert "in stage 'source'" in caught.value.__notes__


def test_stopping_early_joins_everything_within_a_second() -> None:
    start = time.perf_counter()
    play(frames(100_000, interval_ms=20), take_at_most=3)
    assert time.perf_counter() - start < 1.5


def test_stop_before_start_and_twice() -> None:
    line = LiveLine(frames(3), Pacer(), same, same, lambda: None)
    line.stop()
    line.stop()


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
