"""``wheatstone probe``: what is in a file, and what convert would do."""

from __future__ import annotations

import dataclasses
import re
import shlex
from fractions import Fraction
from pathlib import Path
from typing import Any

from rich.table import Table

from engine.commands.comfort_sample import ComfortSample, can_sample, sample_comfort
from engine.commands.screen import console
from engine.config import ProbeOptions
from engine.errors import InputError, WheatstoneError
from engine.frame import Colour, StreamInfo
from engine.report import write_json
from engine.sources import kind_of, open_source, shown_name
from engine.sources.feed import Description
from engine.sources.probe import FileProbe, StreamProbe, probe_file
from engine.sources.streamed import StreamedSource

_MATRICES = {0: "RGB", 1: "BT.709", 5: "BT.601", 6: "BT.601", 9: "BT.2020"}
_TRANSFERS = {16: "PQ (HDR10)", 18: "HLG"}


def run(options: ProbeOptions) -> int:
    """Print what was found.

    Returns:
        0 if convert could use the input.

    Raises:
        InputError: it cannot be read, or holds no picture.
    """
    screen = console()
    problems: tuple[str, ...] = ()
    shown = shown_name(options.input)
    document: dict[str, Any] = {"input": shown}
    if kind_of(options.input) == "file":
        found = probe_file(options.input)
        problems = found.problems
        screen.print(_file_table(found))
        screen.print(_stream_table(found))
        for hint in found.stereo:
            guess = "perhaps " if hint.is_guess else ""
            screen.print(f"Stereo already: {guess}{hint.layout} ({hint.origin})", markup=False)
        document |= dataclasses.asdict(found)
        if found.video is None:
            raise InputError(f"{options.input}: {'; '.join(problems)}")
    with open_source(options.input) as source:
        info = source.info
        if isinstance(source, StreamedSource):
            screen.print(_stream(source), markup=False)
            document["stream"] = {"is_live": source.is_live, **_without_bytes(source.description)}
        screen.print(_plan(shown, info, is_live=source.is_live), markup=False)
        for line in (*problems, *source.warnings):
            screen.print(f"Mind: {line}", markup=False)
    document["frames"] = dataclasses.asdict(info)
    if can_sample(options.input) and not options.no_depth:
        try:
            found_comfort = sample_comfort(options.input, info)
        except WheatstoneError as error:
            screen.print(f"Comfort: not estimated ({error})", markup=False)
        else:
            screen.print(_comfort(found_comfort), markup=False)
            document["comfort"] = _comfort_facts(found_comfort)
    if options.json is not None:
        write_json(options.json, _plain(document))
    return 0


def _file_table(found: FileProbe) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("file", str(found.path))
    table.add_row("container", found.container)
    table.add_row("length", _length(found.duration_s))
    table.add_row("size", f"{found.size_bytes / 1e6:.2f} MB" + (f", {_rate(found.bit_rate)}" if found.bit_rate else ""))
    if found.chapters:
        table.add_row("chapters", str(found.chapters))
    if found.metadata.get("title"):
        table.add_row("title", found.metadata["title"])
    return table


def _stream_table(found: FileProbe) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("#", "stream", "codec", "what"):
        table.add_column(heading)
    for stream in found.streams:
        kind = "cover" if stream.is_cover else stream.kind
        table.add_row(str(stream.index), kind, stream.codec, ", ".join(_facts(stream)))
    return table


def _facts(stream: StreamProbe) -> list[str]:
    if stream.kind == "video":
        return _picture_facts(stream)
    facts = [stream.channel_layout, f"{stream.sample_rate} Hz" if stream.sample_rate else None]
    facts += [_rate(stream.bit_rate) if stream.bit_rate else None]
    language = None if stream.language == "und" else stream.language
    return [fact for fact in (*facts, language, stream.title) if fact]


