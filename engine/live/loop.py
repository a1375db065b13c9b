"""The loop around the window: keys in, newest picture out, until somebody or something ends it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from engine.display.hud import HudFigures
from engine.display.keys import Action
from engine.display.screen import Screen
from engine.errors import OutputError
from engine.frame import Frame
from engine.live.line import LiveLine, LiveStereo, StereoSettings
from engine.live.meter import Meter
from engine.live.pacing import Pacer
from engine.live.sound import Sound

_IDLE_S = 0.25
"""How often the loop looks around when nothing happens: for Ctrl-C, and for notices that have been read."""
_NOTICE_S = 2.5
_STRENGTH_STEP, _MAX_STRENGTH = 0.25, 20.0
_CONVERGENCE_STEP = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Playing:
    """What is played, for people."""

    title: str
    width: int
    height: int
    frame_rate: float | None
    screenshots: Path
    """The folder for screenshots taken by key."""


class LiveLoop:
    """Owns the main thread while something plays.

    Args:
        screen: where pictures go.
        line: where they come from; started and stopped by `run`.
        pacer: of the line's source.
        stereo: its stereo stage.
        playing: what to call it.
        sound: what is heard with it; started and stopped by whoever made it.
        on_shown: called with every frame when it has been drawn, before the next one is awaited.
    """

    def __init__(
        self,
        screen: Screen,
        line: LiveLine,
        pacer: Pacer,
        stereo: LiveStereo,
        playing: Playing,
        *,
        sound: Sound | None = None,
        on_shown: Callable[[Frame, Screen], None] | None = None,
    ) -> None:
        self.meter = Meter()
        self._screen = screen
        self._line = line
        self._pacer = pacer
        self._stereo = stereo
        self._playing = playing
        self._size = (playing.width, playing.height)
        self.sound = sound
        """See Args; None from when it turned out that there is none."""
        self._on_shown = on_shown
        self._notice: tuple[str, float] = ("", 0.0)
        """The words, and until when they stand."""
        self._lines: tuple[str, ...] = ()
        self._lines_until_s = 0.0
        self.was_ended = False
        """Whether somebody ended it while there was more to show."""
        self._wants_quit = False
        self._shots = 0

    def run(self) -> None:
        """Play until the stream is over, the window is closed or quit is pressed.

        All threads are joined when this returns, or raises.

        Raises:
            Exception: whatever a stage raised, with a note naming it.
            KeyboardInterrupt: Ctrl-C.
        """
        surface = self._screen.surface
        self._line.start()
        try:
            while not (self._wants_quit or surface.wants_close or self._line.is_over):
                surface.wait(_IDLE_S)
                changed = self._handle(self._screen.handle_keys())
                if (frame := self._line.take()) is not None:
                    self._size = (frame.width, frame.height)
                    self._screen.figures = self._figures()
                    frame = self._show(frame)
                    self.meter.add(frame)
                    if self.sound is not None:
                        self.sound.shown(frame)
                    if self._on_shown is not None:
                        self._on_shown(frame, self._screen)
                    # The next wait must not pin this frame's memory.
                    del frame
                elif changed or surface.take_redraw() or self._notice_changed():
                    self._screen.figures = self._figures()
                    self._screen.redraw()
        finally:
            self.was_ended = not self._line.is_over
            self._line.stop()

    def _show(self, frame: Frame) -> Frame:
        try:
            return self._screen.show(frame)
        except Exception as error:
            error.add_note("in stage 'screen'")
            raise

    def _handle(self, actions: list[Action]) -> bool:
        """Do what the screen cannot do alone; says whether anything was pressed."""
        handlers: dict[Action, Callable[[], None]] = {
            "strength_up": lambda: self._change_strength(_STRENGTH_STEP),
            "strength_down": lambda: self._change_strength(-_STRENGTH_STEP),
            "convergence_up": lambda: self._change_convergence(_CONVERGENCE_STEP),
            "convergence_down": lambda: self._change_convergence(-_CONVERGENCE_STEP),
            "convergence_auto": lambda: self._change_convergence(None),
            "freeze": lambda: self._pause(self._screen.view.is_frozen),
            "step": self._step,
            "toggle_mute": lambda: self._change_sound(None),
            "quieter": lambda: self._change_sound(-1),
            "louder": lambda: self._change_sound(1),
            "screenshot": self._take_screenshot,
            "quit": self._quit,
        }
        view = self._screen.view
        for action in actions:
            if action in handlers:
                handlers[action]()
            elif action == "next_layout":
                self.say(f"layout {view.layout}")
            elif action == "next_glasses":
                self.say(f"glasses {view.glasses}")
            elif action == "swap_eyes":
                self.say("eyes swapped" if view.swap_eyes else "eyes as they are")
            elif action.startswith(("ipd", "view", "distortion")):
                lens = view.lens
                first, second = lens.distortion
                self.say(f"lenses {lens.ipd_mm:g} mm apart, {lens.view_deg:g} degrees, distortion {first:g} {second:g}")
        return bool(actions)

    def _change_strength(self, step: float) -> None:
        settings = self._stereo.settings
        strength = min(_MAX_STRENGTH, max(-_MAX_STRENGTH, settings.strength + step))
        self._set(replace(settings, strength=strength), f"depth {strength:g} % of the width")

    def _change_convergence(self, step: float | None) -> None:
        settings = self._stereo.settings
        if step is None:
            self._set(replace(settings, convergence=None), "screen plane automatic")
            return
        present = self._stereo.convergence if settings.convergence is None else settings.convergence
        convergence = round(min(1.0, max(0.0, present + step)), 4)
        self._set(replace(settings, convergence=convergence), f"screen plane {convergence:.2f}")

    def _set(self, settings: StereoSettings, notice: str) -> None:
        self._stereo.settings = settings
        self._pacer.repeat()
        self.say(notice)

    def _pause(self, paused: bool) -> None:
        self._pacer.pause(paused)
        if self.sound is not None:
            self.sound.hold(paused)

    def _change_sound(self, steps: int | None) -> None:
        """Turn the volume, or for None the sound off and on."""
        sound = self.sound
        if sound is None:
            self.say("there is no sound")
        else:
            self.say(sound.toggle_mute() if steps is None else sound.change_volume(steps))

    def _step(self) -> None:
        self._pause(True)
        self._pacer.step()

    def _take_screenshot(self) -> None:
        while True:
            self._shots += 1
            path = self._playing.screenshots / f"wheatstone-{self._shots:03d}.png"
            if not path.exists():
                break
        try:
            self._screen.screenshot(path)
        except OutputError as error:
            # A full disk must not end the film.
            self.say(str(error))
        else:
            self.say(f"wrote {path.name}")

    def _quit(self) -> None:
        self._wants_quit = True

    def say(self, notice: str, seconds: float = _NOTICE_S) -> None:
        """Show words on the screen for a while; any thread."""
        self._notice = (notice, time.monotonic() + seconds)
        self._screen.surface.wake()

    def _notice_changed(self) -> bool:
        """Whether there are new words, or the old ones have stood long enough."""
        words, until_s = self._notice
        if words and time.monotonic() > until_s:
            self._notice = ("", 0.0)
        return self._notice[0] != self._screen.figures.notice

    def _figures(self) -> HudFigures:
        if not self._screen.view.show_hud:
            return HudFigures(notice=self._notice[0])
        now = time.monotonic()
        if now >= self._lines_until_s:
            # Percentiles of a long run take milliseconds, and nobody reads faster than this.
            self._lines, self._lines_until_s = self._describe(), now + _IDLE_S
        rate = self._playing.frame_rate
        return HudFigures(
            lines=self._lines,
            frame_ms=self.meter.intervals_ms,
            budget_ms=1e3 / rate if rate else 0.0,
            notice=self._notice[0],
        )

    def _describe(self) -> tuple[str, ...]:
        meter, playing, settings = self.meter, self._playing, self._stereo.settings
        latency, drops = meter.latency, self._line.drops.by_cause()
        rate = f" of {playing.frame_rate:.4g}" if playing.frame_rate else ""
        plane = self._stereo.convergence if settings.convergence is None else settings.convergence
        automatic = " (auto)" if settings.convergence is None else ""
        return (
            f"{playing.title}  {self._size[0]}x{self._size[1]}  {self._screen.view.shown}",
            f"{meter.recent_fps:.1f} fps{rate}",
            f"latency ms  p50 {latency.p50_ms:.0f}  p95 {latency.p95_ms:.0f}  p99 {latency.p99_ms:.0f}"
            f"  max {latency.max_ms:.0f}",
            "stages ms  " + "  ".join(f"{name} {times.p50_ms:.0f}" for name, times in meter.stages.items()),
            "drops  " + (", ".join(f"{cause} {count}" for cause, count in drops.items()) or "none"),
            f"depth {settings.strength:g} %  screen plane {plane:.2f}{automatic}",
            *(() if self.sound is None else (self._describe_sound(self.sound),)),
        )

    @staticmethod
    def _describe_sound(sound: Sound) -> str:
        report = sound.report
        skew = f"skew ms  p50 {report.skew_ms['p50']:+.0f}  max {report.skew_ms['max']:.0f}"
        return f"{sound.describe()}  {skew}  underruns {report.underruns}"
