from __future__ import annotations

import _thread
import gc
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from queue import SimpleQueue

import pytest

from engine.graph import Edge, Finished, Graph, Source, Stage, StuckError

pytestmark = [pytest.mark.usefixtures("no_thread_left"), pytest.mark.timeout(30)]


class Recorder:
    """A sink that remembers what it was told."""

    def __init__(self) -> None:
        self.items: list[int] = []
        self.calls: list[str] = []

    def process(self, item: int) -> None:
        self.items.append(item)

    def stage(self, process: Callable[[int], int | None] | None = None, **more: object) -> Stage[int]:
        fields = {
            "open": lambda: self.calls.append("open"),
            "finish": lambda: self.calls.append("finish"),
            "close": lambda: self.calls.append("close"),
        } | more
        return Stage(name="sink", process=process or self.process, **fields)  # type: ignore[arg-type]


def _count(n: int) -> Source[int]:
    return Source(name="source", items=lambda: range(n))


def _endless(closed: list[str] | None = None) -> Source[int]:
    def items() -> Iterator[int]:
        number = 0
        try:
            while True:
                yield number
                number += 1
        finally:
            if closed is not None:
                closed.append("generator")

    return Source(name="source", items=items, close=lambda: closed.append("source") if closed is not None else None)


def _raise(error: BaseException) -> Callable[..., None]:
    def call(*_: object) -> None:
        raise error

    return call


def _note(error: BaseException) -> str:
    return " ".join(getattr(error, "__notes__", []))


def test_normal_end_keeps_order_and_finishes_once() -> None:
    sink = Recorder()
    graph = Graph(_count(50), [Stage(name="double", process=lambda x: 2 * x)], sink.stage())
    assert graph.run() == "finished"
    assert sink.items == [2 * x for x in range(50)]
    assert sink.calls == ["open", "finish", "close"]


def test_empty_source() -> None:
    sink = Recorder()
    assert Graph(_count(0), [Stage(name="middle", process=lambda x: x)], sink.stage()).run() == "finished"
    assert sink.items == []
    assert sink.calls == ["open", "finish", "close"]


def test_every_stage_has_its_own_named_thread_and_the_sink_has_none() -> None:
    seen: dict[str, str] = {}

    def look(where: str) -> Callable[[int], int]:
        def process(item: int) -> int:
            seen[where] = threading.current_thread().name
            return item

        return process

    sink = Stage(name="sink", process=look("sink"))
    Graph(_count(1), [Stage(name="a", process=look("a")), Stage(name="b", process=look("b"))], sink).run()
    assert seen == {"a": "a", "b": "b", "sink": threading.current_thread().name}


def test_a_middle_stage_may_swallow() -> None:
    sink = Recorder()
    Graph(_count(6), [Stage(name="odd", process=lambda x: x if x % 2 else None)], sink.stage()).run()
    assert sink.items == [1, 3, 5]


@pytest.mark.parametrize("where", ["process", "open", "close", "finish"])
@pytest.mark.parametrize("who", ["middle", "sink"])
def test_failure_is_raised_as_itself_and_names_the_stage(who: str, where: str) -> None:
    error = ValueError("boom")
    sink = Recorder()
    middle: dict[str, object] = {"process": lambda x: x}
    closed: list[str] = []
    if who == "middle":
        stages = [Stage(name="middle", **(middle | {where: _raise(error)}))]  # type: ignore[arg-type]
        last = sink.stage()
    else:
        stages = [Stage(name="middle", **middle)]  # type: ignore[arg-type]
        last = sink.stage(**{where: _raise(error)})
    with pytest.raises(ValueError, match="boom") as caught:
        # An endless source proves that the failure reaches it; closing and finishing need one that ends.
        Graph(_endless(closed) if where in ("process", "open") else _count(3), stages, last).run()
    assert caught.value is error
    assert f"'{who}'" in _note(error)
    if where in ("process", "open"):
        assert closed == ["generator", "source"]
        assert "finish" not in sink.calls
    assert ("close" in sink.calls) == (not (who == "sink" and where in ("open", "close")))


