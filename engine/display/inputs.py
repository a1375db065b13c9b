"""What a viewer does at a window: keys by name, and the mouse. Belongs to the main thread."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple


class Motion(NamedTuple):
    """What the mouse did: lengths in heights of the window, to the right and down."""

    move: tuple[float, float] = (0.0, 0.0)
    """Dragged with the left button."""
    turn: tuple[float, float] = (0.0, 0.0)
    """Dragged with the right button."""
    wheel: float = 0.0
    """Notches, away from the viewer."""


NO_MOTION = Motion()


class WindowInputs:
    """Listens to a GLFW window.

    Keys are characters as typed ("?", "l") or names ("left", "f11"); arrows and page keys say which modifier was held:
    "shift+left", "ctrl+page up" (ctrl also stands for alt, because some desktops keep one of the two for themselves).
    """

    def __init__(self, glfw: Any, window: Any) -> None:
        self._glfw = glfw
        self._window = window
        self._pressed: deque[str] = deque()
        self._cursor: tuple[float, float] | None = None
        self._move, self._turn, self._wheel = [0.0, 0.0], [0.0, 0.0], 0.0
        steering = {
            glfw.KEY_UP: "up",
            glfw.KEY_DOWN: "down",
            glfw.KEY_LEFT: "left",
            glfw.KEY_RIGHT: "right",
            glfw.KEY_PAGE_UP: "page up",
            glfw.KEY_PAGE_DOWN: "page down",
        }
        others = {
            glfw.KEY_HOME: "home",
            glfw.KEY_ESCAPE: "escape",
            glfw.KEY_ENTER: "enter",
            glfw.KEY_F1: "f1",
            glfw.KEY_F11: "f11",
            glfw.KEY_F12: "f12",
        }

        def on_key(_window: Any, key: int, _scan_code: int, action: int, modifiers: int) -> None:
            if action == glfw.RELEASE:
                return
            if key in steering:
                prefix = "shift+" if modifiers & glfw.MOD_SHIFT else ""
                if modifiers & (glfw.MOD_CONTROL | glfw.MOD_ALT):
                    prefix = "ctrl+"
                self._pressed.append(prefix + steering[key])
            elif key in others:
                self._pressed.append(others[key])

        def on_character(_window: Any, code_point: int) -> None:
            self._pressed.append(chr(code_point).lower())

        glfw.set_key_callback(window, on_key)
        glfw.set_char_callback(window, on_character)
        glfw.set_cursor_pos_callback(window, self._on_cursor)
        glfw.set_scroll_callback(window, self._on_wheel)

    def keys(self) -> list[str]:
        """What was pressed since the last call."""
        pressed = list(self._pressed)
        self._pressed.clear()
        return pressed

    def motion(self) -> Motion:
        """What the mouse did since the last call."""
        motion = Motion(move=(self._move[0], self._move[1]), turn=(self._turn[0], self._turn[1]), wheel=self._wheel)
        self._move, self._turn, self._wheel = [0.0, 0.0], [0.0, 0.0], 0.0
        return motion

    def _on_cursor(self, _window: Any, x: float, y: float) -> None:
        glfw, window = self._glfw, self._window
        before, self._cursor = self._cursor, (x, y)
        if before is None:
            return
        height = max(1, glfw.get_window_size(window)[1])
        for button, total in ((glfw.MOUSE_BUTTON_LEFT, self._move), (glfw.MOUSE_BUTTON_RIGHT, self._turn)):
            if glfw.get_mouse_button(window, button) == glfw.PRESS:
                total[0] += (x - before[0]) / height
                total[1] += (y - before[1]) / height

    def _on_wheel(self, _window: Any, _across: float, notches: float) -> None:
        self._wheel += notches
