"""Video files: encode what comes, copy what else was in the input, give the file its name when it is whole."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.stream import Disposition

from engine.errors import OutputError, UnavailableError, WheatstoneError
from engine.frame import Frame
from engine.sinks import depth_codecs
from engine.sinks.carry import CarryOver
from engine.sinks.codecs import container_of, default_codec, encoder_for
from engine.sinks.destination import Destination
from engine.sinks.faults import MEDIA_ERRORS, reason
from engine.sinks.pictures import PictureWriter
from engine.sinks.sink import FinishOrAbort, Picture
from engine.sinks.stereo_tags import STEREO_TAGS, add_st3d, encoder_options, stream_metadata

# x265 takes decoding times from pictures that far back; in shorter films they come from memory nobody has written.
_X265_DELAY = 2

_log = logging.getLogger(__name__)

_ISO_CONTAINERS = frozenset({"mp4", "mov", "3gp"})
# MPEG-4 part 2 stores the time base in 16 bits; MPEG-1/2 and the containers below know only a constant frame rate.
_CONSTANT_RATE_CODECS = frozenset({"mpeg4", "mpeg2video", "mpeg1video"})
_CONSTANT_RATE_CONTAINERS = frozenset({"avi", "mpeg"})


class EncoderSink(FinishOrAbort):
    """Writes one video file.

    Args:
        path: OUTPUT; its suffix chooses the container.
        codec: FFmpeg's name or a short one (h264, hevc, av1, vp9, ffv1 ...); None takes the container's usual one.
        crf: quality, smaller is better; None leaves it to the encoder.
        preset: speed, in x264's words.
        overwrite: replace an existing OUTPUT.
        input_path: the file being read, which OUTPUT must not be.
        carry: what to copy from the input beside the picture.
        stereo: name of the layout, written into the file as a stereo tag where it is stereo.
        about: what the picture means, written into the file as a comment.
        exact: lose no code value, if the encoder can; crf has no meaning then.
        threads: encoder threads; 0 lets it choose.

    Raises:
        OutputError: the name, the folder or the suffix will not do.
        UnavailableError: no such encoder here.
        UsageError: crf or preset are out of range.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        codec: str | None = None,
        crf: float | None = 18,
        preset: str | None = "fast",
        overwrite: bool = False,
        input_path: Path | None = None,
        carry: CarryOver | None = None,
        stereo: str | None = None,
        about: str | None = None,
        exact: bool = False,
        threads: int = 0,
    ) -> None:
        self.path = Path(path)
        self.frames_written = 0
        self._container_name = container_of(self.path.suffix, self.path)
        self._destination = Destination(self.path, overwrite=overwrite, input_path=input_path)
        self._codec = codec or default_codec(self._container_name)
        self._encoder = encoder_for(self._codec, crf=crf, preset=preset)
        if exact:
            self._encoder = depth_codecs.exact(self._encoder)
        self._about = about
        self._stereo = STEREO_TAGS.get(stereo) if stereo else None
        self._carry = carry
        self._threads = threads
        self._notes: list[str] = []
        self._container: av.container.OutputContainer | None = None
        self._is_unfinished = False
        self._last_pts: int | None = None
        self._uneven = False

    @property
    def warnings(self) -> list[str]:
        """What was changed or left out, one line each."""
        carried = self._carry.warnings if self._carry else []
        return [f"{self.path.name}: {line}" for line in [*self._notes, *carried]]

    def open(self, picture: Picture) -> None:
        """Create the file under a temporary name and write its header."""
        self._is_unfinished = True
        try:
            self._container = av.open(str(self._destination.partial), "w", format=self._container_name)
            self._add_video(picture)
            if self._carry is not None:
                self._carry.attach(self._container, self._container_name)
            if self._about:
                self._container.metadata["comment"] = self._about
            self._container.start_encoding()
        except WheatstoneError:
            self.abort()
            raise
        except MEDIA_ERRORS as error:
            self.abort()
            raise OutputError(f"{self.path}: {reason(error)}") from error

    def write(self, frame: Frame) -> None:
        """Encode one frame.

        Raises:
            OutputError: the encoder or the disk failed; nothing stays under OUTPUT's name.
        """
        picture = self._picture_writer(frame)
        self._fit_time(picture)
        try:
            for packet in self._stream.encode(picture):
                self._mux(packet)
        except MEDIA_ERRORS as error:
            raise self._failure(error) from error
        self.frames_written += 1

    def close(self, *, cut: bool = False) -> None:
        """Write what the encoder still holds and the rest of the copied streams, then give the file its name.

        Args:
            cut: the input was not read to its end, so what is copied beside the picture ends with it.
        """
        container = self._container
        if container is None:
            return
        if not self.frames_written:
            self.abort()
            return
        try:
            for packet in self._stream.encode(None):
                if self._encoder.name == "libx265" and self.frames_written <= _X265_DELAY:
                    packet.dts = packet.pts
                self._mux(packet)
            if self._carry is not None:
                self._carry.finish(container, self._end if cut else None)
            self._container = None
            container.close()
            if self._stereo is not None and self._stereo.st3d is not None and self._container_name in _ISO_CONTAINERS:
                add_st3d(self._destination.partial, self._stereo.st3d)
        except MEDIA_ERRORS as error:
            raise self._failure(error) from error
        finally:
            self._release()
        self._is_unfinished = False
        self._destination.commit()

    def abort(self) -> None:
        """Remove what was written."""
        container, self._container = self._container, None
        if container is not None:
            try:
                container.close()
            except MEDIA_ERRORS as error:
                # The disk may be full: the file goes away in any case.
                _log.debug("closing %s: %s", self._destination.partial, error)
        if self._is_unfinished:
            self._destination.discard()
            self._is_unfinished = False
        self._release()

    def _add_video(self, picture: Picture) -> None:
        assert self._container is not None
        encoder = self._encoder
        name, lost = encoder.pixel_format(picture.format)
        if lost:
            self._notes.append(lost)
        size = encoder.encoded_size(picture.width, picture.height, name)
        if size != (picture.width, picture.height):
            self._notes.append(
                f"{encoder.name} needs even sizes: the last row or column is repeated, {size[0]}x{size[1]}"
            )
        options = dict(encoder.options) | (encoder_options(self._stereo, encoder.name) if self._stereo else {})
        if encoder.name == "libx265":
            options["x265-params"] = ":".join(["log-level=error", *filter(None, [options.get("x265-params")])])
        try:
            stream = self._container.add_stream(encoder.name, rate=picture.frame_rate or Fraction(25), options=options)
        except ValueError as error:
            raise OutputError(
                f"{self.path}: a {self.path.suffix} file cannot hold {self._codec}; "
                f"use --codec {default_codec(self._container_name)} or the suffix .mkv"
            ) from error
        assert isinstance(stream, av.VideoStream)
        stream.disposition = Disposition.default
        self._stream = stream
        self._configure(stream, picture, name, size)
        self._open_encoder(stream)
        self._picture_writer = PictureWriter(picture, name, size)

    def _configure(self, stream: av.VideoStream, picture: Picture, name: str, size: tuple[int, int]) -> None:
        context = stream.codec_context
        context.width, context.height = size
        context.pix_fmt = name
        self._constant_rate = (
            self._encoder.name in _CONSTANT_RATE_CODECS or self._container_name in _CONSTANT_RATE_CONTAINERS
        )
        rate = picture.frame_rate or Fraction(25)
        context.time_base = 1 / rate.limit_denominator(1001) if self._constant_rate else picture.time_base
        stream.time_base = context.time_base
        context.sample_aspect_ratio = picture.sample_aspect
        context.colorspace = picture.colour.matrix
        context.color_primaries = picture.colour.primaries
        context.color_trc = picture.colour.transfer
        context.color_range = 2 if picture.colour.full_range else 1
        context.thread_count = self._threads
        context.thread_type = "AUTO"
        context.flags |= av.codec.context.Flags.frame_duration
        if self._encoder.quantiser is not None:
            context.qscale = True
            context.global_quality = self._encoder.quantiser * 118  # FF_QP2LAMBDA
        if context.codec.canonical_name == "hevc" and self._container_name in _ISO_CONTAINERS:
            # Apple's players know HEVC by this name only.
            context.codec_tag = "hvc1"
        if self._stereo is not None:
            stream.metadata.update(stream_metadata(self._stereo, self._container_name))

    def _open_encoder(self, stream: av.VideoStream) -> None:
        try:
            stream.codec_context.open()
        except MEDIA_ERRORS as error:
            name = self._encoder.name
            if "nvenc" in name:
                raise UnavailableError(f"--codec {name}: it needs an NVIDIA GPU and its driver") from error
            size = f"{stream.codec_context.width}x{stream.codec_context.height} {stream.codec_context.pix_fmt}"
            raise OutputError(f"{self.path}: the encoder {name} does not accept {size} ({reason(error)})") from error

    def _fit_time(self, picture: av.VideoFrame) -> None:
        if picture.pts is None:
            picture.pts = self.frames_written
            picture.time_base = 1 / (self._stream.codec_context.framerate or Fraction(25))
        time_base = self._stream.codec_context.time_base
        if picture.time_base is not None and picture.time_base != time_base:
            scale = picture.time_base / time_base
            picture.pts = round(picture.pts * scale)
            picture.duration = round(picture.duration * scale)
            picture.time_base = time_base
        if self._constant_rate and self._last_pts is not None:
            if picture.pts > self._last_pts + 1 and not self._uneven:
                self._uneven = True
                self._notes.append(
                    "this kind of file has a constant frame rate: pictures are moved to its nearest times"
                )
            picture.pts = max(picture.pts, self._last_pts + 1)
        self._last_pts = picture.pts
        self._end = (picture.pts + max(1, picture.duration)) * time_base

    def _mux(self, packet: av.Packet[Any]) -> None:
        assert self._container is not None
        if self._carry is not None and packet.dts is not None and packet.time_base:
            self._carry.pump(self._container, packet.dts * packet.time_base)
        self._container.mux(packet)

    def _failure(self, error: Exception) -> OutputError:
        self.abort()
        # `close` lets go of the container before its trailer is written, so `abort` may have had nothing to remove.
        self._destination.discard()
        done = f"after {self.frames_written} frames" if self.frames_written else "at the first frame"
        return OutputError(f"{self.path}: {reason(error)} ({done}); nothing was kept")

    def _release(self) -> None:
        if self._carry is not None:
            self._carry.close()
