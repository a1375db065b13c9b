"""Shares on threads."""

from __future__ import annotations

import _thread
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from kernels import _parallel
from kernels._parallel import for_each_share


def test_one_share_stays_on_the_callers_thread() -> None:
    assert for_each_share(lambda _: threading.get_ident(), [1]) == [threading.get_ident()]


def test_the_caller_takes_the_first_share() -> None:
    threads = for_each_share(lambda _: threading.get_ident(), [1, 2, 3])
    assert threads[0] == threading.get_ident()
    assert threading.get_ident() not in threads[1:]


def test_results_keep_their_order() -> None:
    barrier = threading.Barrier(3)  # passes only if all three run at once

    def work(share: int) -> int:
        barrier.wait(timeout=60)
        return share * share

    assert for_each_share(work, [1, 2, 3]) == [1, 4, 9]


@pytest.mark.parametrize("failing", [1, 2])
def test_an_error_of_any_share_reaches_the_caller(failing: int) -> None:
    def work(share: int) -> None:
        if share == failing:
            raise ValueError(f"share {share}")

    with pytest.raises(ValueError, match=f"share {failing}"):
        for_each_share(work, [1, 2])


def test_a_thread_that_cannot_start_leaves_none_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    start, started, done = _thread.start_new_thread, [], []

    def start_one(function: Callable[..., object], arguments: tuple[Any, ...]) -> int:
        if started:
            raise RuntimeError("can't start new thread")
        started.append(arguments)
        return start(function, arguments)

    def work(share: int) -> None:
        time.sleep(0.05)
        done.append(share)

    monkeypatch.setattr(_parallel._thread, "start_new_thread", start_one)
    with pytest.raises(RuntimeError, match="can't start"):
        for_each_share(work, [1, 2, 3])
    assert done == [2]


def test_the_caller_waits_for_the_others_when_its_own_share_fails() -> None:
    done = []

    def work(share: int) -> None:
        if share == 1:
            raise ValueError("share 1")
        time.sleep(0.05)
        done.append(share)

    with pytest.raises(ValueError, match="share 1"):
        for_each_share(work, [1, 2])
    assert done == [2]
