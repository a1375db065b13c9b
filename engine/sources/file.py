"""Any video file FFmpeg can read, as planar frames with their own timestamps."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.stream import Discard, Disposition

from engine.errors import InputError, UsageError
from engine.frame import Frame, StreamInfo
from engine.sources.catching_up import CatchingUp
from engine.sources.faults import MEDIA_ERRORS, check_readable, reason, unreadable
from engine.sources.fitting import Fitting
from engine.sources.planes import has_alpha, is_transparent, nearest_format
from engine.sources.source import SOURCE_LATE, ClosesAtExit
from engine.sources.timing import TimestampRepair

_NOT_VIDEO = Disposition.attached_pic | Disposition.timed_thumbnails
# Above this the number is a clock's (1000 in Matroska, 90000 in MPEG-TS), not a frame rate.
SANE_RATE = Fraction(480)
_NOTICE_S = 4.0
# A decoder that refuses this many packets in a row without one picture will not recover.
_HOPELESS_PACKETS = 500


class FileSource(ClosesAtExit):
    """Decodes the main video stream of a file.

    Args:
        path: the file.
        start_s: seconds from the beginning of the file to skip; exact to the frame.
        duration_s: seconds to keep; None is all.
        threads: decoding threads; 0 lets FFmpeg choose.
        follows: give pictures that change their size or format as they come; otherwise they are made like the first.

    Raises:
        InputError: missing, empty, unreadable, without video, or not one picture can be decoded.
        UsageError: start or duration make no sense for this file.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        start_s: float = 0.0,
        duration_s: float | None = None,
        threads: int = 0,
        follows: bool = False,
    ) -> None:
        self.path = Path(path)
        if start_s < 0:
            raise UsageError(f"--start must be 0 or more seconds, got {start_s:g}")
        if duration_s is not None and duration_s <= 0:
            raise UsageError(f"--duration must be more than 0 seconds, got {duration_s:g}")
        check_readable(self.path)
        self._start = Fraction(start_s).limit_denominator(1_000_000)
        self._duration = None if duration_s is None else Fraction(duration_s).limit_denominator(1_000_000)
        self._threads = threads
        self._follows = follows
        self._say: Callable[[str, float], None] = lambda _words, _seconds: None
        self._ticks: int | None = None
        self._end_ticks: int | None = None
        self._counts: Counter[str] = Counter()
        self._notes: list[str] = []
        self._cut_short: str | None = None
        self._container = self._open_container()
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        self._stream = self._pick_stream()
        self._time_base = self._stream.time_base or Fraction(1, 1000)
        self._origin = self._file_start() + self._start
        self._origin_ticks = round(self._origin / self._time_base)
        self._rate = self._frame_rate()
        self._repair = TimestampRepair(self._time_base, self._rate)
        self._catching_up = CatchingUp(lambda: self._stream.codec_context, self._rate, self._time_base)
        self._check_start()
        self._decoded = self._decode_from_start()
        try:
            first = next(self._decoded)
        except StopIteration:
            raise InputError(f"{self.path}: {self._no_picture()}") from None
        self._pending: av.VideoFrame | None = first
        if not self._start and first.pts is not None and first.pts < self._origin_ticks:
            # Nothing may lie before zero: players cut it away.
            self._origin_ticks = first.pts
            self._origin = first.pts * self._time_base
        aspect = self._stream.sample_aspect_ratio or Fraction(1)
        self._fitting = Fitting(first, aspect, self._time_base, follows=self._follows, planar=nearest_format)
        self._note_format(first)
        self._info = self._describe()

    @property
    def info(self) -> StreamInfo:
        """What the frames look like."""
        return self._info

    @property
    def origin_s(self) -> Fraction:
        """The time in the file that became zero: its own start where that is late, plus --start."""
        return self._origin

    @property
    def warnings(self) -> list[str]:
        """One line for each kind of fault met so far."""
        lines = list(self._notes)
        told = {
            "damaged": "{n} damaged packets were skipped",
            "corrupt": "{n} pictures are damaged and may show blocks",
        }
        lines += [text.format(n=self._counts[kind]) for kind, text in told.items() if self._counts[kind]]
        if self._fitting.refitted:
            lines.append(
                "the picture size or format changes in mid-stream: "
                f"{self._fitting.refitted} frames were fitted to the first one"
            )
        if self._repair.missing:
            lines.append(f"{self._repair.missing} frames had no timestamp and got one from the frame rate")
        if self._repair.backward:
            lines.append(f"{self._repair.backward} timestamps went backwards and were put in order")
        if self._cut_short is not None:
            lines.append(self._cut_short)
        return [f"{self.path.name}: {line}" for line in lines]

    def frames(self) -> Iterator[Frame]:
        """Yield the frames of the chosen span in presentation order. Planes are views: read them, never write.

        Raises:
            InputError: not one frame lies in the span.
        """
        end = None if self._duration is None else round(self._duration / self._time_base)
        index, pts = 0, 0
        pending, self._pending = self._pending, None
        while pending is not None:
            before, pts = pts, self._repair(None if pending.pts is None else pending.pts - self._origin_ticks)
            step = (pts if end is None else min(pts, end)) - before
            index += self._catching_up.count_gap(step, is_first=index == 0)
            if end is not None and pts >= end:
                break
            self._ticks = pending.pts
            # By the clock of the file, which may have been set back.
            self._end_ticks = None if end is None or pending.pts is None else end - pts + pending.pts
            yield self._to_frame(pending, pts, index)
            index += 1
            pending = next(self._decoded, None)
        else:
            self._note_missing(index, pts)
        if index == 0:
            raise InputError(f"{self.path}: no picture between --start and the end of --duration")

    def listen(self, say: Callable[[str, float], None]) -> None:
        """Have notices told to `say` while frames are read."""
        self._say = say

    @property
    def drops(self) -> Mapping[str, int]:
        """Pictures that were left out to catch up."""
        return {SOURCE_LATE: self._catching_up.skipped} if self._catching_up.skipped else {}

    def hurry(self, lag_s: float) -> None:
        """While frames are late, leave out pictures that no other is made from, and at worst all up to a key frame."""
        if self._ticks is not None:
            # Without timestamps the next picture would take the time of one that was left out.
            self._catching_up.hurry(lag_s, self._ticks, end=self._end_ticks)

    def close(self) -> None:
        """Release the file. Frames already given out stay valid."""
        self._container.close()

    def _open_container(self) -> av.container.InputContainer:
        try:
            return av.open(str(self.path), metadata_errors="replace")
        except MEDIA_ERRORS as error:
            raise InputError(f"{self.path}: {unreadable(self.path, error)}") from error

    def _pick_stream(self) -> av.VideoStream:
        streams = self._container.streams
        pictures = [stream for stream in streams.video if not stream.disposition & _NOT_VIDEO]
        if not pictures:
            raise InputError(f"{self.path}: no video in it, only {_what_else(self._container)}")
        decodable = [stream for stream in pictures if stream.codec_context is not None]
        if not decodable:
            raise InputError(f"{self.path}: this build of FFmpeg has no decoder for its video")
        best = streams.best("video")
        stream = best if best in decodable else decodable[0]
        for other in streams:
            other.discard = Discard.default if other is stream else Discard.all
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = self._threads
        return stream

    def _file_start(self) -> Fraction:
        # A negative start is priming that plays before zero; a late one is no reason to begin with nothing.
        start = self._container.start_time
        return max(Fraction(0), Fraction(start, av.time_base)) if start is not None else Fraction(0)

    def _frame_rate(self) -> Fraction | None:
        for rate in (self._stream.average_rate, self._stream.guessed_rate):
            if rate and 0 < rate <= SANE_RATE:
                return rate
        return None

    def _length_s(self) -> float | None:
        """Seconds of video, from the most to the least trustworthy place."""
        if self._stream.duration:
            return float(self._stream.duration * self._time_base)
        if (tagged := seconds_of(self._stream.metadata.get("DURATION", ""))) is not None:
            return tagged
        if self._container.duration:
            return self._container.duration / av.time_base
        return None

    def _check_start(self) -> None:
        length = self._length_s()
        if self._start and length is not None and self._start >= length:
            raise UsageError(f"--start {float(self._start):g}: {self.path.name} is only {length:.2f} s long")

    def _decode_from_start(self) -> Generator[av.VideoFrame]:
        """Yield decoded frames from --start on: seek to a key frame before it, decode, drop what is too early."""
        if not self._start:
            yield from self._decode()
            return
        try:
            self._container.seek(self._origin_ticks, stream=self._stream)
        except MEDIA_ERRORS:
            self._rewind()
        early = True
        landed = False
        frames = self._decode()
        while (frame := next(frames, None)) is not None:
            if not landed and frame.pts is not None and frame.pts > self._origin_ticks:
                # The seek went too far (files without an index): count from the beginning instead.
                frames.close()
                self._rewind()
                frames = self._decode()
                landed = True
                continue
            landed = True
            early = early and frame.pts is not None and frame.pts < self._origin_ticks
            if not early:
                yield frame

    def _rewind(self) -> None:
        self._container.close()
        self._container = self._open_container()
        self._stream = self._pick_stream()

    def _decode(self) -> Generator[av.VideoFrame]:
        """Yield what decodes; skip and count the rest."""
        packets = self._catching_up.packets(self._container.demux(self._stream))
        in_a_row = 0
        while True:
            packet: av.Packet[Any] | None
            try:
                packet = next(packets, None)
            except MEDIA_ERRORS as error:
                self._cut_short = f"reading stopped before the end ({reason(error)})"
                # An empty packet makes the decoder give up what it still holds.
                packet = av.Packet()
                packet.stream = self._stream
            if packet is None:
                return
            frames: Sequence[Any] = ()
            try:
                frames = packet.decode()
                in_a_row = 0 if frames else in_a_row
            except MEDIA_ERRORS:
                self._counts["damaged"] += 1
                in_a_row += 1
            frame: Any
            for frame in frames:
                if frame.width and frame.height:
                    self._counts["corrupt"] += frame.is_corrupt
                    yield frame
            if self._cut_short is not None or in_a_row >= _HOPELESS_PACKETS:
                return

    def _note_missing(self, index: int, pts: int) -> None:
        """Say so where a file that was read to its end held clearly fewer pictures than it announced."""
        # Of what was left out on purpose the number is only guessed.
        announced = None if self._catching_up.has_skipped else self._announced
        if announced is not None and announced - index > max(5, announced // 20):
            self._notes.append(f"the file is cut off: {index} of {announced} pictures are there")
            return
        tagged = self._stream.duration and float(self._stream.duration * self._time_base)
        if tagged and not self._start and tagged - pts * self._time_base > max(2.0, tagged / 10):
            self._notes.append(f"the picture ends at {float(pts * self._time_base):.1f} s of {tagged:.1f} s")

    def _no_picture(self) -> str:
        if self._start:
            return f"no picture at or after --start {float(self._start):g}"
        codec = self._stream.codec_context.codec.canonical_name
        if self._counts["damaged"]:
            return f"its {codec} video is damaged (or encrypted): not one picture could be decoded"
        if self._cut_short is not None:
            return f"not one picture could be decoded: {self._cut_short}"
        return f"it announces {codec} video but holds no picture (cut off, or only the head of a stream)"

    def _note_format(self, first: av.VideoFrame) -> None:
        if has_alpha(first.format) and is_transparent(first):
            self._notes.append("transparency is ignored")
        if first.interlaced_frame:
            self._notes.append(
                "the video is interlaced and is passed on as it is: deinterlace it first for clean depth"
            )

    def _describe(self) -> StreamInfo:
        length = self._length_s()
        if length is not None:
            length -= float(self._start)
            length = length if self._duration is None else min(length, float(self._duration))
        whole = not self._start and self._duration is None
        self._announced = self._stream.frames if whole and self._stream.frames else None
        count = self._announced
        if count is None and length is not None and self._rate is not None:
            # A span that ends between two pictures holds the one before; rates and lengths are rounded a little.
            count = max(1, round(length * self._rate) if whole else math.ceil(length * self._rate - 0.02))
        return StreamInfo(
            width=self._fitting.width,
            height=self._fitting.height,
            format=self._fitting.format,
            time_base=self._time_base,
            frame_rate=self._rate,
            frame_count=count,
            duration_s=length,
            colour=self._fitting.colour,
            sample_aspect=self._fitting.aspect,
            bit_rate=self._stream.codec_context.bit_rate or None,
        )

    def _to_frame(self, picture: av.VideoFrame, pts: int, index: int) -> Frame:
        epoch = self._fitting.epoch
        frame = self._fitting.frame(picture, pts, index)
        if self._fitting.epoch != epoch:
            self._say(f"the picture is now {frame.width}x{frame.height}", _NOTICE_S)
        return replace(frame, duration=picture.duration or None)


def seconds_of(text: str) -> float | None:
    """Read Matroska's duration tag, 00:01:02.345; None for any other text."""
    parts = text.split(":")
    try:
        hours, minutes, seconds = (float(part) for part in parts)
    except ValueError:
        return None
    return hours * 3600 + minutes * 60 + seconds


def _what_else(container: av.container.InputContainer) -> str:
    words = {"video": "cover art", "audio": "sound", "subtitle": "subtitles", "attachment": "attachments"}
    kinds = {words.get(stream.type, "data") for stream in container.streams}
    return " and ".join(sorted(kinds)) if kinds else "headers without any stream"
