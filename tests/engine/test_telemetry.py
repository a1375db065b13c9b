from __future__ import annotations

import time

import numpy as np
import pytest

from engine.graph import Graph, Samples, Source, Stage
from engine.telemetry import Distribution, Drops, bottleneck, peak_rss_mb, resident_mb, stage_times


def test_distribution_in_milliseconds() -> None:
    samples = Samples()
    for milliseconds in range(1, 101):
        samples.add(milliseconds / 1000)
    d = Distribution.of(samples)
    assert (d.count, d.p50_ms, d.p95_ms, d.p99_ms, d.max_ms) == (100, 50.0, 95.0, 99.0, 100.0)
    assert d.busy_s == pytest.approx(5.05)


def test_stage_times_and_bottleneck_of_a_real_graph() -> None:
    def slow(item: int) -> int:
        time.sleep(0.01)
        return item

    graph = Graph(
        Source(name="source", items=lambda: range(10)),
        [Stage(name="slow", process=slow)],
        Stage(name="sink", process=lambda _: None),
    )
    assert bottleneck(stage_times(graph.measurements())) is None
    graph.run()
    times = stage_times(graph.measurements())
    assert list(times) == ["source", "slow", "sink"]
    assert bottleneck(times) == "slow"
    assert times["slow"].work.count == 10
    assert times["slow"].work.p50_ms >= 10
    assert times["slow"].work.busy_s >= 0.1
    assert times["slow"].producer_waited_s > 0.03
    assert times["sink"].waited_for_input_s > 0.05
    assert times["sink"].dropped == 0


def test_drops_by_cause() -> None:
    drops = Drops()
    for _ in range(3):
        drops.add("late")
    drops.add("resized")
    assert drops.by_cause() == {"late": 3, "resized": 1}


def test_memory_figures_agree() -> None:
    block = np.ones(60 * 2**20, np.uint8)
    now, peak = resident_mb(), peak_rss_mb()
    assert 60 < now <= peak + 4  # the kernel counts in batches
    del block
    assert peak_rss_mb() >= peak - 4
