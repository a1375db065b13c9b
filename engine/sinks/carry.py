"""What an output takes over from its input beside the picture: sound, subtitles, chapters, attachments, names.

The input is opened a second time for this, so that the graph's frames and the copied packets never wait for each other:
each encoded video packet pulls the packets that belong before it.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
from av.stream import Discard, Disposition

from engine.sinks.faults import MEDIA_ERRORS, is_storage_fault, reason

_TEXT_SUBTITLES = frozenset({"subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text"})
_TEXT_CODEC_OF = {"mp4": "mov_text", "mov": "mov_text", "matroska": "subrip", "webm": "webvtt"}
_WRITTEN_BY_MUXER = frozenset(
    {"encoder", "major_brand", "minor_version", "compatible_brands", "duration", "stereo_mode", "vendor_id", "filename"}
)
_COVER_TYPES = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png")}
_PACKETS_TRIED = 200
_PACKETS_TRIED_OF_EACH = 4
_COVER = Disposition.attached_pic | Disposition.timed_thumbnails


@dataclass(slots=True)
class _Track:
    """One copied stream: packets of `source` go to `target`, re-encoded as text where `converts` is set."""

    name: str
    source: Any
    target: Any
    converts: bool
    origin: int
    last_dts: int | None = None
    copied: int = 0
    faults: Counter[str] = field(default_factory=Counter)


class CarryOver:
    """Copies the other streams of an input into an output.

    Args:
        path: the input file.
        origin_s: the time in the input that is time zero in the output (a source says which, `origin_s`).
        duration_s: copy no further than this after the origin; None copies everything.
    """

    def __init__(self, path: Path, *, origin_s: Fraction = Fraction(0), duration_s: float | None = None) -> None:
        self._path = path
        self._origin = origin_s
        self._end = None if duration_s is None else Fraction(duration_s).limit_denominator(1_000_000)
        self._input: av.container.InputContainer | None = None
        self._tracks: dict[int, _Track] = {}
        self._packets: Iterator[av.Packet[Any]] | None = None
        self._pending: tuple[Fraction, av.Packet[Any]] | None = None
        self._notes: list[str] = []
        self._cut = False

    @property
    def warnings(self) -> list[str]:
        """What was left out or is damaged, one line each."""
        lines = list(self._notes)
        for track in self._tracks.values():
            lines += [f"{track.name}: {count} packets {what}" for what, count in track.faults.items()]
        return lines

    def attach(self, output: av.container.OutputContainer, container: str) -> None:
        """Add the streams that `output` can hold, and everything that is written into its header."""
        try:
            self._input = av.open(str(self._path), metadata_errors="replace")
        except MEDIA_ERRORS as error:
            self._notes.append(f"sound and subtitles of {self._path.name} are left out ({reason(error)})")
            return
        start = self._input.start_time
        # Only --start puts the origin inside the file; what lies before it is then left out.
        self._cut = start is not None and self._origin - Fraction(start, av.time_base) > Fraction(1, 1000)
        samples = _first_packets(self._path)
        ordinals: Counter[str] = Counter()
        for stream in self._input.streams:
            ordinals[stream.type] += 1
            name = _name_of(stream, ordinals[stream.type])
            if stream.type == "video":
                self._attach_cover(output, stream, container)
            elif stream.type == "attachment":
                self._attach_file(output, stream, name, container)
            elif stream.type in ("audio", "subtitle"):
                self._attach_track(output, stream, name, container, samples.get(stream.index, []))
        if ordinals["data"]:
            self._notes.append(f"{ordinals['data']} data streams (timed metadata) are left out")
        self._copy_names(output)
        self._copy_chapters(output)
        self._begin()

    def pump(self, output: av.container.OutputContainer, until_s: Fraction) -> None:
        """Copy every packet that comes before `until_s` in the output's time."""
        while self._pending is not None and self._pending[0] <= until_s:
            self._copy(output, self._pending[1])
            self._pending = self._next()

    def finish(self, output: av.container.OutputContainer, end_s: Fraction | None) -> None:
        """Copy the rest: all of it, or up to `end_s` where the picture was cut short."""
        while self._pending is not None:
            if end_s is not None and self._pending[0] >= end_s:
                break
            self._copy(output, self._pending[1])
            self._pending = self._next()

    def close(self) -> None:
        """Release the input."""
        self._packets = None
        self._pending = None
        if self._input is not None:
            self._input.close()
            self._input = None

    def _attach_track(
        self,
        output: av.container.OutputContainer,
        stream: Any,
        name: str,
        container: str,
        samples: list[av.Packet[Any]],
    ) -> None:
        codec = stream.codec_context.codec.canonical_name if stream.codec_context is not None else "unknown codec"
        converted = _TEXT_CODEC_OF.get(container) if codec in _TEXT_SUBTITLES else None
        if converted == codec or (container == "matroska" and codec != "mov_text"):
            converted = None
        refusal = _refusal(stream, container, converted, samples)
        if refusal is not None:
            self._notes.append(f"{name} is left out: {refusal}")
            return
        target = _add(output, stream, converted)
        target.metadata.update(_tags(stream.metadata))
        target.disposition = stream.disposition
        if converted:
            self._notes.append(f"{name} is converted to {converted}")
        time_base = stream.time_base or Fraction(1, 1000)
        origin = round(self._origin / time_base)
        self._tracks[stream.index] = _Track(name, stream, target, converted is not None, origin)

    def _attach_cover(self, output: av.container.OutputContainer, stream: Any, container: str) -> None:
        if not stream.disposition & _COVER or stream.codec_context is None:
            return
        kind = _COVER_TYPES.get(stream.codec_context.codec.canonical_name)
        assert self._input is not None
        packet = next((packet for packet in self._input.demux(stream) if packet.size), None) if kind else None
        self._input.seek(0)
        if kind is None or packet is None or container != "matroska":
            self._notes.append("the cover picture is left out")
            return
        output.add_attachment(*kind, bytes(packet))

    def _attach_file(self, output: av.container.OutputContainer, stream: Any, name: str, container: str) -> None:
        if container != "matroska":
            self._notes.append(f"{name} is left out: this kind of file holds no attachments")
            return
        label = stream.metadata.get("filename") or f"attachment-{stream.index}"
        output.add_attachment(label, stream.mimetype or "application/octet-stream", stream.data)

    def _copy_names(self, output: av.container.OutputContainer) -> None:
        assert self._input is not None
        output.metadata.update(_tags(self._input.metadata))
        pictures = [stream for stream in self._input.streams.video if not stream.disposition & _COVER]
        if len(pictures) > 1:
            self._notes.append(f"{len(pictures) - 1} further video streams are left out")
        best = self._input.streams.best("video")
        if best is not None:
            kept = {key: value for key, value in best.metadata.items() if key in ("language", "title")}
            output.streams.video[0].metadata.update(kept)

    def _copy_chapters(self, output: av.container.OutputContainer) -> None:
        assert self._input is not None
        kept = []
        for chapter in self._input.chapters():
            unit = chapter["time_base"] or Fraction(1, 1000)
            shift = round(self._origin / unit)
            start, end = chapter["start"] - shift, chapter["end"] - shift
            if self._end is not None:
                end = min(end, round(self._end / unit))
            if end > max(start, 0):
                kept.append({**chapter, "start": max(start, 0), "end": end})
        if kept:
            output.set_chapters(kept)  # type: ignore[arg-type]

    def _begin(self) -> None:
        assert self._input is not None
        if not self._tracks:
            return
        for stream in self._input.streams:
            stream.discard = Discard.default if stream.index in self._tracks else Discard.all
        if self._origin:
            try:
                self._input.seek(int(self._origin * av.time_base))
            except MEDIA_ERRORS:
                self._input.seek(0)
        self._packets = self._input.demux([track.source for track in self._tracks.values()])
        self._pending = self._next()

    def _next(self) -> tuple[Fraction, av.Packet[Any]] | None:
        """The next packet to copy with its time in the output; None at the end."""
        while self._packets is not None:
            try:
                packet = next(self._packets, None)
            except MEDIA_ERRORS as error:
                self._notes.append(f"sound or subtitles end early ({reason(error)})")
                return None
            if packet is None:
                return None
            if not packet.size:
                continue
            track = self._tracks[packet.stream_index]
            stamp = packet.dts if packet.dts is not None else packet.pts
            if stamp is None:
                if track.last_dts is None:
                    track.faults["without a time were left out"] += 1
                    continue
                stamp = track.last_dts + track.origin + 1
            time = (stamp - track.origin) * (packet.time_base or Fraction(1, 1000))
            if self._cut and time < 0:
                continue
            if self._end is not None and time >= self._end:
                continue
            return time, packet
        return None

    def _copy(self, output: av.container.OutputContainer, packet: av.Packet[Any]) -> None:
        track = self._tracks[packet.stream_index]
        stamp = packet.dts if packet.dts is not None else packet.pts
        dts = (stamp - track.origin) if stamp is not None else (track.last_dts or 0) + 1
        if track.last_dts is not None and dts <= track.last_dts:
            dts = track.last_dts + 1
            track.faults["had times out of order, which were mended"] += 1
        pts = packet.pts - track.origin if packet.pts is not None else dts
        track.last_dts = dts
        try:
            written = _as_text(track, packet) if track.converts else packet
            if written is None:
                return
            written.pts, written.dts = max(pts, dts), dts
            written.stream = track.target
            output.mux(written)
            track.copied += 1
        except MEDIA_ERRORS as error:
            if is_storage_fault(error):
                raise
            track.faults[f"could not be copied ({reason(error)})"] += 1


