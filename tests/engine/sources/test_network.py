"""Addresses: what is said about dead ones, and real servers for each protocol that can be had here."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engine.errors import InputError, UsageError
from engine.sources import open_source
from engine.sources.backoff import Backoff
from engine.sources.network import SCHEMES, network_connection, scheme_of, without_secrets
from engine.sources.streamed import StreamedSource

pytestmark = [pytest.mark.usefixtures("nothing_left", "no_thread_left"), pytest.mark.timeout(150)]
BRIEFLY = Backoff(first_s=0.05, most_s=0.1, give_up_s=0.3)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://me:secret@cam.local:554/door", "rtsp://cam.local:554/door"),
        ("rtsp://me:sec@ret@cam.local/door", "rtsp://cam.local/door"),
        ("https://host/film.mp4?token=secret&x=1", "https://host/film.mp4?..."),
        ("srt://host:9000?passphrase=secret", "srt://host:9000?..."),
        ("udp://@239.0.0.1:1234", "udp://239.0.0.1:1234"),
        ("http://[::1]:80/a#secret", "http://[::1]:80/a"),
    ],
)
def test_secrets_are_cut_away(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
    connection = network_connection(url)
    assert connection.name == shown
    assert "secret" not in repr(connection)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://[::1/a", "http://[::1/a"),
        ("rtsp://me:sec/ret@cam/door", "rtsp://..."),
        ("rtsp://me:sec?ret@cam/door", "rtsp://...?..."),
        ("rtsp://me:sec\u2100ret@cam/door", "rtsp://cam/door"),
        ("http://cam:99999/a", "http://cam:99999/a"),
    ],
)
def test_an_address_that_makes_no_sense_keeps_its_secrets(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
    with pytest.raises(UsageError, match="this address makes no sense") as caught:
        open_source(url)
    assert str(caught.value).startswith(f"{shown}: ")
    assert "sec" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://me:12/secret@cam/door",
        "rtsp://me:12/3/secret@cam:554/door",
        "rtsp://me:12?secret@cam/door",
        "rtsp://me:12#secret@cam/door",
        "rtsp://me:secret/12@cam@cam/door",
        "rtsp://me:12@34/secret@cam/door",
        "http://host:80/@me/film.mp4",
    ],
)
def test_what_may_be_a_port_or_the_beginning_of_a_password_is_not_shown(url: str) -> None:
    shown = without_secrets(url)
    assert shown.startswith(("rtsp://...", "http://..."))
    assert not {"me", "secret", "12", "34"} & set(re.split(r"[^a-z0-9]+", shown))


def test_at_signs_in_paths_are_no_secrets() -> None:
    assert without_secrets("http://host/@me/film.mp4") == "http://host/@me/film.mp4"


@pytest.mark.parametrize("host", ["a..b", "a" * 70 + ".com"])
def test_a_host_that_is_no_name(host: str) -> None:
    with pytest.raises(InputError, match="cannot be looked up"):
        open_source(f"http://{host}/x")


def test_schemes() -> None:
    assert scheme_of("RTSP://host/") == "rtsp"
    assert scheme_of("film.mp4") is None
    assert set(SCHEMES) >= {"rtsp", "rtmp", "srt", "udp", "http", "https"}
    for scheme in SCHEMES:
        (options,) = network_connection(f"{scheme}://host:1/").request.attempts
        assert not {"file", "pipe", "fd", "concat", "subfile"} & set(options["protocol_whitelist"].split(","))


@pytest.mark.parametrize("url", ["ftp://host/a", "file:///etc/passwd", "concat://a", "http:///a", "rtsp://host:port/"])
def test_addresses_that_make_no_sense(url: str) -> None:
    with pytest.raises(UsageError):
        open_source(url)


@pytest.mark.parametrize("scheme", ["http", "rtsp", "rtmp", "tcp"])
def test_nobody_there(scheme: str, closed_port: int) -> None:
    since = time.monotonic()
    with pytest.raises(InputError, match="connection refused") as caught:
        open_source(f"{scheme}://me:secret@127.0.0.1:{closed_port}/a")
    assert time.monotonic() - since < 5
    assert str(caught.value).startswith(f"{scheme}://127.0.0.1:{closed_port}/a: nobody listens there")
    assert "secret" not in str(caught.value)


def test_unknown_host() -> None:
    with pytest.raises(InputError, match=r"the name nowhere\.invalid cannot be looked up"):
        open_source("http://nowhere.invalid/film.mp4")


def test_srt_is_named_where_the_build_lacks_it(closed_port: int) -> None:
    with pytest.raises(InputError, match=r"does not speak srt|no data within|connection") as caught:
        StreamedSource(network_connection(f"srt://127.0.0.1:{closed_port}", open_s=1.0))
    assert str(caught.value).startswith(f"srt://127.0.0.1:{closed_port}: ")


def test_udp_that_never_comes(closed_port: int) -> None:
    with pytest.raises(InputError, match=r"no data within 0\.5 or 1 s"):
        StreamedSource(network_connection(f"udp://127.0.0.1:{closed_port}", open_s=0.5, read_s=1.0))


PAGE = b"<!DOCTYPE html><html><body><h1>Welcome</h1>" + b"<p>no film here</p>" * 300 + b"</body></html>"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda request: request.send_error(404), r"nothing under this name \(404\)"),
        (lambda request: request.send_error(401), r"wants a name and a password \(401\)"),
        (lambda request: request.send_error(403), r"refuses access \(403\)"),
        (lambda request: request.send_error(503), r"failure of its own \(5xx\)"),
        (lambda request: request.transmit_as_fast_as_it_goes(PAGE, Content_Length=str(len(PAGE))), "no video"),
        (
            lambda request: request.transmit_as_fast_as_it_goes(b"", Content_Length="0"),
            "closed the connection|no video",
        ),
    ],
)
def test_a_web_server_without_a_film(web, answer: Callable[[Any], None], says: str) -> None:
    web.answer = answer
    with pytest.raises(InputError, match=says) as caught:
        open_source(web.url)
    assert str(caught.value).startswith(web.url)


def test_sound_alone_is_named(web, sound_only: Path) -> None:
    data = sound_only.read_bytes()
    web.answer = lambda request: request.transmit_as_fast_as_it_goes(data, Content_Length=str(len(data)))
    with pytest.raises(InputError, match="no video in it, only audio"):
        open_source(web.url)


def test_a_server_that_sends_only_whole_files_is_read_up_to_the_start(web, make_clip) -> None:
    """Wound forward without ranges, Matroska breaks."""
    data = make_clip("clip.mkv", width=640, height=480, pts=range(200), options={"qp": "0", "g": "12"}).read_bytes()
    web.answer = lambda request: request.transmit_as_fast_as_it_goes(data, Content_Length=str(len(data)))
    connection = network_connection(web.url, backoff=BRIEFLY)
    with StreamedSource(connection, start_s=1.0) as source:
        frames = list(source.frames())
        assert source.warnings == []
    assert len(frames) == 175
    assert frames[0].time_s == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("scheme", ["rtsp", "rtmp", "https"])
def test_another_protocol_answers(web, scheme: str) -> None:
    with pytest.raises(InputError, match=r"does not speak|closed the connection|connection broke"):
        StreamedSource(network_connection(f"{scheme}://127.0.0.1:{web.server_port}/a/b", open_s=3.0))


@pytest.mark.parametrize("place", ["file://{0}", "{0}", "concat:{0}", "subfile,,start,0,end,0,,:{0}"])
def test_a_play_list_must_not_read_our_files(web, make_clip, place: str) -> None:
    """The file is there and could be played: it must be the white list that refuses."""
    secret = make_clip("secret.ts")
    name = place.format(secret)
    text = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.4,\n{name}\n#EXT-X-ENDLIST\n".encode()
    headers = {"Content_Type": "application/vnd.apple.mpegurl", "Content_Length": str(len(text))}
    web.answer = lambda request: (
        request.transmit_as_fast_as_it_goes(text, **headers)
        if request.path == "/live.m3u8"
        else request.send_error(404)
    )
    with pytest.raises(InputError):
        open_source(web.url.replace("live.ts", "live.m3u8"))


def test_a_play_list_of_the_same_server_is_played(web) -> None:
    lines = [f"#EXTINF:0.2,\n{number}.ts\n" for number in range(5)]
    text = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n{''.join(lines)}#EXT-X-ENDLIST\n".encode()

    def answer(request: Any) -> None:
        name = request.path.strip("/").partition(".")[0]
        data = text if name == "live" else request.server.gops[int(name)]
        request.transmit_as_fast_as_it_goes(data, Content_Length=str(len(data)))

    web.answer = answer
    with open_source(web.url.replace("live.ts", "live.m3u8")) as source:
        assert not source.is_live
        assert len(list(source.frames())) == 30


def test_a_play_list_that_grows_is_paced_and_comes_back(web, listener) -> None:
    """Its pieces come at once, so that they are no measure of time; between them the server fails once."""
    failures: list[int] = []

    def answer(request: Any) -> None:
        name = request.path.strip("/").partition(".")[0]
        if name != "live":
            request.transmit_as_fast_as_it_goes(request.server.gops[int(name)])
            return
        newest = 8 + int((time.monotonic() - request.server.on_air_s) / 0.2)
        if newest >= 16 and not failures:
            failures.append(newest)
            request.send_error(404)
            return
        first = max(0, newest - 6)
        pieces = "".join(f"#EXTINF:0.2,\n{number}.ts\n" for number in range(first, newest + 1))
        head = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{first}\n"
        request.transmit_as_fast_as_it_goes((head + pieces).encode())

    web.answer = answer
    connection = network_connection(web.url.replace("live.ts", "live.m3u8"), backoff=Backoff(first_s=0.05))
    with StreamedSource(connection, duration_s=2.5) as source:
        source.listen(listener)
        assert not source.is_live
        frames = list(source.frames())
    assert np.all(np.diff([frame.pts for frame in frames]) > 0)
    assert len(frames) >= 50
    assert failures


def test_a_web_camera_that_sends_jpegs(web) -> None:
    """Many send nothing else: pictures without times, one after the other."""

    def answer(request: Any) -> None:
        request.head(Content_Type="multipart/x-mixed-replace; boundary=frame")
        for index in range(200):
            ok, jpeg = cv2.imencode(".jpg", np.full((48, 64, 3), 20 + index, np.uint8))
            assert ok
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            request.wfile.write(head.encode() + jpeg.tobytes() + b"\r\n")
            if request.server.is_over.wait(1 / 30):
                return

    web.answer = answer
    with open_source(web.url.replace("live.ts", "video")) as source:
        assert source.is_live
        frames = list(islice(source.frames(), 30))
    seconds = np.diff([float(frame.pts * frame.time_base) for frame in frames])
    assert np.all(seconds > 0)
    came_s = np.diff([frame.stamps[0][1] for frame in frames])
    assert np.allclose(seconds[10:], came_s[10:], atol=2e-4), "FFmpeg would say 25 a second"
    assert frames[-1].planes[0].mean() > frames[0].planes[0].mean()
