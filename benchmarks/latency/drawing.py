"""Runs that end on a screen: the engine, as `wheatstone play` runs it, and a plain player beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.latency.clip import coded_strip, number_in
from benchmarks.latency.run import Run, Shown, Task
from engine.config import PlayOptions
from engine.display.context import OffscreenSurface, Surface, WindowSurface
from engine.display.renderer import Renderer
from engine.display.screen import Screen
from engine.display.view import Rect, ViewState, content_aspect, letterbox
from engine.frame import Frame
from engine.live.session import LiveSession, open_session
from engine.sources import open_source
from engine.telemetry import resident_mb

_RSS_EVERY = 30


def run_engine(task: Task) -> Run:
    """Play the clip as `wheatstone play` does with default options."""
    options = PlayOptions(input=task.clip, frames=task.frames, headless=not task.window)
    shown: list[Shown] = []
    rss: list[tuple[int, float]] = []
    sessions: list[LiveSession] = []

    def on_shown(frame: Frame, screen: Screen) -> None:
        shown.append(Shown.of(frame, read=_read(screen, task), waiting=sessions[0].line.waiting))
        if len(shown) % _RSS_EVERY == 0:
            rss.append((len(shown), resident_mb()))

    with open_session(options, paced=task.paced, on_shown=on_shown) as session:
        sessions.append(session)
        report = session.play()
        times = next((m.times for m in session.line.measurements() if m.name == "depth"), None)
    return Run(
        task=task,
        shown=shown,
        released=report.frames_in,
        dropped=report.dropped,
        repeats=report.repeats,
        estimates_s=() if times is None else times.percentiles(50, 95, 99),
        depth={name: count for name, count in report.depth.items() if isinstance(count, int)},
        warm_up_s=report.warm_up_s,
        seconds=report.seconds,
        renderer=report.renderer,
        rss=tuple(rss),
    )


def run_player(task: Task) -> Run:
    """Decode with PyAV, wait until the frame is due, upload it and draw it once: no stereo, no threads, no drops.

    It draws what the engine draws, a picture of the clip's size with the same upload and shader. Decoding is done
    before the frame is due, as in the engine, whose source works ahead by one frame.
    """
    since = time.perf_counter()
    size = (task.width, task.height)
    with ExitStack() as opened:
        surface: Surface = WindowSurface(*size, title="player") if task.window else OffscreenSurface(*size)
        opened.callback(surface.close)
        renderer = Renderer(surface.ctx)
        opened.callback(renderer.release)
        player = _Player(task, surface, renderer)
        # The first drawing compiles.
        player.draw(next(_decoded(task.clip, 1)))
        warm_up_s = time.perf_counter() - since
        player.play()
        return Run(
            task=task,
            shown=player.shown,
            released=len(player.shown),
            warm_up_s=warm_up_s,
            seconds=player.shown[-1].end_s - player.shown[0].arrival_s,
            renderer=str(surface.ctx.info["GL_RENDERER"]),
        )


class _Player:
    def __init__(self, task: Task, surface: Surface, renderer: Renderer) -> None:
        self.shown: list[Shown] = []
        self._task = task
        self._surface = surface
        self._renderer = renderer
        self._view = ViewState(layout="left")

    def play(self) -> None:
        origin_s = time.perf_counter()
        for frame in _decoded(self._task.clip, self._task.frames):
            arrival_s = time.perf_counter()
            if self._task.paced:
                due_s = origin_s + (frame.time_s or 0.0)
                time.sleep(max(0.0, due_s - arrival_s))
                arrival_s = due_s
            frame = frame.stamped("arrival", arrival_s, arrival_s)
            start_s = time.perf_counter()
            self.draw(frame)
            frame = frame.stamped("draw", start_s, time.perf_counter())
            self._surface.present()
            read = None
            if self._task.numbered and not self._task.window:
                rect = Rect(0, 0, *self._surface.size)
                read = _number(self._surface, rect, self._task)
            self.shown.append(Shown.of(frame, read=read, waiting=0))

    def draw(self, frame: Frame) -> None:
        self._renderer.upload(frame)
        self._renderer.draw(self._surface.target, self._surface.size, self._view)
        self._surface.ctx.finish()


def _decoded(clip: str, count: int) -> Iterator[Frame]:
    """The first frames of a clip, decoded by PyAV alone; the engine only says what format the planes have."""
    with open_source(clip) as source:
        info = source.info
    template = Frame(
        planes=tuple(np.zeros(shape, np.uint8) for shape in info.format.plane_shapes(info.width, info.height)),
        format=info.format,
        colour=info.colour,
        sample_aspect=info.sample_aspect,
    )
    with av.open(clip) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        first: int | None = None
        for index, picture in enumerate(container.decode(stream)):
            if index == count:
                return
            first = picture.pts if first is None else first
            yield replace(
                template,
                planes=tuple(_plane(picture, number) for number in range(len(template.planes))),
                pts=(picture.pts or 0) - (first or 0),
                time_base=stream.time_base or Fraction(1),
                index=index,
            )


def _plane(picture: av.VideoFrame, number: int) -> NDArray[np.uint8]:
    plane = picture.planes[number]
    rows = np.frombuffer(memoryview(plane), np.uint8, count=plane.line_size * plane.height)
    return rows.reshape(plane.height, plane.line_size)[:, : plane.width]


def _read(screen: Screen, task: Task) -> int | None:
    """The number in the left eye as it was drawn, side by side in half width; after the clock has stopped."""
    if not task.numbered or task.window:
        return None
    rect = letterbox(content_aspect(screen.view.shown, task.width / task.height), *screen.surface.size)
    return _number(screen.surface, rect._replace(width=rect.width // 2), task)


def _number(surface: Surface, rect: Rect, task: Task) -> int | None:
    left, top, width, _ = coded_strip(rect)
    # Rows are not squeezed.
    rows = coded_strip(Rect(0, 0, task.width, task.height))[3]
    # OpenGL counts rows from the bottom.
    viewport = (left, surface.size[1] - top - rows, width, rows)
    pixels = np.frombuffer(surface.target.read(viewport=viewport, components=3, alignment=1), np.uint8)
    return number_in(pixels.reshape(rows, width, 3)[::-1, :, 1], task.width, rows)
