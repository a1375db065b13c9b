"""From options to a running session: source, stages, window. The live counterpart of `engine.assemble`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path

from engine.assemble import depth_stage, stereo_stage
from engine.config import PlayOptions
from engine.display.context import OffscreenSurface, Surface, WindowSurface
from engine.display.screen import Screen
from engine.display.view import ViewState, start_size
from engine.errors import UsageError
from engine.frame import Frame
from engine.live.line import STOPPED, LiveLine, LiveStereo, Process, StereoSettings
from engine.live.loop import LiveLoop, Playing
from engine.live.pacing import Pacer
from engine.live.report import LiveReport, live_report
from engine.sources import kind_of, open_source
from engine.sources.source import Source

EXACT = "exact"
"""The name under `--depth` for disparity that comes with the test pattern itself."""
_ALL_DAY_S = 86400.0


def play(options: PlayOptions) -> LiveReport:
    """Show an input in stereo until it is over or somebody ends it.

    Returns:
        The numbers of the session.

    Raises:
        WheatstoneError: the input, a network or the display is not there; or a screenshot cannot be written.
        KeyboardInterrupt: Ctrl-C; everything is closed by then.
    """
    since = time.perf_counter()
    with ExitStack() as opened:
        source = opened.enter_context(_open_source(options))
        given, depth = frames_and_depth(options, source)
        stage = stereo_stage(options, (True, True))
        convergence = None if options.convergence == "auto" else float(options.convergence)
        stereo = LiveStereo(stage, StereoSettings(strength=options.strength, convergence=convergence))
        # Networks before the window: nobody should look at an empty one while they load.
        frames, first = _warmed_up(given, [depth, stereo.process])
        surface = _surface(options, source)
        # A screen closes its surface, but shaders that do not compile leave none.
        opened.callback(surface.close)
        screen = Screen(surface, _view(options))
        opened.callback(screen.close)
        # Shaders are compiled when they are first used.
        screen.show(first)
        pacer = _pacer(options, source)
        line = LiveLine(islice(frames, options.frames), pacer, depth, stereo.process, surface.wake)
        loop = LiveLoop(screen, line, pacer, stereo, _playing(options, source))
        started = time.perf_counter()
        loop.run()
        seconds = time.perf_counter() - started
        if options.screenshot is not None:
            screen.screenshot(options.screenshot)
        drops = line.drops.by_cause()
        lost = pacer.released - loop.meter.drawn - sum(drops.values())
        if loop.was_ended and lost > 0:
            # Whoever closes the window does not wait for what is on its way.
            drops[STOPPED] = drops.get(STOPPED, 0) + lost
        info = source.info
        return live_report(
            meter=loop.meter,
            pacer=pacer,
            measurements=line.measurements(),
            drops=drops,
            input=options.input,
            layout=screen.view.shown,
            renderer=str(surface.ctx.info["GL_RENDERER"]),
            seconds=seconds,
            source_fps=None if info.frame_rate is None else float(info.frame_rate),
            warm_up_s=started - since,
            warnings=list(source.warnings),
        )


def _open_source(options: PlayOptions) -> Source:
    duration_s = options.duration
    if duration_s is None and kind_of(options.input) == "pattern":
        duration_s = _ALL_DAY_S
    return open_source(options.input, start_s=options.start, duration_s=duration_s)


def frames_and_depth(options: PlayOptions, source: Source) -> tuple[Iterator[Frame], Process]:
    """The frames, and the stage that gives them depth.

    Depth that is given frame by frame is attached before any frame can be dropped: it could not be found again after.
    """
    if options.depth == EXACT:
        if kind_of(options.input) != "pattern":
            raise UsageError(f"--depth {EXACT}: only the test pattern knows its own depth; {options.input} does not")
        return source.frames(), _as_it_is
    stage = depth_stage(options, source.info)
    if options.depth_path is not None:
        return map(stage.process, source.frames()), _as_it_is
    return source.frames(), stage.process


def _as_it_is(frame: Frame) -> Frame:
    return frame


def _warmed_up(frames: Iterator[Frame], stages: list[Process]) -> tuple[Iterator[Frame], Frame]:
    """The same frames, and the first one after it has been through every stage: that loads, compiles and caches."""
    first = next(frames)
    result = first
    for process in stages:
        result = process(result)
    return chain([first], frames), result


def _surface(options: PlayOptions, source: Source) -> Surface:
    info = source.info
    size = options.window_size or start_size(options.layout, info.width, info.height, info.sample_aspect)
    if options.headless:
        return OffscreenSurface(*size)
    return WindowSurface(*size, title=f"{_title(options)} - Wheatstone")


def _view(options: PlayOptions) -> ViewState:
    return ViewState(layout=options.layout, glasses=options.anaglyph, show_hud=options.hud)


def _pacer(options: PlayOptions, source: Source) -> Pacer:
    rate = source.info.frame_rate or Fraction(30)
    # A picture stays until somebody closes the window; off screen nobody would.
    hold = source.info.is_still and not options.headless and options.frames is None
    return Pacer(frame_s=float(1 / rate), hold=hold)


def _playing(options: PlayOptions, source: Source) -> Playing:
    info = source.info
    rate = None if info.is_still or info.frame_rate is None else float(info.frame_rate)
    return Playing(title=_title(options), width=info.width, height=info.height, frame_rate=rate, screenshots=Path.cwd())


def _title(options: PlayOptions) -> str:
    return "pattern" if kind_of(options.input) == "pattern" else Path(options.input).name
