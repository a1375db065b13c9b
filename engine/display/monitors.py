"""The displays that are connected: which one a window is on, and which one comes next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.display.view import Rect
from engine.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """One display."""

    name: str
    """What its maker calls it; a second one of the same name has a number behind it."""
    rect: Rect
    """Where it is on the desktop, in screen coordinates."""
    refresh_rate: int
    handle: Any
    """GLFW's own."""


def connected(glfw: Any) -> list[Monitor]:
    """All displays, the main one first, in the order that ``--display`` counts them; GLFW is started."""
    found: list[Monitor] = []
    for handle in glfw.get_monitors() or []:
        mode = glfw.get_video_mode(handle)
        if not mode:
            # Connected, but switched off.
            continue
        x, y = glfw.get_monitor_pos(handle)
        name = _text(glfw.get_monitor_name(handle)) or "display"
        twins = sum(monitor.name.split(" #")[0] == name for monitor in found)
        found.append(
            Monitor(
                name=f"{name} #{twins + 1}" if twins else name,
                rect=Rect(x, y, mode.size.width, mode.size.height),
                refresh_rate=mode.refresh_rate,
                handle=handle,
            )
        )
    return found


def numbered(monitors: list[Monitor], number: int | None) -> Monitor | None:
    """The display that ``--display`` names, counted from 1; None for the main one, or where there is none.

    Raises:
        UsageError: there are not so many.
    """
    if number is None:
        return monitors[0] if monitors else None
    if not 1 <= number <= len(monitors):
        names = ", ".join(f"{index} ({monitor.name})" for index, monitor in enumerate(monitors, 1)) or "none"
        raise UsageError(f"--display {number}: the displays here are {names}")
    return monitors[number - 1]


def nearest(monitors: list[Monitor], window: Rect) -> Monitor | None:
    """The display that shows most of a window; None without any."""

    def overlap(monitor: Monitor) -> int:
        rect = monitor.rect
        across = min(window.x + window.width, rect.x + rect.width) - max(window.x, rect.x)
        down = min(window.y + window.height, rect.y + rect.height) - max(window.y, rect.y)
        return max(0, across) * max(0, down)

    return max(monitors, key=overlap, default=None)


def after(monitors: list[Monitor], present: Monitor) -> Monitor:
    """The display after that one, round and round."""
    names = [monitor.name for monitor in monitors]
    return monitors[(names.index(present.name) + 1) % len(monitors)] if present.name in names else monitors[0]


def centred(monitor: Monitor, width: int, height: int) -> tuple[int, int]:
    """Where a window of that size begins that lies in the middle of a display."""
    rect = monitor.rect
    return rect.x + max(0, (rect.width - width) // 2), rect.y + max(0, (rect.height - height) // 2)


def _text(name: Any) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name or "")
