"""Addresses: what is said about dead ones, and real servers for each protocol that can be had here."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from engine.errors import InputError, UsageError
from engine.sources import open_source
from engine.sources.backoff import Backoff
from engine.sources.network import SCHEMES, network_connection, scheme_of, without_secrets
from engine.sources.streamed import StreamedSource

pytestmark = [pytest.mark.usefixtures("nothing_left", "no_thread_left"), pytest.mark.timeout(40)]
BRIEFLY = Backoff(first_s=0.05, most_s=0.1, give_up_s=0.3)


@pytest.fixture
def closed_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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


def test_at_signs_in_paths_are_no_secrets() -> None:
    assert without_secrets("http://host:80/@me/film.mp4") == "http://host:80/@me/film.mp4"


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


# --- other protocols --------------------------------------------------------------------------------------------------


class Sender:
    """Sends a transmission by PyAV until it is told to stop."""

    def __init__(self, url: str, container: str) -> None:
        self._url, self._container = url, container
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sender")

    def __enter__(self) -> Sender:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            with av.open(self._url, "w", format=self._container) as container:
                stream: Any = container.add_stream("libx264", rate=30, options=_QUICK)
                stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
                index = 0
                while not self._is_over.wait(1 / 30):
                    container.mux(stream.encode(picture(index)))
                    index += 1
        except (OSError, av.FFmpegError):
            # The player has gone.
            return


_QUICK = {"preset": "ultrafast", "tune": "zerolatency", "g": "10"}


def picture(index: int) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.full((72, 64), 16 + 3 * index % 200, np.uint8), format="yuv420p")
    frame.pts, frame.time_base = index, Fraction(1, 30)
    return frame


def test_udp(closed_port: int) -> None:
    url = f"udp://127.0.0.1:{closed_port}"
    connection = network_connection(url, backoff=BRIEFLY, read_s=0.5)
    with Sender(f"{url}?pkt_size=1316", "mpegts"), StreamedSource(connection) as source:
        frames = list(islice(source.frames(), 40))
        assert source.is_live
        assert source.warnings == []
    assert len(frames) == 40
    assert np.all(np.diff([frame.pts for frame in frames]) > 0)


def test_udp_comes_back_after_silence(closed_port: int, listener) -> None:
    url = f"udp://127.0.0.1:{closed_port}"
    backoff = Backoff(first_s=0.05, most_s=0.1, give_up_s=5)
    first, second = Sender(url, "mpegts"), Sender(url, "mpegts")
    first.__enter__()
    later = threading.Timer(1.2, second.__enter__)
    with StreamedSource(network_connection(url, backoff=backoff, open_s=4.0, read_s=0.4)) as source:
        source.listen(listener)
        given = source.frames()
        frames = list(islice(given, 10))
        first.__exit__()
        later.start()
        # More than can have come from the first sender.
        frames += islice(given, 60)
    later.join()
    second.__exit__()
    assert len(frames) == 70
    assert np.all(np.diff([frame.pts for frame in frames]) > 0)
    assert any("lost" in words for words in listener.words)
    assert any("is back" in words for words in listener.words)


def test_rtmp(closed_port: int) -> None:
    """FFmpeg cannot serve RTMP, but it can wait for a publisher: the same protocol, the other way round."""
    url = f"rtmp://127.0.0.1:{closed_port}/live/x"
    connection = network_connection(url, backoff=BRIEFLY)
    (options,) = connection.request.attempts
    request = replace(connection.request, attempts=({**options, "listen": "1"},))

    def publish() -> None:
        time.sleep(1.0)
        sender._thread.start()

    sender = Sender(url, "flv")
    later = threading.Thread(target=publish, name="later")
    later.start()
    with StreamedSource(replace(connection, request=request)) as source:
        frames = list(islice(source.frames(), 20))
        assert source.is_live
    later.join()
    sender.__exit__()
    assert len(frames) == 20
    assert np.all(np.diff([frame.pts for frame in frames]) > 0)


class RtspServer:
    """The least that is an RTSP server: one stream, over TCP, for players that ask in the usual order."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.frames_each = 1_000_000
        self.players = 0
        self.password = ""
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="RTSP server")
        self._thread.start()

    def close(self) -> None:
        self._is_over.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while not self._is_over.is_set():
            try:
                player, _ = self._socket.accept()
            except OSError:
                return
            with player:
                try:
                    self._talk(player)
                except (OSError, ValueError):
                    continue

    def _talk(self, player: socket.socket) -> None:
        sdp = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
        sdp += "a=fmtp:96 packetization-mode=1\r\na=control:video\r\n"
        reader = player.makefile("rb")
        while True:
            request = reader.readline().decode().split()
            if not request:
                return
            headers = {}
            while (line := reader.readline().decode().strip()) != "":
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            common = f"CSeq: {headers['cseq']}\r\nSession: 1\r\n"
            method = request[0]
            if self.password and method == "DESCRIBE" and "authorization" not in headers:
                reply = f'RTSP/1.0 401 Unauthorized\r\n{common}WWW-Authenticate: Basic realm="door"\r\n\r\n'
            elif method == "DESCRIBE":
                reply = (
                    f"RTSP/1.0 200 OK\r\n{common}Content-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n\r\n"
                )
                reply += sdp
            elif method == "SETUP":
                reply = f"RTSP/1.0 200 OK\r\n{common}Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"
            else:
                reply = f"RTSP/1.0 200 OK\r\n{common}Public: OPTIONS, DESCRIBE, SETUP, PLAY\r\n\r\n"
            player.sendall(reply.encode())
            if method == "PLAY":
                self.players += 1
                self._play(player)
                return

    def _play(self, player: socket.socket) -> None:
        encoder: Any = av.CodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt = 64, 48, "yuv420p"
        encoder.time_base, encoder.framerate = Fraction(1, 30), Fraction(30)
        encoder.options = _QUICK
        number = 0
        for index in range(self.frames_each):
            if self._is_over.wait(1 / 30):
                return
            for packet in encoder.encode(picture(index)):
                units = [unit.rstrip(b"\0") for unit in bytes(packet).split(b"\0\0\1") if unit.rstrip(b"\0")]
                for unit in units:
                    assert len(unit) < 1400, "this server does not fragment"
                    mark = 0x80 if unit is units[-1] else 0
                    head = struct.pack(">BBHII", 0x80, mark | 96, number & 0xFFFF, index * 3000, 7)
                    player.sendall(b"$\0" + struct.pack(">H", len(head) + len(unit)) + head + unit)
                    number += 1


