"""What is on an X display: its monitors and its windows.

Through XCB, whose errors are answers. Xlib's end the process unless a handler is installed for all of it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CDLL, POINTER, Structure, byref, c_char_p, c_int, c_int16, c_uint8, c_uint16, c_uint32, c_void_p
from dataclasses import dataclass
from typing import Any

_ANY_TYPE = 0
_WM_NAME = 39
_LONGEST = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """A monitor's place on the display, in pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window that has a title."""

    number: int
    title: str


class _Cookie(Structure):
    _fields_ = (("sequence", c_uint32),)


class _Screen(Structure):
    _fields_ = (
        ("root", c_uint32),
        ("colormap", c_uint32),
        ("white", c_uint32),
        ("black", c_uint32),
        ("masks", c_uint32),
        ("width", c_uint16),
        ("height", c_uint16),
    )


class _Screens(Structure):
    _fields_ = (("data", POINTER(_Screen)), ("rem", c_int), ("index", c_int))


class _Tree(Structure):
    _fields_ = (
        ("response", c_uint8),
        ("pad", c_uint8),
        ("sequence", c_uint16),
        ("length", c_uint32),
        ("root", c_uint32),
        ("parent", c_uint32),
        ("count", c_uint16),
    )


class _Atom(Structure):
    _fields_ = (
        ("response", c_uint8),
        ("pad", c_uint8),
        ("sequence", c_uint16),
        ("length", c_uint32),
        ("atom", c_uint32),
    )


class _MonitorInfo(Structure):
    _fields_ = (
        ("name", c_uint32),
        ("primary", c_uint8),
        ("automatic", c_uint8),
        ("outputs", c_uint16),
        ("x", c_int16),
        ("y", c_int16),
        ("width", c_uint16),
        ("height", c_uint16),
    )


class _Monitors(Structure):
    _fields_ = (("data", POINTER(_MonitorInfo)), ("rem", c_int), ("index", c_int))


def monitors(display: str) -> tuple[Monitor, ...]:
    """The monitors of a display, the primary one first.

    Raises:
        OSError: there is no such display, or no XCB.
    """
    with _connected(display) as (_, connection, screen):
        whole = Monitor(x=0, y=0, width=screen.width, height=screen.height)
        try:
            randr = CDLL("libxcb-randr.so.0")
        except OSError:
            return (whole,)
        return _monitors(randr, connection, screen.root) or (whole,)


def windows(display: str) -> tuple[Window, ...]:
    """All windows with a title.

    Raises:
        OSError: there is no such display, or no XCB.
    """
    with _connected(display) as (xcb, connection, screen):
        utf8_name = _atom(xcb, connection, b"_NET_WM_NAME")
        found: list[Window] = []
        waiting = [screen.root]
        while waiting:
            window = waiting.pop()
            title = _title(xcb, connection, window, utf8_name) or _title(xcb, connection, window, _WM_NAME)
            if title and window != screen.root:
                found.append(Window(number=window, title=title))
            waiting += _children(xcb, connection, window)
        return tuple(found)