def test_failure_in_source_does_not_finish_the_sink() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    sink = Recorder()
    with pytest.raises(OSError, match="gone") as caught:
        Graph(Source(name="source", items=items), [], sink.stage()).run()
    assert "'source'" in _note(caught.value)
    assert "finish" not in sink.calls
    assert sink.calls[-1] == "close"


@pytest.mark.parametrize("where", ["items", "close"])
def test_failure_in_opening_and_closing_the_source(where: str) -> None:
    error = OSError("gone")
    source = Source(name="source", items=lambda: range(2)) if where == "close" else None
    if source is None:
        source = Source(name="source", items=_raise(error))  # type: ignore[arg-type]
    else:
        source = Source(name="source", items=source.items, close=_raise(error))
    with pytest.raises(OSError, match="gone"):
        Graph(source, [], Recorder().stage()).run()


def test_two_failures_become_a_group() -> None:
    gate = threading.Barrier(2, timeout=10)

    def fail(error: Exception) -> Callable[[int], int]:
        def process(item: int) -> int:
            if item == 1:
                gate.wait()
                raise error
            return item

        return process

    def fail_on_first(item: int) -> None:
        if item == 0:
            gate.wait()
            raise KeyError("sink")

    with pytest.raises(ExceptionGroup) as caught:
        Graph(
            _count(5), [Stage(name="middle", process=fail(ValueError("middle")))], Recorder().stage(fail_on_first)
        ).run()
    assert {type(e) for e in caught.value.exceptions} == {ValueError, KeyError}
    assert {_note(e) for e in caught.value.exceptions} == {"in stage 'middle'", "in stage 'sink'"}


def test_a_failing_stage_whose_close_fails_too() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        Graph(_count(5), [], Recorder().stage(_raise(ValueError("first")), close=_raise(OSError("second")))).run()
    assert [str(e) for e in caught.value.exceptions] == ["first", "second"]


@pytest.mark.parametrize("who", ["middle", "sink"])
def test_early_stop_by_a_stage(who: str) -> None:
    closed: list[str] = []

    def enough(item: int) -> int:
        if item == 10:
            raise Finished
        sink.process(item)
        return item

    sink = Recorder()
    middle = Stage(name="middle", process=enough if who == "middle" else lambda x: x)
    last = sink.stage(enough if who == "sink" else lambda _: None)
    assert Graph(_endless(closed), [middle], last).run() == "finished"
    assert sink.items == list(range(10))
    assert sink.calls == ["open", "finish", "close"]
    assert closed == ["generator", "source"]


def test_stop_drains_what_is_in_flight() -> None:
    sink = Recorder()
    passed: list[int] = []

    def middle(item: int) -> int:
        passed.append(item)
        return item

    def process(item: int) -> None:
        sink.process(item)
        if item == 5:
            graph.stop()
            graph.stop()

    graph = Graph(_endless(), [Stage(name="middle", process=middle)], sink.stage(process))
    assert graph.run() == "stopped"
    assert sink.items == passed
    assert sink.calls == ["open", "finish", "close"]


def test_stop_before_start_opens_nothing() -> None:
    sink = Recorder()
    graph = Graph(_endless(), [], sink.stage())
    graph.stop()
    assert graph.run() == "stopped"
    assert sink.calls == []


def test_runs_once() -> None:
    graph = Graph(_count(1), [], Recorder().stage())
    graph.run()
    with pytest.raises(RuntimeError, match="runs once"):
        graph.run()


def test_cancel_while_producers_block_on_put() -> None:
    sink = Recorder()
    full = threading.Event()

    def process(item: int) -> None:
        full.wait(10)
        time.sleep(0.05)
        graph.cancel()
        graph.cancel()

    def middle(item: int) -> int:
        if item == 3:  # 0 is in the sink, 1 and 2 are queued: this one finds the channel full
            full.set()
        return item

    graph = Graph(_endless(), [Stage(name="middle", process=middle)], sink.stage(process))
    assert graph.run() == "cancelled"
    assert sink.calls == ["open", "close"]


