"""A web server that misbehaves in every way it can, and frames that keep coming."""

from __future__ import annotations

import re
import signal
import threading
import time
from itertools import islice
from typing import Any

import numpy as np
import pytest

from engine.errors import InputError, UsageError
from engine.sources.backoff import Backoff
from engine.sources.network import network_connection
from engine.sources.source import SOURCE_LATE
from engine.sources.streamed import StreamedSource

pytestmark = pytest.mark.timeout(150)
SOON = Backoff(first_s=0.05, most_s=0.1, give_up_s=3.0)
BRIEFLY = Backoff(first_s=0.05, most_s=0.1, give_up_s=0.3)


def open_stream(url: str, *, backoff: Backoff = SOON, read_s: float = 10.0, **how: Any) -> StreamedSource:
    return StreamedSource(network_connection(url, backoff=backoff, read_s=read_s), **how)


def sender(data: bytes, *, at_most: int | None = None, then_wait_s: float = 0.0, **headers: str):
    """An answer: this data, or the beginning of it."""

    def answer(request) -> None:
        request.head(**headers)
        request.wfile.write(data[:at_most])
        request.server.is_over.wait(then_wait_s)

    return answer


def assert_in_order(frames: list) -> None:
    stamps = [frame.pts for frame in frames]
    assert stamps == sorted(set(stamps))
    assert [frame.index for frame in frames] == list(range(len(frames)))


def test_a_stream_that_is_cut_again_and_again_comes_back(web, listener) -> None:
    web.answer = lambda request: request.transmit(0.8)
    with open_stream(web.url) as source:
        assert source.is_live
        source.listen(listener)
        frames = []
        for frame in source.frames():
            frames.append(frame)
            if len(web.requests) == 4:
                break
        warnings = source.warnings
    assert_in_order(frames)
    assert len(frames) > 40
    assert frames[0].pts == 0
    lost = re.compile(r"stream lost, trying again in 0\.[01] s \(the connection broke\)")
    assert any(lost.fullmatch(words) for words in listener.words)
    assert listener.words.count(f"{web.url} is back") >= 2
    assert "lost" in warnings[0]
    assert "came back" in warnings[0]
    for frame in frames:
        assert [stamp[0] for stamp in frame.stamps] == ["arrival"]
        assert frame.planes[0].shape == (48, 64)
    # Timestamps follow the time at which frames came, over all gaps.
    offset_s = [frame.stamps[0][1] - frame.pts / 90_000 for frame in frames]
    assert max(offset_s) - min(offset_s) < 2.0


def test_arrival_is_when_it_came(web) -> None:
    web.answer = lambda request: request.transmit(30)
    with open_stream(web.url) as source:
        ages = [time.perf_counter() - frame.stamps[0][1] for frame in islice(source.frames(), 30)]
    # The first ones waited until the source was open.
    assert np.median(ages[10:]) < 0.5


@pytest.mark.parametrize("headers", [{}, {"Content_Length": "yes"}])
def test_a_recording_that_is_over_is_no_loss(web, listener, headers: dict[str, str]) -> None:
    """With a length that is clear; without one a server that begins again with the same packet shows it."""
    data = b"".join(web.gops[:5])
    web.answer = sender(data, **{name: str(len(data)) for name in headers})
    with open_stream(web.url) as source:
        source.listen(listener)
        assert source.is_live == (not headers)
        frames = list(source.frames())
        assert source.warnings == []
        assert source.drops == {}
    assert len(frames) == 30
    assert_in_order(frames)
    assert len(web.requests) == (1 if headers else 2)
    assert not any("is back" in words for words in listener.words)


@pytest.mark.parametrize("can_skip", [True, False])
def test_a_recording_that_breaks_off_goes_on_where_it_was(web, listener, can_skip: bool) -> None:
    """Whether the server can begin in the middle or not: no frame is missing, and none comes twice."""
    data = b"".join(web.gops[:20])
    cuts: list[int] = []

    def answer(request) -> None:
        begin = 0
        if can_skip and "Range" in request.headers:
            begin = int(request.headers["Range"].removeprefix("bytes=").partition("-")[0])
        request.send_response(206 if can_skip else 200)
        if can_skip:
            request.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        request.send_header("Content-Length", str(len(data) - begin))
        request.end_headers()
        # Whoever reads from the beginning is cut off until the middle was asked for.
        end = len(data) // 2 if begin < len(data) // 4 and len(cuts) < 2 else len(data)
        if end < len(data):
            cuts.append(begin)
        request.wfile.write(data[begin:end])

    web.answer = answer
    with open_stream(web.url) as source:
        source.listen(listener)
        assert not source.is_live
        stamps = [frame.pts for frame in source.frames()]
    assert cuts
    assert np.diff(stamps).tolist() == [3000] * 119
    assert any("stream lost" in words for words in listener.words)


def test_the_start_of_a_recording_is_skipped(web) -> None:
    data = b"".join(web.gops[:10])
    web.answer = sender(data, Content_Length=str(len(data)))
    with open_stream(web.url, start_s=1.0, duration_s=0.5) as source:
        frames = list(source.frames())
    assert frames[0].pts == 0
    assert len(frames) == 15


