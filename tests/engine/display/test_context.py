"""The real window under a virtual X server, each in a process of its own; and the off-screen surface."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.display.context import OffscreenSurface

pytestmark = pytest.mark.gl

PREAMBLE = """
import sys, time
import glfw
import numpy as np
from engine.display.context import WindowSurface
from engine.display.screen import Screen
from engine.display.view import ViewState
from engine.frame import Colour, Frame, PixelFormat

def gray(level, width=64, height=36):
    planes = (np.full((height, width), level, np.uint8),)
    return Frame(planes=planes, format=PixelFormat(subsampling="gray"), colour=Colour(full_range=True))

def read(surface):
    width, height = surface.size
    data = surface.ctx.screen.read((0, 0, width, height), components=3, alignment=1)
    return np.frombuffer(data, np.uint8).reshape(height, width, 3)[::-1]

def wait_until(surface, condition, seconds=30.0):
    deadline = time.perf_counter() + seconds
    while not condition():
        assert time.perf_counter() < deadline, "waited in vain"
        surface.wait(0.05)
"""


def start(code: str, display: str | None) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    # The binding looks at the session to choose between X11 and Wayland.
    environment["XDG_SESSION_TYPE"] = "x11"
    if display is not None:
        environment["DISPLAY"] = display
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PREAMBLE + textwrap.dedent(code)],
        env=environment,
        cwd=Path(__file__).parents[3],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(code: str, display: str | None) -> str:
    process = start(code, display)
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return output


def test_no_display_is_said_in_one_line() -> None:
    code = """
    from engine.errors import UnavailableError
    try:
        WindowSurface(64, 36, "test")
    except UnavailableError as error:
        print(error)
    """
    said = run(code, None)
    assert "no display to open a window on" in said
    assert "--headless" in said
    assert len(said.splitlines()) == 1


def test_a_display_that_is_gone_is_said_too() -> None:
    code = """
    from engine.errors import UnavailableError
    try:
        WindowSurface(64, 36, "test")
    except UnavailableError as error:
        print(error)
    """
    assert ":987" in run(code, ":987")


def test_window_shows_and_survives_resizing(x_display: str) -> None:
    """Text, letterbox and pixels follow the window; the size the window reports is what is drawn into."""
    code = """
    screen = Screen(WindowSurface(320, 180, "test"), ViewState(layout="left"))
    surface = screen.surface
    assert surface.size == (320, 180), surface.size
    screen.show(gray(200))
    for size, dark in (((320, 300), 120 / 300), ((640, 180), 0.5), ((200, 200), None), ((320, 180), 0.0)):
        glfw.set_window_size(surface._window, *size)
        # A resize asks for a new picture, and the system may hand out the new back buffer only after a swap.
        wait_until(surface, lambda: surface.size == size and surface.take_redraw())
        screen.redraw()
        wait_until(surface, surface.take_redraw)
        screen.redraw()
        screen._draw()
        pixels = read(surface)
        assert pixels.shape == (size[1], size[0], 3)
        assert np.array_equal(pixels, screen.picture()), "the screenshot is the picture in the window"
        if dark is not None:
            assert abs((pixels == 0).mean() - dark) < 0.02, (size, (pixels == 0).mean())
    screen.close()
    screen.surface.close()
    print("done")
    """
    assert run(code, x_display) == "done\n"


def test_window_is_never_larger_than_the_screen(x_display: str) -> None:
    code = """
    surface = WindowSurface(7680, 2160, "test")
    width, height = surface.size
    print(width, height)
    surface.close()
    """
    width, height = map(int, run(code, x_display).split())
    assert width <= 1280
    assert height <= 800
    assert width / height == pytest.approx(7680 / 2160, rel=0.02)


def test_full_screen_and_back(x_display: str) -> None:
    code = """
    screen = Screen(WindowSurface(320, 180, "test"), ViewState(layout="left"))
    surface = screen.surface
    screen.show(gray(100))
    assert surface.toggle_full_screen()
    wait_until(surface, lambda: surface.size == (1280, 800))
    screen.redraw()
    assert not surface.toggle_full_screen()
    wait_until(surface, lambda: surface.size == (320, 180))
    screen.redraw()
    screen.close()
    print("done")
    """
    assert run(code, x_display) == "done\n"


def test_closing_mid_frame(x_display: str) -> None:
    """The close button between upload and present: the frame is finished, then the loop sees the wish."""
    code = """
    import threading
    screen = Screen(WindowSurface(320, 180, "test"), ViewState(layout="half-sbs"))
    surface = screen.surface
    closing = threading.Thread(target=lambda: glfw.set_window_should_close(surface._window, True))
    shown, deadline = 0, time.perf_counter() + 100
    while not surface.wants_close and time.perf_counter() < deadline:
        screen.show(gray(shown % 256))
        surface.wait(0)
        shown += 1
        if shown == 4:
            closing.start()
    assert shown >= 4 and time.perf_counter() < deadline
    screen.close()
    print("done")
    """
    assert run(code, x_display) == "done\n"


def test_wake_ends_a_wait_from_another_thread(x_display: str) -> None:
    code = """
    import threading
    surface = WindowSurface(64, 64, "test")
    for _ in range(20):
        surface.wait(0.01)
    threading.Timer(0.2, surface.wake).start()
    since = time.perf_counter()
    surface.wait(110)
    assert time.perf_counter() - since < 100
    surface.close()
    print("done")
    """
    assert run(code, x_display) == "done\n"


@pytest.fixture
def typed(x_display: str, press: Callable[[str], None]) -> Callable[[list[str]], list[str]]:
    """What a window says was typed when these keys are pressed."""

    def type_keys(names: list[str]) -> list[str]:
        process = start(
            """
            surface = WindowSurface(320, 180, "test")
            glfw.focus_window(surface._window)
            wait_until(surface, lambda: glfw.get_window_attrib(surface._window, glfw.FOCUSED))
            print("ready", flush=True)
            typed, deadline = [], time.perf_counter() + 100
            while "end" not in typed and time.perf_counter() < deadline:
                surface.wait(0.05)
                typed += ["end" if key == "e" else key for key in surface.keys()]
            surface.close()
            print(typed)
            """,
            x_display,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for name in [*names, "e"]:
            press(name)
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        return list(eval(output, {"__builtins__": {}}))

    return type_keys


def test_keys_arrive_by_name_or_as_typed(typed: Callable[[list[str]], list[str]]) -> None:
    names = ["l", "Up", "Down", "Left", "Right", "space", "period", "question", "Escape", "F11", "bracketleft", "Home"]
    assert typed(names) == ["l", "up", "down", "left", "right", " ", ".", "?", "escape", "f11", "[", "home", "end"]


def test_steering_keys_say_what_was_held(typed: Callable[[list[str]], list[str]]) -> None:
    names = ["Shift_L+Up", "Control_L+Left", "Alt_L+Right", "Prior", "Control_L+Next", "Shift_L+Home"]
    assert typed(names) == ["shift+up", "ctrl+left", "ctrl+right", "page up", "ctrl+page down", "home", "end"]


def test_the_mouse_is_followed(x_display: str, keyboard: Any) -> None:
    """Drags with either button and the wheel, in heights of the window; moving without a button is nothing."""
    process = start(
        """
        surface = WindowSurface(400, 200, "test")
        glfw.focus_window(surface._window)
        wait_until(surface, lambda: glfw.get_window_attrib(surface._window, glfw.FOCUSED))
        print(*glfw.get_window_pos(surface._window), flush=True)
        move, turn, wheel, keys = np.zeros(2), np.zeros(2), 0.0, []
        deadline = time.perf_counter() + 100
        while "e" not in keys and time.perf_counter() < deadline:
            surface.wait(0.05)
            keys += surface.keys()
            motion = surface.motion()
            move, turn, wheel = move + motion.move, turn + motion.turn, wheel + motion.wheel
        assert not any(map(np.any, surface.motion()))
        surface.close()
        print(*move, *turn, wheel)
        """,
        x_display,
    )
    assert process.stdout is not None
    x, y = map(int, process.stdout.readline().split())
    keyboard.drag(1, (x + 100, y + 100), (x + 150, y + 100), (x + 200, y + 80))
    keyboard.drag(3, (x + 20, y + 20), (x + 10, y + 120))
    for button in (4, 4, 5, 4):
        keyboard.click(button)
    keyboard.press("e")
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert [float(word) for word in output.split()] == pytest.approx([0.5, -0.1, -0.05, 0.5, 2.0])


def test_displays_have_names_and_numbers(x_display: str) -> None:
    code = """
    from engine.display.context import main_display
    from engine.errors import UsageError
    name = main_display(1)
    assert name and name == main_display()
    try:
        WindowSurface(320, 180, "test", display=7)
    except UsageError as error:
        print(error)
    surface = WindowSurface(320, 180, "test", display=1)
    assert surface.display == name
    x, y = glfw.get_window_pos(surface._window)
    assert (x, y) == ((1280 - 320) // 2, (800 - 180) // 2), (x, y)
    surface.next_display()
    assert surface.display == name
    surface.close()
    """
    said = run(code, x_display)
    assert said.startswith("--display 7: the displays here are 1 (")


def test_full_screen_from_the_start(x_display: str) -> None:
    code = """
    surface = WindowSurface(320, 180, "test", full_screen=True)
    wait_until(surface, lambda: surface.size == (1280, 800))
    assert not surface.toggle_full_screen()
    wait_until(surface, lambda: surface.size == (320, 180))
    surface.close()
    print("done")
    """
    assert run(code, x_display) == "done\n"


def test_a_display_without_opengl_is_said(display_without_opengl: str) -> None:
    code = """
    from engine.errors import UnavailableError
    try:
        WindowSurface(64, 36, "test")
    except UnavailableError as error:
        print(error)
    """
    said = run(code, display_without_opengl)
    assert "OpenGL 3.3" in said
    assert "--headless" in said
    assert len(said.splitlines()) == 1


def test_offscreen_wait_is_woken_and_otherwise_ends_by_itself(
    open_surface: Callable[[int, int], OffscreenSurface],
) -> None:
    surface = open_surface(16, 16)
    since = time.perf_counter()
    surface.wait(0.05)
    assert 0.04 < time.perf_counter() - since < 20
    threading.Timer(0.05, surface.wake).start()
    surface.wait(110)
    assert time.perf_counter() - since < 100


def test_offscreen_surface_closes_twice_and_opens_again(
    open_surface: Callable[[int, int], OffscreenSurface],
) -> None:
    for size in ((16, 16), (33, 7)):
        surface = open_surface(*size)
        surface.target.clear(1.0, 0.0, 0.0)
        pixels = np.frombuffer(surface.target.read(components=3, alignment=1), np.uint8)
        assert pixels.reshape(-1, 3).tolist() == [[255, 0, 0]] * (size[0] * size[1])
        surface.close()
        surface.close()
