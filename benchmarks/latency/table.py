"""The table on screen: latencies, what was lost, where the time goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from benchmarks.record import Record

_ROWS = {
    "arrival_to_drawn": "stereo, drawn",
    "arrival_to_drawn/neighbour": "  beside a busy process",
    "player/arrival_to_drawn": "plain player, drawn",
    "player/arrival_to_drawn/neighbour": "  beside a busy process",
    "arrival_to_encoded": "stereo, encoded",
    "arrival_to_drawn/unpaced": "stereo, as fast as it goes",
    "engine_alone": "the engine without work",
}
_STAGES = ("depth", "stereo", "draw")
_BARS = " ▁▂▃▄▅▆▇█"
_CURVE_COLUMNS = 56


def report(records: Sequence[Record]) -> list[Table | str]:
    """What to show: the circumstances, the latencies, and what else a viewer would notice."""
    by_name = {record.name.split("/", 2)[2]: record for record in records}
    shown: list[Table | str] = [*_circumstances(by_name["arrival_to_drawn"].context), ""]
    shown += [_latencies(by_name), "", *_findings(by_name), "", *_curves(by_name)]
    return shown


def limiting_stage(by_name: Mapping[str, Record]) -> str:
    """The stage that works longest on the typical frame; `idle` if waiting takes longer than any."""
    times = {name: by_name[f"stage/{name}"].p50 for name in _STAGES if f"stage/{name}" in by_name}
    times["idle"] = by_name["idle"].p50
    return max(times, key=lambda name: times[name])


def _circumstances(context: Mapping[str, Any]) -> Iterator[str]:
    load = "" if context["load"] is None else f", load {context['load']}"
    yield f"{context['width']}x{context['height']} at {context['fps']} frames/s, {context['clip']}, {context['layout']}"
    yield f"{context['processor']}, {context['cores']} cores{load}"
    yield f"drawn {'in a window' if context['surface'] == 'window' else context['surface']} by {context['renderer']}"
    yield "Milliseconds from when a frame is due until it is drawn (glFinish) or encoded."


def _latencies(by_name: Mapping[str, Record]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("", no_wrap=True)
    for heading in ("p50", "p90", "p95", "p99", "p99.9", "max", "frames", "lost"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, words in _ROWS.items():
        if name in by_name:
            record = by_name[name]
            more = record.context
            times = (record.p50, more["p90"], record.p95, record.p99, more["p999"], more["max"])
            lost = sum(more["dropped"].values())
            table.add_row(words, *(_short(value) for value in times), str(record.n), str(lost) if lost else "-")
    return table


def _findings(by_name: Mapping[str, Record]) -> Iterator[str]:
    for name, words in _ROWS.items():
        dropped = by_name[name].context["dropped"] if name in by_name else {}
        if dropped:
            yield f"lost, {words.strip()}: {_counts(dropped)}"
    stereo = by_name["arrival_to_drawn"]
    facts = stereo.context
    if facts["repeats"]:
        yield f"shown again: {_counts(facts['repeats'])}"
    if facts["numbers_read_back"]:
        yield f"frame numbers read back from the drawn pixels: {stereo.n - facts['misread']} of {stereo.n} right"
    encoded = by_name.get("arrival_to_encoded")
    ahead = f"{facts['look_ahead_frames']}"
    if encoded is not None:
        ahead += f" (in the encoder {encoded.context['look_ahead_frames']})"
    yield f"frames waiting: at most {facts['most_waiting_frames']}; frames of look-ahead: {ahead}"
    pacing, plain = by_name["pacing_error"], by_name.get("player/pacing_error")
    beside = "" if plain is None else f" (plain player {_short(plain.p50)}, {_short(plain.p99)})"
    yield f"pacing error p50 {_short(pacing.p50)}, p99 {_short(pacing.p99)}{beside}"
    if "p50_by_tenth" in facts:
        yield f"latency p50 in each tenth of the run: {', '.join(f'{ms:.0f}' for ms in facts['p50_by_tenth'])}"
        yield f"memory in MiB, from beginning to end: {', '.join(str(mb) for mb in facts['rss_mb'])}"
    if "fps" in by_name:
        yield f"as fast as it goes: {by_name['fps'].value:.1f} frames/s"
    names = [*(f"stage/{name}" for name in _STAGES if f"stage/{name}" in by_name), "idle"]
    parts = [f"{name.removeprefix('stage/')} {_short(by_name[name].p50)}" for name in names]
    yield f"a typical frame: {', '.join(parts)}"
    yield f"most of it goes to: {limiting_stage(by_name)}"
    warm_up = max(facts["warm_up_s"])
    yield f"warm-up, before the clock starts: {warm_up:.1f} s to load, compile and play one frame"


def _curves(by_name: Mapping[str, Record]) -> Iterator[str]:
    """How many of the frames were there after so many milliseconds: a full block is all of them."""
    shown = {"stereo": by_name["arrival_to_drawn"]}
    if "player/arrival_to_drawn" in by_name:
        shown["player"] = by_name["player/arrival_to_drawn"]
    end_ms = max(record.context["max"] for record in shown.values())
    for words, record in shown.items():
        yield f"{words:8} {curve(record.context['cdf'], end_ms)}"
    yield f"{'':8} 0{f'{end_ms:.0f} ms':>{_CURVE_COLUMNS - 1}}"


def curve(cdf: Sequence[Sequence[float]], end_ms: float, columns: int = _CURVE_COLUMNS) -> str:
    """A cumulative distribution as a row of blocks.

    Args:
        cdf: (percent, ms), both growing, 100 last.
        end_ms: what the right edge stands for.
        columns: how long the row is.
    """
    drawn = ""
    for column in range(columns):
        limit_ms = (column + 1) / columns * end_ms
        share = max((percent for percent, ms in cdf if ms <= limit_ms), default=0.0) / 100
        drawn += _BARS[int(share * (len(_BARS) - 1))]
    return drawn


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{cause} {count}" for cause, count in counts.items())


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 1000 else f"{value:.1f}"
