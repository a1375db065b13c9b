"""A short clip of the pattern to measure with, and runs as if they had been measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.latency.clip import make_pattern_clip
from benchmarks.latency.run import Run, Shown, Task
from engine.display.context import OffscreenSurface
from engine.errors import UnavailableError

_TASK = Task(kind="engine", clip="clip.mp4", frames=100, width=64, height=64, fps=10)


def _run(task: Task, latencies_ms: range, **more: object) -> Run:
    shown = [
        Shown(
            frame=index,
            read=index,
            time_s=index / 10,
            arrival_s=index / 10,
            end_s=index / 10 + ms / 1e3,
            stages_s={"depth": 0.4e-3 * ms, "stereo": 0.3e-3 * ms, "draw": 0.2e-3 * ms},
            waiting=index % 2,
        )
        for index, ms in enumerate(latencies_ms)
    ]
    facts: dict = {"released": len(shown), "seconds": 10.0, "renderer": "device", "depth": {"own": 9, "carried": 1}}
    return Run(task=task, shown=shown, estimates_s=(0.01, 0.02, 0.03), **(facts | more))


@pytest.fixture
def runs() -> list[Run]:
    """One of every kind, two of what takes turns, with latencies that are easy to reckon with."""
    player = replace(_TASK, kind="player")
    return [
        _run(_TASK, range(1, 101), dropped={"render late": 2}, repeats={"depth late": 1}, released=102),
        _run(player, range(1, 51)),
        _run(replace(_TASK, segment=1), range(101, 201)),
        _run(replace(player, segment=1), range(1, 101)),
        _run(replace(_TASK, neighbour=True), range(5, 25)),
        _run(replace(player, neighbour=True), range(5, 25)),
        _run(replace(_TASK, kind="encoder"), range(20, 40)),
        _run(replace(_TASK, paced=False), range(20, 40)),
        _run(replace(_TASK, kind="engine-alone", numbered=False), range(1, 4)),
    ]


@pytest.fixture(scope="session")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    """Twelve small frames."""
    path = tmp_path_factory.mktemp("latency") / "pattern.mp4"
    make_pattern_clip(path, width=192, height=108, fps=12, frames=12)
    return Task(kind="engine", clip=str(path), frames=12, width=192, height=108, fps=12)


@pytest.fixture
def needs_egl() -> None:
    """Skip where nothing can be drawn."""
    try:
        OffscreenSurface(8, 8).close()
    except UnavailableError as error:
        pytest.skip(f"no off-screen OpenGL here: {error}")
