"""How a graph is ended from outside: stop, cancel, Ctrl-C."""

from __future__ import annotations

import _thread
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from queue import SimpleQueue

import pytest

from engine.graph import Finished, Graph, Source, Stage, StuckError

pytestmark = [pytest.mark.usefixtures("no_thread_left"), pytest.mark.timeout(150)]


def test_stop_drains_what_is_in_flight(recorder, endless) -> None:
    sink = recorder()
    passed: list[int] = []

    def middle(item: int) -> int:
        passed.append(item)
        return item

    def process(item: int) -> None:
        sink.process(item)
        if item == 5:
            graph.stop()
            graph.stop()

    graph = Graph(endless(), [Stage(name="middle", process=middle)], sink.stage(process))
    assert graph.run() == "stopped"
    assert sink.items == passed
    assert sink.calls == ["open", "finish", "close"]


def test_stop_before_start_opens_nothing(recorder, endless) -> None:
    sink = recorder()
    graph = Graph(endless(), [], sink.stage())
    graph.stop()
    assert graph.run() == "stopped"
    assert sink.calls == []


def test_runs_once(recorder, count) -> None:
    graph = Graph(count(1), [], recorder().stage())
    graph.run()
    with pytest.raises(RuntimeError, match="runs once"):
        graph.run()


def test_cancel_while_producers_block_on_put(recorder, endless) -> None:
    sink = recorder()
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

    graph = Graph(endless(), [Stage(name="middle", process=middle)], sink.stage(process))
    assert graph.run() == "cancelled"
    assert sink.calls == ["open", "close"]


def test_cancel_while_everyone_blocks_on_get(recorder) -> None:
    release = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        release.wait(10)

    graph = Graph(Source(name="source", items=items), [Stage(name="middle", process=lambda x: x)], recorder().stage())
    timers = [threading.Timer(0.1, graph.cancel), threading.Timer(0.2, release.set)]
    for timer in timers:
        timer.start()
    assert graph.run() == "cancelled"
    for timer in timers:
        timer.join()


def test_a_stuck_stage_is_reported_by_name(recorder, endless) -> None:
    release = threading.Event()

    def stuck(item: int) -> int:
        release.wait(10)
        return item

    def process(_: int) -> None:
        raise AssertionError("nothing gets here")

    graph = Graph(endless(), [Stage(name="native call", process=stuck)], recorder().stage(process), join_s=0.1)
    timer = threading.Timer(0.1, graph.cancel)
    timer.start()
    with pytest.raises(StuckError, match="'native call' still runs"):
        graph.run()
    release.set()
    timer.join()


def test_ctrl_c_drains_and_finishes_the_sink(recorder, endless) -> None:
    sink = recorder()
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
        Graph(endless(), [Stage(name="middle", process=middle)], sink.stage(process)).run()
    assert sink.items == passed
    assert sink.calls == ["open", "finish", "close"]
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_while_waiting_for_a_stalled_source_is_bounded(recorder) -> None:
    release = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        release.wait(20)

    sink = recorder()
    graph = Graph(Source(name="source", items=items), [], sink.stage(), drain_s=0.1, join_s=5)
    timers = [threading.Timer(0.2, _thread.interrupt_main), threading.Timer(1.0, release.set)]
    for timer in timers:
        timer.start()
    since = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        graph.run()
    assert time.monotonic() - since < 12
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
def test_a_source_that_waits_is_woken(how: str, recorder) -> None:
    waiting, sink = Waiting(), recorder()

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
    assert time.monotonic() - since < 9
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
        assert time.monotonic() - since < 9


def test_second_ctrl_c_breaks_into_a_slow_sink(recorder, endless) -> None:
    def process(_: int) -> None:
        _thread.interrupt_main()
        time.sleep(0.05)
        _thread.interrupt_main()
        time.sleep(20)

    sink = recorder()
    since = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        Graph(endless(), [], sink.stage(process), drain_s=20).run()
    assert time.monotonic() - since < 12
    assert sink.calls == ["open", "finish", "close"]


def test_keyboard_interrupt_raised_by_a_stage_hangs_nobody(recorder, endless, raising) -> None:
    sink = recorder()
    with pytest.raises(KeyboardInterrupt):
        Graph(endless(), [Stage(name="middle", process=raising(KeyboardInterrupt()))], sink.stage()).run()
    assert sink.calls == ["open", "finish", "close"]
