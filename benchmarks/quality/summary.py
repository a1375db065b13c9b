"""Many pictures, one record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.record import Record, percentile
from engine.errors import InputError


def summary(name: str, values: Mapping[str, float], unit: str, context: Mapping[str, Any]) -> Record:
    """The mean over pictures as the value, their percentiles beside it, and each picture's own number in the context.

    Raises:
        InputError: there are no values.
    """
    if not values:
        raise InputError(f"{name}: nothing to measure: no picture of this set has known depth")
    every = list(values.values())
    return Record(
        name=name,
        value=float(np.mean(every)),
        unit=unit,
        n=len(every),
        p50=percentile(every, 50),
        p95=percentile(every, 95),
        p99=percentile(every, 99),
        context={**context, "value": "mean", "pictures": {key: round(value, 4) for key, value in values.items()}},
    )
