"""A virtual X display with a keyboard that tests can press."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def virtual_display(*options: str) -> Iterator[str]:
    """The name of an X display that nobody looks at."""
    binary = shutil.which("Xvfb")
    if binary is None:
        pytest.skip("Xvfb is not installed (Debian and Ubuntu: xvfb)")
    read_end, write_end = os.pipe()
    command = [binary, "-displayfd", str(write_end), "-screen", "0", "1280x800x24", "-nolisten", "tcp", *options]
    # Without this it begins anew whenever the last window closes, and turns away who comes just then.
    command.append("-noreset")
    server = subprocess.Popen(command, pass_fds=[write_end], stderr=subprocess.DEVNULL)
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        number = pipe.readline().strip()
    if not number:
        server.wait(timeout=10)
        pytest.skip("Xvfb does not start here")
    yield f":{number}"
    server.terminate()
    server.wait(timeout=10)


@pytest.fixture(scope="session")
def x_display() -> Iterator[str]:
    """The name of an X display that nobody looks at."""
    with virtual_display() as name:
        yield name


@pytest.fixture
def display_without_opengl() -> Iterator[str]:
    """The name of an X display that can show windows, but nothing drawn by OpenGL."""
    with virtual_display("-extension", "GLX") as name:
        yield name


class Keyboard:
    """The virtual keyboard of an X display, and a look at who listens to it."""

    def __init__(self, name: str, x11: str, xtest: str) -> None:
        self._x11, self._xtest = ctypes.CDLL(x11), ctypes.CDLL(xtest)
        pointer, number = ctypes.c_void_p, ctypes.c_ulong
        for function, result, arguments in (
            (self._x11.XOpenDisplay, pointer, [ctypes.c_char_p]),
            (self._x11.XCloseDisplay, ctypes.c_int, [pointer]),
            (self._x11.XSync, ctypes.c_int, [pointer, ctypes.c_int]),
            (self._x11.XStringToKeysym, number, [ctypes.c_char_p]),
            (self._x11.XKeysymToKeycode, ctypes.c_ubyte, [pointer, number]),
            (self._x11.XDefaultRootWindow, number, [pointer]),
            (self._x11.XGetInputFocus, ctypes.c_int, [pointer, ctypes.POINTER(number), ctypes.POINTER(ctypes.c_int)]),
            (self._xtest.XTestFakeKeyEvent, ctypes.c_int, [pointer, ctypes.c_uint, ctypes.c_int, number]),
            (self._xtest.XTestFakeButtonEvent, ctypes.c_int, [pointer, ctypes.c_uint, ctypes.c_int, number]),
            (self._xtest.XTestFakeMotionEvent, ctypes.c_int, [pointer, *[ctypes.c_int] * 3, number]),
        ):
            function.restype, function.argtypes = result, arguments
        self._display = self._x11.XOpenDisplay(name.encode())
        assert self._display

    def wait_for_window(self, seconds: float = 120.0) -> None:
        """Until some window has the keyboard."""
        window, revert = ctypes.c_ulong(), ctypes.c_int()
        nobody = (0, 1, self._x11.XDefaultRootWindow(self._display))
        deadline = time.perf_counter() + seconds
        while True:
            self._x11.XGetInputFocus(self._display, ctypes.byref(window), ctypes.byref(revert))
            if window.value not in nobody:
                return
            assert time.perf_counter() < deadline, "no window took the keyboard"
            time.sleep(0.02)

    def press(self, name: str) -> None:
        """Press and release a key by its X keysym name, others held before it: l, question, Up, Shift_L+Up ..."""
        self.wait_for_window()
        names = ("Shift_L", "slash") if name == "question" else name.split("+")
        keys = [self._x11.XKeysymToKeycode(self._display, self._x11.XStringToKeysym(n.encode())) for n in names]
        for key in keys:
            self._xtest.XTestFakeKeyEvent(self._display, key, 1, 0)
        for key in reversed(keys):
            self._xtest.XTestFakeKeyEvent(self._display, key, 0, 0)
        self._x11.XSync(self._display, 0)
        time.sleep(0.05)

    def drag(self, button: int, *places: tuple[int, int]) -> None:
        """Go to the first place on the display, hold a button (1 left, 3 right), go to the others, release it."""
        for index, (x, y) in enumerate(places):
            self._xtest.XTestFakeMotionEvent(self._display, -1, x, y, 0)
            if index == 0:
                self._xtest.XTestFakeButtonEvent(self._display, button, 1, 0)
            self._x11.XSync(self._display, 0)
            time.sleep(0.05)
        self._xtest.XTestFakeButtonEvent(self._display, button, 0, 0)
        self._x11.XSync(self._display, 0)

    def click(self, button: int) -> None:
        """Press and release a button: 4 and 5 are the wheel, away and towards."""
        for is_down in (1, 0):
            self._xtest.XTestFakeButtonEvent(self._display, button, is_down, 0)
        self._x11.XSync(self._display, 0)

    def close(self) -> None:
        """Leave the display."""
        self._x11.XCloseDisplay(self._display)


@pytest.fixture
def keyboard(x_display: str) -> Iterator[Keyboard]:
    """Keys to press on the virtual display."""
    x11, xtest = ctypes.util.find_library("X11"), ctypes.util.find_library("Xtst")
    if x11 is None or xtest is None:
        pytest.skip("libX11 or libXtst is not installed (Debian and Ubuntu: libx11-6 libxtst6)")
    keys = Keyboard(x_display, x11, xtest)
    yield keys
    keys.close()


@pytest.fixture
def press(keyboard: Keyboard) -> Callable[[str], None]:
    """Presses a key once a window has the keyboard."""
    return keyboard.press


@pytest.fixture
def wait_for_window(keyboard: Keyboard) -> Callable[[], None]:
    """Waits until a window has the keyboard."""
    return keyboard.wait_for_window
