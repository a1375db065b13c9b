"""The live line: paced source -> picture -> mailbox, with depth beside it; the newest picture wins.

Everything runs on threads of its own, because the thread that owns the window must answer keys while no frame comes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.frame import Frame, View
from engine.graph import Channel, Edge, Graph, Policy, Source, Stage, StageMeasurement
from engine.live.depth_line import DepthLine
from engine.live.pacing import Pacer
from engine.stereo import ComfortMeter, ParallaxMapper, StereoStage
from engine.telemetry import Drops

Process = Callable[[Frame], Frame]

SOURCE_LATE, DEPTH_LATE, RENDER_LATE, DISPLAY_LATE = "source late", "depth late", "render late", "display late"
"""Why a frame was dropped: the source itself lost it, or the eyes or the window were not done with an earlier one.
Or why something was shown again: nothing new came when it was due, or an older depth map was carried."""
STOPPED = "stopped"
"""It was all over before the frame was shown."""
ASKED_FOR = "asked for"
"""Shown again because the viewer wanted to see it: the picture is frozen, or a setting has changed."""
_NO_DEPTH = np.float32(0.5)
_TRIAL_STRENGTH, _TRIAL_FRAMES, _TRIAL_INTERVAL = 6.0, 8, Fraction(1, 30)
"""Percent of the width: far more than slivers; and enough frames for what remembers earlier ones."""
_JOIN_S = 2.0


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
        self._size = (0, 0)
        self._applied = settings

    @property
    def convergence(self) -> float:
        """The disparity on the screen plane of the last frame."""
        return self._stage.mapper.convergence

    @property
    def comfort(self) -> ComfortMeter:
        """What the frames so far were like to look at."""
        return self._stage.comfort

    def prepare(self, width: int, height: int) -> None:
        """Load whatever frames of this size will need, so that the first one does not wait for it."""
        self._stage.prepare(width, height)

    def warm_up(self, frame: Frame) -> None:
        """Render something of that size and format that needs everything a film may need: wide holes that move.

        What is compiled or loaded when it is first needed is then not needed first in the middle of a film.
        """
        trial = copy(self._stage)
        trial.mapper = ParallaxMapper(strength=_TRIAL_STRENGTH, convergence=0.5)
        trial.comfort = ComfortMeter(trial.mapper.limits)
        luma = frame.planes[0]
        pattern = np.random.default_rng(0).integers(0, 256, luma.shape).astype(luma.dtype)
        for number in range(_TRIAL_FRAMES):
            # It uncovers what was seen: a plain thing walks in front of a background that can be recognised.
            disparity, shown = np.zeros(luma.shape, np.float32), _laid_out_like(luma)
            shown[:] = pattern
            left = frame.width // 6 + number * max(1, frame.width // 40)
            near = np.s_[frame.height // 10 :, left : left + frame.width // 3]
            disparity[near], shown[near] = 1.0, 90
            shown.flags.writeable = luma.flags.writeable
            trial.process(
                replace(
                    frame,
                    planes=(shown, *frame.planes[1:]),
                    disparity=disparity,
                    is_cut=number == 0,
                    pts=number,
                    time_base=_TRIAL_INTERVAL,
                )
            )

    def process(self, frame: Frame) -> Frame:
        """Render both eyes as the settings say now; without depth both see the frame as it is."""
        if frame.disparity is None:
            return _flat(frame)
        if self._size not in ((0, 0), (frame.width, frame.height)):
            # A stream that changes its size: networks are opened for one.
            self.prepare(frame.width, frame.height)
        self._size = (frame.width, frame.height)
        wanted = self.settings
        if wanted is not self._applied:
            self._stage.mapper.change(strength=wanted.strength, convergence=wanted.convergence)
            self._applied = wanted
        return self._stage.process(frame)


def _laid_out_like(plane: NDArray[Any]) -> NDArray[Any]:
    """An array with the same padding: what is compiled is compiled for one layout."""
    columns = max(plane.shape[1], abs(plane.strides[0]) // plane.itemsize)
    return np.empty((plane.shape[0], columns), plane.dtype)[:, : plane.shape[1]]


class LiveLine:
    """Runs everything between a source and a window.

    Two frames wait at most: one in front of the picture stage, one (finished) in front of the window. In both places
    the newest replaces the one that waits, and every frame lost that way is counted by cause.

    Args:
        frames: what the source yields, unpaced.
        pacer: releases them when they are due.
        depth: gives frames disparity, at its own rate; None if they bring it along.
        stereo: adds views.
        wake: called after every new picture and at the end, on another thread.
        policy: `block` shows every frame however long it takes, as fast as it goes: for measuring, never for viewers.
        interrupt: ends `frames` even while they wait for something outside; takes no lock.
    """

    def __init__(
        self,
        frames: Iterable[Frame],
        pacer: Pacer,
        depth: DepthLine | None,
        stereo: Process,
        wake: Callable[[], None],
        *,
        policy: Policy = "drop_oldest",
        interrupt: Callable[[], None] = lambda: None,
    ) -> None:
        self.drops = Drops()
        self._pacer = pacer
        self._depth = depth
        self._stereo = stereo
        self._wake = wake
        self._interrupt = interrupt
        self._mailbox: Channel[Frame] = Channel(1, policy, lambda _frame: self.drops.add(DISPLAY_LATE))
        inbox: Edge[Frame] = Edge(capacity=1, policy=policy, on_drop=self._on_late)
        self._graph: Graph[Frame] = Graph(
            Source(name="source", items=lambda: pacer.frames(frames), stop=self._end_source),
            [],
            Stage(name="picture", process=self._process, inbox=inbox),
            join_s=_JOIN_S,
        )
        self._thread = threading.Thread(target=self._run, name="picture")
        self._errors: list[BaseException] = []
        self._is_over = False
        pacer.on_skip = lambda: self.drops.add(SOURCE_LATE)
        if depth is not None:
            depth.on_failure = self._on_depth_failure

    @property
    def is_over(self) -> bool:
        """Whether no further picture will come."""
        return self._is_over and self._mailbox.statistics().queued == 0

    @property
    def waiting(self) -> int:
        """Frames that wait at this moment: in front of the picture stage and in front of the window."""
        inbox = self._graph.measurements()[1].inbox
        return self._mailbox.statistics().queued + (inbox.queued if inbox is not None else 0)

    def start(self) -> None:
        """Begin; the first frame is released at once."""
        if self._depth is not None:
            self._depth.start()
        self._thread.start()

    def take(self) -> Frame | None:
        """The newest finished picture that was not taken yet; never waits."""
        return self._mailbox.get() if self._mailbox.statistics().queued else None

    def measurements(self) -> tuple[StageMeasurement, ...]:
        """Working times and queue statistics of the stages."""
        source, picture = self._graph.measurements()
        return (source, picture) if self._depth is None else (source, self._depth.measurement(), picture)

    def stop(self) -> None:
        """End the source, let every stage unwind, join all threads; safe to call twice and before `start`.

        Raises:
            Exception: whatever a stage raised, with a note naming the stage; a group if several did.
        """
        self._graph.cancel()
        self._mailbox.cancel()
        if self._depth is not None:
            self._depth.stop()
        if self._thread.ident is not None:
            self._thread.join()
        for _ in range(self._mailbox.drain()):
            self.drops.add(STOPPED)
        errors, self._errors = self._errors, []
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise BaseExceptionGroup("several stages failed", errors)

    def _run(self) -> None:
        try:
            self._graph.run()
        except BaseException as error:  # noqa: BLE001 -- raised again by stop(), on the thread of the window
            self._errors.append(error)
        finally:
            self._is_over = True
            self._wake()

    def _process(self, frame: Frame) -> None:
        """The picture stage: what becomes of a frame between its release and the window."""
        if self._depth is not None:
            frame = _stamped("depth", self._depth.process, frame)
        frame = _stamped("stereo", self._stereo, frame)
        self._mailbox.put(frame)
        self._wake()

    def _on_late(self, _frame: Frame) -> None:
        """A frame was replaced in front of the picture stage. In front of a window it may only be the screen's rate."""
        self.drops.add(RENDER_LATE)
        if self._depth is not None:
            self._depth.give_way()

    def _on_depth_failure(self, error: BaseException) -> None:
        self._errors.append(error)
        self._graph.cancel()

    def _end_source(self) -> None:
        """A source that is paused, or waits for a dead camera, would sleep through the end of the line."""
        self._pacer.stop()
        self._interrupt()


def _stamped(name: str, process: Process, frame: Frame) -> Frame:
    start_s = time.perf_counter()
    return process(frame).stamped(name, start_s, time.perf_counter())


def _flat(frame: Frame) -> Frame:
    """Both eyes see the frame itself, everything on the screen plane."""
    shape = (frame.height, frame.width)
    eye = View(planes=frame.planes, hole=np.zeros(shape, np.uint8), parallax_px=np.zeros(shape, np.float32))
    return replace(frame, disparity=np.full(shape, _NO_DEPTH), views=(eye, eye))