@contextmanager
def _connected(display: str) -> Iterator[tuple[CDLL, c_void_p, _Screen]]:
    xcb = CDLL("libxcb.so.1")
    for name, result, arguments in (
        ("xcb_connect", c_void_p, [c_char_p, POINTER(c_int)]),
        ("xcb_connection_has_error", c_int, [c_void_p]),
        ("xcb_disconnect", None, [c_void_p]),
        ("xcb_get_setup", c_void_p, [c_void_p]),
        ("xcb_setup_roots_iterator", _Screens, [c_void_p]),
        ("xcb_screen_next", None, [POINTER(_Screens)]),
        ("xcb_query_tree", _Cookie, [c_void_p, c_uint32]),
        ("xcb_query_tree_reply", POINTER(_Tree), [c_void_p, _Cookie, c_void_p]),
        ("xcb_query_tree_children", POINTER(c_uint32), [c_void_p]),
        ("xcb_intern_atom", _Cookie, [c_void_p, c_uint8, c_uint16, c_char_p]),
        ("xcb_intern_atom_reply", POINTER(_Atom), [c_void_p, _Cookie, c_void_p]),
        ("xcb_get_property", _Cookie, [c_void_p, c_uint8, c_uint32, c_uint32, c_uint32, c_uint32, c_uint32]),
        ("xcb_get_property_reply", c_void_p, [c_void_p, _Cookie, c_void_p]),
        ("xcb_get_property_value", c_void_p, [c_void_p]),
        ("xcb_get_property_value_length", c_int, [c_void_p]),
    ):
        function = getattr(xcb, name)
        function.restype, function.argtypes = result, arguments
    number = c_int()
    connection = xcb.xcb_connect(display.encode(), byref(number))
    try:
        if xcb.xcb_connection_has_error(connection):
            raise OSError(f"there is no X display {display}")
        screens = xcb.xcb_setup_roots_iterator(xcb.xcb_get_setup(connection))
        for _ in range(number.value):
            xcb.xcb_screen_next(byref(screens))
        yield xcb, connection, screens.data.contents
    finally:
        xcb.xcb_disconnect(connection)


def _monitors(randr: CDLL, connection: c_void_p, root: int) -> tuple[Monitor, ...]:
    for name, result, arguments in (
        ("xcb_randr_get_monitors", _Cookie, [c_void_p, c_uint32, c_uint8]),
        ("xcb_randr_get_monitors_reply", c_void_p, [c_void_p, _Cookie, c_void_p]),
        ("xcb_randr_get_monitors_monitors_iterator", _Monitors, [c_void_p]),
        ("xcb_randr_monitor_info_next", None, [POINTER(_Monitors)]),
    ):
        function: Any = getattr(randr, name)
        function.restype, function.argtypes = result, arguments
    reply = randr.xcb_randr_get_monitors_reply(connection, randr.xcb_randr_get_monitors(connection, root, 1), None)
    if not reply:
        return ()
    found: list[tuple[bool, Monitor]] = []
    monitor = randr.xcb_randr_get_monitors_monitors_iterator(reply)
    while monitor.rem > 0:
        info = monitor.data.contents
        found.append((not info.primary, Monitor(x=info.x, y=info.y, width=info.width, height=info.height)))
        randr.xcb_randr_monitor_info_next(byref(monitor))
    _free(reply)
    return tuple(monitor for _, monitor in sorted(found, key=lambda pair: pair[0]))


def _children(xcb: CDLL, connection: c_void_p, window: int) -> list[int]:
    reply = xcb.xcb_query_tree_reply(connection, xcb.xcb_query_tree(connection, window), None)
    if not reply:
        # It was closed while we looked.
        return []
    children = xcb.xcb_query_tree_children(reply)[: reply.contents.count]
    _free(reply)
    return list(children)


def _atom(xcb: CDLL, connection: c_void_p, name: bytes) -> int:
    reply = xcb.xcb_intern_atom_reply(connection, xcb.xcb_intern_atom(connection, 1, len(name), name), None)
    atom = int(reply.contents.atom) if reply else 0
    _free(reply)
    return atom


def _title(xcb: CDLL, connection: c_void_p, window: int, atom: int) -> str:
    if not atom:
        return ""
    cookie = xcb.xcb_get_property(connection, 0, window, atom, _ANY_TYPE, 0, _LONGEST // 4)
    reply = xcb.xcb_get_property_reply(connection, cookie, None)
    if not reply:
        return ""
    length = xcb.xcb_get_property_value_length(reply)
    text = ctypes.string_at(xcb.xcb_get_property_value(reply), length) if length > 0 else b""
    _free(reply)
    return text.decode(errors="replace").strip("\0")


def _free(reply: Any) -> None:
    """Replies belong to whoever asked."""
    libc = CDLL(None)
    libc.free.argtypes = [c_void_p]
    libc.free(reply)
