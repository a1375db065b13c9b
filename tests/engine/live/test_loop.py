from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from engine.display.context import OffscreenSurface
from engine.display.screen import Screen
from engine.display.view import ViewState
from engine.errors import UnavailableError
from engine.frame import Frame
from engine.live import loop
from engine.live.line import LiveLine, LiveStereo, StereoSettings
from engine.live.loop import LiveLoop, Playing
from engine.live.pacing import Pacer
from engine.sources import PatternSource
from engine.stereo import ParallaxMapper, StereoStage

pytestmark = [pytest.mark.gl, pytest.mark.usefixtures("no_thread_left")]

START = StereoSettings(strength=2.0, convergence=0.5)


class ScriptedSurface(OffscreenSurface):
    """An off-screen surface whose viewer presses given keys, one every few looks."""

    def __init__(self, script: list[str]) -> None:
        super().__init__(320, 180)
        self.script = script
        self.looks = 0

    def keys(self) -> list[str]:
        self.looks += 1
        return [self.script.pop(0)] if self.script and self.looks % 4 == 0 else []


class Session:
    """A pattern, a stereo stage and a viewer who presses keys."""

    def __init__(self, script: list[str], folder: Path, *, frames: int = 60) -> None:
        self.surface = ScriptedSurface(script)
        self.screen = Screen(self.surface, ViewState(layout="left"))
        # Nothing is dropped and nobody waits for the time of a frame: what keys do does not depend on the machine.
        self.pacer = Pacer(paced=False)
        mapper = ParallaxMapper(strength=START.strength, convergence=START.convergence)
        self.stereo = LiveStereo(StereoStage(mapper), START)
        self.notices: list[str] = []
        source = PatternSource(128, 72, frame_count=frames)
        self.line = LiveLine(
            islice(source.frames(), frames), self.pacer, None, self.stereo.process, self.surface.wake, policy="block"
        )
        playing = Playing(title="pattern", width=128, height=72, frame_rate=30.0, screenshots=folder)
        self.loop = LiveLoop(self.screen, self.line, self.pacer, self.stereo, playing)

    def run(self) -> None:
        self.loop.run()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Callable[..., Session]]:
    opened: list[Session] = []

    def open_session(script: list[str], **how: int) -> Session:
        try:
            opened.append(Session(script, tmp_path, **how))
        except UnavailableError as error:
            pytest.skip(f"no off-screen OpenGL here: {error}")
        return opened[-1]

    yield open_session
    for one in opened:
        one.screen.close()


def test_without_keys_it_plays_to_the_end(session: Callable[..., Session]) -> None:
    one = session([], frames=10)
    one.run()
    assert one.loop.meter.drawn == 10
    assert not one.loop.was_ended


def test_quit_ends_it_early(session: Callable[..., Session]) -> None:
    one = session(["q"], frames=6000)
    one.run()
    assert one.loop.was_ended
    assert one.loop.meter.drawn < 100


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["up", "up"], StereoSettings(strength=2.5, convergence=0.5)),
        (["down"], StereoSettings(strength=1.75, convergence=0.5)),
        (["right"], StereoSettings(strength=2.0, convergence=0.52)),
        (["left", "left"], StereoSettings(strength=2.0, convergence=0.46)),
        (["c"], StereoSettings(strength=2.0, convergence=None)),
    ],
)
def test_stereo_keys(session: Callable[..., Session], keys: list[str], expected: StereoSettings) -> None:
    one = session([*keys, "q"], frames=6000)
    one.run()
    assert one.stereo.settings == expected


def test_settings_stop_at_their_ends(session: Callable[..., Session]) -> None:
    one = session(["right", "right", "up", "up", "q"], frames=6000)
    one.stereo.settings = StereoSettings(strength=19.9, convergence=0.99)
    one.run()
    assert one.stereo.settings == StereoSettings(strength=20.0, convergence=1.0)


def test_moving_the_plane_from_automatic_starts_where_it_is(session: Callable[..., Session]) -> None:
    one = session(["c", "h", "h", "left", "q"], frames=6000)
    one.run()
    assert one.stereo.settings.convergence is not None
    assert 0.0 <= one.stereo.settings.convergence <= 1.0


