"""What a session at the window is remembered by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine.graph import StageMeasurement
from engine.live.depth_line import DepthLine
from engine.live.line import ASKED_FOR, DEPTH_LATE, SOURCE_LATE
from engine.live.meter import Meter, Percentiles
from engine.live.pacing import Pacer
from engine.report import versions
from engine.telemetry import peak_rss_mb, stage_times


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveReport:
    """One session in numbers. Without an early end, frames_in = frames_drawn + all drops."""

    input: str
    layout: str
    renderer: str
    """What OpenGL calls the device that drew."""
    frames_in: int
    """Frames that were due, repeats included, and those that the source lost before."""
    frames_drawn: int
    dropped: Mapping[str, int]
    """Frames that were never shown, by cause."""
    repeats: Mapping[str, int]
    """What was shown again, by cause: `depth late` (an older depth map was carried to the frame), `source late` (a
    frame came after it was due, and the one before stood longer), `asked for` (the viewer froze the picture)."""
    depth: Mapping[str, Any]
    """Frames by where their depth came from, and how much older than its frame a map was; empty where none was
    estimated."""
    comfort: Mapping[str, Any]
    """Parallax of what was rendered and what may tire eyes, see engine.stereo.comfort; empty if all was flat."""
    sound: Mapping[str, Any]
    """How far sound and picture were apart, see engine.live.sound.SoundReport; empty where none was played."""
    seconds: float
    fps: float
    source_fps: float | None
    latency: Percentiles
    """From the moment a frame was due, or captured, to the end of its drawing (glFinish); vsync is not in it."""
    waiting: Percentiles
    """The part of the latency in which no stage worked on the frame."""
    pacing_error: Percentiles
    """How far the time between two drawn frames was from the time between their timestamps."""
    stages: Mapping[str, Percentiles]
    """Working time of the frames that were drawn."""
    queues: Mapping[str, Mapping[str, float]]
    """The channel in front of each stage."""
    source_resyncs: int
    """How often the clock was set anew after an interruption."""
    warm_up_s: float
    """Loading and compiling before the clock started."""
    warnings: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """The document that ``--report`` writes."""
        document = asdict(self)
        for name in ("latency", "waiting", "pacing_error"):
            document[f"{name}_ms"] = _plain(document.pop(name))
        document["stages"] = {name: _plain(times) for name, times in document["stages"].items()}
        for name in ("seconds", "fps", "source_fps", "warm_up_s"):
            document[name] = None if document[name] is None else round(document[name], 3)
        return document | {"peak_rss_mb": round(peak_rss_mb(), 1), "versions": versions()}


def live_report(
    *,
    meter: Meter,
    pacer: Pacer,
    measurements: Sequence[StageMeasurement],
    drops: Mapping[str, int],
    lost_at_source: int = 0,
    depth: DepthLine | None,
    **facts: Any,
) -> LiveReport:
    """Gather the numbers of a session that has ended.

    Args:
        meter: of the frames that were drawn.
        pacer: of the source.
        measurements: of the stages, in the order of the line.
        drops: frames by cause.
        lost_at_source: how many of them the pacer never saw.
        depth: what gave the frames depth; None if they brought it along.
        **facts: the remaining fields of LiveReport.
    """
    queues = {
        m.name: {"capacity": m.inbox.capacity, "dropped": m.inbox.dropped, "waited_for_input_s": m.inbox.get_wait_s}
        for m in measurements
        if m.inbox is not None
    }
    work = stage_times(measurements)
    queues = {
        name: {key: round(value, 3) for key, value in queue.items()} | {"busy_s": round(work[name].work.busy_s, 3)}
        for name, queue in queues.items()
    }
    return LiveReport(
        frames_in=pacer.due + lost_at_source,
        frames_drawn=meter.drawn,
        dropped=dict(drops),
        fps=meter.fps,
        latency=meter.latency,
        waiting=meter.waiting,
        pacing_error=meter.pacing_error,
        stages=meter.stages,
        queues=queues,
        repeats=_repeats(pacer, depth),
        depth={} if depth is None else asdict(depth.counts) | {"age_ms": _plain(asdict(Percentiles.of(depth.age)))},
        source_resyncs=pacer.resyncs,
        **facts,
    )


def _repeats(pacer: Pacer, depth: DepthLine | None) -> dict[str, int]:
    found = {
        SOURCE_LATE: pacer.late,
        DEPTH_LATE: 0 if depth is None else depth.counts.carried,
        ASKED_FOR: pacer.repeated,
    }
    return {cause: count for cause, count in found.items() if count}


def _plain(percentiles: Mapping[str, Any]) -> dict[str, Any]:
    """Percentiles under a name that already says milliseconds."""
    return {key.removesuffix("_ms"): value for key, value in percentiles.items()}