def test_cancel_while_everyone_blocks_on_get() -> None:
    release = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        release.wait(10)

    graph = Graph(Source(name="source", items=items), [Stage(name="middle", process=lambda x: x)], Recorder().stage())
    timers = [threading.Timer(0.1, graph.cancel), threading.Timer(0.2, release.set)]
    for timer in timers:
        timer.start()
    assert graph.run() == "cancelled"
    for timer in timers:
        timer.join()


def test_a_stuck_stage_is_reported_by_name() -> None:
    release = threading.Event()

    def stuck(item: int) -> int:
        release.wait(10)
        return item

    def process(_: int) -> None:
        raise AssertionError("nothing gets here")

    graph = Graph(_endless(), [Stage(name="native call", process=stuck)], Recorder().stage(process), join_s=0.1)
    timer = threading.Timer(0.1, graph.cancel)
    timer.start()
    with pytest.raises(StuckError, match="'native call' still runs"):
        graph.run()
    release.set()
    timer.join()


def test_ctrl_c_drains_and_finishes_the_sink() -> None:
    sink = Recorder()
    passed: list[int] = []
    before = signal.getsignal(signal.SIGINT)

    def middle(item: int) -> int:
        passed.append(item)
        return item

    def process(item: int) -> None:
        if item == 5:
            _thread.interrupt_main()
        sink.process(item)  # the interrupt must not break into the work on an item

    with pytest.raises(KeyboardInterrupt):
        Graph(_endless(), [Stage(name="middle", process=middle)], sink.stage(process)).run()
    assert sink.items == passed
    assert sink.calls == ["open", "finish", "close"]
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_while_waiting_for_a_stalled_source_is_bounded() -> None:
    release = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        release.wait(20)

    sink = Recorder()
    graph = Graph(Source(name="source", items=items), [], sink.stage(), drain_s=0.1, join_s=5)
    timers = [threading.Timer(0.2, _thread.interrupt_main), threading.Timer(1.0, release.set)]
    for timer in timers:
        timer.start()
    since = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        graph.run()
    assert time.monotonic() - since < 4
    assert sink.items == [1]
    assert sink.calls == ["open", "finish", "close"]
    for timer in timers:
        timer.join()


class Waiting:
    """A source that gives one item and then waits for something outside."""

    def __init__(self) -> None:
        self._told: SimpleQueue[None] = SimpleQueue()
        self.is_waiting = threading.Event()

    def items(self) -> Iterator[int]:
        yield 1
        self.is_waiting.set()
        self._told.get(timeout=20)

    def source(self) -> Source[int]:
        return Source(name="source", items=self.items, stop=lambda: self._told.put(None))


@pytest.mark.parametrize("how", ["stop", "cancel", "failure", "finished"])
def test_a_source_that_waits_is_woken(how: str) -> None:
    waiting, sink = Waiting(), Recorder()

    def process(item: int) -> int:
        assert waiting.is_waiting.wait(10)
        if how == "failure":
            raise ValueError("broken")
        if how == "finished":
            raise Finished
        return item

    graph = Graph(waiting.source(), [Stage(name="middle", process=process)], sink.stage(), join_s=5)
    ways = {"stop": graph.stop, "cancel": graph.cancel}
    later = threading.Timer(0.1, lambda: waiting.is_waiting.wait(10) and ways.get(how, int)())
    later.start()
    since = time.monotonic()
    with pytest.raises(ValueError, match="broken") if how == "failure" else nullcontext():
        graph.run()
    assert time.monotonic() - since < 2
    later.join()


