"""``wheatstone play``: a window that shows the input in stereo while it plays, as this display was left last time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.config import PlayOptions
from engine.display.context import main_display
from engine.display.head import HeadPose
from engine.display.settings import Preset, Settings, settings_file
from engine.live.report import LiveReport
from engine.live.session import LiveSession, open_session
from engine.report import write_json

_LONG_S = 6.0
"""How long words stand that nobody waited for."""


def run(options: PlayOptions) -> int:
    """Play until the input is over or the window is closed; say how it went in one line.

    Returns:
        0.

    Raises:
        WheatstoneError: see `engine.live.session.open_session`; or ``--head`` or ``--display`` make no sense.
        KeyboardInterrupt: Ctrl-C.
    """
    head = HeadPose.parse(options.head)
    beginning = _beginning(options)
    try:
        report = _play(options, beginning, head)
    finally:
        _warn(beginning.problems)
    _warn(report.warnings)
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


@dataclass(slots=True, kw_only=True)
class _Beginning:
    """How a session begins, and where it will be remembered."""

    preset: Preset
    settings: Settings | None
    """None if nothing is to be remembered."""
    problems: list[str]


def _beginning(options: PlayOptions) -> _Beginning:
    """What was asked for by name, else what this display was left with, else what is usual."""
    settings, stored = None, dict[str, Any]()
    if not options.headless:
        # A missing display is said now, and not after the networks have been loaded.
        display = main_display(options.display)
        if not options.fresh:
            settings = Settings.load(settings_file())
            stored = settings.displays.get(display, {})
    preset = Preset().with_values(stored | options.chosen)
    return _Beginning(preset=preset, settings=settings, problems=[] if settings is None else list(settings.problems))


def _play(options: PlayOptions, beginning: _Beginning, head: HeadPose) -> LiveReport:
    preset = beginning.preset
    begun = replace(options, layout=preset.layout, anaglyph=preset.glasses, strength=preset.strength)
    with open_session(begun) as session:
        view = replace(preset.view(), show_hud=options.hud, head=head)
        # What this view needs, and in a window what a moved head does, is compiled before the clock starts.
        for pose in (head,) if options.headless else (head.moved(x=0.001), head):
            session.screen.view = replace(view, head=pose)
            session.screen.redraw()
        if beginning.problems:
            session.loop.say(beginning.problems[-1], _LONG_S)
        try:
            return session.play()
        finally:
            _remember(session, beginning)


def _remember(session: LiveSession, beginning: _Beginning) -> None:
    """Keep what the viewer has changed; what was only asked for on the command line is not."""
    if beginning.settings is None:
        return
    present = Preset.of(session.screen.view, session.stereo.settings.strength)
    changes = present.changes_since(beginning.preset)
    if problem := beginning.settings.remember(session.screen.surface.display, changes):
        beginning.problems.append(problem)


def _warn(warnings: Sequence[str]) -> None:
    for warning in warnings:
        sys.stderr.write(f"wheatstone: warning: {warning}\n")
