"""Real servers for each protocol that can be had here: transmissions over UDP, RTMP and RTSP."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from typing import Any

import av
import numpy as np
import pytest

from engine.errors import InputError
from engine.sources import open_source
from engine.sources.backoff import Backoff
from engine.sources.network import network_connection
from engine.sources.streamed import StreamedSource

pytestmark = [pytest.mark.usefixtures("nothing_left", "no_thread_left"), pytest.mark.timeout(150)]
BRIEFLY = Backoff(first_s=0.05, most_s=0.1, give_up_s=0.3)


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
