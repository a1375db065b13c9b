"""Cases take turns, and the warm-up is not counted."""

from __future__ import annotations

import os

import pytest

from benchmarks.kernels.timing import interleaved, thread_counts


def test_cases_take_turns_after_a_warm_up() -> None:
    calls: list[str] = []
    cases = {"kernels/a": lambda: calls.append("a"), "kernels/b": lambda: calls.append("b")}
    records = interleaved(cases, repeats=9, context={"size": [4, 2]})
    rounds = ["".join(calls[n : n + 2]) for n in range(0, 20, 2)]
    assert rounds[0] == "ab"
    assert set(rounds) == {"ab", "ba"}
    assert [(r.name, r.unit, r.n) for r in records] == [("kernels/a", "ms", 9), ("kernels/b", "ms", 9)]
    assert records[0].context["size"] == [4, 2]


def test_records_say_what_they_hang_on() -> None:
    (threaded, plain) = interleaved({"kernels/a/threads=3": int, "kernels/b": int}, repeats=1, context={})
    assert {"processor", "cores", "load", "python", "numpy", "numba", "opencv-python-headless", "torch"} <= set(
        plain.context
    )
    assert threaded.context["threads"] == 3
    assert "threads" not in plain.context


def test_thread_counts() -> None:
    assert thread_counts(1) == [1]
    assert thread_counts(3) == [1, 3]
    assert thread_counts(0) == sorted({1, os.cpu_count() or 1})


def test_where_no_load_is_told_the_times_still_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows."""
    monkeypatch.delattr("os.getloadavg", raising=False)
    (record,) = interleaved({"kernels/a/threads=1": lambda: None}, repeats=1, context={})
    assert record.context["load"] is None