def _picture_facts(stream: StreamProbe) -> list[str]:
    facts = [f"{stream.width}x{stream.height}", stream.pixel_format, stream.hdr, stream.title]
    if stream.is_cover:
        return [fact for fact in facts if fact]
    if stream.frame_rate:
        variable = " on average (variable)" if stream.is_variable_rate else ""
        facts.append(f"{float(stream.frame_rate):.3f} frames/s{variable}")
    facts.append(f"{stream.frame_count} frames" if stream.frame_count else None)
    facts.append(_colour(stream.colour, stream.height or 0) if stream.colour else None)
    facts.append(None if stream.sample_aspect in (None, 0, 1) else f"pixel aspect {stream.sample_aspect}")
    facts.append(f"turned by {stream.rotation} degrees" if stream.rotation else None)
    facts.append("interlaced" if stream.is_interlaced else None)
    facts.append(_rate(stream.bit_rate) if stream.bit_rate else None)
    return [fact for fact in facts if fact]


def _plan(spec: str, info: StreamInfo, *, is_live: bool) -> str:
    count = "an unknown number of" if info.frame_count is None else f"{info.frame_count}"
    if is_live:
        count = "a live stream of"
    frames = "frame" if info.frame_count == 1 else "frames"
    rate = "" if info.frame_rate is None or info.is_still else f" at {float(info.frame_rate):.3f} frames/s"
    name = re.split("[:@?]", Path(spec).stem)[0].strip("-") or "output"
    if info.is_still:
        output = f"{name}-3d.png" if info.frame_count == 1 else f"{name}-3d/"
    else:
        output = f"{name}-3d.mp4"
    return (
        f"Convert would read {count} {frames} of {info.width}x{info.height} {info.format.name}{rate}\n"
        f"and write them as half side by side of the same size: wheatstone convert {shlex.quote(spec)} {output}"
        + (" --duration SECONDS" if is_live else "")
    )


def _comfort(found: ComfortSample) -> str:
    report, limits = found.report, found.report.limits_percent
    frames = f"{report.frames} frame{'' if report.frames == 1 else 's'}"
    low, high = report.parallax_percent["p1"], report.parallax_percent["p99"]
    text = (
        f"Comfort, estimated from {frames} at --strength {found.strength:g}: parallax from {low:+.1f} % of the width "
        f"(behind the screen) to {high:+.1f} % (in front)\n"
    )
    cut = round(report.window_violations["share"] * report.frames)
    if cut:
        worst = report.window_violations["worst_percent"]
        text += f"  in {cut} of them the border cuts near things, {worst:.1f} % in front: try --floating-window\n"
    fits = int(10 * found.strength_that_fits) / 10
    return f"{text}  up to --strength {fits:g} stays within --comfort {limits['front']:g} {limits['behind']:g}"


def _comfort_facts(found: ComfortSample) -> dict[str, Any]:
    facts = dataclasses.asdict(found.report)
    facts["convergence"].pop("fastest_percent_per_s")
    del facts["cuts"]
    return facts | {
        "is_estimate": True,
        "strength": found.strength,
        "strength_that_fits": round(found.strength_that_fits, 2),
    }


def _stream(source: StreamedSource) -> str:
    what = source.description
    kind = "live" if source.is_live else f"a recording of {_length(what.duration_s)}"
    words = [what.codec, what.container, kind, "with sound" if what.has_sound else "without sound"]
    return f"Stream: {', '.join(words)}".replace("of unknown", "of unknown length")


def _without_bytes(description: Description) -> dict[str, Any]:
    words = dataclasses.asdict(description)
    del words["extradata"]
    return words


def _colour(colour: Colour, height: int) -> str:
    matrix = _MATRICES.get(colour.matrix_or_default(height), f"matrix {colour.matrix}")
    guessed = " (assumed)" if colour.matrix in (0, 2) else ""
    transfer = f", {_TRANSFERS[colour.transfer]}" if colour.transfer in _TRANSFERS else ""
    return f"{matrix}{guessed} {'full' if colour.full_range else 'limited'} range{transfer}"


def _length(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:05.2f}" if hours else f"{minutes}:{rest:05.2f}"


def _rate(bits_per_second: int) -> str:
    return f"{bits_per_second / 1e6:.2f} Mbit/s" if bits_per_second >= 1e6 else f"{bits_per_second / 1e3:.0f} kbit/s"


def _plain(value: Any) -> Any:
    """The same value in JSON's own types."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Fraction):
        return float(value)
    return str(value) if isinstance(value, Path) else value
