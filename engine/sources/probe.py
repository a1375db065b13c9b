"""What is in a file: streams, colour, timing, stereo layout, and what may cause trouble."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import av
from av.stream import Discard, Disposition

from engine.errors import InputError
from engine.frame import Colour
from engine.sources.faults import MEDIA_ERRORS, check_readable, reason, unreadable
from engine.sources.file import SANE_RATE, seconds_of
from engine.sources.planes import colour_of, orientation_of
from engine.sources.stereo_hints import (
    StereoHint,
    stereo_from_box,
    stereo_from_frame,
    stereo_from_metadata,
    stereo_from_name,
)

_PQ, _HLG = 16, 18
_NOT_VIDEO = Disposition.attached_pic | Disposition.timed_thumbnails
# Enough to tell a variable frame rate from a constant one without reading a whole film.
_PACKETS_LOOKED_AT = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamProbe:
    """One stream. Fields that make no sense for its kind are None."""

    index: int
    kind: str
    codec: str
    language: str | None = None
    title: str | None = None
    duration_s: float | None = None
    bit_rate: int | None = None
    is_cover: bool = False
    width: int | None = None
    height: int | None = None
    pixel_format: str | None = None
    bits: int | None = None
    frame_rate: Fraction | None = None
    is_variable_rate: bool | None = None
    frame_count: int | None = None
    sample_aspect: Fraction | None = None
    colour: Colour | None = None
    hdr: str | None = None
    rotation: int | None = None
    """Degrees clockwise that the picture is turned when it is shown."""
    is_interlaced: bool | None = None
    channels: int | None = None
    channel_layout: str | None = None
    sample_rate: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProbe:
    """One file: `problems` are sentences for a person, `stereo` is ordered from the surest sign to the vaguest."""

    path: Path
    container: str
    size_bytes: int
    duration_s: float | None
    bit_rate: int | None
    streams: tuple[StreamProbe, ...]
    chapters: int
    metadata: dict[str, str]
    stereo: tuple[StereoHint, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def video(self) -> StreamProbe | None:
        """The video stream that would be played; None where there is none."""
        return next((stream for stream in self.streams if stream.kind == "video" and not stream.is_cover), None)


@dataclass(slots=True)
class _Findings:
    problems: list[str] = field(default_factory=list)
    stereo: list[StereoHint] = field(default_factory=list)


def probe_file(path: str | Path) -> FileProbe:
    """Look into a media file: its headers, its first picture, and the times of its first few hundred packets.

    Raises:
        InputError: missing, empty, or nothing FFmpeg knows. A file without video is no error, but a problem.
    """
    file = Path(path)
    check_readable(file)
    found = _Findings()
    try:
        with av.open(str(file), "r", metadata_errors="replace") as container:
            streams = tuple(_describe(stream, file, found) for stream in container.streams)
            return _summary(file, container, streams, found)
    except MEDIA_ERRORS as error:
        raise InputError(f"{file}: {unreadable(file, error)}") from error


def _summary(
    file: Path, container: av.container.InputContainer, streams: tuple[StreamProbe, ...], found: _Findings
) -> FileProbe:
    if not any(stream.kind == "video" and not stream.is_cover for stream in streams):
        found.problems.append("there is no video in it")
    box, name = stereo_from_box(file), stereo_from_name(file)
    found.stereo += [hint for hint in (box, name) if hint is not None]
    return FileProbe(
        path=file,
        container=container.format.long_name or container.format.name,
        size_bytes=file.stat().st_size,
        duration_s=container.duration / av.time_base if container.duration else None,
        bit_rate=container.bit_rate or None,
        streams=streams,
        chapters=len(container.chapters()),
        metadata=dict(container.metadata),
        stereo=tuple(sorted(found.stereo, key=lambda hint: hint.is_guess)),
        problems=tuple(found.problems),
    )


def _describe(stream: Any, file: Path, found: _Findings) -> StreamProbe:
    context = stream.codec_context
    time_base = stream.time_base or Fraction(1, 1000)
    common: dict[str, Any] = {
        "index": stream.index,
        "kind": stream.type,
        "codec": context.codec.canonical_name if context is not None else (getattr(stream, "name", None) or "unknown"),
        "language": stream.metadata.get("language"),
        "title": stream.metadata.get("title"),
        "duration_s": float(stream.duration * time_base)
        if stream.duration
        else seconds_of(stream.metadata.get("DURATION", "")),
        "bit_rate": (context.bit_rate or None) if context is not None else None,
    }
    if context is None:
        if stream.type in ("video", "audio"):
            found.problems.append(f"stream {stream.index}: this build of FFmpeg has no decoder for this {stream.type}")
        return StreamProbe(**common)
    if stream.type == "audio":
        return StreamProbe(
            **common,
            channels=context.channels,
            channel_layout=context.layout.name,
            sample_rate=context.sample_rate,
        )
    if stream.type == "video":
        return _describe_video(stream, file, found, common)
    return StreamProbe(**common)


def _describe_video(stream: Any, file: Path, found: _Findings, common: dict[str, Any]) -> StreamProbe:
    is_cover = bool(stream.disposition & _NOT_VIDEO)
    rate = next((rate for rate in (stream.average_rate, stream.guessed_rate) if rate and 0 < rate <= SANE_RATE), None)
    context = stream.codec_context
    common |= {
        "is_cover": is_cover,
        "width": context.width,
        "height": context.height,
        "pixel_format": context.pix_fmt,
        "bits": max((part.bits for part in context.format.components), default=None) if context.pix_fmt else None,
        "frame_rate": rate,
        "frame_count": stream.frames or None,
        "sample_aspect": stream.sample_aspect_ratio,
    }
    if is_cover:
        return StreamProbe(**common)
    hint = stereo_from_metadata(stream.metadata)
    found.stereo += [hint] if hint else []
    picture = _first_picture(file, stream.index, found)
    if picture is None:
        return StreamProbe(**common)
    hint = hint or stereo_from_frame(picture)
    found.stereo += [hint] if hint and hint not in found.stereo else []
    colour = colour_of(picture)
    if picture.interlaced_frame:
        found.problems.append("the video is interlaced: deinterlace it first for clean depth")
    return StreamProbe(
        **common,
        colour=colour,
        hdr={_PQ: "HDR10 (PQ)", _HLG: "HLG"}.get(colour.transfer),
        rotation=orientation_of(picture).quarters * 90,
        is_interlaced=bool(picture.interlaced_frame),
        is_variable_rate=_look_at_times(file, stream.index, found),
    )


def _first_picture(file: Path, index: int, found: _Findings) -> av.VideoFrame | None:
    try:
        with av.open(str(file), "r", metadata_errors="replace") as container:
            stream: Any = container.streams[index]
            damaged = 0
            for packet in container.demux(stream):
                try:
                    frames: Any = packet.decode()
                except MEDIA_ERRORS:
                    damaged += 1
                    continue
                if frames:
                    if damaged:
                        found.problems.append(f"{damaged} damaged packets before the first picture")
                    return frames[0]
    except MEDIA_ERRORS as error:
        found.problems.append(f"stream {index}: {reason(error)}")
        return None
    found.problems.append(f"stream {index}: not one picture can be decoded (damaged, encrypted or cut off)")
    return None


def _look_at_times(file: Path, index: int, found: _Findings) -> bool | None:
    """True for a variable frame rate; None where there are too few packets to tell."""
    times: list[int] = []
    missing = 0
    announced = 0
    complete = True
    try:
        with av.open(str(file), "r", metadata_errors="replace") as container:
            stream = container.streams[index]
            for other in container.streams:
                other.discard = Discard.default if other is stream else Discard.all
            announced = stream.frames
            for packet in islice(container.demux(stream), _PACKETS_LOOKED_AT):
                if packet.size:
                    missing += packet.pts is None
                    times += [packet.pts] if packet.pts is not None else []
            complete = len(times) + missing < _PACKETS_LOOKED_AT - 1
            unit = float(stream.time_base or 0)
    except MEDIA_ERRORS as error:
        found.problems.append(f"reading stops before the end ({reason(error)})")
        return None
    if missing:
        found.problems.append(f"{missing} pictures have no timestamp; they get one from the frame rate")
    if complete and announced - len(times) - missing > max(5, announced // 20):
        found.problems.append(f"the file is cut off: {len(times) + missing} of {announced} pictures are there")
    if len(times) < 3:
        return None
    times.sort()
    # The last one may be any length; rounding to milliseconds makes steps differ by one or two.
    steps = sorted(later - earlier for earlier, later in pairwise(times))
    usual = steps[len(steps) // 2]
    odd = sum(abs(step - usual) > max(usual * 0.2, 0.002 / unit if unit else 2) for step in steps)
    if odd > max(1, len(steps) // 50):
        found.problems.append("the frame rate is variable: every picture keeps its own time")
        return True
    return False
