"""What a screen or one window shows."""

from __future__ import annotations

import os
import re
import sys

from engine.errors import InputError, UnavailableError, UsageError
from engine.sources import x11
from engine.sources.backoff import Backoff
from engine.sources.feed import Fault, Request
from engine.sources.link import Connection
from engine.sources.stream_faults import stream_reason

_SPEC = re.compile(r"screen(?::(?P<what>.+?))?(?:@(?P<rate>\d+))?")
_RATE = "30"
_OPEN_S = 5.0
# A window that changes its size must be opened anew; a closed one does not come back.
_BACKOFF = Backoff(first_s=0.2, most_s=1.0, give_up_s=10.0)


def screen_connection(spec: str) -> Connection:
    """How to watch `screen[:NUMBER|WINDOW][@FPS]`: a monitor (0 is the primary one), or the window with this title.

    Raises:
        UsageError: the text is of another form.
        InputError: there is no such monitor or window.
        UnavailableError: there is no screen, or this system shows it to nobody.
    """
    match = _SPEC.fullmatch(spec)
    if match is None or match["rate"] == "0":
        raise UsageError(f"{spec}: expected screen, screen:NUMBER or screen:WINDOW, then perhaps @FPS")
    what, rate = match["what"] or "0", match["rate"] or _RATE
    if sys.platform == "win32":
        request, notes = _windows_request(spec, what, rate), ()
    elif sys.platform == "darwin":
        request, notes = _mac_request(spec, what, rate), ()
    else:
        request, notes = _x11_request(spec, what, rate)

    def explain(fault: Fault) -> str:
        if what.isdecimal():
            return stream_reason(fault, open_s=_OPEN_S)
        # Whatever happens to a window, the display has no better word for it than failure.
        return "its window was closed, hidden or resized"

    return Connection(
        name=spec,
        request=request,
        explain=explain,
        backoff=_BACKOFF,
        is_live=True,
        may_hang=False,
        notes=notes,
    )


def _x11_request(spec: str, what: str, rate: str) -> tuple[Request, tuple[str, ...]]:
    display, wayland = os.environ.get("DISPLAY"), bool(os.environ.get("WAYLAND_DISPLAY"))
    if not display:
        why = (
            "Wayland shows a screen to no other program" if wayland else "there is no display here (DISPLAY is not set)"
        )
        raise UnavailableError(f"{spec}: {why}; play a file, a stream or a camera, or log in to an X11 session")
    notes = ("only windows of X11 programs can be seen under Wayland",) if wayland else ()
    options = {"framerate": rate, "draw_mouse": "1"}
    try:
        if not what.isdecimal():
            options["window_id"] = str(_window(spec, what, display).number)
            return _request(display, "x11grab", options), notes
        monitors = x11.monitors(display)
    except OSError as error:
        raise UnavailableError(f"{spec}: the display {display} cannot be opened ({error})") from error
    if int(what) >= len(monitors):
        raise InputError(f"{spec}: there is no monitor {what}; they count from 0, and there are {len(monitors)}")
    monitor = monitors[int(what)]
    options["video_size"] = f"{monitor.width}x{monitor.height}"
    return _request(f"{display}+{monitor.x},{monitor.y}", "x11grab", options), notes


def _window(spec: str, title: str, display: str) -> x11.Window:
    found = x11.windows(display)
    for fits in (lambda text: text == title, lambda text: title.lower() in text.lower()):
        for window in found:
            if fits(window.title):
                return window
    titles = ", ".join(sorted({window.title for window in found}))
    there_are = f"there are: {titles}" if titles else "no window has a title here"
    raise InputError(f"{spec}: no window is called {title}; {there_are}")


def _windows_request(spec: str, what: str, rate: str) -> Request:
    if what.isdecimal() and what != "0":
        raise InputError(
            f"{spec}: on Windows only the whole desktop (screen) or one window (screen:TITLE) can be watched"
        )
    return _request("desktop" if what == "0" else f"title={what}", "gdigrab", {"framerate": rate})


def _mac_request(spec: str, what: str, rate: str) -> Request:
    if not what.isdecimal():
        raise InputError(f"{spec}: on macOS only whole screens can be watched: screen or screen:NUMBER")
    return _request(f"Capture screen {what}:none", "avfoundation", {"framerate": rate, "capture_cursor": "1"})


def _request(url: str, kind: str, options: dict[str, str]) -> Request:
    return Request(url=url, format=kind, attempts=(options,), open_s=_OPEN_S)
