"""From options to a running session: source, stages, window. The live counterpart of `engine.assemble`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path

from engine.assemble import depth_stage, stereo_stage
from engine.config import PlayOptions
from engine.depth import DepthStage, FileDepthStage, FlowCarrier
from engine.display.context import OffscreenSurface, Surface, WindowSurface
from engine.display.screen import Screen
from engine.display.view import ViewState, start_size
from engine.errors import InputError, UnavailableError, UsageError
from engine.frame import Frame
from engine.live.depth_line import DepthLine
from engine.live.line import STOPPED, LiveLine, LiveStereo, StereoSettings
from engine.live.loop import LiveLoop, Playing
from engine.live.pacing import Pacer
from engine.live.report import LiveReport, live_report
from engine.live.sound import Sound
from engine.live.sound_opening import no_sound, open_sound
from engine.sources import kind_of, open_source, shown_name
from engine.sources.source import Source

EXACT = "exact"
"""The name under `--depth` for disparity that comes with the test pattern itself."""
_ALL_DAY_S = 86400.0
_LONG_S = 6.0
"""How long words stand that nobody waited for."""
_USUAL_RATE = Fraction(30)
_AS_IT_TAKES_S = 60.0
_SETTLED = 3
"""Frames of one shot after which nothing new is done to depth."""
_PATIENCE = 0.75
"""How much of the time between two frames a frame may spend before it does without depth of its own: the rest is left
for rendering, so that waiting never costs a frame."""


def play(options: PlayOptions) -> LiveReport:
    """Show an input in stereo until it is over or somebody ends it.

    Returns:
        The numbers of the session.

    Raises:
        WheatstoneError: the input, a network or the display is not there; or a screenshot cannot be written.
        KeyboardInterrupt: Ctrl-C; everything is closed by then.
    """
    with open_session(options) as session:
        return session.play()


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """Everything that is needed to play one input, warmed up."""

    options: PlayOptions
    source: Source
    pacer: Pacer
    depth: DepthLine | None
    """None if frames bring their depth along."""
    stereo: LiveStereo
    line: LiveLine
    screen: Screen
    loop: LiveLoop
    sound: Sound | None
    warnings: list[str]
    """What is to be said beside what the source has to say."""
    warm_up_s: float
    """Opening, loading, compiling, and the first frame through every stage."""

    def play(self) -> LiveReport:
        """Play until the input is over or somebody ends it; once.

        Raises:
            Exception: whatever a stage raised, with a note naming it; all threads are joined.
            OutputError: a screenshot cannot be written.
            KeyboardInterrupt: Ctrl-C.
        """
        options, info = self.options, self.source.info
        self._start_sound()
        started = time.perf_counter()
        try:
            self.loop.run()
        finally:
            seconds = time.perf_counter() - started
            if self.sound is not None:
                self.sound.stop(at_once=self.loop.was_ended)
        if options.screenshot is not None:
            self.screen.screenshot(options.screenshot)
        drops = self.line.drops.by_cause()
        for cause, count in self.source.drops.items():
            drops[cause] = drops.get(cause, 0) + count
        lost = self.pacer.due - self.loop.meter.drawn - sum(self.line.drops.by_cause().values())
        if self.loop.was_ended and lost > 0:
            # Whoever closes the window does not wait for what is on its way.
            drops[STOPPED] = drops.get(STOPPED, 0) + lost
        return live_report(
            meter=self.loop.meter,
            pacer=self.pacer,
            measurements=self.line.measurements(),
            drops=drops,
            lost_at_source=sum(self.source.drops.values()),
            depth=self.depth,
            comfort=self.stereo.comfort.as_json() or {},
            sound={} if self.loop.sound is None else self.loop.sound.report.as_json(),
            input=shown_name(options.input),
            layout=self.screen.view.shown,
            renderer=str(self.screen.surface.ctx.info["GL_RENDERER"]),
            seconds=seconds,
            source_fps=None if info.frame_rate is None else float(info.frame_rate),
            warm_up_s=self.warm_up_s,
            warnings=[*self.source.warnings, *self.warnings],
        )

    def _start_sound(self) -> None:
        if self.sound is not None:
            try:
                self.sound.start(self._warn)
            except UnavailableError as error:
                self.loop.sound = None
                self.warnings.append(no_sound(error))
        if self.warnings:
            self.loop.say(self.warnings[-1], _LONG_S)

    def _warn(self, words: str) -> None:
        """On the screen now and in the exit line; any thread."""
        self.warnings.append(words)
        self.loop.say(words, _LONG_S)


@contextmanager
def open_session(
    options: PlayOptions, *, paced: bool = True, on_shown: Callable[[Frame, Screen], None] | None = None
) -> Iterator[LiveSession]:
    """Open an input, its stages and a window, and close them at the end.

    Args:
        options: what to play and how.
        paced: False shows every frame, none before the one before it is done: how fast it can go.
        on_shown: called with every frame when it has been drawn, on the thread of the window.

    Raises:
        WheatstoneError: the input, a network or the display is not there.
    """
    since = time.perf_counter()
    with ExitStack() as opened:
        source = opened.enter_context(_open_source(options))
        sound, warning = open_sound(options, source) if paced else (None, None)
        if sound is not None:
            opened.callback(sound.stop, at_once=True)
        given, estimator = frames_and_depth(options, source)
        stereo = live_stereo(options)
        # Networks before the window: nobody should look at an empty one while they load.
        frames, first = _warmed_up(given, estimator, stereo, source, options)
        surface = _surface(options, source)
        # A screen closes its surface, but shaders that do not compile leave none.
        opened.callback(surface.close)
        screen = Screen(surface, _view(options))
        opened.callback(screen.close)
        # Shaders are compiled when they are first used.
        screen.show(first)
        pacer = _pacer(options, source, paced)
        depth = None if estimator is None else depth_line(options, source, estimator, patient=not paced)
        line = LiveLine(
            _first_of(frames, options.frames),
            pacer,
            depth,
            stereo.process,
            surface.wake,
            policy="drop_oldest" if paced else "block",
            interrupt=source.stop,
        )
        loop = LiveLoop(screen, line, pacer, stereo, _playing(options, source), sound=sound, on_shown=on_shown)
        source.listen(loop.say)
        yield LiveSession(
            options=options,
            source=source,
            pacer=pacer,
            depth=depth,
            stereo=stereo,
            line=line,
            screen=screen,
            loop=loop,
            sound=sound,
            warnings=[] if warning is None else [warning],
            warm_up_s=time.perf_counter() - since,
        )


def frames_and_depth(options: PlayOptions, source: Source) -> tuple[Iterator[Frame], DepthStage | None]:
    """The frames, and the stage that estimates their depth; None if they come with it.

    Depth that is given frame by frame is attached before any frame can be dropped: it could not be found again after.
    """
    if options.depth == EXACT:
        if kind_of(options.input) != "pattern":
            name = shown_name(options.input)
            raise UsageError(f"--depth {EXACT}: only the test pattern knows its own depth; {name} does not")
        return source.frames(), None
    stage = depth_stage(options, source.info)
    if isinstance(stage, FileDepthStage):
        return map(stage.process, source.frames()), None
    return source.frames(), stage


def _open_source(options: PlayOptions) -> Source:
    duration_s = options.duration
    if duration_s is None and kind_of(options.input) == "pattern":
        duration_s = _ALL_DAY_S
        if options.frames is not None:
            # A late pattern leaves out frames, but never the last one.
            with open_source(options.input) as pattern:
                duration_s = options.frames / float(pattern.info.frame_rate or _USUAL_RATE)
    # Depth from a file is for pictures of one size.
    follows = options.depth_path is None
    return open_source(options.input, start_s=options.start, duration_s=duration_s, follows=follows)


def live_stereo(options: PlayOptions) -> LiveStereo:
    """The stereo stage with settings that can be changed while it runs."""
    convergence = None if options.convergence == "auto" else float(options.convergence)
    settings = StereoSettings(strength=options.strength, convergence=convergence)
    return LiveStereo(stereo_stage(options, (True, True)), settings)


def depth_line(options: PlayOptions, source: Source, stage: DepthStage, *, patient: bool = False) -> DepthLine:
    """Depth beside the picture, as patient as the frame rate of the source allows, or as it takes."""
    rate = source.info.frame_rate or _USUAL_RATE
    patience_s = _AS_IT_TAKES_S if patient else _PATIENCE / float(rate)
    return DepthLine(stage, FlowCarrier(), patience_s=patience_s, every=options.depth_every)


def _warmed_up(
    frames: Iterator[Frame], depth: DepthStage | None, stereo: LiveStereo, source: Source, options: PlayOptions
) -> tuple[Iterator[Frame], Frame]:
    """What is to be played, and the first frame after it has been through every stage: that loads, compiles and caches.

    Raises:
        InputError: there is no first frame.
    """
    first = next(frames, None)
    if first is None:
        raise InputError(f"{shown_name(options.input)}: it ended before the first picture came")
    stereo.prepare(first.width, first.height)
    stereo.warm_up(first)
    if depth is not None:
        _warm_up_depth(depth, first)
    result = stereo.process(first if depth is None else depth.process(first))
    stereo.comfort.reset()
    # By now the first frame of a live source is an old one.
    return (frames if source.is_live else chain([first], frames)), result


def _first_of(frames: Iterator[Frame], count: int | None) -> Iterator[Frame]:
    """The frames of the first `count` numbers; those that were left out count too."""
    first: int | None = None
    for frame in frames:
        first = frame.index if first is None else first
        number = frame.index - first + 1
        if count is not None and number > count:
            # The last ones were left out.
            return
        yield frame
        del frame
        if number == count:
            return


def _warm_up_depth(depth: DepthStage, frame: Frame) -> None:
    """Like `LiveStereo.warm_up`: later frames of a shot go other ways than the first, and so do those that are late."""
    for number in range(_SETTLED):
        small = depth.look(frame)
        values = depth.estimate(small, is_cut=number == 0)
        FlowCarrier().carry(values, small.planes[0], small.planes[0], frame.format.max_value)


def _surface(options: PlayOptions, source: Source) -> Surface:
    info = source.info
    size = options.window_size or start_size(options.layout, info.width, info.height, info.sample_aspect)
    if options.headless:
        return OffscreenSurface(*size)
    title = f"{_title(options)} - Wheatstone"
    return WindowSurface(*size, title=title, display=options.display, full_screen=options.full_screen)


def _view(options: PlayOptions) -> ViewState:
    return ViewState(layout=options.layout, glasses=options.anaglyph, show_hud=options.hud)


def _pacer(options: PlayOptions, source: Source, paced: bool) -> Pacer:
    rate = source.info.frame_rate or _USUAL_RATE
    # A picture stays until somebody closes the window; off screen nobody would.
    hold = source.info.is_still and not options.headless and options.frames is None
    return Pacer(
        frame_s=float(1 / rate),
        hold=hold,
        paced=paced and not source.is_live,
        # Depth from a file belongs to pictures by their number, which a gap only lets one guess.
        hurry=source.hurry if paced and options.depth_path is None else lambda _lag_s: None,
        on_pause=source.hold,
    )


def _playing(options: PlayOptions, source: Source) -> Playing:
    info = source.info
    rate = None if info.is_still or info.frame_rate is None else float(info.frame_rate)
    return Playing(title=_title(options), width=info.width, height=info.height, frame_rate=rate, screenshots=Path.cwd())


def _title(options: PlayOptions) -> str:
    kind = kind_of(options.input)
    if kind in ("file", "image", "image_folder"):
        return Path(options.input).name
    return "pattern" if kind == "pattern" else shown_name(options.input)