def _as_text(track: _Track, packet: av.Packet[Any]) -> av.Packet[Any] | None:
    """The same subtitle in the other text format, through FFmpeg's own decoder and encoder; None for an empty one."""
    subtitle = track.source.codec_context.decode2(packet)
    if subtitle is None:
        return None
    written: av.Packet[Any] = track.target.codec_context.encode_subtitle(subtitle)
    written.time_base = packet.time_base
    written.duration = packet.duration
    return written


def _add(output: av.container.OutputContainer, stream: Any, converted: str | None) -> Any:
    if converted is None:
        return output.add_stream_from_template(stream)
    target: Any = output.add_stream(converted)
    target.time_base = stream.time_base
    target.codec_context.time_base = stream.time_base
    if not stream.codec_context.is_open:
        stream.codec_context.open()
    target.codec_context.subtitle_header = stream.codec_context.subtitle_header
    return target


def _refusal(stream: Any, container: str, converted: str | None, samples: list[av.Packet[Any]]) -> str | None:
    """Why the container will not take the stream, found out by writing a little file of it; None where it will."""
    if stream.codec_context is None:
        return "its codec is unknown"
    codec = stream.codec_context.codec.canonical_name
    if container == "mpegts" and codec in _TEXT_SUBTITLES:
        # The muxer would hide them in private data that no player reads.
        return f"{container} files cannot hold {codec}"
    try:
        with av.open(io.BytesIO(), "w", format=container) as trial:
            target = _add(trial, stream, converted)
            trial.start_encoding()
            for packet in samples if converted is None else []:
                packet.stream = target
                trial.mux(packet)
    except MEDIA_ERRORS as error:
        if "does not support" in str(error):
            return f"{container} files cannot hold {codec}"
        return f"it is damaged, or {container} files cannot hold this kind of {codec}"
    return None


