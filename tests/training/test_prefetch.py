"""The prefetcher: order, bounds, errors."""

from __future__ import annotations

import threading
import time

import pytest

from training.prefetch import Prefetcher


def test_batches_come_in_order_whatever_their_speed(no_thread_left: None) -> None:
    def make(step: int) -> int:
        time.sleep(0.01 if step % 2 else 0.0)
        return step

    with Prefetcher(make, start=5, ahead=4, workers=3) as batches:
        assert [batches.next() for _ in range(20)] == list(range(5, 25))


def test_no_more_than_ahead_are_made_early(no_thread_left: None) -> None:
    made: list[int] = []
    with Prefetcher(lambda step: made.append(step), ahead=3) as batches:
        time.sleep(0.1)
        assert made == [0, 1, 2]
        batches.next()
        time.sleep(0.1)
        assert made == [0, 1, 2, 3]


def test_an_error_arrives_with_its_step(no_thread_left: None) -> None:
    def make(step: int) -> int:
        if step == 2:
            raise ValueError("broken shard")
        return step

    with Prefetcher(make) as batches:
        assert batches.next() == 0
        assert batches.next() == 1
        with pytest.raises(ValueError, match="broken shard"):
            batches.next()


def test_closing_waits_for_the_batch_under_way(no_thread_left: None) -> None:
    started, release = threading.Event(), threading.Event()

    def make(step: int) -> int:
        started.set()
        release.wait(2)
        return step

    batches = Prefetcher(make, ahead=5)
    started.wait(2)
    release.set()
    batches.close()


def test_wrong_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Prefetcher(lambda step: step, ahead=0)