@pytest.fixture
def rtsp() -> Iterator[RtspServer]:
    server = RtspServer()
    yield server
    server.close()


def test_rtsp(rtsp: RtspServer) -> None:
    with open_source(f"rtsp://127.0.0.1:{rtsp.port}/door") as source:
        frames = list(islice(source.frames(), 20))
        assert source.is_live
        assert (source.info.width, source.info.height) == (64, 48)
        assert source.warnings == []
    assert np.all(np.diff([frame.pts for frame in frames]) > 0)


def test_rtsp_that_is_cut_comes_back(rtsp: RtspServer, listener) -> None:
    rtsp.frames_each = 20
    backoff = Backoff(first_s=0.05, most_s=0.1, give_up_s=5)
    with StreamedSource(network_connection(f"rtsp://127.0.0.1:{rtsp.port}/door", backoff=backoff)) as source:
        source.listen(listener)
        frames = []
        for frame in source.frames():
            frames.append(frame)
            if rtsp.players == 3:
                break
    assert np.all(np.diff([frame.pts for frame in frames]) > 0)
    assert len(listener.words) >= 2


def test_rtsp_wants_a_password(rtsp: RtspServer) -> None:
    rtsp.password = "yes"
    with pytest.raises(InputError, match=r"\(401\)"):
        open_source(f"rtsp://127.0.0.1:{rtsp.port}/door")
    with open_source(f"rtsp://me:secret@127.0.0.1:{rtsp.port}/door") as source:
        assert len(list(islice(source.frames(), 3))) == 3
