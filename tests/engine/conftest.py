"""A virtual X display with a keyboard that tests can press."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture(scope="session")
def x_display() -> Iterator[str]:
    """The name of an X display that nobody looks at."""
    binary = shutil.which("Xvfb")
    if binary is None:
        pytest.skip("Xvfb is not installed (Debian and Ubuntu: xvfb)")
    read_end, write_end = os.pipe()
    command = [binary, "-displayfd", str(write_end), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
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


@pytest.fixture
def press(x_display: str) -> Iterator[Callable[[str], None]]:
    """Presses a key (an X keysym name: l, question, Up ...) on the virtual keyboard."""
    x11, xtest = ctypes.util.find_library("X11"), ctypes.util.find_library("Xtst")
    if x11 is None or xtest is None:
        pytest.skip("libX11 or libXtst is not installed (Debian and Ubuntu: libxtst6)")
    lib, test = ctypes.CDLL(x11), ctypes.CDLL(xtest)
    lib.XOpenDisplay.restype = ctypes.c_void_p
    lib.XOpenDisplay.argtypes = [ctypes.c_char_p]
    lib.XStringToKeysym.restype = ctypes.c_ulong
    lib.XStringToKeysym.argtypes = [ctypes.c_char_p]
    lib.XKeysymToKeycode.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
    lib.XKeysymToKeycode.restype = ctypes.c_ubyte
    for function in (lib.XSync, lib.XCloseDisplay):
        function.argtypes = [ctypes.c_void_p, ctypes.c_int][: 2 if function is lib.XSync else 1]
    test.XTestFakeKeyEvent.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_ulong]
    display = lib.XOpenDisplay(x_display.encode())
    assert display

    def code(name: str) -> int:
        return int(lib.XKeysymToKeycode(display, lib.XStringToKeysym(name.encode())))

    def press_one(name: str) -> None:
        keys = [code("Shift_L"), code("slash")] if name == "question" else [code(name)]
        for key in keys:
            test.XTestFakeKeyEvent(display, key, 1, 0)
        for key in reversed(keys):
            test.XTestFakeKeyEvent(display, key, 0, 0)
        lib.XSync(display, 0)
        time.sleep(0.05)

    yield press_one
    lib.XCloseDisplay(display)
