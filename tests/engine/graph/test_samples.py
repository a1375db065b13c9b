from __future__ import annotations

import numpy as np
import pytest

from engine.graph import Samples


def test_empty() -> None:
    samples = Samples()
    assert samples.percentiles(50, 99) == (0.0, 0.0)
    assert (samples.count, samples.total_s, samples.max_s) == (0, 0.0, 0.0)


def test_nearest_rank() -> None:
    samples = Samples()
    for value in (5, 1, 4, 2, 3):
        samples.add(value)
    assert samples.percentiles(0, 20, 50, 95, 100) == (1, 1, 3, 5, 5)
    assert samples.total_s == 15
    assert samples.max_s == 5


def test_thinning_keeps_memory_flat_and_percentiles_close(rng: np.random.Generator) -> None:
    values = rng.gamma(2.0, 1.0, 20_000)
    samples = Samples(limit=1000)
    for value in values:
        samples.add(float(value))
    assert len(samples._kept) <= 1000
    assert samples.count == 20_000
    assert samples.total_s == pytest.approx(values.sum())
    assert samples.max_s == values.max()
    p50, p95 = samples.percentiles(50, 95)
    assert p50 == pytest.approx(np.percentile(values, 50), rel=0.1)
    assert p95 == pytest.approx(np.percentile(values, 95), rel=0.1)