def test_freeze_holds_and_step_shows_the_next_one(session: Callable[..., Session]) -> None:
    """Keys are pressed when nothing is on its way any more, so what each of them shows is certain."""
    one = session([], frames=6000)
    shown: list[int] = []
    held: list[int] = []
    waiting = [" ", ".", ".", "q"]
    show, wait = one.screen.show, one.surface.wait

    def spy(frame: Frame) -> Frame:
        shown.append(frame.index)
        return show(frame)

    def rest(timeout_s: float) -> None:
        wait(timeout_s)
        is_at_rest = one.pacer.is_still and one.pacer.released == len(shown)
        if waiting and not one.surface.script and (is_at_rest if one.screen.view.is_frozen else len(shown) > 5):
            one.surface.script.append(waiting.pop(0))
            held.append(shown[-1])

    one.screen.show, one.surface.wait = spy, rest  # type: ignore[method-assign]
    one.run()
    # Pressed: freeze, step, step, quit. The first entry is where the freeze was asked for; a few were on their way.
    assert held[2:] == [held[1] + 1, held[1] + 2]
    assert shown[-1] == held[-1]


def test_screenshots_count_up_and_spare_what_is_there(session: Callable[..., Session], tmp_path: Path) -> None:
    (tmp_path / "wheatstone-001.png").write_bytes(b"mine")
    one = session(["p", "p", "q"], frames=6000)
    one.run()
    assert (tmp_path / "wheatstone-001.png").read_bytes() == b"mine"
    assert (tmp_path / "wheatstone-002.png").stat().st_size > 100
    assert (tmp_path / "wheatstone-003.png").stat().st_size > 100


def test_a_screenshot_that_fails_does_not_end_the_film(session: Callable[..., Session], tmp_path: Path) -> None:
    one = session(["p", "h", "h", "q"], frames=6000)
    one.loop._playing = Playing(
        title="pattern", width=1, height=1, frame_rate=None, screenshots=tmp_path / "not" / "there"
    )
    one.run()
    assert one.loop.meter.drawn > 0


@pytest.fixture
def words_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the rest takes."""
    monkeypatch.setattr(loop, "_NOTICE_S", 600.0)


@pytest.mark.usefixtures("words_stay")
def test_hud_says_what_is_going_on(session: Callable[..., Session]) -> None:
    one = session(["h", "up"], frames=40)
    one.run()
    text = "\n".join(one.screen.figures.lines)
    assert "pattern  128x72  left" in text
    assert "latency ms  p50" in text
    assert "depth 2.25 %" in text or "depth 2 %" in text
    assert len(one.screen.figures.frame_ms) > 2
    assert one.screen.figures.budget_ms == pytest.approx(33.3, abs=0.1)
    assert one.screen.figures.notice == "depth 2.25 % of the width"


def test_sound_keys(session: Callable[..., Session]) -> None:
    heard: list[str] = []

    class Sound:
        def __getattr__(self, name: str) -> Callable[..., str]:
            return lambda *how: heard.append(f"{name} {how}") or "done"

    one = session(["m", "/", "*", " ", " ", ".", "q"], frames=6000)
    one.loop.sound = Sound()  # type: ignore[assignment]
    one.run()
    shown = [what for what in heard if what.startswith("shown")]
    assert len(shown) == one.loop.meter.drawn
    assert [what for what in heard if what not in shown] == [
        "toggle_mute ()",
        "change_volume (-1,)",
        "change_volume (1,)",
        "hold (True,)",
        "hold (False,)",
        "hold (True,)",
    ]


@pytest.mark.usefixtures("words_stay")
def test_sound_keys_without_sound_say_so(session: Callable[..., Session]) -> None:
    one = session(["m"], frames=20)
    one.run()
    assert one.screen.figures.notice == "there is no sound"


def test_a_failing_stage_ends_the_loop_with_its_error(session: Callable[..., Session]) -> None:
    one = session([], frames=6000)

    def fail(frame: Frame) -> Frame:
        raise ValueError("broken")

    one.line = LiveLine(PatternSource(64, 64).frames(), one.pacer, None, fail, one.surface.wake)
    one.loop._line = one.line
    with pytest.raises(ValueError, match="broken"):
        one.run()
    assert one.loop.meter.drawn == 0
