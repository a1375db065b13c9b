from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from engine.graph import Cancelled
from engine.live.sound_ring import SoundRing

pytestmark = pytest.mark.usefixtures("no_thread_left")


def numbered(first: int, count: int) -> np.ndarray:
    return np.repeat(np.arange(first, first + count, dtype=np.float32)[:, None], 2, axis=1)


def test_samples_come_out_as_they_went_in_round_and_round() -> None:
    ring = SoundRing(100)
    for turn in range(30):
        ring.put(numbered(70 * turn, 70))
        assert np.array_equal(ring.copy(70 * turn + 5, 60), numbered(70 * turn + 5, 60))
        ring.discard(70 * (turn + 1))
    assert ring.written == 2100


def test_what_is_not_there_is_silence() -> None:
    ring = SoundRing(100)
    ring.put(numbered(1, 50))
    ring.discard(10)
    taken = ring.copy(-5, 70)[:, 0]
    assert not taken[:15].any()
    assert np.array_equal(taken[15:55], np.arange(11, 51))
    assert not taken[55:].any()
    assert ring.holds(50)
    assert not ring.holds(51)


def test_a_full_ring_makes_the_reader_wait_until_there_is_room() -> None:
    ring = SoundRing(100)
    thread = threading.Thread(target=lambda: ring.put(numbered(0, 250)), name="reader")
    thread.start()
    while ring.written < 100:
        time.sleep(0.001)
    time.sleep(0.02)
    assert ring.written == 100
    ring.discard(60)
    ring.discard(40)
    while ring.written < 160:
        time.sleep(0.001)
    ring.discard(160)
    thread.join(30)
    assert ring.written == 250
    assert np.array_equal(ring.copy(160, 90), numbered(160, 90))


def test_a_reader_that_waits_is_woken_at_the_end() -> None:
    ring = SoundRing(10)
    caught: list[BaseException] = []

    def read() -> None:
        try:
            ring.put(numbered(0, 11))
        except Cancelled as error:
            caught.append(error)

    thread = threading.Thread(target=read, name="reader")
    thread.start()
    ring.cancel()
    thread.join(30)
    assert len(caught) == 1
