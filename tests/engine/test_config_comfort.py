from __future__ import annotations

import math
from typing import Any

import pytest

from engine.config_comfort import ComfortOptions
from engine.errors import UsageError


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"comfort": (0.0, 4.0)}, "--comfort needs two numbers .* got 0 4"),
        ({"comfort": (2.0, math.nan)}, "--comfort"),
        ({"comfort": (2.0, 26.0)}, "--comfort"),
        ({"edge_grow": 17}, "--edge-grow must be auto or 0 to 16, got 17"),
        ({"edge_grow": -1}, "--edge-grow"),
    ],
)
def test_mistakes_name_the_option(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        ComfortOptions(**options)


def test_growth() -> None:
    assert ComfortOptions().growth_px is None
    assert [ComfortOptions(edge_grow=pixels).growth_px for pixels in (0, 4)] == [0, 4]
