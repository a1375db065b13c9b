from __future__ import annotations

import pytest

from benchmarks.quality.summary import summary
from engine.errors import InputError


def test_value_is_the_mean_and_every_picture_is_kept() -> None:
    record = summary("a/b", {"x": 1.0, "y": 2.0, "z": 6.0}, "dB", {"k": "v"})
    assert (record.value, record.p50, record.n) == (3.0, 2.0, 3)
    assert record.context == {"k": "v", "value": "mean", "pictures": {"x": 1.0, "y": 2.0, "z": 6.0}}


def test_nothing_measured() -> None:
    with pytest.raises(InputError, match="a/b: nothing to measure"):
        summary("a/b", {}, "dB", {})
