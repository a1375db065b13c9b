"""A line of stages, each on its own thread, with the sink on the thread that calls ``run``.

If the code disagrees with this, the code is wrong:

 1. Every edge is bounded and has exactly one producer and one consumer. Capacity defaults to 2.
 2. Two ends, never confused: ``end`` by the producer means drain, then stop; ``hang_up`` by the consumer means that the
    producer unwinds. ``cancel`` means that everyone unwinds now.
 3. Files get back-pressure (``block``), live sources ``drop_oldest``, and that only on the edge before the expensive
    stage. Every drop is counted and handed to ``on_drop``, which can read its time from it.
 4. A stage never catches broadly, never sees a sentinel and never polls: waiting on its channel is how it learns of
    the end.
 5. The first error wins: it is recorded with a note that names the stage, and all channels are cancelled. One error is
    raised as itself on the thread that called ``run``; several are raised as a group, in the order they happened.
 6. ``Cancelled`` is a BaseException for unwinding only and is never reported. Stopping, and a stage that says
    ``Finished``, are not errors.
 7. Every thread is joined with a timeout, and a stage that still runs is reported by name: a native call cannot be
    interrupted. There are no daemon threads; they die inside native code.
 8. A consumer drops its reference before it waits for the next item.
 9. What must stay in order with the items (seek, resize) travels as an item, on the same edges.
10. Every channel measures who waited, every stage how long it worked; the bottleneck can be read off afterwards.
11. Ctrl-C stops the source and lets what is in flight drain for ``drain_s`` seconds, then cancels; the sink finishes in
    both cases, and ``run`` raises KeyboardInterrupt at the very end. A second Ctrl-C does not wait for the drain.
12. Teardown is one function, in this order: cancel, join, drain, close the sink.

``open``, ``process``, ``finish`` and ``close`` of a stage are all called on that stage's thread. ``finish`` is called
when its stream has ended (for the sink also when Ctrl-C cut it short), never after a failure or ``cancel``; ``close``
whenever ``open`` succeeded.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Generic, Literal, TypeVar

from engine.graph.channel import Cancelled, Channel, ChannelStatistics, EndOfStream, Policy
from engine.graph.samples import Samples

T = TypeVar("T")

Outcome = Literal["finished", "stopped", "cancelled"]
"""How a run without failure ended: the stream was over, ``stop`` was called, or ``cancel`` was."""


class Finished(Exception):  # noqa: N818 -- an event, not an error
    """Raised by a stage's ``process``: it wants nothing more. Upstream unwinds, downstream drains and ends."""


class StuckError(RuntimeError):
    """A stage did not return in time after it was told to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge(Generic[T]):
    """The channel in front of a stage. ``on_drop`` runs on the producer's thread and must be quick."""

    capacity: int = 2
    policy: Policy = "block"
    on_drop: Callable[[T], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Generic[T]):
    """Where items come from. ``items`` is called, iterated and closed on the source's thread.

    A source that waits for something outside has a ``stop``, which ends ``items`` even while it waits. It is called on
    any thread, more than once, and from a signal handler: it must not take a lock.
    """

    name: str
    items: Callable[[], Iterable[T]]
    close: Callable[[], None] | None = None
    stop: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(Generic[T]):
    """One step of the line. ``process`` of the sink returns None, of every other stage the item to pass on.

    A stage that returns None in the middle of the line swallows the item.
    """

    name: str
    process: Callable[[T], T | None]
    open: Callable[[], None] | None = None
    finish: Callable[[], None] | None = None
    close: Callable[[], None] | None = None
    inbox: Edge[T] = field(default_factory=Edge)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageMeasurement:
    """What one stage did: its working times, and the channel in front of it (None for the source)."""

    name: str
    times: Samples
    inbox: ChannelStatistics | None


