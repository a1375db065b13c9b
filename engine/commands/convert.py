"""``wheatstone convert``: a file in, a stereo file out."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from engine.assemble import Line, assemble, assemble_transcode
from engine.commands import INTERRUPTED
from engine.config import ConvertOptions
from engine.frame import Frame
from engine.progress import ProgressBar
from engine.report import Report
from engine.telemetry import peak_rss_mb, stage_times


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """What came of it."""

    report: Report
    was_interrupted: bool
    """Ctrl-C ended it early; what was written is whole as far as it goes."""


def run(options: ConvertOptions) -> int:
    """Convert with a progress bar; say what was made in one line.

    Returns:
        0, or 130 after Ctrl-C.

    Raises:
        WheatstoneError: see `convert`.
    """
    conversion = convert(options, show=True)
    report = conversion.report
    for warning in report.warnings:
        sys.stderr.write(f"wheatstone: warning: {warning}\n")
    if options.report is not None:
        report.write(options.report)
    if conversion.was_interrupted:
        left = (
            f"{options.output} holds the first {report.frames_out} frames"
            if report.frames_out
            else "nothing was written"
        )
        sys.stderr.write(f"wheatstone: interrupted: {left}\n")
        return INTERRUPTED
    about = f". {report.about}" if report.about else ""
    sys.stdout.write(f"{options.output}: {summary(report)}{about}\n")
    return 0


def convert(options: ConvertOptions, *, show: bool = False) -> Conversion:
    """Convert one input.

    Args:
        options: what and how.
        show: draw a progress bar where standard error is a terminal.

    Raises:
        WheatstoneError: an input cannot be read, an output not written, a network not found or played.
    """
    if not show:
        return _convert(options, lambda _: None)
    with ProgressBar(Path(options.output).name, None) as bar:
        return _convert(options, lambda _: bar.advance(), bar.expect)


def summary(report: Report) -> str:
    """How much, how long, how fast, in words."""
    frames = f"{report.frames_out} frame{'' if report.frames_out == 1 else 's'}"
    text = f"{frames} in {report.seconds:.1f} s, {report.fps:.1f} frames/s"
    if report.transcode_fps:
        share = report.fps / report.transcode_fps
        text += f" ({share:.2f} of the {report.transcode_fps:.1f} frames/s of transcoding alone)"
    drops = ", ".join(f"{cause} {count}" for cause, count in report.dropped.items())
    return f"{text}, dropped: {drops}" if drops else text


def _convert(
    options: ConvertOptions, on_frame: Callable[[Frame], None], expect: Callable[[int | None], None] = lambda _: None
) -> Conversion:
    line = assemble(options, on_frame=on_frame)
    expect(line.source.info.frame_count)
    seconds, was_interrupted = _run(line)
    stages = stage_times(line.graph.measurements())
    painted = line.stereo.infill_count if line.stereo is not None else None
    report = Report(
        frames_in=stages["source"].work.count,
        dropped=line.source.drops,
        frames_out=line.sink.frames_written,
        seconds=seconds,
        peak_rss_mb=peak_rss_mb(),
        stages=stages,
        warnings=line.warnings,
        about=line.about,
        infill=asdict(painted) if painted is not None else None,
        comfort=line.stereo.comfort.as_json() if line.stereo is not None else None,
    )
    if options.measure_transcode and not was_interrupted:
        report = replace(report, transcode_fps=transcode_fps(options))
    return Conversion(report=report, was_interrupted=was_interrupted)


def _run(line: Line) -> tuple[float, bool]:
    """Seconds it took, and whether Ctrl-C ended it."""
    since = time.perf_counter()
    try:
        line.graph.run()
    except KeyboardInterrupt:
        return time.perf_counter() - since, True
    return time.perf_counter() - since, False


def transcode_fps(options: ConvertOptions) -> float:
    """Frames a second of the same decode and encode with no stereo work between; the result is thrown away."""
    output = Path(options.output)
    slash = "/" if options.output.endswith("/") or output.is_dir() else ""
    # Beside OUTPUT, so that both write to the same disk.
    with tempfile.TemporaryDirectory(prefix=".wheatstone-", dir=output.absolute().parent) as folder:
        line = assemble_transcode(replace(options, output=f"{folder}/{output.name}{slash}"))
        since = time.perf_counter()
        line.graph.run()
        return line.sink.frames_written / (time.perf_counter() - since)
