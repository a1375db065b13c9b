"""Video through a pipe, from another program."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.sources import open_source

pytestmark = [pytest.mark.usefixtures("nothing_left", "no_thread_left"), pytest.mark.timeout(150)]
AtStdin = Callable[[Path | int], None]


@pytest.mark.parametrize("name", ["clip.ts", "clip.mkv", "clip.y4m"])
def test_a_pipe(make_clip, at_stdin: AtStdin, name: str) -> None:
    codec = "wrapped_avframe" if name.endswith("y4m") else "libx264"
    clip = make_clip(name, pts=range(50), codec=codec)
    with subprocess.Popen(["cat", str(clip)], stdout=subprocess.PIPE) as cat:
        assert cat.stdout is not None
        at_stdin(os.dup(cat.stdout.fileno()))
        with open_source("-") as source:
            assert not source.is_live
            frames = list(source.frames())
            assert source.warnings == []
    assert len(frames) == 50
    assert [frame.time_s for frame in frames] == pytest.approx([index / 25 for index in range(50)], abs=1e-3)


@pytest.mark.parametrize("name", ["clip.ts", "clip.mkv"])
def test_a_pipe_is_read_up_to_the_start(make_clip, at_stdin: AtStdin, name: str) -> None:
    clip = make_clip(name, width=640, height=480, pts=range(100), options={"qp": "0", "g": "12"})
    with subprocess.Popen(["cat", str(clip)], stdout=subprocess.PIPE) as cat:
        assert cat.stdout is not None
        at_stdin(os.dup(cat.stdout.fileno()))
        with open_source("-", start_s=2.0) as source:
            frames = list(source.frames())
    assert len(frames) == 50
    assert frames[0].time_s == pytest.approx(0.0, abs=1e-3)


def test_a_file_that_must_be_wound_back(make_clip, at_stdin: AtStdin) -> None:
    """An MP4 has its index at the end."""
    at_stdin(make_clip("clip.mp4"))
    with open_source("-") as source:
        assert len(list(source.frames())) == 10


def test_nothing_is_lost_on_whoever_is_slow(make_clip, at_stdin: AtStdin) -> None:
    at_stdin(make_clip("clip.ts", pts=range(200)))
    with open_source("-") as source:
        frames = source.frames()
        count = len(list(islice(frames, 2)))
        time.sleep(0.5)
        assert count + len(list(frames)) == 200
        assert source.drops == {}


@pytest.mark.parametrize(("content", "says"), [(b"hello\n" * 100, "no video"), (b"", "nothing came|no video")])
def test_no_video(tmp_path: Path, at_stdin: AtStdin, content: bytes, says: str) -> None:
    (tmp_path / "x").write_bytes(content)
    at_stdin(tmp_path / "x")
    with pytest.raises(InputError, match=f"standard input: .*({says})"):
        open_source("-")


def test_a_keyboard_is_no_video(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = pty.openpty()
    with os.fdopen(master), os.fdopen(slave) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        with pytest.raises(InputError, match="is a terminal; pipe a video into it"):
            open_source("-")


def test_stop_does_not_wait_for_the_other_program(make_clip, at_stdin: AtStdin) -> None:
    """It has sent half of a film and thinks."""
    data = make_clip("clip.ts", pts=range(100)).read_bytes()
    reading, writing = os.pipe()
    at_stdin(reading)
    os.write(writing, data[: len(data) // 2])
    try:
        with open_source("-") as source:
            thread = threading.Thread(target=lambda: list(source.frames()), name="taker")
            thread.start()
            time.sleep(0.3)
            since = time.monotonic()
            source.stop()
            thread.join(5)
        assert time.monotonic() - since < 4.5
    finally:
        os.close(writing)
