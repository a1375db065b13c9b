"""Runs without a window: the live line into an encoder, and the live line with nothing to do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.latency.clip import coded_strip, number_in
from benchmarks.latency.run import Run, Shown, Task
from engine.config import PlayOptions
from engine.depth import SmallCopy
from engine.display.view import Rect
from engine.frame import Frame, StreamInfo
from engine.layouts import LayoutOptions, make_layout
from engine.live.depth_line import DepthLine
from engine.live.line import LiveLine
from engine.live.pacing import Pacer
from engine.live.session import depth_line, frames_and_depth, live_stereo
from engine.sinks.pictures import PictureWriter
from engine.sinks.sink import Picture
from engine.sources import open_source
from engine.sources.pattern import PatternSource

Map = NDArray[np.float32]
Luma = NDArray[np.uint8]

ENCODER = "libx264, preset ultrafast, tune zerolatency"
_ENCODER_OPTIONS = {"preset": "ultrafast", "tune": "zerolatency", "crf": "20"}
_LAYOUT = "half-sbs"
_TICKS = 90_000


def run_encoder(task: Task) -> Run:
    """Play the clip into an encoder that holds nothing back; a frame is done when its packet is there."""
    since = time.perf_counter()
    options = PlayOptions(input=task.clip, frames=task.frames, headless=True)
    with open_source(task.clip) as source:
        frames, estimator = frames_and_depth(options, source)
        stereo, layout = live_stereo(options), make_layout(_LAYOUT, LayoutOptions())
        if estimator is None:
            raise AssertionError("a network estimates depth by default")
        first = next(frames)
        stereo.prepare(first.width, first.height)
        layout.process(stereo.process(estimator.process(first)))
        encoder = _Encoder(source.info, task)
        warm_up_s = time.perf_counter() - since
        line = _Line(
            _up_to(task.frames, first, frames),
            depth_line(options, source, estimator),
            lambda frame: layout.process(stereo.process(frame)),
        )
        started = time.perf_counter()
        for frame in line.pictures():
            encoder.encode(frame, line.line.waiting)
        seconds = time.perf_counter() - started
    return Run(
        task=task,
        shown=encoder.read_back() if task.numbered else encoder.done,
        released=line.pacer.due,
        dropped=line.line.drops.by_cause(),
        look_ahead=encoder.most_held - 1,
        warm_up_s=warm_up_s,
        seconds=seconds,
    )


def run_alone(task: Task) -> Run:
    """The live line with the threads, channels and clock of `play`, and stages that hand on what they get.

    What is left is what the engine itself adds to a frame: waking up when it is due, three hops between threads (to
    depth and back, to the window), bookkeeping. Frames are tiny and drawn beforehand.
    """
    pattern = PatternSource(64, 64, frame_rate=Fraction(task.fps))
    drawn = [pattern.frame(index) for index in range(min(task.frames, 8))]
    period = Fraction(1, task.fps)
    frames = (
        Frame(planes=drawn[index % 8].planes, format=drawn[0].format, pts=index, time_base=period, index=index)
        for index in range(task.frames)
    )
    line = _Line(frames, DepthLine(_NoWork(), _NoMotion(), patience_s=0.75 * float(period)), lambda frame: frame)
    started = time.perf_counter()
    shown = [Shown.of(frame, end_s=time.perf_counter(), waiting=line.line.waiting) for frame in line.pictures()]
    return Run(
        task=task,
        shown=shown,
        released=line.pacer.due,
        dropped=line.line.drops.by_cause(),
        seconds=time.perf_counter() - started,
    )


class _Line:
    """A live line whose pictures are taken on this thread, without a window."""

    def __init__(self, frames: Iterator[Frame], depth: DepthLine, stereo: Callable[[Frame], Frame]) -> None:
        self._woken = threading.Event()
        self.pacer = Pacer()
        self.line = LiveLine(frames, self.pacer, depth, stereo, self._woken.set)

    def pictures(self) -> Iterator[Frame]:
        """Every picture that is not replaced by a newer one, until the frames are over."""
        self.line.start()
        try:
            while not self.line.is_over:
                self._woken.wait(1.0)
                self._woken.clear()
                frame = self.line.take()
                if frame is not None:
                    yield frame
                del frame
        finally:
            self.line.stop()


class _Encoder:
    def __init__(self, info: StreamInfo, task: Task) -> None:
        self.done: list[Shown] = []
        self.most_held = 1
        """Frames that were in the encoder at once when a packet came, the packet's own included."""
        picture = make_layout(_LAYOUT, LayoutOptions()).output(info)
        context = av.CodecContext.create("libx264", "w")
        assert isinstance(context, av.VideoCodecContext)
        self._context = context
        self._context.width, self._context.height = picture.width, picture.height
        self._context.pix_fmt = "yuv420p"
        self._context.time_base, self._context.framerate = Fraction(1, _TICKS), Fraction(task.fps)
        self._context.options = _ENCODER_OPTIONS
        self._write = PictureWriter(
            Picture(width=picture.width, height=picture.height, format=picture.format, colour=picture.colour),
            "yuv420p",
            (picture.width, picture.height),
        )
        self._held: dict[int, tuple[Frame, float, int]] = {}
        self._packets: list[av.Packet[Any]] = []
        self._task = task

    def encode(self, frame: Frame, waiting: int) -> None:
        start_s = time.perf_counter()
        filled = self._write(frame)
        ticks = round((frame.time_s or 0.0) * _TICKS)
        filled.pts, filled.time_base = ticks, Fraction(1, _TICKS)
        self._held[ticks] = (frame, start_s, waiting)
        for packet in self._context.encode(filled):
            end_s = time.perf_counter()
            assert packet.pts is not None
            self.most_held = max(self.most_held, len(self._held))
            done, start_s, waited = self._held.pop(packet.pts)
            self._packets.append(packet)
            self.done.append(Shown.of(done, end_s=end_s, waiting=waited, encode=end_s - start_s))

    def read_back(self) -> list[Shown]:
        """What was encoded, with the numbers in the decoded pictures of the left eye."""
        decoder = av.CodecContext.create("h264", "r")
        assert isinstance(decoder, av.VideoCodecContext)
        pictures = [picture for packet in [*self._packets, None] for picture in decoder.decode(packet)]
        return [replace(one, read=self._number(picture)) for one, picture in zip(self.done, pictures, strict=True)]

    def _number(self, picture: av.VideoFrame) -> int | None:
        left, top, width, rows = coded_strip(Rect(0, 0, self._task.width, self._task.height))
        luma = picture.to_ndarray()[top : top + rows, : self._context.width // 2]
        return number_in(np.ascontiguousarray(luma[:, left:]), width, rows)


class _NoWork:
    """Depth that costs nothing."""

    def look(self, frame: Frame) -> SmallCopy:
        return SmallCopy(frame=frame, planes=frame.planes, is_cut=False)

    def estimate(self, small: SmallCopy, *, is_cut: bool) -> Map:  # noqa: ARG002
        return _NOTHING

    def enlarge(self, disparity: Map, frame: Frame) -> Map:  # noqa: ARG002
        return disparity


class _NoMotion:
    def carry(self, disparity: Map, before: Luma, now: Luma, max_value: int) -> Map:  # noqa: ARG002
        return disparity


_NOTHING = np.zeros((1, 1), np.float32)


def _up_to(count: int, first: Frame, rest: Iterator[Frame]) -> Iterator[Frame]:
    yield first
    for _ in range(count - 1):
        frame = next(rest, None)
        if frame is None:
            return
        yield frame
