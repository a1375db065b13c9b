"""Opens a stream or device, finds its video, and passes the packets on as records.

FFmpeg waits inside its own calls: for a name to be looked up, a dead server, a camera that hangs. A thread that waits
there cannot be woken, a process can always be killed. So `engine.sources.feed` runs this file as a process of its own
and reads its records from a pipe; for what never hangs it iterates `records` on a thread. As a script it starts in the
time it takes to import PyAV, and therefore imports nothing of ours.

A record is a head and a payload:

    kind   S a description of the stream, JSON; P a packet; F a fault, JSON; E the end. F and E are the last record.
    pts    in the stream's time base, or NOTHING; then dts, likewise
    key    1 where decoding can begin
    size   bytes of the payload
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import av
from av.stream import Discard, Disposition

HEAD = struct.Struct("<cqqBI")
"""kind, pts, dts, key, size of the payload."""
NOTHING = -(1 << 63)
"""Stands for a missing timestamp."""
STREAM, PACKET, FAULT, END = b"S", b"P", b"F", b"E"
REQUEST_VARIABLE = "WHEATSTONE_RELAY"
"""The environment variable that holds the request: unlike arguments, nobody else can read it there."""

NO_VIDEO, NO_DECODER, NO_HOST, NOT_RELAYED = "NoVideo", "NoDecoder", "NoHost", "NotRelayed"
"""Kinds of faults beside the names of exceptions."""

# Their duration says whether they end, their size is that of the play list.
_PLAYLISTS = frozenset({"hls", "dash", "rtsp", "sdp"})
_NOT_VIDEO = Disposition.attached_pic | Disposition.timed_thumbnails
# Packets that are pointers into this process.
_POINTERS = frozenset({"wrapped_avframe"})
# Winding ends at the key picture before the wanted place, but stamps of its packets are not exact.
_NEAR_S = 0.5
_FAULTS = (av.FFmpegError, OSError, ValueError, RuntimeError, MemoryError)

Record = tuple[bytes, int, int, bool, Any]
"""kind, pts and dts or NOTHING, key, payload (anything with the buffer protocol)."""


def records(request: Mapping[str, Any]) -> Iterator[Record]:
    """Yield what comes, until the stream ends or fails; failures are records too.

    Args:
        request: `url`, `format` (or None), `attempts` (a list of FFmpeg options, tried in this order), `open_s` and
            `read_s` (seconds, or None: forever), `host` (looked up first, or None) and `start_s`.
    """
    try:
        if request["host"]:
            socket.getaddrinfo(request["host"], None)
    except (OSError, UnicodeError) as error:
        # No strerror: it differs from machine to machine and says less than the kind.
        yield _fault(NO_HOST, getattr(error, "errno", None), request["host"])
        return
    for start_s in dict.fromkeys((request["start_s"], 0.0)):
        try:
            container = _open(request)
        except _FAULTS as error:
            yield _fault(type(error).__name__, getattr(error, "errno", None), _text(error))
            return
        with container:
            broke = yield from _video(container, request["host"], start_s)
        if not broke:
            return


def _open(request: Mapping[str, Any]) -> av.container.InputContainer:
    attempts = list(request["attempts"])
    while True:
        options = attempts.pop(0)
        try:
            return av.open(
                request["url"],
                "r",
                format=request["format"],
                options=options,
                metadata_errors="replace",
                timeout=(request["open_s"], request["read_s"]),
            )
        except _FAULTS:
            # Perhaps the device has no such mode; systems do not agree on how to say that.
            if not attempts:
                raise


def _video(container: av.container.InputContainer, host: str | None, start_s: float) -> Generator[Record, None, bool]:
    """Yield everything of one container; say whether it was wound to a wrong place and must be read from the beginning.

    So it is with some formats where a web server sends files only whole.
    """
    pictures = [stream for stream in container.streams.video if not stream.disposition & _NOT_VIDEO]
    if not pictures:
        yield _fault(NO_VIDEO, None, " and ".join(sorted({stream.type for stream in container.streams})))
        return False
    usable = [stream for stream in pictures if stream.codec_context is not None]
    if not usable:
        yield _fault(NO_DECODER, None, "")
        return False
    best = container.streams.best("video")
    stream = best if best in usable else usable[0]
    if stream.codec_context.name in _POINTERS:
        yield _fault(NOT_RELAYED, None, stream.codec_context.name)
        return False
    for other in container.streams:
        other.discard = Discard.default if other is stream else Discard.all
    description = _describe(container, stream)
    yield _json(STREAM, description)
    # Play lists are wound to a piece behind the place, and well.
    can_begin_anew = bool(host and start_s) and not _is_playlist(container)
    is_fresh = True
    try:
        if start_s:
            # What cannot be wound forward is read from its beginning; the other side skips.
            with contextlib.suppress(*_FAULTS):
                container.seek(round((start_s + description["start_s"]) * av.time_base))
        for packet in container.demux(stream):
            if packet.size:
                if is_fresh and can_begin_anew and _time_s(packet, description) > start_s + _NEAR_S:
                    return True
                yield from _packet(packet, description)
                is_fresh = False
    except _FAULTS as error:
        if is_fresh and can_begin_anew:
            return True
        yield _fault(type(error).__name__, getattr(error, "errno", None), _text(error))
        return False
    yield END, NOTHING, NOTHING, False, b""
    return False


def _is_playlist(container: av.container.InputContainer) -> bool:
    return bool(set(container.format.name.split(",")) & _PLAYLISTS)


def _time_s(packet: av.Packet[Any], description: Mapping[str, Any]) -> float:
    """Seconds from the beginning of the stream; none where the packet does not say."""
    return 0.0 if packet.pts is None else float(packet.pts * packet.time_base) - description["start_s"]


def _packet(packet: av.Packet[Any], description: dict[str, Any]) -> Iterator[Record]:
    if packet.has_sidedata("new_extradata"):
        description["extradata"] = bytes(packet.get_sidedata("new_extradata")).hex()
        yield _json(STREAM, description)
    pts, dts = (NOTHING if stamp is None else stamp for stamp in (packet.pts, packet.dts))
    yield PACKET, pts, dts, packet.is_keyframe, packet


def _describe(container: av.container.InputContainer, stream: Any) -> dict[str, Any]:
    context = stream.codec_context
    size = -1
    if not _is_playlist(container):
        with contextlib.suppress(*_FAULTS):
            size = container.size
    rates = (stream.average_rate, stream.guessed_rate)
    return {
        "codec": context.codec.name,
        "width": context.width,
        "height": context.height,
        "pixel_format": context.pix_fmt,
        "bits_per_sample": context.bits_per_coded_sample,
        "extradata": (context.extradata or b"").hex(),
        "colour": [
            int(getattr(context, name)) for name in ("colorspace", "color_primaries", "color_trc", "color_range")
        ],
        "aspect": _ratio(stream.sample_aspect_ratio),
        "time_base": _ratio(stream.time_base),
        "rates": [_ratio(rate) for rate in rates if rate],
        "bit_rate": context.bit_rate or None,
        "duration_s": container.duration / av.time_base if container.duration else None,
        "start_s": max(0, container.start_time or 0) / av.time_base,
        "is_finite": bool(container.duration) or size > 0,
        "has_sound": bool(container.streams.audio),
        "container": container.format.name,
    }


def _ratio(value: Any) -> list[int] | None:
    return [value.numerator, value.denominator] if value else None


def _json(kind: bytes, value: Mapping[str, Any]) -> Record:
    return kind, NOTHING, NOTHING, False, json.dumps(value).encode()


def _fault(kind: str, number: int | None, text: str) -> Record:
    return _json(FAULT, {"kind": kind, "errno": number, "text": text})


def _text(error: BaseException) -> str:
    # Never str(error): FFmpeg's messages repeat the address, and addresses hold passwords.
    return str(getattr(error, "strerror", None) or "")


def main() -> None:
    """Serve the request in the environment: records to standard output until the end, or until nobody reads them."""
    # Ctrl-C reaches every process of the terminal; the one that started us decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    request = json.loads(os.environ.pop(REQUEST_VARIABLE))
    with os.fdopen(os.dup(1), "wb", buffering=0) as pipe, contextlib.suppress(BrokenPipeError):
        # A library that prints must not print into the records.
        os.dup2(2, 1)
        for kind, pts, dts, key, payload in records(request):
            body = memoryview(payload).cast("B")
            _write(pipe.fileno(), HEAD.pack(kind, pts, dts, key, len(body)))
            _write(pipe.fileno(), body)


def _write(descriptor: int, data: bytes | memoryview) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


if __name__ == "__main__":
    main()
