"""Clips that the tests of the sources make themselves."""

from __future__ import annotations

import contextlib
import functools
import http.server
import io
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest

ClipMaker = Callable[..., Path]


def ramp(width: int, height: int, pixel_format: str, index: int) -> av.VideoFrame:
    """A picture whose planes are gradients that depend on the frame number."""
    picture = av.VideoFrame(width, height, pixel_format)
    deep = picture.format.components[0].bits > 8
    scale = 1 << (picture.format.components[0].bits - 8)
    for number, plane in enumerate(picture.planes):
        dtype = np.uint16 if deep else np.uint8
        memory = np.frombuffer(plane, dtype).reshape(plane.height, -1)
        across = np.linspace(40 + 10 * number, 200, memory.shape[1])
        memory[...] = ((across + np.arange(plane.height)[:, None] % 16 + 2 * index) * scale).astype(dtype)
    return picture


@pytest.fixture
def make_clip(tmp_path: Path) -> ClipMaker:
    """Give a function that writes a clip: make_clip(name, width=..., pts=[...], ...) -> path."""

    def make(
        name: str = "clip.mkv",
        *,
        width: int = 64,
        height: int = 48,
        pixel_format: str = "yuv420p",
        codec: str = "libx264",
        pts: Sequence[int] = tuple(range(10)),
        time_base: Fraction = Fraction(1, 25),
        rotation: int = 0,
        aspect: Fraction | None = None,
        colour: tuple[int, int, int, int] | None = None,
        options: dict[str, str] | None = None,
        metadata: dict[str, str] | None = None,
        draw: Callable[[int, int, str, int], av.VideoFrame] = ramp,
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            stream: Any = container.add_stream(codec, rate=25, options=options or {})
            stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
            stream.time_base = stream.codec_context.time_base = time_base
            stream.metadata.update(metadata or {})
            if aspect is not None:
                stream.codec_context.sample_aspect_ratio = aspect
            if colour is not None:
                context = stream.codec_context
                context.colorspace, context.color_primaries, context.color_trc, context.color_range = colour
            if rotation:
                stream.set_display_rotation(rotation)
            for index, stamp in enumerate(pts):
                picture = draw(width, height, pixel_format, index)
                picture.pts, picture.time_base = stamp, time_base
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
        return path

    return make


@pytest.fixture
def sound_only(tmp_path: Path) -> Path:
    """Give a file that holds nothing but a second of sound."""
    path = tmp_path / "sound.mka"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("pcm_s16le", rate=8000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 8000, 0, Fraction(1, 8000)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


# --- streams ----------------------------------------------------------------------------------------------------------

GOP, RATE = 6, 30
GOP_S = GOP / RATE


def gop(number: int, *, width: int = 64, height: int = 48) -> bytes:
    """A fifth of a second of a transmission that never ends, as MPEG-TS that can be joined to the one before."""
    memory = io.BytesIO()
    with av.open(memory, "w", format="mpegts") as container:
        options = {"preset": "ultrafast", "tune": "zerolatency", "g": str(GOP)}
        stream: Any = container.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, RATE)
        for index in range(number * GOP, (number + 1) * GOP):
            picture = ramp(width, height, "yuv420p", index % 50)
            picture.pts, picture.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return memory.getvalue()


@functools.cache
def gops() -> tuple[bytes, ...]:
    """Ten seconds of transmission."""
    return tuple(gop(number) for number in range(50))


@pytest.fixture
def make_gop() -> Callable[..., bytes]:
    """Makes one fifth of a second of transmission: make_gop(number, width=..., height=...)."""
    return gop


@pytest.fixture
def closed_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Answer(http.server.BaseHTTPRequestHandler):
    """One request to a `WebServer`; what it answers is up to the test."""

    server: WebServer

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        with contextlib.suppress(ConnectionError):
            self.server.answer(self)

    def log_message(self, *words: object) -> None:
        """Keep the terminal clean."""

    def head(self, **headers: str) -> None:
        """Say yes; a name like Content_Length becomes Content-Length."""
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def transmit(self, seconds: float) -> None:
        """Send what is on air now, for a while."""
        self.head(Content_Type="video/mp2t")
        begin_s = time.monotonic()
        while (now_s := time.monotonic()) < begin_s + seconds and not self.server.is_over.is_set():
            number = int((now_s - self.server.on_air_s) / GOP_S) + 1
            if self.server.is_over.wait(max(0.0, self.server.on_air_s + number * GOP_S - now_s)):
                return
            self.wfile.write(gops()[number])

    def transmit_as_fast_as_it_goes(self, data: bytes, **headers: str) -> None:
        """Send all of it."""
        self.head(**headers)
        self.wfile.write(data)


class WebServer(http.server.ThreadingHTTPServer):
    """A web server on this machine. Assign `answer` before it is asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.answer: Callable[[Answer], None] = lambda request: request.send_error(404)
        self.requests: list[str] = []
        self.on_air_s = time.monotonic()
        self.is_over = threading.Event()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}/live.ts"

    @property
    def gops(self) -> tuple[bytes, ...]:
        """What is on air."""
        return gops()

    def handle_error(self, *words: object) -> None:
        """Players come and go."""


@pytest.fixture
def web(nothing_left: None) -> Iterator[WebServer]:
    """A web server; it does not outlive the test."""
    gops()
    with WebServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="web server")
        thread.start()
        yield server
        server.is_over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Fail a test that leaves a thread of ours or a child process behind."""
    yield
    deadline = time.monotonic() + 2
    while (left := _left()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left, f"left behind: {left}"


def _left() -> list[str]:
    threads = [thread.name for thread in threading.enumerate() if thread.name == "stream reader"]
    children = (" ".join(child.cmdline()) for child in psutil.Process().children())
    return threads + [words for words in children if "relay" in words]


class Listener:
    """Remembers the notices of a source."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def __call__(self, words: str, seconds: float) -> None:
        assert seconds > 0
        self.words.append(words)


@pytest.fixture
def listener() -> Listener:
    """Somebody to tell notices to."""
    return Listener()


@pytest.fixture
def at_stdin() -> Iterator[Callable[[Path | int], None]]:
    """Puts a file, or the reading end of a pipe, at standard input of this process and of those it starts."""
    before = os.dup(0)

    def put(what: Path | int) -> None:
        descriptor = what if isinstance(what, int) else os.open(what, os.O_RDONLY)
        os.dup2(descriptor, 0)
        os.close(descriptor)

    yield put
    os.dup2(before, 0)
    os.close(before)


_WINDOW = """
import ctypes, sys, time
x11 = ctypes.CDLL("libX11.so.6")
x11.XOpenDisplay.restype = ctypes.c_void_p
display = ctypes.c_void_p(x11.XOpenDisplay(None))
x11.XDefaultRootWindow.restype = x11.XCreateSimpleWindow.restype = ctypes.c_ulong
root = ctypes.c_ulong(x11.XDefaultRootWindow(display))
red = ctypes.c_ulong(0xFF0000)
window = ctypes.c_ulong(x11.XCreateSimpleWindow(display, root, 40, 30, 320, 200, 0, red, red))
x11.XStoreName(display, window, sys.argv[1].encode())
x11.XMapWindow(display, window)
x11.XSync(display, 0)
print("here", flush=True)
sys.stdin.read(1)
for size in (sys.argv[2:] and [sys.argv[2:]] or []):
    x11.XResizeWindow(display, window, int(size[0]), int(size[1]))
    x11.XSync(display, 0)
    time.sleep(60)
"""


@pytest.fixture
def open_window(x_display: str) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Opens red windows of 320x200 with a title, in processes of their own; a byte to one ends or resizes it."""
    opened: list[subprocess.Popen[bytes]] = []

    def show(title: str, *later_size: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", _WINDOW, title, *later_size]
        environment = {**os.environ, "DISPLAY": x_display}
        pipe = subprocess.PIPE
        opened.append(subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe))
        output = opened[-1].stdout
        assert output is not None
        if output.readline() != b"here\n":
            pytest.skip("libX11 is not installed (Debian and Ubuntu: libx11-6)")
        return opened[-1]

    yield show
    for window in opened:
        with window:
            window.kill()


@pytest.fixture
def x_window(open_window: Callable[..., subprocess.Popen[bytes]]) -> str:
    """The title of a red window of 320x200."""
    title = "Wheatstone test window"
    open_window(title)
    return title
