"""What waits between the thread that reads a stream and the one that decodes it."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from threading import Condition

from engine.sources.feed import Description, Entry, Fault, Packet

_MOST_LAG_S = 0.25
"""Packets of a live stream that wait longer than this are passed over as soon as there is a later place to begin."""
_HOPELESS_LAG_S = 5.0
_HOPELESS_BYTES = 64 << 20
"""Where no such place comes, everything is passed over."""
_FILE_PACKETS = 32


class PacketQueue:
    """One producer, one consumer, in order.

    A live queue never makes the producer wait, so that nothing queues up in sockets where nobody counts it; where the
    consumer is late, packets are passed over up to a key packet, and counted. Any other queue makes the producer wait.

    Args:
        clock: seconds, monotonic; the clock of the packets' arrival.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.is_live = True
        """Set by the producer before the first packet."""
        self.passed_over = 0
        """Packets that were never taken and that somebody waited for."""
        self._clock = clock
        self._changed = Condition()
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._was_cut = False
        self._counts_from_s = -math.inf
        self.is_closed = False
        """Whether nobody takes anything any more."""

    def put(self, entry: Entry) -> None:
        """Add an entry; waits for room unless the queue is live or closed."""
        with self._changed:
            if self.is_live:
                self._make_room(entry)
            else:
                self._changed.wait_for(lambda: len(self._entries) < _FILE_PACKETS or self.is_closed)
            if self._was_cut and isinstance(entry, Packet):
                if not entry.is_key:
                    self._count(entry)
                    return
                self._was_cut = False
            self._entries.append(entry)
            self._bytes += _size(entry)
            self._changed.notify_all()

    def get(self, timeout_s: float | None = None) -> Entry | None:
        """Take the oldest entry; None after `timeout_s` seconds without one, or when the queue is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._entries or self.is_closed, timeout_s)
            if self.is_closed or not self._entries:
                return None
            entry = self._entries.popleft()
            self._bytes -= _size(entry)
            self._changed.notify_all()
            return entry

    def hold(self, held: bool) -> None:
        """Nobody waits for packets, or does again from now on; those that come meanwhile are not counted if they go."""
        with self._changed:
            self._counts_from_s = math.inf if held else self._clock()

    def close(self) -> None:
        """Nobody takes anything any more: both sides are woken."""
        with self._changed:
            self.is_closed = True
            self._entries.clear()
            self._changed.notify_all()

    def _make_room(self, entry: Entry) -> None:
        oldest = next((waiting for waiting in self._entries if isinstance(waiting, Packet)), None)
        if oldest is None or not isinstance(entry, Packet):
            return
        lag_s = self._clock() - oldest.arrival_s
        if entry.is_key and (lag_s > _MOST_LAG_S or self._is_all_key()):
            self._pass_over()
        elif lag_s > _HOPELESS_LAG_S or self._bytes > _HOPELESS_BYTES:
            self._pass_over()
            self._was_cut = True

    def _is_all_key(self) -> bool:
        """Whether each waiting packet is a picture of its own, as of most cameras: then only the newest counts."""
        return all(waiting.is_key for waiting in self._entries if isinstance(waiting, Packet))

    def _pass_over(self) -> None:
        kept = [waiting for waiting in self._entries if isinstance(waiting, Description | Fault)]
        for waiting in self._entries:
            self._count(waiting)
        self._entries = deque(kept)
        self._bytes = 0

    def _count(self, lost: Entry) -> None:
        self.passed_over += isinstance(lost, Packet) and lost.arrival_s >= self._counts_from_s


def _size(entry: Entry) -> int:
    return len(memoryview(entry.data).cast("B")) if isinstance(entry, Packet) else 0
