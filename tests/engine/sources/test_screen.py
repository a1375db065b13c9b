"""Screens: a real one under Xvfb, and the words for those that are not there."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from engine.errors import InputError, UnavailableError, UsageError
from engine.sources import open_source
from engine.sources.backoff import Backoff
from engine.sources.screen import screen_connection
from engine.sources.streamed import StreamedSource

pytestmark = [pytest.mark.usefixtures("nothing_left", "no_thread_left"), pytest.mark.timeout(150)]


@pytest.fixture(autouse=True)
def no_wayland(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


@pytest.fixture
def on_display(x_display: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DISPLAY", x_display)
    return x_display


def test_the_whole_screen(on_display: str, x_window: str) -> None:
    with open_source("screen@20") as source:
        assert source.is_live
        assert (source.info.width, source.info.height) == (1280, 800)
        assert source.info.frame_rate == 20
        frames = list(islice(source.frames(), 5))
    steps_s = np.diff([frame.pts for frame in frames]) / 90_000
    assert np.median(steps_s) > 0.03
    # The window is a red square on a black screen.
    assert frames[-1].planes[2].max() > 200
    assert np.median(frames[-1].planes[0]) < 30


@pytest.mark.parametrize("title", ["Wheatstone test window", "wheatstone TEST"])
def test_one_window_by_its_title(on_display: str, x_window: str, title: str) -> None:
    with open_source(f"screen:{title}@30") as source:
        assert (source.info.width, source.info.height) == (320, 200)
        *_, frame = islice(source.frames(), 3)
        assert source.info.colour.full_range
    luma, _, red = (float(np.median(plane)) for plane in frame.planes)
    # Pure red, full range, BT.601.
    assert luma == pytest.approx(76, abs=2)
    assert red == pytest.approx(255, abs=2)


def test_a_window_that_closes_is_named(on_display: str, open_window) -> None:
    window: subprocess.Popen[bytes] = open_window("A window that closes")
    words: list[str] = []
    connection = replace(screen_connection("screen:A window that closes"), backoff=Backoff(first_s=0.1, give_up_s=0.2))
    with StreamedSource(connection) as source:
        source.listen(lambda text, _seconds: words.append(text))
        frames = source.frames()
        next(frames)
        window.send_signal(signal.SIGKILL)
        window.wait()
        since = time.monotonic()
        list(frames)
        assert time.monotonic() - since < 5
        (warning,) = source.warnings
    assert "window was closed" in words[0]
    assert "did not come back" in warning


@pytest.mark.parametrize("size", [("200", "120"), ("400", "300")])
def test_a_window_that_changes_its_size_goes_on(on_display: str, open_window, size: tuple[str, str]) -> None:
    window: subprocess.Popen[bytes] = open_window("A window that grows", *size)
    with open_source("screen:A window that grows") as source:
        frames = source.frames()
        next(frames)
        assert window.stdin is not None
        window.stdin.write(b"x")
        window.stdin.flush()
        time.sleep(0.5)
        later = list(islice(frames, 20))
    assert {frame.planes[0].shape for frame in later} == {(200, 320)}


@pytest.mark.parametrize(
    ("spec", "says"),
    [("screen:7", "there is no monitor 7"), ("screen:No such title", "no window is called No such title")],
)
def test_what_is_not_there(on_display: str, spec: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        open_source(spec)


def test_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(UnavailableError, match="DISPLAY is not set"):
        open_source("screen")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    with pytest.raises(UnavailableError, match="Wayland"):
        open_source("screen")
    monkeypatch.setenv("DISPLAY", ":4711")
    with pytest.raises(UnavailableError, match=":4711"):
        open_source("screen")


@pytest.mark.parametrize("spec", ["screen@0", "screen:"])
def test_other_forms(spec: str, on_display: str) -> None:
    with pytest.raises(UsageError, match="expected screen"):
        open_source(spec)


def test_a_start_makes_no_sense(on_display: str) -> None:
    with pytest.raises(UsageError, match="live"):
        open_source("screen", start_s=1.0)


@pytest.mark.parametrize(
    ("platform", "spec", "url", "kind"),
    [
        ("win32", "screen", "desktop", "gdigrab"),
        ("win32", "screen:Notepad", "title=Notepad", "gdigrab"),
        ("darwin", "screen:1", "Capture screen 1:none", "avfoundation"),
    ],
)
def test_other_systems_are_asked_in_their_words(
    monkeypatch: pytest.MonkeyPatch, platform: str, spec: str, url: str, kind: str
) -> None:
    """Only the request: these systems are not here."""
    monkeypatch.setattr("sys.platform", platform)
    request = screen_connection(spec).request
    assert (request.url, request.format) == (url, kind)
