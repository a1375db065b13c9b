from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from engine.graph import Cancelled, Channel, EndOfStream, HungUp

pytestmark = [pytest.mark.usefixtures("no_thread_left"), pytest.mark.timeout(150)]


def _later(call: Callable[[], object], seconds: float = 0.05) -> threading.Timer:
    timer = threading.Timer(seconds, call)
    timer.start()
    return timer


def test_keeps_order() -> None:
    channel: Channel[int] = Channel(3)
    for number in (1, 2, 3):
        channel.put(number)
    assert [channel.get(), channel.get(), channel.get()] == [1, 2, 3]


def test_end_drains_then_ends() -> None:
    channel: Channel[int] = Channel(2)
    channel.put(1)
    channel.end()
    channel.end()
    assert channel.get() == 1
    for _ in range(2):
        with pytest.raises(EndOfStream):
            channel.get()


def test_put_after_end_is_a_mistake() -> None:
    channel: Channel[int] = Channel()
    channel.end()
    with pytest.raises(RuntimeError, match="put after end"):
        channel.put(1)


def test_end_wakes_a_waiting_consumer() -> None:
    channel: Channel[int] = Channel()
    timer = _later(channel.end)
    with pytest.raises(EndOfStream):
        channel.get()
    timer.join()


def test_hang_up_unwinds_the_producer_and_drops_the_queue() -> None:
    channel: Channel[int] = Channel(2)
    channel.put(1)
    channel.hang_up()
    with pytest.raises(HungUp):
        channel.put(2)
    assert channel.statistics().queued == 0


@pytest.mark.parametrize(("say", "expected"), [("hang_up", HungUp), ("cancel", Cancelled)])
def test_wakes_a_producer_blocked_on_put(say: str, expected: type[BaseException]) -> None:
    channel: Channel[int] = Channel(1)
    channel.put(1)
    timer = _later(getattr(channel, say))
    with pytest.raises(expected):
        channel.put(2)
    timer.join()
    assert channel.statistics().put == 1


def test_cancel_wakes_a_consumer_blocked_on_get() -> None:
    channel: Channel[int] = Channel()
    timer = _later(channel.cancel)
    with pytest.raises(Cancelled):
        channel.get()
    timer.join()


def test_cancel_beats_what_is_queued() -> None:
    channel: Channel[int] = Channel()
    channel.put(1)
    channel.cancel()
    channel.end()
    with pytest.raises(Cancelled):
        channel.get()
    assert channel.drain() == 1
    assert channel.drain() == 0


def test_cancelled_is_not_an_exception() -> None:
    assert not issubclass(Cancelled, Exception)


def test_drop_oldest_keeps_the_newest_and_counts() -> None:
    dropped: list[int] = []
    channel: Channel[int] = Channel(2, "drop_oldest", dropped.append)
    for number in range(5):
        channel.put(number)
    assert [channel.get(), channel.get()] == [3, 4]
    assert dropped == [0, 1, 2]
    assert channel.statistics().dropped == 3
    assert channel.statistics().put == 5


def test_block_waits_and_measures_the_producer() -> None:
    channel: Channel[int] = Channel(1)
    channel.put(1)
    timer = _later(channel.get, 0.1)
    channel.put(2)
    timer.join()
    statistics = channel.statistics()
    assert statistics.put_wait_s >= 0.05
    assert statistics.get_wait_s == 0.0
    assert statistics.dropped == 0


def test_get_wait_is_measured() -> None:
    channel: Channel[int] = Channel(1)
    timer = _later(lambda: channel.put(1), 0.1)
    assert channel.get() == 1
    timer.join()
    assert channel.statistics().get_wait_s >= 0.05
    assert channel.statistics().put_wait_s == 0.0


def test_capacity_bounds_the_queue() -> None:
    channel: Channel[int] = Channel(2)
    most = 0

    def produce() -> None:
        for number in range(200):
            channel.put(number)
        channel.end()

    thread = threading.Thread(target=produce)
    thread.start()
    got = []
    while True:
        most = max(most, channel.statistics().queued)
        try:
            got.append(channel.get())
        except EndOfStream:
            break
        if len(got) % 50 == 0:
            time.sleep(0.002)
    thread.join()
    assert got == list(range(200))
    assert most <= 2


def test_capacity_must_be_positive() -> None:
    with pytest.raises(ValueError, match="at least 1, got 0"):
        Channel(0)
