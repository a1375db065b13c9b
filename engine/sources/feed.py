"""Records of a relay, from a process or from this one; either can be ended from any thread.

See `engine.sources.relay` for why, and for what a record is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from engine.sources import relay

if sys.platform != "win32":
    import fcntl

_PIPE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to open, and how patiently."""

    url: str = field(repr=False)
    """May hold a password: never printed."""
    format: str | None = None
    attempts: tuple[Mapping[str, str], ...] = ({},)
    """FFmpeg options; the next ones are tried where the device says that it has no such mode."""
    open_s: float | None = None
    """How long opening may take."""
    read_s: float | None = None
    """How long the stream may be silent."""
    host: str | None = None
    """Looked up before anything is opened: FFmpeg cannot tell an unknown host from a broken connection."""
    start_s: float = 0.0
    """Seconds to skip."""
    reads_stdin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a stream is over: the name of an exception, or one of the kinds that the relay and the source name."""

    kind: str
    errno: int | None = None
    text: str = ""


END = Fault(kind="End")
"""The stream says itself that it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What the packets hold. Ratios are None where the stream does not say."""

    codec: str
    width: int
    height: int
    pixel_format: str | None
    bits_per_sample: int
    extradata: bytes
    colour: tuple[int, int, int, int]
    """Matrix, primaries, transfer (H.273) and FFmpeg's range code."""
    aspect: Fraction
    time_base: Fraction
    rates: tuple[Fraction, ...]
    bit_rate: int | None
    duration_s: float | None
    start_s: float
    is_finite: bool
    """Whether the stream has an end that is known now: a file, not a transmission."""
    has_sound: bool
    container: str

    @classmethod
    def parse(cls, text: bytes) -> Description:
        """Read the payload of a stream record."""
        words: dict[str, Any] = json.loads(text)
        words["extradata"] = bytes.fromhex(words["extradata"])
        words["colour"] = tuple(words["colour"])
        words["aspect"] = Fraction(*(words["aspect"] or (1, 1)))
        words["time_base"] = Fraction(*(words["time_base"] or (1, 90_000)))
        words["rates"] = tuple(Fraction(*rate) for rate in words["rates"])
        return cls(**words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """Compressed data of one picture or a part of one."""

    data: Any
    pts: int | None
    dts: int | None
    is_key: bool
    arrival_s: float
    """On the monotonic clock."""


Entry = Description | Packet | Fault


class Feed(Protocol):
    """Where entries come from. `kill` may be called from any thread and from a signal handler."""

    def entries(self) -> Iterator[Entry]:
        """Yield what comes; the last entry is a Fault, except after `kill`."""

    def kill(self) -> None:
        """End it now. Takes no lock."""

    def close(self) -> None:
        """Release everything; for the thread that iterates."""


class ProcessFeed:
    """A relay in a process of its own, for what may hang."""

    def __init__(self, request: Request) -> None:
        words = asdict(request)
        reads_stdin = words.pop("reads_stdin")
        # -P: beside the script lie modules of ours that are called like other people's.
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(Path(relay.__file__))],
            stdin=None if reads_stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, relay.REQUEST_VARIABLE: json.dumps(words)},
            bufsize=0,
        )
        assert self._process.stdout is not None
        self._pipe: Any = self._process.stdout
        _widen(self._pipe)

    def entries(self) -> Iterator[Entry]:
        """Yield what the process writes; a process that dies silently is a fault of kind "Died"."""
        while True:
            head = _read(self._pipe, relay.HEAD.size)
            if head is None:
                yield Fault(kind="Died")
                return
            kind, pts, dts, is_key, size = relay.HEAD.unpack(head)
            payload = _read(self._pipe, size)
            if payload is None:
                yield Fault(kind="Died")
                return
            entry = _entry(kind, (pts, dts), bool(is_key), payload)
            yield entry
            if isinstance(entry, Fault):
                return

    def kill(self) -> None:
        """End the process; a reader sees the end of the pipe."""
        self._process.kill()

    def close(self) -> None:
        """End the process and wait until it is gone."""
        self._process.kill()
        self._process.wait()
        self._pipe.close()


class ThreadFeed:
    """A relay on the thread that iterates, for devices that answer every few milliseconds whatever happens."""

    def __init__(self, request: Request) -> None:
        words = asdict(request)
        words.pop("reads_stdin")
        self._records = relay.records(words)
        self._is_killed = False

    def entries(self) -> Iterator[Entry]:
        """Yield what comes."""
        for kind, pts, dts, is_key, payload in self._records:
            if self._is_killed:
                return
            yield _entry(kind, (pts, dts), is_key, payload)

    def kill(self) -> None:
        """End it with the next record."""
        self._is_killed = True

    def close(self) -> None:
        """Close the device."""
        self._records.close()  # type: ignore[attr-defined]


def _entry(kind: bytes, stamps: tuple[int, int], is_key: bool, payload: Any) -> Entry:
    if kind == relay.STREAM:
        return Description.parse(payload)
    if kind == relay.PACKET:
        pts, dts = (None if stamp == relay.NOTHING else stamp for stamp in stamps)
        return Packet(data=payload, pts=pts, dts=dts, is_key=is_key, arrival_s=time.perf_counter())
    if kind == relay.FAULT:
        return Fault(**json.loads(payload))
    return END


def _read(pipe: BinaryIO, size: int) -> bytearray | None:
    """Exactly `size` bytes; None at the end of the pipe."""
    data = bytearray(size)
    view = memoryview(data)
    done = 0
    while done < size:
        count = pipe.readinto(view[done:])  # type: ignore[attr-defined]
        if not count:
            return None
        done += count
    return data


def _widen(pipe: Any) -> None:
    """A raw picture is megabytes: with the usual pipe both processes would be woken hundreds of times for it."""
    if sys.platform == "linux":
        try:
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        except OSError:
            # The system allows less; then it is slower.
            return
