from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.record import Record, machine, percentile


def test_of_takes_the_median_and_the_spread() -> None:
    record = Record.of("a/b", [3.0, 1.0, 2.0], "ms", {"x": 1})
    assert (record.value, record.p50, record.n, record.unit) == (2.0, 2.0, 3, "ms")
    assert record.p95 == pytest.approx(2.9)
    assert json.loads(json.dumps(record.as_json())) == {
        "name": "a/b", "value": 2.0, "unit": "ms", "n": 3, "p50": 2.0, "p95": record.p95, "p99": record.p99,
        "context": {"x": 1},
    }  # fmt: skip


def test_of_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="a/b: nothing was measured"):
        Record.of("a/b", [], "ms")


@pytest.mark.parametrize("percent", [0, 5, 50, 95, 99, 100])
def test_percentile_agrees_with_numpy(percent: float, rng: np.random.Generator) -> None:
    for count in (1, 2, 7, 100):
        values = list(rng.random(count))
        assert percentile(values, percent) == pytest.approx(np.percentile(values, percent))


def test_machine_can_be_written_as_json() -> None:
    assert json.loads(json.dumps(machine()))["cores"] >= 1
