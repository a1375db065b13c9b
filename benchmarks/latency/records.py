"""From runs to records: `latency/720p30/arrival_to_drawn` and what belongs to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.latency.run import STAGES, Run, Shown
from benchmarks.latency.windowless import ENCODER
from benchmarks.pipeline.pipeline import rss_slope
from benchmarks.record import Record, percentile

CLOCK = {
    "starts": "the frame is due: its timestamp on a clock that begins with the first frame; decoding was done before",
    "stops_drawn": "glFinish has returned after the frame was uploaded and drawn; waiting for the screen's refresh and "
    "the screen itself come after that",
    "stops_encoded": "the encoder has given out the frame's packet",
    "unpaced": "instead, it starts when the source has the frame ready: it then waits until there is room in the line",
}
_CDF_PERCENTS = (1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99, 99.5, 99.9, 100)
_NAMES = {
    "engine": "arrival_to_drawn",
    "engine/unpaced": "arrival_to_drawn/unpaced",
    "engine/neighbour": "arrival_to_drawn/neighbour",
    "player": "player/arrival_to_drawn",
    "player/neighbour": "player/arrival_to_drawn/neighbour",
    "encoder": "arrival_to_encoded",
    "engine-alone": "engine_alone",
}
"""Kinds of runs, and what their latency is called."""
_ENDURANCE_S = 60
# A slope over fewer frames than this says nothing about a thousand.
_SLOPE_FRAMES = 600


def records(prefix: str, runs: Sequence[Run], context: Mapping[str, Any]) -> list[Record]:
    """Everything worth keeping of the runs, the latencies first.

    Args:
        prefix: like `latency/720p30`.
        runs: in the order they took turns.
        context: of all of them.
    """
    renderer = next((run.renderer for run in runs if run.renderer), "")
    context = {**context, "renderer": renderer}
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.task.name, []).append(run)
    found = [
        Record.of(f"{prefix}/{name}", _latencies(groups[kind]), "ms", {**context, **_facts(groups[kind])})
        for kind, name in _NAMES.items()
        if kind in groups
    ]
    if "player" in groups and "engine" in groups:
        found.append(_ratio(prefix, groups, context))
    paced = groups.get("engine", [])
    for stage in STAGES[:-1]:
        times = [one.stages_s[stage] for one in _shown(paced) if stage in one.stages_s]
        if times:
            found.append(Record.of(f"{prefix}/stage/{stage}", _ms(times), "ms", context))
    if paced:
        found.append(_estimates(prefix, paced, context))
        found.append(Record.of(f"{prefix}/idle", _ms(one.idle_s for one in _shown(paced)), "ms", context))
    for kind, name in (("engine", "pacing_error"), ("player", "player/pacing_error")):
        errors = [error for run in groups.get(kind, []) for error in run.pacing_s]
        if errors:
            found.append(Record.of(f"{prefix}/{name}", _ms(errors), "ms", context))
    fps = [len(run.shown) / run.seconds for run in groups.get("engine/unpaced", [])]
    if fps:
        found.append(Record.of(f"{prefix}/fps", fps, "frames/s", context))
    slopes = [rss_slope(list(run.rss)) for run in paced if len(run.shown) >= _SLOPE_FRAMES]
    if slopes:
        found.append(Record.of(f"{prefix}/rss_slope", slopes, "MiB/1000 frames", context))
    return found


def _facts(runs: Sequence[Run]) -> dict[str, Any]:
    """What else is to be known about runs of one kind."""
    latencies = sorted(_latencies(runs))
    first = runs[0]
    facts: dict[str, Any] = {
        "runs": len(runs),
        "frames_due": sum(run.released for run in runs),
        "frames_shown": len(latencies),
        "dropped": _sum(run.dropped for run in runs),
        "repeats": _sum(run.repeats for run in runs),
        "misread": sum(run.misread for run in runs),
        "most_waiting_frames": max(one.waiting for one in _shown(runs)),
        "look_ahead_frames": max(run.look_ahead for run in runs),
        "look_ahead_ms": round(max(run.look_ahead for run in runs) * 1e3 / first.task.fps, 3),
        "warm_up_s": [round(run.warm_up_s, 3) for run in runs],
        "seconds": [round(run.seconds, 3) for run in runs],
        "p90": percentile(latencies, 90),
        "p999": percentile(latencies, 99.9),
        "max": latencies[-1],
        "tail_ms": _mean_above(latencies, 95),
        "cdf": [[percent, round(percentile(latencies, percent), 3)] for percent in _CDF_PERCENTS],
        "numbers_read_back": first.task.numbered and not first.task.window,
    }
    if len(runs) == 1 and first.task.frames >= _ENDURANCE_S * first.task.fps:
        facts |= _course(first)
    if first.depth:
        facts["depth"] = _sum(run.depth for run in runs)
    if first.task.kind == "encoder":
        facts["encoder"] = ENCODER
    return facts


def _course(run: Run) -> dict[str, Any]:
    """How a long run went, in tenths of it: what drifts or grows shows here."""
    tenths: list[list[Shown]] = [[] for _ in range(10)]
    for one in run.shown:
        tenths[min(9, int(10 * one.time_s * run.task.fps / run.task.frames))].append(one)
    return {
        "p50_by_tenth": [
            round(percentile(sorted(_ms(one.latency_s for one in tenth)), 50), 1) for tenth in tenths if tenth
        ],
        "p99_by_tenth": [
            round(percentile(sorted(_ms(one.latency_s for one in tenth)), 99), 1) for tenth in tenths if tenth
        ],
        "shown_by_tenth": [len(tenth) for tenth in tenths],
        "waiting_by_tenth": [max((one.waiting for one in tenth), default=0) for tenth in tenths],
        "newest_wins": all(a.frame < b.frame for a, b in zip(run.shown, run.shown[1:], strict=False)),
        "rss_mb": [round(mb) for _, mb in run.rss[:: max(1, len(run.rss) // 10)]],
    }


def _ratio(prefix: str, groups: Mapping[str, list[Run]], context: Mapping[str, Any]) -> Record:
    """The engine's latency over that of the plain player, pair by pair."""
    ratios = [
        percentile(_latencies([engine]), 50) / percentile(_latencies([player]), 50)
        for engine, player in zip(groups["engine"], groups["player"], strict=True)
    ]
    return Record.of(f"{prefix}/ratio_to_player", ratios, "of the player's p50", context)


def _estimates(prefix: str, runs: Sequence[Run], context: Mapping[str, Any]) -> Record:
    """The depth thread, of which only percentiles are known; the median of the runs."""
    p50, p95, p99 = (percentile([1e3 * run.estimates_s[i] for run in runs], 50) for i in range(3))
    count = sum(run.depth.get("own", 0) for run in runs)
    name = f"{prefix}/stage/depth_estimate"
    return Record(name=name, value=p50, unit="ms", n=count, p50=p50, p95=p95, p99=p99, context=context)


def _latencies(runs: Sequence[Run]) -> list[float]:
    return _ms(one.latency_s for one in _shown(runs))


def _shown(runs: Sequence[Run]) -> list[Shown]:
    return [one for run in runs for one in run.shown]


def _ms(seconds: Iterable[float]) -> list[float]:
    return [1e3 * value for value in seconds]


def _sum(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(total)


def _mean_above(ordered: Sequence[float], percent: float) -> float:
    tail = ordered[int(percent / 100 * len(ordered)) :]
    return sum(tail) / len(tail)