def _first_packets(path: Path) -> dict[int, list[av.Packet[Any]]]:
    """A few packets of each stream that is not video, by stream index, from the beginning of the file."""
    samples: dict[int, list[av.Packet[Any]]] = {}
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            wanted = [stream for stream in container.streams if stream.type in ("audio", "subtitle")]
            for packet in islice(container.demux(wanted), _PACKETS_TRIED) if wanted else ():
                held = samples.setdefault(packet.stream_index, [])
                if packet.size and packet.dts is not None and len(held) < _PACKETS_TRIED_OF_EACH:
                    held.append(packet)
    except MEDIA_ERRORS:
        # Whatever is wrong will be met, and told, when the packets are copied.
        return samples
    return samples


def _name_of(stream: Any, number: int) -> str:
    codec = stream.codec_context.codec.canonical_name if stream.codec_context is not None else "unknown"
    language = stream.metadata.get("language", "")
    about = ", ".join(part for part in (codec, language if language != "und" else "") if part)
    return f"{stream.type} {number} ({about})"


def _tags(metadata: dict[str, str]) -> dict[str, str]:
    """What people wrote, without what the muxer writes itself and Matroska's statistics."""
    return {
        key: value
        for key, value in metadata.items()
        if key.lower() not in _WRITTEN_BY_MUXER and not key.startswith(("_STATISTICS", "BPS", "DURATION", "NUMBER_OF_"))
    }
