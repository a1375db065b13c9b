from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from engine.frame import Frame, PixelFormat
from engine.live.meter import Meter


def drawn(pts_ms: int | None, arrival_s: float, end_s: float) -> Frame:
    frame = Frame(
        planes=(np.zeros((1, 1), np.uint8),),
        format=PixelFormat(subsampling="gray"),
        pts=pts_ms,
        time_base=Fraction(1, 1000),
    )
    frame = frame.stamped("arrival", arrival_s, arrival_s).stamped("depth", arrival_s, arrival_s + 0.01)
    return frame.stamped("draw", end_s - 0.002, end_s)


def test_latency_runs_from_arrival_to_the_end_of_drawing() -> None:
    meter = Meter()
    for index in range(100):
        meter.add(drawn(index * 40, index * 0.04, index * 0.04 + 0.001 * (index + 1)))
    latency = meter.latency
    assert latency.count == 100
    assert latency.p50_ms == pytest.approx(50)
    assert latency.p90_ms == pytest.approx(90)
    assert latency.p95_ms == pytest.approx(95)
    assert latency.p99_ms == pytest.approx(99)
    assert latency.max_ms == pytest.approx(100)
    assert list(meter.stages) == ["depth", "draw"]
    assert meter.stages["depth"].p50_ms == pytest.approx(10)
    assert meter.stages["draw"].p50_ms == pytest.approx(2)
    assert meter.waiting.max_ms == pytest.approx(100 - 10 - 2)


def test_rate_and_pacing_of_a_steady_stream() -> None:
    meter = Meter()
    for index in range(50):
        meter.add(drawn(index * 40, index * 0.04, index * 0.04 + 0.02))
    assert meter.fps == pytest.approx(25)
    assert meter.recent_fps == pytest.approx(25)
    assert meter.pacing_error.count == 49
    assert meter.pacing_error.max_ms == pytest.approx(0, abs=1e-6)
    assert meter.intervals_ms == pytest.approx([40.0] * 49)


def test_pacing_error_is_the_difference_of_the_distances() -> None:
    meter = Meter()
    for pts_ms, end_s in ((0, 0.0), (40, 0.055), (80, 0.08)):
        meter.add(drawn(pts_ms, end_s - 0.01, end_s))
    assert meter.pacing_error.max_ms == pytest.approx(15)
    assert meter.pacing_error.count == 2


def test_repeats_and_frames_without_time_have_no_pacing() -> None:
    meter = Meter()
    for pts_ms, end_s in ((0, 0.0), (0, 0.2), (None, 0.3), (40, 0.4)):
        meter.add(drawn(pts_ms, end_s, end_s))
    assert meter.pacing_error.count == 0
    assert meter.drawn == 4


def test_an_empty_meter_has_no_numbers_to_divide() -> None:
    meter = Meter()
    assert (meter.fps, meter.recent_fps, meter.intervals_ms) == (0.0, 0.0, ())
    assert meter.latency.count == 0
