"""A bounded channel between exactly one producer and one consumer.

There are two ends, and they are never confused:

* ``end()`` is said by the producer: there is nothing more. The consumer drains what is queued, then sees the end.
* ``hang_up()`` is said by the consumer: I want nothing more. What is queued is dropped, and the producer unwinds at its
  next put.

``cancel()`` may be said by anyone: both sides unwind now.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition, Lock
from typing import Generic, Literal, TypeVar

T = TypeVar("T")

Policy = Literal["block", "drop_oldest"]
"""What a full channel does to the producer: make it wait (files), or make room by dropping the oldest item (live)."""


class Cancelled(BaseException):
    """Unwinds a thread whose channel was cancelled. Not an Exception, so that no stage swallows it; never a failure."""


class HungUp(Cancelled):
    """Unwinds a producer whose consumer wants nothing more."""


class EndOfStream(Exception):  # noqa: N818 -- an event, not an error
    """The producer has ended and everything it put has been taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStatistics:
    """What went through a channel and who waited for whom.

    A long put wait means that the consumer is slow, a long get wait that the producer is.
    """

    capacity: int
    queued: int
    put: int
    taken: int
    dropped: int
    put_wait_s: float
    get_wait_s: float


class Channel(Generic[T]):
    """Bounded first-in first-out queue. ``put`` and ``end`` belong to one thread, ``get`` and ``hang_up`` to another.

    Args:
        capacity: items that may wait, at least 1. This is latency: keep it small.
        policy: what a put does when the channel is full.
        on_drop: called with every item that ``drop_oldest`` discards, on the producer's thread, outside the lock.

    Raises:
        ValueError: the capacity is below 1.
    """

    def __init__(self, capacity: int = 2, policy: Policy = "block", on_drop: Callable[[T], None] | None = None) -> None:
        if capacity < 1:
            raise ValueError(f"the capacity of a channel must be at least 1, got {capacity}")
        self._capacity = capacity
        self._policy = policy
        self._on_drop = on_drop
        self._items: deque[T] = deque()
        self._changed = Condition(Lock())
        self._ended = self._hung_up = self._cancelled = False
        self._put = self._taken = self._dropped = 0
        self._put_wait_s = self._get_wait_s = 0.0

    def put(self, item: T) -> None:
        """Queue an item; waits for room under ``block``, never waits under ``drop_oldest``.

        Raises:
            HungUp: the consumer wants nothing more.
            Cancelled: the channel was cancelled, before or while waiting.
            RuntimeError: ``end`` was said before.
        """
        dropped: list[T] = []
        with self._changed:
            if self._ended:
                raise RuntimeError("put after end: the producer already said that there is nothing more")
            if self._policy == "block" and self._is_full_for_producer():
                since = time.perf_counter()
                while self._is_full_for_producer():
                    self._changed.wait()
                self._put_wait_s += time.perf_counter() - since
            self._unwind_producer()
            while len(self._items) >= self._capacity:
                dropped.append(self._items.popleft())
            self._items.append(item)
            self._put += 1
            self._dropped += len(dropped)
            self._changed.notify_all()
        if self._on_drop is not None:
            for old in dropped:
                self._on_drop(old)

    def get(self) -> T:
        """Take the oldest item, waiting for one. Drop your reference to the previous item before you call.

        Raises:
            EndOfStream: the producer has ended and nothing is left.
            Cancelled: the channel was cancelled, before or while waiting.
        """
        with self._changed:
            if not (self._items or self._ended or self._cancelled):
                since = time.perf_counter()
                while not (self._items or self._ended or self._cancelled):
                    self._changed.wait()
                self._get_wait_s += time.perf_counter() - since
            if self._cancelled:
                raise Cancelled
            if not self._items:
                raise EndOfStream
            self._taken += 1
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def end(self) -> None:
        """The producer has nothing more; saying it twice, or after a cancel, changes nothing."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def hang_up(self) -> None:
        """The consumer wants nothing more: queued items are dropped (not counted as drops) and the producer unwinds."""
        with self._changed:
            self._hung_up = True
            self._items.clear()
            self._changed.notify_all()

    def cancel(self) -> None:
        """Both sides unwind now. Queued items stay until ``drain``, so that they die where teardown wants them to."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def drain(self) -> int:
        """Drop what is queued and say how many items that were. For teardown, when both threads are gone."""
        with self._changed:
            count = len(self._items)
            self._items.clear()
            return count

    def statistics(self) -> ChannelStatistics:
        """A consistent snapshot."""
        with self._changed:
            return ChannelStatistics(
                capacity=self._capacity,
                queued=len(self._items),
                put=self._put,
                taken=self._taken,
                dropped=self._dropped,
                put_wait_s=self._put_wait_s,
                get_wait_s=self._get_wait_s,
            )

    def _is_full_for_producer(self) -> bool:
        return len(self._items) >= self._capacity and not (self._cancelled or self._hung_up)

    def _unwind_producer(self) -> None:
        if self._cancelled:
            raise Cancelled
        if self._hung_up:
            raise HungUp
