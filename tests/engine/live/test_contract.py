"""The contract about ends: however a session ends, all threads are joined within a second, and an error says where."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.depth import FlowCarrier, SmallCopy
from engine.display.context import OffscreenSurface
from engine.display.screen import Screen
from engine.display.view import ViewState
from engine.errors import UnavailableError
from engine.frame import Frame
from engine.live.depth_line import DepthLine
from engine.live.line import LiveLine, LiveStereo, StereoSettings
from engine.live.loop import LiveLoop, Playing
from engine.live.pacing import Pacer
from engine.sources import PatternSource
from engine.stereo import ParallaxMapper, StereoStage

pytestmark = [pytest.mark.gl, pytest.mark.usefixtures("no_thread_left")]

LAST = 4
"""The frame with which it ends."""


class Ended:
    """When the cause of the end occurred."""

    def __init__(self) -> None:
        self.at_s: float | None = None

    def now(self) -> None:
        self.at_s = self.at_s or time.perf_counter()


class ViewerSurface(OffscreenSurface):
    """A surface whose viewer does something as soon as that is allowed."""

    def __init__(self, cause: str, ended: Ended) -> None:
        super().__init__(64, 36)
        self.cause, self.ended, self.may_act = cause, ended, False

    def _acts(self, cause: str) -> bool:
        if self.cause == cause and self.may_act:
            self.ended.now()
            return True
        return False

    @property
    def wants_close(self) -> bool:  # type: ignore[override]
        return self._acts("window closed")

    def keys(self) -> list[str]:
        return ["q"] if self._acts("q") else []

    def wait(self, timeout_s: float) -> None:
        if self._acts("Ctrl-C"):
            raise KeyboardInterrupt
        super().wait(timeout_s)


class Estimator:
    """Everything equally far, at the size of the frame; fails if that is the cause."""

    def __init__(self, fail: Callable[[str, Frame], None]) -> None:
        self.fail = fail

    def look(self, frame: Frame) -> SmallCopy:
        self.fail("look", frame)
        return SmallCopy(frame=frame, planes=frame.planes, is_cut=frame.index == 0)

    def estimate(self, small: SmallCopy, *, is_cut: bool) -> np.ndarray:
        time.sleep(0.01)
        self.fail("depth", small.frame)
        return np.full(small.planes[0].shape, 0.5, np.float32)

    def enlarge(self, disparity: np.ndarray, frame: Frame) -> np.ndarray:
        return disparity


class Session:
    """A session of which one part brings about the end."""

    def __init__(self, cause: str, folder: Path) -> None:
        self.cause, self.ended = cause, Ended()
        self.hung = threading.Event()
        self.surface = ViewerSurface(cause, self.ended)
        self.screen = Screen(self.surface, ViewState(layout="half-sbs"))
        show = self.screen.show

        def shown(frame: Frame) -> Frame:
            self.fail("screen", frame)
            return show(frame)

        self.screen.show = shown  # type: ignore[method-assign]
        settings = StereoSettings(strength=2.0, convergence=0.5)
        live = LiveStereo(StereoStage(ParallaxMapper(strength=2.0, convergence=0.5)), settings)

        # As a real session does: what is compiled or loaded while it stops would be counted.
        show(live.process(PatternSource(64, 64).frame(0)))

        def stereo(frame: Frame) -> Frame:
            self.fail("stereo", frame)
            return live.process(frame)

        pacer = Pacer()
        depth = DepthLine(Estimator(self.fail), FlowCarrier(), patience_s=0.02)
        line = LiveLine(self.frames(), pacer, depth, stereo, self.surface.wake, interrupt=self.hung.set)
        playing = Playing(title="pattern", width=64, height=64, frame_rate=50.0, screenshots=folder)
        self.loop = LiveLoop(self.screen, line, pacer, live, playing)

    def frames(self) -> Iterator[Frame]:
        for frame in PatternSource(64, 64, frame_count=10_000).frames():
            self.fail("source", frame)
            self.surface.may_act = frame.index > LAST
            if frame.index > LAST and self.cause == "source gone":
                self.ended.now()
                return
            if frame.index > LAST and self.cause == "q":
                # A camera that sends nothing any more: only `interrupt` wakes it.
                self.hung.wait(30)
            yield replace(frame, disparity=None)

    def fail(self, part: str, frame: Frame) -> None:
        if part == self.cause and frame.index >= LAST:
            self.ended.now()
            raise OSError(f"{part} broke")

    def run(self) -> float:
        """Seconds from the cause to the end."""
        self.loop.run()
        return self.passed_s

    @property
    def passed_s(self) -> float:
        """Seconds since the cause."""
        assert self.ended.at_s is not None
        return time.perf_counter() - self.ended.at_s


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Callable[[str], Session]]:
    opened: list[Session] = []

    def open_session(cause: str) -> Session:
        try:
            opened.append(Session(cause, tmp_path))
        except UnavailableError as error:
            pytest.skip(f"no off-screen OpenGL here: {error}")
        return opened[-1]

    yield open_session
    for one in opened:
        one.screen.close()


@pytest.mark.parametrize("cause", ["window closed", "q", "source gone"])
def test_it_just_ends(session: Callable[[str], Session], cause: str, limit_s: float) -> None:
    assert session(cause).run() < limit_s


def test_ctrl_c(session: Callable[[str], Session], limit_s: float) -> None:
    one = session("Ctrl-C")
    with pytest.raises(KeyboardInterrupt):
        one.run()
    assert one.passed_s < limit_s


@pytest.mark.parametrize(
    ("cause", "stage"), [("source", "source"), ("look", "picture"), ("depth", "depth"), ("stereo", "picture")]
)
def test_a_stage_that_raises_is_named(
    session: Callable[[str], Session], cause: str, stage: str, limit_s: float
) -> None:
    one = session(cause)
    with pytest.raises(OSError, match=f"{cause} broke") as caught:
        one.run()
    assert caught.value.__notes__ == [f"in stage '{stage}'"]
    assert one.passed_s < limit_s


def test_a_screen_that_raises(session: Callable[[str], Session], limit_s: float) -> None:
    one = session("screen")
    with pytest.raises(OSError, match="screen broke") as caught:
        one.run()
    assert caught.value.__notes__ == ["in stage 'screen'"]
    assert one.passed_s < limit_s
