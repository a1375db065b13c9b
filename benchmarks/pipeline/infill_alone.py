"""What infill costs on its own: the line of `convert` up to both eyes, one frame after the other on one thread.

Inside a conversion infill shares the cores with the encoder and with every other stage. Here nothing else is at work
while it is timed, so versions of it can be compared; what a user waits for is `stage/infill`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import islice
from statistics import median
from typing import Any

from benchmarks.record import Record
from engine.assemble import depth_stage, stereo_stage
from engine.config import ConvertOptions
from engine.sources import open_source
from engine.stereo import InfillCount

WARM_UP_FRAMES = 24
"""Are played before, by stages of their own: compiled loops are loaded when they are first used."""
FLAT_FRAMES = 24
"""Are played again with strength 0."""
MOST_FRAMES = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class InfillTask:
    """What to measure: the first frames of a clip, MOST_FRAMES at most. threads: as in ConvertOptions."""

    clip: str
    frames: int
    threads: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InfillCost:
    """What one frame took, both eyes together."""

    is_cut: bool
    ms: float
    work: InfillCount
    """Of this frame alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InfillAlone:
    """What was measured, frame by frame."""

    frames: list[InfillCost]
    flat: list[InfillCost]
    """The same without parallax: nothing is torn."""


def run_infill_alone(task: InfillTask) -> InfillAlone:
    """Measure once, at default strength and without any.

    Raises:
        WheatstoneError: the clip cannot be read.
        ValueError: what `convert` uses by default for infill paints nothing that could be timed.
    """
    options = ConvertOptions(input=task.clip, output="eyes-are-not-written.mp4", threads=task.threads)
    frames = min(task.frames, MOST_FRAMES)
    for _ in _costs(options, min(frames, WARM_UP_FRAMES)):
        pass
    flat = list(_costs(replace(options, strength=0.0), min(frames, FLAT_FRAMES)))
    return InfillAlone(frames=list(_costs(options, frames)), flat=flat)


def infill_records(prefix: str, runs: Sequence[InfillAlone], context: dict[str, Any]) -> list[Record]:
    """What they say: time of a frame, of a shot's first one and of one without holes; work in a frame.

    A frame's time is the median of the runs, which all did the same work.
    """
    frames = [_median(costs) for costs in zip(*(run.frames for run in runs), strict=True)]
    flat = [_median(costs) for costs in zip(*(run.flat for run in runs), strict=True)]
    context = context | {
        "frames": len(frames),
        "runs": len(runs),
        "cuts": [number for number, cost in enumerate(frames) if cost.is_cut],
        "warm_up_frames": WARM_UP_FRAMES,
        "tiles_over_budget": sum(cost.work.tiles_over_budget for cost in frames),
    }

    def record(name: str, values: Sequence[float], unit: str) -> Record:
        return Record.of(f"{prefix}{name}", values, unit, context)

    return [
        record("", [cost.ms for cost in frames], "ms"),
        record("/first_of_shot", [cost.ms for cost in frames if cost.is_cut], "ms"),
        record("/without_holes", [cost.ms for cost in flat], "ms"),
        record("/tiles", [cost.work.tiles for cost in frames], "tiles"),
        record("/held", [cost.work.held_px for cost in frames], "px"),
        record("/recalled", [cost.work.recalled_px for cost in frames], "px"),
        record("/painted", [cost.work.painted_px for cost in frames], "px"),
    ]


def _median(costs: Sequence[InfillCost]) -> InfillCost:
    return replace(costs[0], ms=median(cost.ms for cost in costs))


def _costs(options: ConvertOptions, frames: int) -> Iterator[InfillCost]:
    with open_source(options.input) as source:
        depth = depth_stage(options, source.info)
        stereo = stereo_stage(options, (True, True), with_parallax=False)
        stereo.prepare(source.info.width, source.info.height)
        times, count = stereo.infill_times, stereo.infill_count
        if times is None or count is None:
            raise ValueError(f"infill {options.infill} paints nothing that could be timed")
        for decoded in islice(source.frames(), frames):
            # The decoder's own threads may still be at work on the next frame; they are done before depth is.
            seen = depth.process(decoded)
            since_s, before = times.total_s, astuple(count)
            stereo.process(seen)
            work = InfillCount(*(now - then for now, then in zip(astuple(count), before, strict=True)))
            yield InfillCost(is_cut=seen.is_cut, ms=1000 * (times.total_s - since_s), work=work)
