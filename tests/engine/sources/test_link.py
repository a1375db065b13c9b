"""The reader of a connection when it breaks itself; losses and returns are in test_streamed.py and test_network.py."""

from __future__ import annotations

import errno

import pytest

from engine.errors import InputError
from engine.sources.link import Link
from engine.sources.network import network_connection
from engine.sources.packet_queue import PacketQueue
from engine.sources.streamed import StreamedSource

pytestmark = [pytest.mark.usefixtures("nothing_left", "no_thread_left"), pytest.mark.timeout(150)]


def no_process(*_words: object) -> None:
    raise OSError(errno.EAGAIN, "Resource temporarily unavailable")


def test_a_process_that_cannot_be_started_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.sources.link.ProcessFeed", no_process)
    with pytest.raises(InputError, match="resource temporarily unavailable"):
        StreamedSource(network_connection("http://127.0.0.1:1/"))


def test_a_bug_in_the_reader_reaches_whoever_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_words: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("engine.sources.link.ProcessFeed", broken)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        StreamedSource(network_connection("http://127.0.0.1:1/"))


def test_stopping_and_closing_before_the_start() -> None:
    link = Link(network_connection("http://127.0.0.1:1/"), PacketQueue(), lambda _words, _seconds: None)
    link.stop()
    link.close()
    link.close()
