"""What a session at the window is remembered by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine.graph import StageMeasurement
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
    """Frames that were due and released, repeats included."""
    frames_drawn: int
    dropped: Mapping[str, int]
    seconds: float
    fps: float
    source_fps: float | None
    latency: Percentiles
    """From the moment a frame was due to the end of its drawing (glFinish); decoding and vsync are not in it."""
    waiting: Percentiles
    """The part of the latency in which no stage worked on the frame."""
    pacing_error: Percentiles
    """How far the time between two drawn frames was from the time between their timestamps."""
    stages: Mapping[str, Percentiles]
    """Working time of the frames that were drawn."""
    queues: Mapping[str, Mapping[str, float]]
    """The channel in front of each stage."""
    source_late: int
    source_resyncs: int
    repeated: int
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
    **facts: Any,
) -> LiveReport:
    """Gather the numbers of a session that has ended.

    Args:
        meter: of the frames that were drawn.
        pacer: of the source.
        measurements: of the stages, in the order of the line.
        drops: frames by cause.
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
        frames_in=pacer.released,
        frames_drawn=meter.drawn,
        dropped=dict(drops),
        fps=meter.fps,
        latency=meter.latency,
        waiting=meter.waiting,
        pacing_error=meter.pacing_error,
        stages=meter.stages,
        queues=queues,
        source_late=pacer.late,
        source_resyncs=pacer.resyncs,
        repeated=pacer.repeated,
        **facts,
    )


def _plain(percentiles: Mapping[str, Any]) -> dict[str, Any]:
    """Percentiles under a name that already says milliseconds."""
    return {key.removesuffix("_ms"): value for key, value in percentiles.items()}
