from __future__ import annotations

import json
from dataclasses import replace

import pytest

from benchmarks.latency.records import records
from benchmarks.latency.run import Run


def test_runs_of_one_kind_are_put_together_under_stable_names(runs: list[Run]) -> None:
    found = {record.name: record for record in records("latency/64p10", runs, {"fps": 10})}
    drawn = found["latency/64p10/arrival_to_drawn"]
    assert (drawn.n, drawn.unit) == (200, "ms")
    assert drawn.value == drawn.p50 == pytest.approx(100.5)
    facts = drawn.context
    assert facts["frames_due"] == 202
    assert facts["dropped"] == {"render late": 2}
    assert facts["repeats"] == {"depth late": 1}
    assert facts["depth"] == {"own": 18, "carried": 2}
    assert facts["most_waiting_frames"] == 1
    assert facts["max"] == pytest.approx(200)
    assert facts["tail_ms"] == pytest.approx(195.5)
    assert facts["cdf"][-1] == [100, pytest.approx(200)]
    assert facts["renderer"] == "device"
    for name in (
        "arrival_to_drawn/neighbour",
        "arrival_to_drawn/unpaced",
        "arrival_to_encoded",
        "player/arrival_to_drawn",
        "player/arrival_to_drawn/neighbour",
        "engine_alone",
        "pacing_error",
        "player/pacing_error",
        "stage/depth",
        "stage/stereo",
        "stage/draw",
        "stage/depth_estimate",
        "idle",
        "fps",
    ):
        assert f"latency/64p10/{name}" in found
    assert found["latency/64p10/idle"].p50 == pytest.approx(10.05)
    assert found["latency/64p10/fps"].value == 2.0
    json.dumps([record.as_json() for record in found.values()])


def test_the_ratio_is_taken_pair_by_pair(runs: list[Run]) -> None:
    ratio = next(record for record in records("x", runs, {}) if record.name == "x/ratio_to_player")
    assert ratio.n == 2
    assert ratio.value == pytest.approx((50.5 / 25.5 + 150.5 / 50.5) / 2)


def test_memory_has_a_slope_only_over_many_frames(runs: list[Run]) -> None:
    rss = tuple((index, 300.0 + 0.002 * index) for index in range(0, 700, 30))
    long = [replace(runs[0], shown=runs[0].shown * 7, rss=rss), *runs[1:]]
    names = {record.name: record for record in records("x", long, {})}
    assert names["x/rss_slope"].value == pytest.approx(2.0)
    assert not any(record.name == "x/rss_slope" for record in records("x", runs, {}))
