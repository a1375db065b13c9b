"""The relay as a process and on this thread: the same records, and an end whenever it is wanted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from engine.sources import relay
from engine.sources.feed import END, Description, Fault, Packet, ProcessFeed, Request, ThreadFeed

pytestmark = [pytest.mark.usefixtures("nothing_left"), pytest.mark.timeout(150)]
FEEDS = [ProcessFeed, ThreadFeed]


@pytest.mark.parametrize("kind", FEEDS)
def test_a_clip_comes_as_packets(make_clip, kind: type[ProcessFeed | ThreadFeed]) -> None:
    feed = kind(Request(url=str(make_clip())))
    description, *packets, end = feed.entries()
    feed.close()
    assert isinstance(description, Description)
    assert (description.codec, description.width, description.height) == ("h264", 64, 48)
    assert description.pixel_format == "yuv420p"
    assert description.is_finite
    assert not description.has_sound
    assert description.extradata
    assert end == END
    assert len(packets) == 10
    for packet in packets:
        assert isinstance(packet, Packet)
        assert len(bytes(packet.data)) > 10
        assert abs(time.perf_counter() - packet.arrival_s) < 30
    assert packets[0].is_key
    assert sorted(packet.pts for packet in packets) == [40 * index for index in range(10)]


@pytest.mark.parametrize("kind", FEEDS)
@pytest.mark.parametrize(
    ("name", "fault"),
    [("nowhere.mkv", "FileNotFoundError"), ("text.mkv", "InvalidDataError"), ("sound.mka", relay.NO_VIDEO)],
)
def test_faults_are_entries(
    sound_only: Path, tmp_path: Path, kind: type[ProcessFeed | ThreadFeed], name: str, fault: str
) -> None:
    (tmp_path / "text.mkv").write_bytes(b"no film " * 500)
    feed = kind(Request(url=str(tmp_path / name)))
    (only,) = feed.entries()
    feed.close()
    assert isinstance(only, Fault)
    assert only.kind == fault
    assert str(tmp_path) not in only.text


def test_options_are_tried_in_turn(make_clip) -> None:
    """The first ones ask for a picture size that raw video of this length does not have."""
    clip = make_clip("clip.y4m", codec="wrapped_avframe")
    request = Request(url=str(clip), format=None, attempts=({"format_whitelist": "mp3"}, {}))
    feed = ThreadFeed(request)
    entries = list(feed.entries())
    assert isinstance(entries[0], Description)
    feed.close()


def test_what_is_a_pointer_cannot_be_passed_on() -> None:
    feed = ThreadFeed(Request(url="testsrc=size=64x48", format="lavfi"))
    (only,) = feed.entries()
    assert isinstance(only, Fault)
    assert only.kind in (relay.NOT_RELAYED, "DemuxerNotFoundError", "ValueError")
    feed.close()


def test_killing_ends_a_process_that_waits(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    feed = ProcessFeed(Request(url=str(pipe)))
    entries: list[object] = []
    thread = threading.Thread(target=lambda: entries.extend(feed.entries()), name="reader")
    thread.start()
    time.sleep(0.3)
    since = time.monotonic()
    feed.kill()
    feed.kill()
    thread.join(5)
    feed.close()
    assert time.monotonic() - since < 4
    assert entries == [Fault(kind="Died")]


def test_a_password_is_in_no_argument_and_no_repr() -> None:
    request = Request(url="rtsp://me:secret@127.0.0.1:1/")
    feed = ProcessFeed(request)
    words = " ".join(map(str, feed._process.args))  # type: ignore[arg-type]
    list(feed.entries())
    feed.close()
    assert "secret" not in words
    assert "secret" not in repr(request)


def test_ctrl_c_is_not_for_the_relay(make_clip) -> None:
    """It is the player's to decide; a relay that nobody reads from any more ends by itself."""
    request = {"url": str(make_clip()), "format": None, "attempts": [{}], "open_s": None, "read_s": None}
    request |= {"host": None, "start_s": 0.0}
    environment = {**os.environ, relay.REQUEST_VARIABLE: json.dumps(request)}
    command = [sys.executable, "-P", str(Path(relay.__file__))]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.send_signal(2)
        process.stdout.close()
        assert process.wait(10) == 0
        assert process.stderr.read() == b""