def test_a_live_stream_has_no_start(web) -> None:
    web.answer = lambda request: request.transmit(30)
    with pytest.raises(UsageError, match="live"):
        open_stream(web.url, start_s=1.0)


def test_duration_ends_a_live_stream(web) -> None:
    web.answer = lambda request: request.transmit(30)
    with open_stream(web.url, duration_s=0.5) as source:
        assert source.info.duration_s == 0.5
        frames = list(source.frames())
    assert frames[-1].pts < 0.5 * 90_000
    assert 10 <= len(frames) <= 16


def test_a_server_that_falls_silent_is_named_and_given_up(web, listener) -> None:
    web.answer = sender(b"".join(web.gops[:2]), then_wait_s=20)
    with open_stream(web.url, backoff=BRIEFLY, read_s=0.3) as source:
        source.listen(listener)
        web.answer = lambda request: request.send_error(503)
        assert len(list(source.frames())) >= 6
        (warning,) = source.warnings
    assert "no data within 0.3 or 10 s" in listener.words[0]
    assert "failure of its own" in listener.words[1]
    assert "did not come back: the server reports a failure" in warning


def test_a_picture_that_changes_is_fitted_and_told(web, make_gop, listener) -> None:
    data = b"".join([*web.gops[:3], make_gop(3, width=96, height=80), make_gop(4, width=96, height=80)])
    web.answer = sender(data, Content_Length=str(len(data)))
    with open_stream(web.url) as source:
        source.listen(listener)
        shapes = {frame.planes[0].shape for frame in source.frames()}
        assert "fitted to the first one" in source.warnings[0]
    assert shapes == {(48, 64)}
    assert "now 96x80" in listener.words[0]


def test_a_picture_that_changes_is_followed_if_wanted(web, make_gop, listener) -> None:
    data = b"".join([*web.gops[:3], make_gop(3, width=96, height=80), make_gop(4, width=96, height=80)])
    web.answer = sender(data, Content_Length=str(len(data)))
    with open_stream(web.url, follows=True) as source:
        source.listen(listener)
        kinds = {(frame.planes[0].shape, frame.epoch) for frame in source.frames()}
        assert source.warnings == []
    assert kinds == {((48, 64), 0), ((80, 96), 1)}
    assert listener.words == ["the picture is now 96x80"]


def test_what_passes_while_the_picture_stands_still_is_nobodys_loss(web) -> None:
    web.answer = lambda request: request.transmit(30)
    with open_stream(web.url) as source:
        frames = source.frames()
        list(islice(frames, 2))
        source.hold(True)
        time.sleep(1.5)
        source.hold(False)
        list(islice(frames, 8))
        dropped = source.drops.get(SOURCE_LATE, 0)
    # Without `hold` it is 12 or more.
    assert dropped < 12


def test_whoever_is_slow_gets_the_newest(web) -> None:
    web.answer = lambda request: request.transmit(30)
    with open_stream(web.url) as source:
        frames = source.frames()
        list(islice(frames, 2))
        assert source.drops == {}
        time.sleep(1.5)
        fresh = list(islice(frames, 8))[-1]
        assert time.perf_counter() - fresh.stamps[0][1] < 1.4
        dropped = source.drops
    assert dropped[SOURCE_LATE] >= 12


def test_what_passes_before_the_second_frame_is_nobodys_loss(web) -> None:
    web.answer = lambda request: request.transmit(30)
    with open_stream(web.url) as source:
        frames = source.frames()
        next(frames)
        time.sleep(1.0)
        next(frames)
        assert source.drops == {}


@pytest.mark.parametrize("while_it", ["waits", "backs off"])
def test_stop_never_waits(web, while_it: str) -> None:
    web.answer = sender(b"".join(web.gops[:2]), then_wait_s=20 if while_it == "waits" else 0)
    with open_stream(web.url, backoff=Backoff(first_s=15)) as source:
        got: list[int] = []
        thread = threading.Thread(target=lambda: got.extend(frame.index for frame in source.frames()), name="taker")
        thread.start()
        time.sleep(0.5)
        since = time.monotonic()
        source.stop()
        thread.join(14)
        source.close()
        assert time.monotonic() - since < 6
    assert got


def test_ctrl_c_while_opening(web) -> None:
    """The server takes the connection and says nothing."""
    web.answer = lambda request: request.server.is_over.wait(20)
    main = threading.get_ident()
    timer = threading.Timer(0.6, lambda: signal.pthread_kill(main, signal.SIGINT))
    timer.start()
    since = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        open_stream(web.url)
    assert time.monotonic() - since < 8
    timer.join()


def test_closing_in_the_middle(web) -> None:
    web.answer = lambda request: request.transmit(30)
    source = open_stream(web.url)
    next(source.frames())
    since = time.monotonic()
    source.close()
    source.close()
    assert time.monotonic() - since < 6


def test_a_relay_that_hangs_is_ended(web, monkeypatch: pytest.MonkeyPatch) -> None:
    """FFmpeg does not look at the clock while a name is looked up; the silence is noticed from outside."""
    web.answer = lambda request: request.server.is_over.wait(20)
    monkeypatch.setattr("engine.sources.link._GRACE_S", -9.5)
    since = time.monotonic()
    with pytest.raises(InputError, match="no data within 10 s"):
        open_stream(web.url)
    assert time.monotonic() - since < 8
