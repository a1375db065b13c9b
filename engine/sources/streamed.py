"""Frames of what is received rather than read: network streams, cameras, screens, standard input."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction

import av

from engine.errors import InputError, UsageError
from engine.frame import Frame, StreamInfo
from engine.sources.decoder import PacketDecoder, Picture
from engine.sources.feed import END, Description, Fault
from engine.sources.file import SANE_RATE
from engine.sources.fitting import Fitting
from engine.sources.link import STOPPED, Connection, Link, Say
from engine.sources.packet_queue import PacketQueue
from engine.sources.source import SOURCE_LATE, ClosesAtExit
from engine.sources.timing import ArrivalClock, TimestampRepair

_LIVE_TICKS = 90_000
# FFmpeg makes up timestamps for these, at 25 or 30 a second, whatever the camera does.
_TIMELESS = frozenset({"mpjpeg", "mjpeg", "h264", "hevc", "m4v", "obu", "yuv4mpegpipe"})
_LOOK_AROUND_S = 1.0
_NOTICE_S = 4.0


class StreamedSource(ClosesAtExit):
    """Reads a `Connection`.

    Live streams (`is_live`) are read as they come: timestamps follow the time of arrival, packets that are not decoded
    in time are passed over and counted in `drops`, and every frame carries one stamp, `arrival`. A recording (a file of
    a web server, standard input) keeps its timestamps and waits for whoever takes the frames.

    Args:
        connection: what to read.
        start_s: seconds of a recording to skip.
        duration_s: seconds to keep; None is all.
        follows: give pictures that change their size or format as they come; otherwise they are made like the first.

    Raises:
        InputError: it cannot be opened, or no picture comes.
        UsageError: start or duration make no sense for it.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        start_s: float = 0.0,
        duration_s: float | None = None,
        follows: bool = False,
    ) -> None:
        self._connection = connection
        if duration_s is not None and duration_s <= 0:
            raise UsageError(f"--duration must be more than 0 seconds, got {duration_s:g}")
        if start_s and connection.is_live:
            raise UsageError(
                f"--start {start_s:g}: {connection.name} is live and has no beginning that could be skipped"
            )
        self._start = Fraction(start_s).limit_denominator(1_000_000)
        self._duration_s = duration_s
        self._follows = follows
        self._say: Say = _to_nobody
        self._queue = PacketQueue()
        self._link = Link(connection, self._queue, self._tell, start_s=start_s)
        self._description: Description | None = None
        self._fault: Fault | None = None
        self._damaged = 0
        self._uncounted = 0
        self._connections = 0
        self._told_refit = self._has_picture = False
        self._last = -1
        self._link.start()
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        self._pictures = self._decode()
        self._pending = next(self._pictures, None)
        if self._pending is None:
            raise InputError(f"{self._connection.name}: {self._connection.explain(self._fault or STOPPED)}")
        description, (first, _) = self.description, self._pending
        if self._start and self.is_live:
            raise UsageError(
                f"--start {float(self._start):g}: {self._connection.name} is live and has no beginning to skip"
            )
        self._time_base = Fraction(1, _LIVE_TICKS) if self.is_live else description.time_base
        self._fitting = Fitting(first, description.aspect, self._time_base, follows=self._follows)
        rate = next((rate for rate in description.rates if 0 < rate <= SANE_RATE), None)
        self._origin = Fraction(description.start_s).limit_denominator(1_000_000) + self._start
        self._repair = TimestampRepair(self._time_base, rate)
        self._clock = ArrivalClock(_LIVE_TICKS)
        self._seen = self._connections
        self._is_timed = description.container not in _TIMELESS
        self._info = StreamInfo(
            width=self._fitting.width,
            height=self._fitting.height,
            format=self._fitting.format,
            time_base=self._time_base,
            frame_rate=rate,
            frame_count=self._count(description, rate),
            duration_s=self._length_s(description),
            colour=self._fitting.colour,
            sample_aspect=self._fitting.aspect,
            bit_rate=description.bit_rate,
        )

    @property
    def info(self) -> StreamInfo:
        """What the frames look like, or the first of them if those are followed that change."""
        return self._info

    @property
    def description(self) -> Description:
        """What the relay found when it opened the input."""
        assert self._description is not None
        return self._description

    @property
    def origin_s(self) -> Fraction:
        """The time in a recording that became zero; a live stream begins at zero."""
        return Fraction(0) if self.is_live else self._origin

    @property
    def is_live(self) -> bool:
        """Whether frames come when they happen."""
        return self._queue.is_live

    @property
    def has_sound(self) -> bool:
        """Whether there is sound, which is not read."""
        return self.description.has_sound

    @property
    def drops(self) -> Mapping[str, int]:
        """Frames lost since the second one was asked for: what passes while networks are loaded is nobody's loss."""
        lost = self._queue.passed_over - self._uncounted
        return {SOURCE_LATE: lost} if lost > 0 else {}

    @property
    def warnings(self) -> list[str]:
        """One line for each kind of trouble so far."""
        lines = list(self._connection.notes)
        losses = self._link.losses
        if losses:
            times = "once" if len(losses) == 1 else f"{len(losses)} times"
            lines.append(f"the stream was lost {times} and came back ({losses[-1]})")
        if self._damaged:
            lines.append(f"{self._damaged} damaged packets were skipped")
        if self._fitting.refitted:
            lines.append(
                f"the picture size or format changed: {self._fitting.refitted} frames were fitted to the first one"
            )
        if self._fault not in (None, END, STOPPED):
            assert self._fault is not None
            lines.append(f"the stream was lost and did not come back: {self._connection.explain(self._fault)}")
        return [f"{self._connection.name}: {line}" for line in lines]

    def listen(self, say: Say) -> None:
        """Have notices ("stream lost ...") told to `say`, on whatever thread they arise."""
        self._say = say

    def frames(self) -> Iterator[Frame]:
        """Yield frames until the stream ends, is lost for good, or `stop` is called."""
        index = 0
        end = None if self._duration_s is None else round(Fraction(self._duration_s) / self._time_base)
        pending, self._pending = self._pending, None
        while pending is not None:
            picture, arrival_s = pending
            pts = self._pts(picture, arrival_s)
            if pts is not None and end is not None and pts >= end:
                return
            if pts is not None:
                self._last = pts
                epoch = self._fitting.epoch
                frame = self._fitting.frame(picture, pts, index)
                self._note_change(frame, picture, is_new=self._fitting.epoch != epoch)
                if self.is_live:
                    frame = frame.stamped("arrival", arrival_s, arrival_s)
                # What waits here must not keep the frame alive.
                del picture, pending
                yield frame
                del frame
                if index == 0:
                    self._uncounted = self._queue.passed_over
                index += 1
            pending = next(self._pictures, None)

    def hold(self, held: bool) -> None:
        """What passes while the picture stands still is nobody's loss."""
        self._queue.hold(held)

    def stop(self) -> None:
        """End `frames` now, even while it waits. Any thread, any time, also from a signal handler: takes no lock."""
        self._link.stop()

    def close(self) -> None:
        """Release everything; no thread or process is left. Safe to call twice."""
        self._link.stop()
        self._queue.close()
        self._link.close()

    def _decode(self) -> Iterator[Picture]:
        decoder: PacketDecoder | None = None
        while True:
            entry = self._queue.get(_LOOK_AROUND_S)
            if entry is None:
                if self._queue.is_closed:
                    return
                self._link.note_silence()
                continue
            if isinstance(entry, Description | Fault) and decoder is not None:
                yield from decoder.decode(None)
            if isinstance(entry, Fault):
                if self._link.error is not None:
                    raise self._link.error
                self._fault = entry
                return
            if isinstance(entry, Description):
                self._connections += 1
                self._description = self._description or entry
                decoder = PacketDecoder(entry, is_live=self.is_live)
            elif decoder is not None:
                damaged = decoder.damaged
                for picture in decoder.decode(entry):
                    picture[0].time_base = decoder.time_base
                    self._has_picture = True
                    yield picture
                # Whoever comes in the middle of a transmission finds scraps before the first key picture.
                if self._has_picture:
                    self._damaged += decoder.damaged - damaged

    def _pts(self, picture: av.VideoFrame, arrival_s: float) -> int | None:
        """The frame's time in ticks; None for what lies before the start of a recording."""
        unit = picture.time_base or self._time_base
        if self.is_live:
            if self._seen != self._connections:
                self._seen = self._connections
                self._clock.reconnect()
            time_s = float(picture.pts * unit) if picture.pts is not None and self._is_timed else None
            return self._clock(time_s, arrival_s)
        ticks = None if picture.pts is None else round((picture.pts * unit - self._origin) / self._time_base)
        if ticks is not None and ticks < 0:
            return None
        if self._seen != self._connections:
            # A recording that broke off goes on a little earlier: what was given already is not given again. A
            # transmission in pieces goes on wherever it is now.
            if self.description.is_finite and (ticks is None or ticks <= self._last):
                return None
            self._seen = self._connections
        return self._repair(ticks)

    def _note_change(self, frame: Frame, picture: av.VideoFrame, *, is_new: bool) -> None:
        if is_new:
            self._say(f"the picture is now {frame.width}x{frame.height}", _NOTICE_S)
        if self._fitting.refitted and not self._told_refit:
            self._told_refit = True
            self._say(f"the picture is now {picture.width}x{picture.height}: it is fitted to the first one", _NOTICE_S)

    def _length_s(self, description: Description) -> float | None:
        if self.is_live or description.duration_s is None:
            return self._duration_s
        rest_s = max(0.0, description.duration_s - float(self._start))
        return rest_s if self._duration_s is None else min(rest_s, self._duration_s)

    def _count(self, description: Description, rate: Fraction | None) -> int | None:
        length_s = self._length_s(description)
        if self.is_live or description.duration_s is None or length_s is None or rate is None:
            return None
        return max(1, math.ceil(length_s * rate - Fraction(1, 50)))

    def _tell(self, words: str, seconds: float) -> None:
        self._say(words, seconds)


def _to_nobody(words: str, seconds: float) -> None:
    """Before anybody listens."""
