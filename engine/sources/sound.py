"""The sound of a file, as one unbroken run of stereo samples that begins with the picture."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Discard
from numpy.typing import NDArray

from engine.errors import InputError
from engine.sources.faults import MEDIA_ERRORS, unreadable

Samples = NDArray[np.float32]
"""(n, 2) float32, left and right, full scale is -1 to 1."""

CHANNELS = 2
# Timestamps are rounded to a container's ticks (1 ms in Matroska): smaller steps than this are no gap.
_JITTER_S = 0.02
# Silence is handed on in pieces, however long it is.
_MOST_SILENCE_S = 0.5


class FileSound:
    """Reads the best sound track of a file with a decoder of its own. One thread iterates, any may `close` after it.

    Args:
        path: the file.
        origin_s: the time in the file at which the picture's clock is zero (`Source.origin_s`).
        duration_s: seconds to keep; None is all.

    Raises:
        InputError: the file cannot be opened.
    """

    def __init__(self, path: str | Path, *, origin_s: Fraction = Fraction(0), duration_s: float | None = None) -> None:
        self._path = Path(path)
        self._origin_s = origin_s
        self._duration_s = duration_s
        self.damaged = 0
        """Packets that could not be decoded; there is silence instead."""
        try:
            self._container = av.open(str(self._path), metadata_errors="replace")
        except MEDIA_ERRORS as error:
            raise InputError(f"{self._path}: {unreadable(self._path, error)}") from error
        tracks = [track for track in self._container.streams.audio if track.codec_context is not None]
        best = self._container.streams.best("audio")
        self._track: Any = best if best in tracks else next(iter(tracks), None)

    @property
    def is_there(self) -> bool:
        """Whether the file has sound that can be decoded."""
        return self._track is not None

    @property
    def description(self) -> str:
        """Codec, sampling rate and layout of the track."""
        if self._track is None:
            return "no sound"
        context = self._track.codec_context
        return f"{context.name} {context.sample_rate} Hz {context.layout.name}"

    def blocks(self, rate: int) -> Iterator[Samples]:
        """Yield everything from the picture's zero on, gaps filled with silence, mixed to stereo.

        Args:
            rate: samples a second that are wanted.

        Returns:
            Blocks without any time between them; sample n of them all belongs to time n / rate.
        """
        if self._track is None:
            return
        given, is_first = 0, True
        last = None if self._duration_s is None else round(self._duration_s * rate)
        for start_s, samples in self._decoded(rate):
            start = given if start_s is None else round(start_s * rate)
            if not is_first and abs(start - given) < _JITTER_S * rate:
                start = given
            is_first = False
            while start > given and (last is None or given < last):
                silent = min(start - given, round(_MOST_SILENCE_S * rate))
                yield np.zeros((silent, CHANNELS), np.float32)
                given += silent
            # What lies before the picture, or was given already.
            samples = samples[max(0, given - start) :]
            if last is not None:
                samples = samples[: max(0, last - given)]
            if len(samples):
                yield samples
                given += len(samples)
            if last is not None and given >= last:
                return

    def close(self) -> None:
        """Release the file; when nobody iterates any more."""
        self._container.close()

    def _decoded(self, rate: int) -> Iterator[tuple[float | None, Samples]]:
        """Yield (seconds on the picture's clock or None, samples)."""
        self._wind()
        resampler, kind = None, None
        for packet in self._packets():
            try:
                frames = self._track.codec_context.decode(packet)
            except MEDIA_ERRORS:
                self.damaged += 1
                continue
            for frame in frames:
                if (new := (frame.format.name, frame.layout.name, frame.sample_rate)) != kind:
                    # Broadcasts change from stereo to surround in the middle; a resampler cannot.
                    if resampler is not None:
                        yield from self._resampled(resampler, None)
                    resampler, kind = av.AudioResampler(format="flt", layout="stereo", rate=rate), new
                yield from self._resampled(resampler, frame)
        if resampler is not None:
            yield from self._resampled(resampler, None)

    def _packets(self) -> Iterator[Any]:
        """Yield the packets of the track, and None at the end: that empties the decoder."""
        packets = self._container.demux(self._track)
        while True:
            try:
                packet = next(packets, None)
            except MEDIA_ERRORS:
                # A file that is cut off: the picture says so.
                packet = None
            if packet is None or packet.size == 0:
                yield None
                return
            yield packet

    def _resampled(self, resampler: Any, frame: Any) -> Iterator[tuple[float | None, Samples]]:
        try:
            results = resampler.resample(frame)
        except MEDIA_ERRORS:
            self.damaged += 1
            return
        for result in results:
            start_s = None
            if result.pts is not None and result.time_base is not None:
                start_s = float(result.pts * result.time_base - self._origin_s)
            yield start_s, result.to_ndarray().reshape(-1, CHANNELS)

    def _wind(self) -> None:
        for other in self._container.streams:
            other.discard = Discard.default if other is self._track else Discard.all
        start = self._container.start_time or 0
        if self._origin_s * av.time_base <= start:
            return
        try:
            # By the track itself: containers wind by their pictures, and that may be too far.
            self._container.seek(round(self._origin_s / self._track.time_base), stream=self._track)
        except MEDIA_ERRORS:
            # What cannot be wound is decoded from its beginning and left out.
            return
