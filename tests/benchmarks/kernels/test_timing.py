"""Cases take turns, and the warm-up is not counted."""

from __future__ import annotations

import os

from benchmarks.kernels.timing import interleaved, thread_counts


def test_cases_take_turns_after_a_warm_up() -> None:
    calls: list[str] = []
    cases = {"kernels/a": lambda: calls.append("a"), "kernels/b": lambda: calls.append("b")}
    records = interleaved(cases, repeats=3, context={"size": [4, 2]})
    assert calls == ["a", "b"] * 4
    assert [(r.name, r.unit, r.n) for r in records] == [("kernels/a", "ms", 3), ("kernels/b", "ms", 3)]
    assert records[0].context["size"] == [4, 2]
    assert "numba" in records[0].context


def test_thread_counts() -> None:
    assert thread_counts(1) == [1]
    assert thread_counts(3) == [1, 3]
    assert thread_counts(0) == sorted({1, os.cpu_count() or 1})
