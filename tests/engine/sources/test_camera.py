"""Cameras. There is none here: what is tested is the choice, the words, and a film that is fed like a camera's."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import InputError, UsageError
from engine.sources import open_source
from engine.sources.backoff import Backoff
from engine.sources.camera import Camera, camera_connection, camera_request, cameras, system
from engine.sources.feed import Fault
from engine.sources.streamed import StreamedSource

pytestmark = [pytest.mark.usefixtures("nothing_left", "no_thread_left"), pytest.mark.timeout(150)]
TWO = (Camera(address="/dev/video0", name="Front Camera: HD"), Camera(address="/dev/video2", name="HDMI Grabber"))


@pytest.fixture
def two_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.sources.camera.cameras", lambda: TWO)
    monkeypatch.setattr("sys.platform", "linux")


@pytest.mark.parametrize(
    ("spec", "address"),
    [
        ("camera", "/dev/video0"),
        ("camera:1", "/dev/video2"),
        ("camera:grabber", "/dev/video2"),
        ("camera:Front Camera: HD@640x480@15", "/dev/video0"),
        ("camera:/dev/video9", "/dev/video9"),
    ],
)
def test_which_camera(two_cameras: None, spec: str, address: str) -> None:
    connection = camera_connection(spec)
    assert connection.request.url == address
    assert connection.request.format == "v4l2"
    assert connection.is_live


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("camera:2", r"there is no camera 2, only camera:0 \(Front Camera: HD\), camera:1 \(HDMI Grabber\)"),
        ("camera:webcam", "no camera is called webcam"),
        ("camera:HD", "2 cameras are called HD"),
    ],
)
def test_which_camera_it_cannot_be(two_cameras: None, spec: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        camera_connection(spec)


def test_large_pictures_come_as_jpeg_first_and_as_they_are_last(two_cameras: None) -> None:
    wished = {"video_size": "1920x1080", "framerate": "25"}
    assert camera_connection("camera@1920x1080@25").request.attempts == (
        {"input_format": "mjpeg", **wished},
        wished,
        {},
    )
    assert camera_connection("camera").request.attempts[-1] == {}


@pytest.mark.parametrize("spec", ["camera:", "camera:0@640x480@fast"])
def test_other_forms(two_cameras: None, spec: str) -> None:
    with pytest.raises((UsageError, InputError)):
        open_source(spec)


def test_other_systems_are_asked_in_their_words() -> None:
    """Only the request: these systems are not here."""
    camera = Camera(address="Logi", name="Logi")
    windows = camera_request("camera", "dshow", camera, {}).request
    assert (windows.url, windows.format, windows.attempts[0]["vcodec"]) == ("video=Logi", "dshow", "mjpeg")
    mac = camera_request("camera", "avfoundation", camera, {}).request
    assert (mac.url, mac.format, mac.attempts) == ("Logi", "avfoundation", ({"framerate": "30"}, {}))


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(kind="OSError", errno=19), "unplugged"),
        (Fault(kind="OSError", errno=16), "another program"),
        (Fault(kind="PermissionError", errno=13), "permission"),
        (Fault(kind="ExitError"), "no data within"),
    ],
)
def test_what_goes_wrong_is_named(two_cameras: None, fault: Fault, says: str) -> None:
    assert says in camera_connection("camera").explain(fault)


def test_no_camera_says_what_to_do() -> None:
    if cameras():
        pytest.skip("there is a camera here")
    with pytest.raises(InputError, match=r"camera:0: .*(doctor|permission)"):
        open_source("camera:0")


def test_a_camera_that_is_not_there(two_cameras: None) -> None:
    """Through FFmpeg's own device layer, where this build has one."""
    if system() not in {name for names in av.formats_available for name in names.split(",")}:
        pytest.skip("this build of FFmpeg has no cameras")
    with pytest.raises(InputError, match=r"camera:/dev/video4711: there is no such camera"):
        open_source("camera:/dev/video4711")


class Film:
    """Raw pictures in a named pipe, at thirty a second, as a camera would give them; can be unplugged."""

    def __init__(self, path: Path, value: int) -> None:
        self._path, self._value = path, value
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="film")
        self._thread.start()

    def unplug(self) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        with self._path.open("wb", buffering=0) as pipe:
            picture = b"FRAME\n" + bytes([self._value]) * (64 * 48 * 2)
            pipe.write(b"YUV4MPEG2 W64 H48 F30:1 Ip A1:1 C422\n")
            try:
                while not self._is_over.wait(1 / 30):
                    pipe.write(picture)
            except BrokenPipeError:
                return


def test_unplugged_and_plugged_in_again(two_cameras: None, tmp_path: Path) -> None:
    """What a camera does is simulated by a pipe of raw pictures; a driver that fails in its own ways is not."""
    pipe = tmp_path / "camera"
    os.mkfifo(pipe)
    connection = camera_connection("camera:0")
    request = replace(connection.request, url=str(pipe), format="yuv4mpegpipe", attempts=({},))
    backoff = Backoff(first_s=0.05, most_s=0.1, give_up_s=5.0)
    film = Film(pipe, 60)
    words: list[str] = []
    with StreamedSource(replace(connection, request=request, backoff=backoff)) as source:
        source.listen(lambda text, _seconds: words.append(text))
        frames = source.frames()
        first = list(islice(frames, 5))
        film.unplug()
        # A pipe that is opened again too early was never closed for its reader.
        deadline = time.monotonic() + 10
        while not words and time.monotonic() < deadline:
            time.sleep(0.01)
        film = Film(pipe, 200)
        second = next(frame for frame in frames if frame.planes[0].mean() > 190)
        later = list(islice(frames, 5))
        assert "was lost once and came back (the camera was unplugged" in source.warnings[0]
    film.unplug()
    assert source.info.format.name == "yuv422p"
    assert first[-1].planes[0].mean() == pytest.approx(60)
    stamps = [frame.pts for frame in [*first, second, *later]]
    assert np.all(np.diff(stamps) > 0)
    assert [text.partition(", ")[0] for text in words] == ["stream lost", "camera:0 is back"]


def test_only_the_newest_picture_waits(two_cameras: None, tmp_path: Path) -> None:
    pipe = tmp_path / "camera"
    os.mkfifo(pipe)
    connection = camera_connection("camera:0")
    request = replace(connection.request, url=str(pipe), format="yuv4mpegpipe", attempts=({},))
    film = Film(pipe, 60)
    with StreamedSource(replace(connection, request=request)) as source:
        frames = source.frames()
        list(islice(frames, 3))
        time.sleep(0.6)
        fresh = next(frames)
        assert time.perf_counter() - fresh.stamps[0][1] < 0.5
        assert source.drops["source late"] >= 8
    film.unplug()
