from __future__ import annotations

import threading
import time

import pytest

from engine.sources.feed import END, Packet
from engine.sources.packet_queue import PacketQueue


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def packet(number: int, arrival_s: float, *, is_key: bool = False, size: int = 10) -> Packet:
    return Packet(data=bytearray(size), pts=number, dts=number, is_key=is_key, arrival_s=arrival_s)


def taken(queue: PacketQueue) -> list[int | None]:
    entries = []
    while (entry := queue.get(0.0)) is not None:
        entries.append(entry.pts if isinstance(entry, Packet) else None)
    return entries


def test_in_time_nothing_is_passed_over() -> None:
    clock = Clock()
    queue = PacketQueue(clock)
    for number in range(6):
        queue.put(packet(number, clock(), is_key=number % 3 == 0))
        clock.now_s += 0.03
    assert taken(queue) == [0, 1, 2, 3, 4, 5]
    assert queue.passed_over == 0


def test_whoever_is_late_goes_on_at_the_next_key() -> None:
    clock = Clock()
    queue = PacketQueue(clock)
    for number in range(14):
        queue.put(packet(number, clock(), is_key=number % 12 == 0))
        clock.now_s += 0.03
    assert taken(queue) == [12, 13]
    assert queue.passed_over == 12


def test_pictures_that_need_no_other_never_wait_in_line() -> None:
    clock = Clock()
    queue = PacketQueue(clock)
    for number in range(5):
        queue.put(packet(number, clock(), is_key=True))
    assert taken(queue) == [4]
    assert queue.passed_over == 4


@pytest.mark.parametrize(("step_s", "size"), [(0.5, 10), (0.001, 8 << 20)])
def test_without_keys_everything_goes_before_it_grows(step_s: float, size: int) -> None:
    """After that only a key packet is a beginning."""
    clock = Clock()
    queue = PacketQueue(clock)
    data = packet(0, 0.0, size=size).data
    for number in range(40):
        queue.put(Packet(data=data, pts=number, dts=number, is_key=number in (0, 38), arrival_s=clock()))
        clock.now_s += step_s
    assert taken(queue) == [38, 39]
    assert queue.passed_over == 38


def test_what_is_no_packet_is_kept() -> None:
    clock = Clock()
    queue = PacketQueue(clock)
    queue.put(packet(0, clock(), is_key=True))
    queue.put(END)
    clock.now_s += 1
    queue.put(packet(1, clock(), is_key=True))
    assert taken(queue) == [None, 1]


def test_a_recording_waits_for_its_reader() -> None:
    queue = PacketQueue()
    queue.is_live = False
    thread = threading.Thread(target=lambda: [queue.put(packet(number, 0.0)) for number in range(100)], name="producer")
    thread.start()
    time.sleep(0.1)
    assert thread.is_alive()
    numbers = []
    while len(numbers) < 100:
        entry = queue.get(5.0)
        assert isinstance(entry, Packet)
        numbers.append(entry.pts)
    thread.join(5)
    assert numbers == list(range(100))
    assert queue.passed_over == 0


def test_closing_wakes_both_sides() -> None:
    queue, got = PacketQueue(), []
    taker = threading.Thread(target=lambda: got.append(queue.get()), name="taker")
    taker.start()
    full = PacketQueue()
    full.is_live = False
    giver = threading.Thread(target=lambda: [full.put(packet(number, 0.0)) for number in range(100)], name="giver")
    giver.start()
    time.sleep(0.05)
    queue.close()
    full.close()
    for thread in (taker, giver):
        thread.join(5)
        assert not thread.is_alive()
    assert got == [None]


def test_what_passes_while_nobody_waits_is_not_counted() -> None:
    clock = Clock()
    queue = PacketQueue(clock)
    queue.hold(True)
    for number in range(40):
        queue.put(packet(number, clock(), is_key=number % 12 == 0))
        clock.now_s += 0.03
    assert queue.passed_over == 0
    queue.hold(False)
    # What waits is of the pause; the next key comes 0.24 s later, and what came before it since then counts.
    for number in range(40, 49):
        queue.put(packet(number, clock(), is_key=number % 12 == 0))
        clock.now_s += 0.03
    assert taken(queue) == [48]
    assert queue.passed_over == 8
