"""A real display that nobody looks at, with a real window on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.sources.x11 import Monitor, monitors, windows


def test_monitors(x_display: str) -> None:
    assert monitors(x_display) == (Monitor(x=0, y=0, width=1280, height=800),)


def test_windows_have_titles(x_display: str, x_window: Iterator[str]) -> None:
    found = [window for window in windows(x_display) if window.title == x_window]
    assert len(found) == 1
    assert found[0].number > 0


def test_no_display() -> None:
    with pytest.raises(OSError, match=":4711"):
        monitors(":4711")
    with pytest.raises(OSError, match=":4711"):
        windows(":4711")
