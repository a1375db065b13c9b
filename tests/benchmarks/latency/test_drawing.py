from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.latency.drawing import run_engine, run_player
from benchmarks.latency.run import Task

pytestmark = [pytest.mark.gl, pytest.mark.usefixtures("needs_egl", "no_thread_left")]


def test_the_engine_shows_what_it_says_it_shows(task: Task) -> None:
    run = run_engine(task)
    assert len(run.shown) + sum(run.dropped.values()) == 12
    assert run.released == 12
    assert [one.read for one in run.shown] == [one.frame for one in run.shown]
    assert run.misread == 0
    arrivals = np.array([one.arrival_s for one in run.shown])
    times = np.array([one.time_s for one in run.shown])
    assert np.allclose(arrivals - arrivals[0], times - times[0]), "the clock is that of the timestamps, to the last bit"
    for one in run.shown:
        assert set(one.stages_s) == {"depth", "stereo", "draw"}
        assert one.latency_s > sum(one.stages_s.values()) > 0
        assert one.waiting <= 2
    assert sum(run.depth.values()) >= len(run.shown)
    assert run.estimates_s[0] > 0
    assert run.warm_up_s > 0


def test_without_a_clock_every_frame_is_shown(task: Task) -> None:
    run = run_engine(replace(task, paced=False))
    assert [one.read for one in run.shown] == list(range(12))
    assert run.dropped == {}


def test_the_plain_player_shows_every_frame_when_it_is_due(task: Task) -> None:
    run = run_player(task)
    assert [one.read for one in run.shown] == list(range(12))
    assert [one.time_s for one in run.shown] == pytest.approx(np.arange(12) / 12)
    assert all(one.latency_s >= one.stages_s["draw"] > 0 for one in run.shown)
    assert run.seconds > 11 / 12, "the last one is due then"


def test_numbers_are_only_looked_for_where_there_are_some(task: Task) -> None:
    run = run_player(replace(task, numbered=False, frames=3, paced=False))
    assert [one.read for one in run.shown] == [None] * 3
    assert run.misread == 0