class Graph(Generic[T]):
    """Runs source -> stages -> sink once.

    Args:
        source: gets a thread of its own.
        stages: the middle of the line, in order; one thread each.
        sink: runs on the thread that calls ``run``.
        join_s: how long teardown waits for the threads, all together.
        drain_s: how long items in flight may take to reach the sink after Ctrl-C.

    Raises:
        ValueError: two stages have the same name.
    """

    def __init__(
        self,
        source: Source[T],
        stages: Iterable[Stage[T]],
        sink: Stage[T],
        *,
        join_s: float = 10.0,
        drain_s: float = 5.0,
    ) -> None:
        self._source = source
        self._stages = (*stages, sink)
        names = [source.name, *(stage.name for stage in self._stages)]
        if len(set(names)) != len(names):
            raise ValueError(f"stage names must differ, got {', '.join(names)}")
        self._join_s, self._drain_s = join_s, drain_s
        self._channels = tuple(Channel(s.inbox.capacity, s.inbox.policy, s.inbox.on_drop) for s in self._stages)
        self._times = {name: Samples() for name in names}
        self._threads: list[threading.Thread] = []
        self._errors: list[BaseException] = []
        self._lock = threading.Lock()
        # Plain flags, not events: a signal handler sets them, and it must not take a lock that its own thread may hold.
        self._started = self._stopping = self._cancelled = self._interrupted = False

    def run(self) -> Outcome:
        """Run the line to its end and return how it ended. May be called once.

        Raises:
            Exception: whatever a stage raised, with a note naming the stage; an ExceptionGroup if several did.
            StuckError: nothing failed, but a thread did not return.
            KeyboardInterrupt: Ctrl-C, after the sink has finished.
            RuntimeError: called twice.
        """
        if self._started:
            raise RuntimeError("a graph runs once; build another one")
        self._started = True
        if self._stopping or self._cancelled:
            return self._outcome()
        with self._interruptible():
            is_open = False
            sink, inbox = self._stages[-1], self._channels[-1]
            try:
                self._start_threads()
                with self._blame(sink.name):
                    is_open = self._open(sink)
                    self._consume(sink, inbox, None)
                if is_open and not self._errors and not self._cancelled:
                    self._finish(sink)
            finally:
                self._teardown(sink, is_open)
        return self._report()

    def stop(self) -> None:
        """Ask the source to end; items in flight still reach the sink. Any thread, any time, any number of times."""
        self._stopping = True
        self._wake_source()

    def cancel(self) -> None:
        """Make every stage unwind now; the sink does not finish. Any thread, any time, any number of times."""
        self._cancelled = True
        self._cancel_channels()

    @property
    def is_cut(self) -> bool:
        """True once the source was told to end early, by `stop`, `cancel` or Ctrl-C."""
        return self._stopping or self._cancelled

    def measurements(self) -> tuple[StageMeasurement, ...]:
        """Working times and queue statistics in the order of the line; may be read while the graph runs."""
        first = StageMeasurement(name=self._source.name, times=self._times[self._source.name], inbox=None)
        rest = (
            StageMeasurement(name=stage.name, times=self._times[stage.name], inbox=channel.statistics())
            for stage, channel in zip(self._stages, self._channels, strict=True)
        )
        return (first, *rest)

    # --- threads -------------------------------------------------------------------------------------------------

    def _start_threads(self) -> None:
        self._threads.append(threading.Thread(target=self._run_source, name=self._source.name))
        for stage, inbox, outbox in zip(self._stages[:-1], self._channels[:-1], self._channels[1:], strict=True):
            self._threads.append(threading.Thread(target=self._run_stage, args=(stage, inbox, outbox), name=stage.name))
        for thread in self._threads:
            thread.start()

    def _run_source(self) -> None:
        outbox, times = self._channels[0], self._times[self._source.name]
        with self._blame(self._source.name):
            iterator = iter(self._source.items())
            try:
                while not self._stopping:
                    since = time.perf_counter()
                    try:
                        item = next(iterator)
                    except StopIteration:
                        break
                    times.add(time.perf_counter() - since)
                    outbox.put(item)
                    del item
                outbox.end()
            finally:
                close = getattr(iterator, "close", None)
                if close is not None:
                    close()
        with self._blame(self._source.name):
            if self._source.close is not None:
                self._source.close()

    def _run_stage(self, stage: Stage[T], inbox: Channel[T], outbox: Channel[T]) -> None:
        is_open = False
        with self._blame(stage.name):
            is_open = self._open(stage)
            try:
                self._consume(stage, inbox, outbox)
            finally:
                inbox.hang_up()
            self._finish(stage)
            outbox.end()
        with self._blame(stage.name):
            if is_open and stage.close is not None:
                stage.close()

    @staticmethod
    def _open(stage: Stage[T]) -> bool:
        if stage.open is not None:
            stage.open()
        return True

    def _consume(self, stage: Stage[T], inbox: Channel[T], outbox: Channel[T] | None) -> None:
        times = self._times[stage.name]
        try:
            while True:
                item = inbox.get()
                since = time.perf_counter()
                result = stage.process(item)
                del item
                times.add(time.perf_counter() - since)
                if outbox is not None and result is not None:
                    outbox.put(result)
                del result
        except EndOfStream:
            pass
        except Finished:
            inbox.hang_up()

    def _finish(self, stage: Stage[T]) -> None:
        with self._blame(stage.name):
            if stage.finish is not None:
                stage.finish()

    # --- endings -------------------------------------------------------------------------------------------------

    @contextmanager
    def _blame(self, name: str) -> Iterator[None]:
        """The one place that sees every failure of a stage: record it with the stage's name, cancel everyone."""
        try:
            yield
        except Cancelled:
            pass
        except KeyboardInterrupt:
            self._interrupted = self._stopping = True
            self._cancel_channels()
        except BaseException as error:  # noqa: BLE001 -- recorded and raised again by run()
            error.add_note(f"in stage '{name}'")
            with self._lock:
                self._errors.append(error)
            self._cancel_channels()

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """First Ctrl-C: stop and drain, without breaking into the sink's work. Second: KeyboardInterrupt right here."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        previous = signal.getsignal(signal.SIGINT)
        guard = threading.Timer(self._drain_s, self._cancel_channels)
        guard.name = "drain guard"

        def on_interrupt(_number: int, _frame: FrameType | None) -> None:
            if self._interrupted:
                raise KeyboardInterrupt
            self._interrupted = self._stopping = True
            self._wake_source()
            guard.start()

        signal.signal(signal.SIGINT, on_interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, previous)
            guard.cancel()
            if guard.ident is not None:
                guard.join()

    def _cancel_channels(self) -> None:
        for channel in self._channels:
            channel.cancel()
        self._wake_source()

    def _wake_source(self) -> None:
        if self._source.stop is not None:
            self._source.stop()

    def _teardown(self, sink: Stage[T], is_open: bool) -> None:
        """Cancel, join, drain, close the sink: in this order, whatever happened."""
        inbox = self._channels[-1]
        inbox.hang_up()
        self._wake_source()
        if self._errors or self._cancelled or self._interrupted:
            self._cancel_channels()
        deadline = time.monotonic() + self._join_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        stuck = [thread.name for thread in self._threads if thread.is_alive()]
        for channel in self._channels:
            channel.drain()
        if stuck:
            names = ", ".join(f"'{name}'" for name in stuck)
            message = f"stage {names} still runs {self._join_s:g} s after it was told to stop"
            if self._errors:
                self._errors[0].add_note(message)
            else:
                self._errors.append(StuckError(message))
        with self._blame(sink.name):
            if is_open and sink.close is not None:
                sink.close()

    def _outcome(self) -> Outcome:
        if self._cancelled:
            return "cancelled"
        return "stopped" if self._stopping else "finished"

    def _report(self) -> Outcome:
        if len(self._errors) == 1:
            raise self._errors[0]
        if self._errors:
            raise BaseExceptionGroup("several stages failed", self._errors)
        if self._interrupted:
            raise KeyboardInterrupt
        return self._outcome()
