"""Counting devices never fails, whatever is installed."""

from __future__ import annotations

from pathlib import Path

from engine.inference.cuda import device_count


def test_as_many_as_the_driver_shows() -> None:
    nodes = [path for path in Path("/dev").glob("nvidia[0-9]*") if path.name[6:].isdigit()]
    if not nodes:
        assert device_count() == 0
    else:
        assert 0 <= device_count() <= len(nodes)
