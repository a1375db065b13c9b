"""Every command takes every kind of input: streams, screens and pipes, as a user gives them."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import pytest

from engine.__main__ import main
from engine.display.context import OffscreenSurface
from engine.errors import UnavailableError

pytestmark = [pytest.mark.usefixtures("no_thread_left"), pytest.mark.timeout(240)]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def needs_egl() -> None:
    try:
        OffscreenSurface(8, 8).close()
    except UnavailableError as error:
        pytest.skip(f"no off-screen OpenGL here: {error}")


@pytest.fixture(scope="session")
def transmission(film: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The film as MPEG-TS."""
    path = tmp_path_factory.mktemp("ts") / "film.ts"
    with av.open(str(film)) as given, av.open(str(path), "w", format="mpegts") as out:
        video = given.streams.video[0]
        stream: Any = out.add_stream_from_template(video)
        for packet in given.demux(video):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    return path.read_bytes()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[Any], None]], str]]:
    """Starts a web server that answers as told; gives its address, with a password in it."""
    running: list[tuple[http.server.ThreadingHTTPServer, threading.Thread]] = []

    def start(answer: Callable[[Any], None]) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            def log_message(self, *words: object) -> None:
                return

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.is_over = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="web server")
        thread.start()
        running.append((server, thread))
        return f"http://me:secret@127.0.0.1:{server.server_port}/live.ts"

    yield start
    for server, thread in running:
        server.is_over.set()  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()
        thread.join()


def recording(data: bytes) -> Callable[[Any], None]:
    def answer(request: Any) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    return answer


@pytest.mark.gl
def test_play_a_web_address(
    needs_egl: None, serve, transmission: bytes, given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = serve(recording(transmission))
    report_file = tmp_path / "r.json"
    assert main(["play", url, "--headless", *given, "--report", str(report_file)]) == 0
    out, err = capsys.readouterr()
    assert "secret" not in out + err + report_file.read_text()
    report = json.loads(report_file.read_text())
    assert report["frames_in"] == 12
    assert 0.85 < report["seconds"] < 20, "a recording is paced by its timestamps"


@pytest.mark.gl
def test_play_a_screen_and_end_by_count(
    needs_egl: None, x_display: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", x_display)
    report_file, shot = tmp_path / "r.json", tmp_path / "shot.png"
    words = ["play", "screen", "--headless", "--infill", "stretch", "--frames", "5", "--layout", "left"]
    assert main([*words, "--report", str(report_file), "--screenshot", str(shot)]) == 0
    report = json.loads(report_file.read_text())
    assert report["frames_drawn"] >= 1
    assert cv2.imread(str(shot)) is not None


def test_play_a_dead_address_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", "rtsp://me:secret@127.0.0.1:1/door", "--headless"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("wheatstone: rtsp://127.0.0.1:1/door: nobody listens there")
    assert err.count("\n") == 1


def test_convert_from_a_pipe(film: Path, given: list[str], tmp_path: Path) -> None:
    output = tmp_path / "o.mkv"
    command = [sys.executable, "-W", "error", "-m", "engine", "convert", "-", str(output), *given]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with film.open("rb") as file:
        done = subprocess.run(
            command, stdin=file, env=environment, capture_output=True, text=True, timeout=200, check=True
        )
    assert "standard input" not in done.stdout
    assert "its sound is not written" in done.stderr
    with av.open(str(output)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 12


def test_convert_a_web_address(
    serve, transmission: bytes, given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "o.mkv"
    assert main(["convert", serve(recording(transmission)), str(output), *given]) == 0
    out, err = capsys.readouterr()
    assert "12 frames" in out
    assert "secret" not in out + err
    with av.open(str(output)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 12


def endless(data: bytes) -> Callable[[Any], None]:
    """No length, and it does not end: live. After the data it stays silent."""

    def answer(request: Any) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(data)
        request.wfile.flush()
        request.server.is_over.wait(20)

    return answer


def test_convert_needs_to_know_when_a_live_input_ends(
    serve, transmission: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["convert", serve(endless(transmission)), str(tmp_path / "o.mkv")]) == 2
    assert "a live input has no end; add --duration" in capsys.readouterr().err
    assert not (tmp_path / "o.mkv").exists()


def test_what_passes_once_cannot_be_measured_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["convert", "camera:0", str(tmp_path / "o.mkv"), "--duration", "1", "--measure-transcode"]
    assert main(words) == 2
    assert "passes only once" in capsys.readouterr().err


def test_probe_names_a_stream_without_its_password(
    serve, transmission: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "p.json"
    assert main(["probe", serve(endless(transmission)), "--json", str(file)]) == 0
    out, err = capsys.readouterr()
    assert "a live stream of frames of 160x96 yuv420p" in out
    assert "Stream: h264, mpegts, live, without sound" in out
    assert "live-3d.mp4 --duration SECONDS" in out.replace("\n", " ")
    assert "secret" not in out + err + file.read_text()
