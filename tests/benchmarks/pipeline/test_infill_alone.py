"""Every frame is played once, nothing is painted where nothing is torn, and the records add up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest

from benchmarks.pipeline.clip import make_clip
from benchmarks.pipeline.infill_alone import InfillAlone, InfillCost, InfillTask, infill_records, run_infill_alone
from engine.errors import InputError
from engine.stereo import InfillCount


def test_a_clip_is_timed_with_holes_and_without(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    make_clip(clip, width=1280, height=720, frames=6)
    alone = run_infill_alone(InfillTask(clip=str(clip), frames=5, threads=1))
    assert [cost.is_cut for cost in alone.frames] == [True] + 4 * [False]
    assert [cost.work.frames for cost in alone.frames + alone.flat] == 10 * [1]
    first, later = alone.frames[0].work, alone.frames[1:]
    assert first.tiles > 0
    assert first.painted_px > 0
    assert first.held_px == first.recalled_px == 0, "nothing is left of the warm-up"
    assert sum(cost.work.recalled_px for cost in later) > 0
    assert all(cost.work == InfillCount(frames=1) for cost in alone.flat)
    assert 0 < median(cost.ms for cost in alone.flat) < 0.5 * median(cost.ms for cost in alone.frames)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.mp4"):
        run_infill_alone(InfillTask(clip=str(tmp_path / "nothing.mp4"), frames=8))


def _cost(ms: float, *, is_cut: bool = False, tiles: int = 0, over: int = 0) -> InfillCost:
    work = InfillCount(1, tiles, over, held_px=10 * tiles, recalled_px=100 * tiles, painted_px=1000 * tiles)
    return InfillCost(is_cut=is_cut, ms=ms, work=work)


def test_records_tell_time_and_work() -> None:
    frames = [_cost(30.0, is_cut=True, tiles=9, over=4), _cost(7.0, tiles=2), _cost(8.0, tiles=1)]
    frames += [_cost(20.0, is_cut=True, tiles=8), _cost(9.0, tiles=3)]
    alone = InfillAlone(frames=frames, flat=[_cost(0.01), _cost(0.03)])
    slow = InfillAlone(frames=[replace(cost, ms=10 * cost.ms) for cost in frames], flat=[_cost(0.2), _cost(0.3)])
    found = {}
    for record in infill_records("p/infill_alone", [alone, slow, alone], {}):
        found[record.name.removeprefix("p/infill_alone")] = record
    values = {name: (record.value, record.n, record.unit) for name, record in found.items()}
    assert values == {
        "": (9.0, 5, "ms"),
        "/first_of_shot": (25.0, 2, "ms"),
        "/without_holes": (0.02, 2, "ms"),
        "/tiles": (3, 5, "tiles"),
        "/held": (30, 5, "px"),
        "/recalled": (300, 5, "px"),
        "/painted": (3000, 5, "px"),
    }
    assert found[""].p95 > 20
    assert found[""].context["runs"] == 3
    assert found[""].context["cuts"] == [0, 3]
    assert found[""].context["tiles_over_budget"] == 4
