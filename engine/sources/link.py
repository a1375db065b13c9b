"""Keeps a stream coming: reads it on a thread of its own, and asks for it again when it is lost."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue

from engine.sources.backoff import Backoff
from engine.sources.feed import END, Description, Fault, Feed, Packet, ProcessFeed, Request, ThreadFeed
from engine.sources.packet_queue import PacketQueue

Say = Callable[[str, float], None]
"""Tells a person something: the words, and for how many seconds they hold. May be called on any thread."""

STOPPED = Fault(kind="Stopped")
SILENT = Fault(kind="ExitError")
"""What FFmpeg calls it when it was told to give up waiting."""
_SILENCE_S = 2.0
"""After this long without data somebody should know."""
_GRACE_S = 3.0
"""A relay that does not give up by itself, because it hangs where FFmpeg does not look at the clock, gets this much."""
_NOTICE_S = 2.5
_IN_PIECES = ("hls", "dash")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What to read, and what to do when it breaks."""

    name: str
    """For people: without a password."""
    request: Request
    explain: Callable[[Fault], str]
    """Says in words why the stream cannot be had."""
    backoff: Backoff | None = None
    """None: what is lost stays lost."""
    is_live: bool | None = None
    """Whether frames count when they come, not when their timestamps say; None asks the stream."""
    may_hang: bool = True
    """Whether reading may block for longer than a frame: then it happens in a process that can be killed."""
    can_wind: bool = True
    """Whether a recording can be wound to where it is to begin; otherwise it is read, and not shown, up to there."""
    notes: tuple[str, ...] = ()
    """What a person should know about it from the beginning."""


class Link:
    """The reader of one connection.

    Args:
        connection: what to read.
        queue: where it goes; the last entry is a Fault.
        say: for notices.
        start_s: where in a recording to begin.
    """

    def __init__(self, connection: Connection, queue: PacketQueue, say: Say, *, start_s: float = 0.0) -> None:
        self.losses: list[str] = []
        """Why the stream was lost, once for each time that it came back."""
        self.error: BaseException | None = None
        """What broke the reader itself, once it is over."""
        self._connection = connection
        self._queue = queue
        self._say = say
        self._request = replace(connection.request, start_s=start_s if connection.can_wind else 0.0)
        self._thread = threading.Thread(target=self._run, name="stream reader")
        self._feed: Feed | None = None
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._is_stopped = self._is_hung = False
        self._description: Description | None = None
        self._first: tuple[int | None, int] | None = None
        self._farthest: int | None = None
        self._is_replay = False
        self._delays: Iterator[float] | None = None
        self._lost_because = ""
        self._heard_s = time.perf_counter()

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End it now, whatever it waits for. Any thread, any time, also from a signal handler: takes no lock."""
        self._is_stopped = True
        self._wake.put(None)
        feed = self._feed
        if feed is not None:
            feed.kill()

    def close(self) -> None:
        """Stop, and wait for the thread and its process to be gone. The queue must be closed before."""
        self.stop()
        if self._thread.ident is not None:
            self._thread.join()

    def note_silence(self) -> None:
        """For the consumer, when it has waited in vain: tell, and end a relay that hangs."""
        feed, silent_s = self._feed, time.perf_counter() - self._heard_s
        request = self._request
        limits = [limit for limit in (request.open_s, request.read_s) if limit is not None]
        if feed is None or not limits:
            return
        if silent_s > max(limits) + _GRACE_S:
            self._is_hung = True
            feed.kill()
        elif silent_s >= _SILENCE_S and self._description is not None:
            self._say(f"{self._connection.name}: nothing has come for {silent_s:.0f} s", _NOTICE_S)

    def _run(self) -> None:
        fault = STOPPED
        try:
            fault = self._read_until_it_is_over()
        except BaseException as error:  # noqa: BLE001 -- raised again on the thread of the consumer
            self.error = error
        finally:
            self._queue.put(fault)

    def _read_until_it_is_over(self) -> Fault:
        fault = STOPPED
        while not self._is_stopped:
            fault = self._read()
            delay_s = None if self._is_final(fault) else self._next_delay()
            if delay_s is None or self._is_stopped:
                break
            self._lost_because = self._connection.explain(fault)
            self._resume()
            self._say(f"stream lost, trying again in {delay_s:.1f} s ({self._lost_because})", delay_s + _NOTICE_S)
            try:
                self._wake.get(timeout=delay_s)
            except Empty:
                continue
        return STOPPED if self._is_stopped else fault

    def _read(self) -> Fault:
        """One connection, from opening to its end."""
        self._heard_s, self._is_hung = time.perf_counter(), False
        feed: Feed
        try:
            feed = (ProcessFeed if self._connection.may_hang else ThreadFeed)(self._request)
        except OSError as error:
            # No more processes, no more memory: perhaps later.
            return Fault(kind=type(error).__name__, errno=error.errno, text=error.strerror or "")
        self._feed = feed
        if self._is_stopped:
            # It was said before there was anything to kill.
            feed.kill()
        try:
            is_first = True
            for entry in feed.entries():
                self._heard_s = time.perf_counter()
                if isinstance(entry, Fault):
                    return SILENT if self._is_hung else entry
                if isinstance(entry, Description):
                    self._describe(entry)
                else:
                    self._note_packet(entry, is_first)
                    is_first = False
                    if self._is_replay:
                        return END
                self._queue.put(entry)
            return STOPPED
        finally:
            self._feed = None
            feed.close()

    def _describe(self, description: Description) -> None:
        if self._description is None:
            is_live = self._connection.is_live
            # A play list hands out seconds at once: shown as they come, all but the last pictures would be lost.
            as_it_comes = not description.is_finite and description.container not in _IN_PIECES
            self._queue.is_live = as_it_comes if is_live is None else is_live
        self._description = description

    def _note_packet(self, packet: Packet, is_first: bool) -> None:
        if self._queue.is_live:
            is_new = is_first
            if is_first:
                mark = (packet.pts, zlib.crc32(memoryview(packet.data)))
                # Web servers send recordings too. No camera shows the same picture at the same time again.
                self._is_replay = mark == self._first and self._connection.is_live is None
                self._first = self._first or mark
        else:
            is_new = packet.pts is not None and (self._farthest is None or packet.pts > self._farthest)
            self._farthest = packet.pts if is_new else self._farthest
        if is_new and self._delays is not None and not self._is_replay:
            self._delays = None
            self.losses.append(self._lost_because)
            self._say(f"{self._connection.name} is back", _NOTICE_S)

    def _resume(self) -> None:
        """Go on where a recording broke off; a little early, because packets are not in the order of pictures."""
        if self._farthest is not None and self._description is not None and not self._queue.is_live:
            reached_s = float(self._farthest * self._description.time_base) - self._description.start_s
            self._request = replace(self._request, start_s=max(self._request.start_s, reached_s - 1.0))

    def _is_final(self, fault: Fault) -> bool:
        """Whether asking again makes no sense."""
        if self._connection.backoff is None or self._description is None or self._is_replay:
            return True
        # A play list ends only when it says so.
        is_recording = not self._queue.is_live or self._description.duration_s is not None
        return fault == END and is_recording

    def _next_delay(self) -> float | None:
        assert self._connection.backoff is not None
        if self._delays is None:
            self._delays = self._connection.backoff.delays()
        return next(self._delays, None)
