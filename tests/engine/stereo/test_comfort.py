"""Numbers about known parallax."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.stereo.comfort import ComfortMeter, ComfortReport, border_parallax
from engine.stereo.convergence import ComfortLimits, Placement

HERE = Placement(0.5, 2.0)


def _report(*frames: np.ndarray, limits: ComfortLimits | None = None, cuts: tuple[int, ...] = ()) -> ComfortReport:
    meter = ComfortMeter(limits or ComfortLimits())
    for index, parallax in enumerate(frames):
        meter.add(
            parallax.astype(np.float32),
            HERE,
            subject_px=float(parallax[5, 10]),
            time_s=index / 10,
            is_cut=index in cuts,
        )
    report = meter.report()
    assert report is not None
    return report


@pytest.mark.parametrize("width", [100, 640, 1919])
def test_percentiles_are_of_the_width(width: int, rng: np.random.Generator) -> None:
    percent = rng.uniform(-2, 1, (200, width))
    found = _report(percent * width / 100).parallax_percent
    for name, value in found.items():
        assert value == pytest.approx(np.percentile(percent, float(name[1:])), abs=0.06), name
    assert list(found) == ["p1", "p5", "p50", "p95", "p99"]


def test_all_frames_count_alike() -> None:
    found = _report(*[np.full((20, 100), value) for value in (-1.0, -1.0, 0.5)]).parallax_percent
    assert (found["p50"], found["p95"]) == pytest.approx((-1.0, 0.5), abs=0.011)


def test_a_rehearsal_leaves_no_trace() -> None:
    meter = ComfortMeter(ComfortLimits())
    meter.add(np.full((20, 100), 9.0, np.float32), HERE, subject_px=0.0, time_s=0.0, is_cut=True)
    meter.reset()
    assert meter.report() is None


@pytest.mark.parametrize(("side", "expected"), [("left", (4.0, 0.0)), ("right", (0.0, 4.0))])
def test_what_the_border_cuts(side: str, expected: tuple[float, float]) -> None:
    parallax = np.full((100, 400), -3.0, np.float32)
    columns = slice(0, 50) if side == "left" else slice(-50, None)
    parallax[40:60, columns] = 4.0
    assert border_parallax(parallax) == pytest.approx(expected)
    parallax[:, columns] = -3.0
    parallax[:3, columns] = 4.0
    assert border_parallax(parallax) == (0.0, 0.0), "a corner is not noticed"
    parallax[80:, columns] = 4.0
    assert border_parallax(parallax) == (0.0, 0.0), "ground in the lowest fifth is not minded"


def test_violations_are_counted_by_frames() -> None:
    inside, cut = np.full((50, 200), -1.0), np.full((50, 200), -1.0)
    inside[10:40, 50:100] = 3.0
    cut[10:40, :60] = 3.0
    slight = np.full((50, 200), 0.4)
    found = _report(inside, cut, slight, inside).window_violations
    assert found == {"share": 0.25, "worst_percent": 1.5}


def test_limits_that_were_hit() -> None:
    limits = ComfortLimits(1.0, 2.0)
    within = np.array([[-2.0, 1.0]]).repeat(50, axis=1).repeat(20, axis=0)
    report = _report(within, within + 0.1, within - 0.1, limits=limits)
    assert (report.frames, report.frames_beyond_limits, report.frames_limited) == (3, 2, 0)
    meter = ComfortMeter(limits)
    meter.add(np.zeros((20, 100), np.float32), Placement(0.5, 2.0, True), subject_px=0.0, time_s=0.0, is_cut=True)
    limited = meter.report()
    assert limited is not None
    assert (limited.frames_limited, limited.frames_beyond_limits) == (1, 0)
    assert limited.limits_percent == {"front": 1.0, "behind": 2.0}


def test_jumps_at_cuts_and_only_there() -> None:
    levels = [0.0, 0.8, 0.8, -1.2, -1.0]
    report = _report(*[np.full((20, 100), level) for level in levels], cuts=(0, 1, 3))
    assert report.cuts == {"count": 2, "jumps": 1, "mean_jump_percent": 1.4, "worst_jump_percent": 2.0}


def test_how_fast_the_screen_moves() -> None:
    meter = ComfortMeter(ComfortLimits())
    flat = np.zeros((20, 100), np.float32)
    for time_s, plane, is_cut in ((0.0, 0.2, True), (0.5, 0.3, False), (1.0, 0.9, True), (1.0, 0.1, False)):
        meter.add(flat, Placement(plane, 2.0), subject_px=0.0, time_s=time_s, is_cut=is_cut)
    report = meter.report()
    assert report is not None
    assert report.convergence == {"mean": 0.375, "least": 0.1, "most": 0.9, "fastest_percent_per_s": 0.4}
    assert report.strength_percent == {"mean": 2.0, "least": 2.0, "most": 2.0}


def test_wild_parallax_is_no_error() -> None:
    found = _report(np.linspace(-4000, 4000, 2000).reshape(20, 100))
    assert (found.parallax_percent["p1"], found.parallax_percent["p99"]) == (-25.0, 25.0)


def test_the_document_is_plain() -> None:
    meter = ComfortMeter(ComfortLimits())
    assert meter.as_json() is None
    meter.add(np.zeros((20, 100), np.float32), HERE, subject_px=0.0, time_s=None, is_cut=True)
    assert json.loads(json.dumps(meter.as_json()))["frames"] == 1
