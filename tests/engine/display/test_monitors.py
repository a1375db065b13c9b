"""Which display is which. One real one is all a virtual X server has, so the others are made up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from engine.display.monitors import Monitor, after, centred, connected, nearest, numbered
from engine.display.view import Rect
from engine.errors import UsageError


class Desk:
    """As much of GLFW as tells about displays: (name, x, y, width, height) each, or (name,) if it is switched off."""

    def __init__(self, *displays: tuple[Any, ...]) -> None:
        self.displays = displays

    def get_monitors(self) -> list[Any]:
        return list(self.displays)

    def get_video_mode(self, display: Any) -> Any:
        if len(display) == 1:
            return None
        return SimpleNamespace(size=SimpleNamespace(width=display[3], height=display[4]), refresh_rate=60)

    def get_monitor_pos(self, display: Any) -> tuple[int, int]:
        return display[1], display[2]

    def get_monitor_name(self, display: Any) -> Any:
        return display[0]


LAPTOP, TV = (b"eDP-1", 0, 0, 1920, 1080), ("TV", 1920, -540, 3840, 2160)


@pytest.fixture
def monitors() -> list[Monitor]:
    return connected(Desk(LAPTOP, TV))


def test_names_and_places(monitors: list[Monitor]) -> None:
    assert [monitor.name for monitor in monitors] == ["eDP-1", "TV"]
    assert monitors[1].rect == Rect(1920, -540, 3840, 2160)
    assert monitors[1].handle is TV


def test_twins_are_told_apart_and_dark_ones_left_out() -> None:
    found = connected(
        Desk(("DELL", 0, 0, 1, 1), ("off",), ("DELL", 1, 0, 1, 1), (None, 2, 0, 1, 1), ("DELL", 3, 0, 1, 1))
    )
    assert [monitor.name for monitor in found] == ["DELL", "DELL #2", "display", "DELL #3"]


def test_numbers(monitors: list[Monitor]) -> None:
    assert numbered(monitors, None) is monitors[0]
    assert numbered(monitors, 2) is monitors[1]
    assert numbered([], None) is None
    with pytest.raises(UsageError, match=r"--display 3: .* 1 \(eDP-1\), 2 \(TV\)"):
        numbered(monitors, 3)
    with pytest.raises(UsageError, match="none"):
        numbered([], 1)


def test_the_nearest_one_shows_most_of_the_window(monitors: list[Monitor]) -> None:
    assert nearest(monitors, Rect(1800, 100, 100, 100)) is monitors[0]
    assert nearest(monitors, Rect(1800, 100, 400, 100)) is monitors[1]
    assert nearest([], Rect(0, 0, 1, 1)) is None


def test_round_and_round(monitors: list[Monitor]) -> None:
    assert after(monitors, monitors[0]) is monitors[1]
    assert after(monitors, monitors[1]) is monitors[0]
    assert after(monitors[:1], monitors[1]) is monitors[0], "the one it was on is unplugged"


def test_windows_go_to_the_middle(monitors: list[Monitor]) -> None:
    assert centred(monitors[1], 1840, 1160) == (1920 + 1000, -540 + 500)
    assert centred(monitors[0], 4000, 4000) == (0, 0), "never above or left of the display"
