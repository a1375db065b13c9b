"""Shares on threads."""

from __future__ import annotations

import threading

import pytest

from kernels._parallel import for_each_share


def test_one_share_stays_on_the_callers_thread() -> None:
    assert for_each_share(lambda _: threading.current_thread(), [1]) == [threading.current_thread()]


def test_the_caller_takes_the_first_share() -> None:
    threads = for_each_share(lambda _: threading.current_thread(), [1, 2, 3])
    assert threads[0] is threading.current_thread()
    assert threading.current_thread() not in threads[1:]


@pytest.mark.usefixtures("no_thread_left")
def test_results_keep_their_order() -> None:
    barrier = threading.Barrier(3)  # passes only if all three run at once

    def work(share: int) -> int:
        barrier.wait(timeout=10)
        return share * share

    assert for_each_share(work, [1, 2, 3]) == [1, 4, 9]


@pytest.mark.parametrize("failing", [1, 2])
@pytest.mark.usefixtures("no_thread_left")
def test_an_error_of_any_share_reaches_the_caller(failing: int) -> None:
    def work(share: int) -> None:
        if share == failing:
            raise ValueError(f"share {share}")

    with pytest.raises(ValueError, match=f"share {failing}"):
        for_each_share(work, [1, 2])


@pytest.mark.usefixtures("no_thread_left")
def test_a_thread_that_cannot_start_leaves_none_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    start, started = threading.Thread.start, []

    def start_one(thread: threading.Thread) -> None:
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_one)
    with pytest.raises(RuntimeError, match="can't start"):
        for_each_share(lambda share: share, [1, 2, 3])
    assert not started[0].is_alive()
