"""``wheatstone play``: a window that shows the input in stereo while it plays."""

from __future__ import annotations

import sys

from engine.config import PlayOptions
from engine.live.report import LiveReport
from engine.live.session import play
from engine.report import write_json


def run(options: PlayOptions) -> int:
    """Play until the input is over or the window is closed; say how it went in one line.

    Returns:
        0.

    Raises:
        WheatstoneError: see `engine.live.session.play`.
        KeyboardInterrupt: Ctrl-C.
    """
    report = play(options)
    for warning in report.warnings:
        sys.stderr.write(f"wheatstone: warning: {warning}\n")
    if options.report is not None:
        write_json(options.report, report.as_json())
    sys.stdout.write(f"{summary(report)}\n")
    return 0


def summary(report: LiveReport) -> str:
    """How much was shown, how fast, how late, in words."""
    drops = ", ".join(f"{cause} {count}" for cause, count in report.dropped.items())
    frames = f"{report.frames_drawn} of {report.frames_in} frame{'' if report.frames_in == 1 else 's'} shown"
    latency = report.latency
    text = f"{report.input}: {frames}, {report.fps:.1f} frames/s"
    text += f", latency p50 {latency.p50_ms:.1f} ms, p99 {latency.p99_ms:.1f} ms"
    return f"{text}, dropped: {drops}" if drops else text
