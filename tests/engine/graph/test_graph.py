from __future__ import annotations

import gc
import threading
import time
import tracemalloc
import weakref
from collections.abc import Callable, Iterator

import pytest

from engine.graph import Edge, Finished, Graph, Source, Stage

pytestmark = [pytest.mark.usefixtures("no_thread_left"), pytest.mark.timeout(150)]


def test_normal_end_keeps_order_and_finishes_once(recorder, count) -> None:
    sink = recorder()
    graph = Graph(count(50), [Stage(name="double", process=lambda x: 2 * x)], sink.stage())
    assert graph.run() == "finished"
    assert sink.items == [2 * x for x in range(50)]
    assert sink.calls == ["open", "finish", "close"]


def test_empty_source(recorder, count) -> None:
    sink = recorder()
    assert Graph(count(0), [Stage(name="middle", process=lambda x: x)], sink.stage()).run() == "finished"
    assert sink.items == []
    assert sink.calls == ["open", "finish", "close"]


def test_every_stage_has_its_own_named_thread_and_the_sink_has_none(count) -> None:
    seen: dict[str, str] = {}

    def look(where: str) -> Callable[[int], int]:
        def process(item: int) -> int:
            seen[where] = threading.current_thread().name
            return item

        return process

    sink = Stage(name="sink", process=look("sink"))
    Graph(count(1), [Stage(name="a", process=look("a")), Stage(name="b", process=look("b"))], sink).run()
    assert seen == {"a": "a", "b": "b", "sink": threading.current_thread().name}


def test_a_middle_stage_may_swallow(recorder, count) -> None:
    sink = recorder()
    Graph(count(6), [Stage(name="odd", process=lambda x: x if x % 2 else None)], sink.stage()).run()
    assert sink.items == [1, 3, 5]


@pytest.mark.parametrize("where", ["process", "open", "close", "finish"])
@pytest.mark.parametrize("who", ["middle", "sink"])
def test_failure_is_raised_as_itself_and_names_the_stage(
    who: str, where: str, recorder, endless, count, raising, note_of
) -> None:
    error = ValueError("boom")
    sink = recorder()
    middle: dict[str, object] = {"process": lambda x: x}
    closed: list[str] = []
    if who == "middle":
        stages = [Stage(name="middle", **(middle | {where: raising(error)}))]  # type: ignore[arg-type]
        last = sink.stage()
    else:
        stages = [Stage(name="middle", **middle)]  # type: ignore[arg-type]
        last = sink.stage(**{where: raising(error)})
    with pytest.raises(ValueError, match="boom") as caught:
        # An endless source proves that the failure reaches it; closing and finishing need one that ends.
        Graph(endless(closed) if where in ("process", "open") else count(3), stages, last).run()
    assert caught.value is error
    assert f"'{who}'" in note_of(error)
    if where in ("process", "open"):
        assert closed == ["generator", "source"]
        assert "finish" not in sink.calls
    assert ("close" in sink.calls) == (not (who == "sink" and where in ("open", "close")))


def test_failure_in_source_does_not_finish_the_sink(recorder, note_of) -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    sink = recorder()
    with pytest.raises(OSError, match="gone") as caught:
        Graph(Source(name="source", items=items), [], sink.stage()).run()
    assert "'source'" in note_of(caught.value)
    assert "finish" not in sink.calls
    assert sink.calls[-1] == "close"


@pytest.mark.parametrize("where", ["items", "close"])
def test_failure_in_opening_and_closing_the_source(where: str, recorder, raising) -> None:
    error = OSError("gone")
    source = Source(name="source", items=lambda: range(2)) if where == "close" else None
    if source is None:
        source = Source(name="source", items=raising(error))  # type: ignore[arg-type]
    else:
        source = Source(name="source", items=source.items, close=raising(error))
    with pytest.raises(OSError, match="gone"):
        Graph(source, [], recorder().stage()).run()


def test_two_failures_become_a_group(recorder, count, note_of) -> None:
    gate = threading.Barrier(2, timeout=60)

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
            count(5), [Stage(name="middle", process=fail(ValueError("middle")))], recorder().stage(fail_on_first)
        ).run()
    assert {type(e) for e in caught.value.exceptions} == {ValueError, KeyError}
    assert {note_of(e) for e in caught.value.exceptions} == {"in stage 'middle'", "in stage 'sink'"}


def test_a_failing_stage_whose_close_fails_too(recorder, count, raising) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        Graph(count(5), [], recorder().stage(raising(ValueError("first")), close=raising(OSError("second")))).run()
    assert [str(e) for e in caught.value.exceptions] == ["first", "second"]


@pytest.mark.parametrize("who", ["middle", "sink"])
def test_early_stop_by_a_stage(who: str, recorder, endless) -> None:
    closed: list[str] = []

    def enough(item: int) -> int:
        if item == 10:
            raise Finished
        sink.process(item)
        return item

    sink = recorder()
    middle = Stage(name="middle", process=enough if who == "middle" else lambda x: x)
    last = sink.stage(enough if who == "sink" else lambda _: None)
    assert Graph(endless(closed), [middle], last).run() == "finished"
    assert sink.items == list(range(10))
    assert sink.calls == ["open", "finish", "close"]
    assert closed == ["generator", "source"]


def test_failure_outside_the_main_thread(recorder, count, raising) -> None:
    caught: list[BaseException] = []

    def run() -> None:
        try:
            Graph(count(3), [], recorder().stage(raising(ValueError("boom")))).run()
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


def test_measurements_name_the_bottleneck(recorder, count) -> None:
    def slow(item: int) -> int:
        time.sleep(0.01)
        return item

    graph = Graph(
        count(20), [Stage(name="fast", process=lambda x: x), Stage(name="slow", process=slow)], recorder().stage()
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


def test_names_must_differ(recorder, count) -> None:
    with pytest.raises(ValueError, match="must differ"):
        Graph(count(1), [Stage(name="sink", process=lambda x: x)], recorder().stage())
