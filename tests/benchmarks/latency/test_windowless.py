from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.latency.run import Task
from benchmarks.latency.windowless import run_alone, run_encoder

pytestmark = pytest.mark.usefixtures("no_thread_left")


def test_packets_hold_what_was_shown_and_nothing_is_held_back(task: Task) -> None:
    run = run_encoder(replace(task, kind="encoder"))
    assert len(run.shown) + sum(run.dropped.values()) == 12
    assert [one.read for one in run.shown] == [one.frame for one in run.shown], "read from the decoded packets"
    assert run.misread == 0
    assert run.look_ahead == 0
    for one in run.shown:
        assert set(one.stages_s) == {"depth", "stereo", "encode"}
        assert one.latency_s >= sum(one.stages_s.values())


@pytest.mark.parametrize("limit_s", [pytest.param(0.002, marks=pytest.mark.slow, id="as promised"), 0.2])
def test_the_line_without_work_adds_little(task: Task, limit_s: float) -> None:
    run = run_alone(replace(task, kind="engine-alone", fps=100, frames=60, numbered=False))
    assert len(run.shown) + sum(run.dropped.values()) == 60
    latencies = sorted(one.latency_s for one in run.shown)
    assert latencies[0] > 0
    assert latencies[0] < limit_s, "even a busy machine lets one frame through quickly"
