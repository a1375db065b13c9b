"""The live line: paced source -> depth -> stereo -> mailbox, where the newest picture wins.

The graph runs on a thread of its own, because the thread that owns the window must answer keys while no frame comes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from engine.frame import Frame
from engine.graph import Channel, Edge, Graph, Source, Stage, StageMeasurement
from engine.live.pacing import Pacer
from engine.stereo import StereoStage
from engine.telemetry import Drops

Process = Callable[[Frame], Frame]

DEPTH_LATE, RENDER_LATE, DISPLAY_LATE, STOPPED = "depth late", "render late", "display late", "stopped"
"""Causes of drops: depth, stereo or the window was busy, or it was all over before the frame was shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StereoSettings:
    """What the viewer can change about the stereo stage while it runs."""

    strength: float
    """Parallax budget in percent of the width."""
    convergence: float | None
    """Disparity on the screen plane; None follows the picture."""


class LiveStereo:
    """A stereo stage whose settings can be changed while it runs, from any thread; the next frame shows them.

    Args:
        stage: does the work.
        settings: what its mapper was made with.
    """

    def __init__(self, stage: StereoStage, settings: StereoSettings) -> None:
        self.settings = settings
        """Assign another value to change them."""
        self._stage = stage
        self._applied = settings

    @property
    def convergence(self) -> float:
        """The disparity on the screen plane of the last frame."""
        return self._stage.mapper.convergence

    def process(self, frame: Frame) -> Frame:
        """Render both eyes as the settings say now."""
        wanted = self.settings
        if wanted is not self._applied:
            self._stage.mapper.change(strength=wanted.strength, convergence=wanted.convergence)
            self._applied = wanted
        return self._stage.process(frame)


class LiveLine:
    """Runs the stages behind a window.

    At most one frame waits in front of each stage. In front of depth, the expensive one, and in front of the window the
    newest frame replaces the one that waits; every frame lost that way is counted.

    Args:
        frames: what the source yields, unpaced.
        pacer: releases them when they are due.
        depth: adds disparity.
        stereo: adds views.
        wake: called after every new picture and at the end, on another thread.
    """

    def __init__(
        self, frames: Iterable[Frame], pacer: Pacer, depth: Process, stereo: Process, wake: Callable[[], None]
    ) -> None:
        self.drops = Drops()
        self._pacer = pacer
        self._wake = wake
        self._mailbox: Channel[Frame] = Channel(1, "drop_oldest", lambda _frame: self.drops.add(DISPLAY_LATE))
        self._graph: Graph[Frame] = Graph(
            Source(name="source", items=lambda: pacer.frames(frames)),
            [
                Stage(
                    name="depth",
                    process=self._stage("depth", depth),
                    inbox=Edge(capacity=1, policy="drop_oldest", on_drop=self._on_late),
                ),
                Stage(name="stereo", process=self._stage("stereo", stereo), inbox=Edge(capacity=1)),
            ],
            Stage(name="hand over", process=self._hand_over, inbox=Edge(capacity=1)),
        )
        self._thread = threading.Thread(target=self._run, name="live line")
        self._error: BaseException | None = None
        self._is_over = False

    @property
    def is_over(self) -> bool:
        """Whether no further picture will come."""
        return self._is_over and self._mailbox.statistics().queued == 0

    def start(self) -> None:
        """Begin; the first frame is released at once."""
        self._thread.start()

    def take(self) -> Frame | None:
        """The newest finished picture that was not taken yet; never waits."""
        return self._mailbox.get() if self._mailbox.statistics().queued else None

    def measurements(self) -> tuple[StageMeasurement, ...]:
        """Working times and queue statistics of the stages."""
        return self._graph.measurements()[:-1]

    def stop(self) -> None:
        """End the source, let every stage unwind, join all threads; safe to call twice and before `start`.

        Raises:
            Exception: whatever a stage raised, with a note naming the stage.
        """
        self._pacer.stop()
        if self._thread.ident is not None:
            self._graph.cancel()
            self._thread.join()
        while self.take() is not None:
            self.drops.add(STOPPED)
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _run(self) -> None:
        try:
            self._graph.run()
        except BaseException as error:  # noqa: BLE001 -- raised again by stop(), on the thread of the window
            self._error = error
        finally:
            self._is_over = True
            self._wake()

    def _stage(self, name: str, process: Process) -> Process:
        def run(frame: Frame) -> Frame:
            start_s = time.perf_counter()
            try:
                return process(frame).stamped(name, start_s, time.perf_counter())
            except BaseException:
                # A paused source would sleep through the end of the line.
                self._pacer.stop()
                raise

        return run

    def _hand_over(self, frame: Frame) -> None:
        self._mailbox.put(frame)
        self._wake()

    def _on_late(self, _frame: Frame) -> None:
        """A frame was replaced in front of depth: whose fault was it?"""
        stereo = self._graph.measurements()[2]
        is_render = stereo.inbox is not None and stereo.inbox.queued > 0
        self.drops.add(RENDER_LATE if is_render else DEPTH_LATE)