_WAITING_FOREVER = """
import queue, sys
from engine.graph import Graph, Source, Stage

told = queue.SimpleQueue()

def items():
    yield 1
    sys.stdout.write("waiting\\n")
    sys.stdout.flush()
    told.get(timeout=20)

source = Source(name="source", items=items, stop=lambda: told.put(None))
try:
    Graph(source, [], Stage(name="sink", process=lambda item: None), join_s=5).run()
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_ctrl_c_wakes_a_source_that_waits() -> None:
    # A process of its own: the main thread waits inside a lock, where only a real signal reaches it, and test workers
    # do not survive one.
    with subprocess.Popen([sys.executable, "-c", _WAITING_FOREVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        since = time.monotonic()
        assert process.wait(15) == 130
        assert time.monotonic() - since < 3


def test_second_ctrl_c_breaks_into_a_slow_sink() -> None:
    def process(_: int) -> None:
        _thread.interrupt_main()
        time.sleep(0.05)
        _thread.interrupt_main()
        time.sleep(20)

    sink = Recorder()
    since = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        Graph(_endless(), [], sink.stage(process), drain_s=20).run()
    assert time.monotonic() - since < 5
    assert sink.calls == ["open", "finish", "close"]


def test_keyboard_interrupt_raised_by_a_stage_hangs_nobody() -> None:
    sink = Recorder()
    with pytest.raises(KeyboardInterrupt):
        Graph(_endless(), [Stage(name="middle", process=_raise(KeyboardInterrupt()))], sink.stage()).run()
    assert sink.calls == ["open", "finish", "close"]


def test_failure_outside_the_main_thread() -> None:
    caught: list[BaseException] = []

    def run() -> None:
        try:
            Graph(_count(3), [], Recorder().stage(_raise(ValueError("boom")))).run()
        except ValueError as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert [str(e) for e in caught] == ["boom"]


def test_slow_sink_with_live_source_drops_old_items_in_flat_memory() -> None:
    total, size = 10_000, 20_000
    dropped: list[int] = []

    def items() -> Iterator[tuple[int, bytes]]:
        for number in range(total):
            yield number, bytes(size)
            if number % 100 == 99:
                time.sleep(0.001)

    seen: list[int] = []

    def process(item: tuple[int, bytes]) -> None:
        seen.append(item[0])
        time.sleep(0.002)

    inbox: Edge[tuple[int, bytes]] = Edge(
        capacity=1, policy="drop_oldest", on_drop=lambda item: dropped.append(item[0])
    )
    middle: Stage[tuple[int, bytes]] = Stage(name="middle", process=lambda x: x, inbox=inbox)
    graph = Graph(Source(name="source", items=items), [middle], Stage(name="sink", process=process))
    tracemalloc.start()
    try:
        graph.run()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seen == sorted(seen)
    assert seen[-1] == total - 1, "the newest wins"
    assert len(dropped) > total / 2
    assert sorted(seen + dropped) == list(range(total)), "every item was shown or counted as dropped"
    assert graph.measurements()[1].inbox.dropped == len(dropped)  # type: ignore[union-attr]
    assert peak < 40 * size + 1_000_000


def test_an_idle_consumer_holds_no_item() -> None:
    class Item:
        pass

    alive: list[int] = []
    refs: list[weakref.ref[Item]] = []

    def items() -> Iterator[Item]:
        refs.append(weakref.ref(item := Item()))
        yield item
        del item
        time.sleep(0.2)  # by now every stage waits for the next item
        gc.collect()
        alive.append(sum(ref() is not None for ref in refs))

    stages: list[Stage[Item]] = [Stage(name="middle", process=lambda x: x)]
    Graph(Source(name="source", items=items), stages, Stage(name="sink", process=lambda _: None)).run()
    assert alive == [0]


def test_measurements_name_the_bottleneck() -> None:
    def slow(item: int) -> int:
        time.sleep(0.01)
        return item

    graph = Graph(
        _count(20), [Stage(name="fast", process=lambda x: x), Stage(name="slow", process=slow)], Recorder().stage()
    )
    graph.run()
    source, fast, slow_one, sink = graph.measurements()
    assert [m.name for m in (source, fast, slow_one, sink)] == ["source", "fast", "slow", "sink"]
    assert source.inbox is None
    assert slow_one.times.count == 20
    assert slow_one.times.percentiles(50)[0] >= 0.01
    assert slow_one.inbox is not None
    assert sink.inbox is not None
    assert slow_one.inbox.put_wait_s > 0.05, "upstream waits for the slow stage"
    assert sink.inbox.get_wait_s > 0.1, "downstream waits for the slow stage"


def test_names_must_differ() -> None:
    with pytest.raises(ValueError, match="must differ"):
        Graph(_count(1), [Stage(name="sink", process=lambda x: x)], Recorder().stage())
