"""Sound in simulated time, with a thread that really reads. The real PortAudio is in test_sound_device.py."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from engine.errors import UnavailableError
from engine.frame import Frame, PixelFormat
from engine.live.sound import Sound

pytestmark = pytest.mark.usefixtures("no_thread_left")

RATE, BLOCK = 8000, 160
LONG_S = 30.0
"""Longer than any machine takes."""


class Reader:
    """Ten seconds of sound whose right channel says where it is; may fail."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails, self.is_closed = fails, False
        self._read = 0
        self._changed = threading.Condition()

    def blocks(self, rate: int) -> Iterator[np.ndarray]:
        at = np.arange(10 * rate) / rate
        samples = np.stack([np.full(len(at), 0.5), at / 100], axis=1).astype(np.float32)
        for first in range(0, len(samples), 500):
            # Whoever asks for more has put away what came before.
            self._note(first)
            if self.fails and first >= 2000:
                raise ValueError("no such luck")
            yield samples[first : first + 500]
        self._note(len(samples))

    def close(self) -> None:
        self.is_closed = True

    def wait_for(self, seconds: float) -> None:
        """Until everything before that has been read."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._read >= seconds * RATE, LONG_S)

    def _note(self, read: int) -> None:
        with self._changed:
            self._read = read
            self._changed.notify_all()


class Device:
    """Asks for a block when it is told to, says that it will be heard 40 ms later, and keeps what it got."""

    name, rate, latency_s = "logical", RATE, 0.04

    def __init__(self, *, is_broken: bool = False, dry_at: int = -1) -> None:
        self.blocks: list[tuple[float, np.ndarray]] = []
        self.is_broken, self.dry_at = is_broken, dry_at
        self.stopped: list[bool] = []

    def start(self, fill: Callable[[np.ndarray, float, bool], None], on_end: Callable[[], None]) -> None:
        if self.is_broken:
            raise UnavailableError("thread cannot be opened")
        self.fill, self.on_end = fill, on_end

    def stop(self, *, at_once: bool) -> None:
        self.stopped.append(at_once)

    def ask(self, now_s: float) -> None:
        out = np.full((BLOCK, 2), np.nan, np.float32)
        self.fill(out, now_s + self.latency_s, len(self.blocks) == self.dry_at)
        self.blocks.append((now_s + self.latency_s, out))

    def heard(self) -> np.ndarray:
        return np.concatenate([block for _, block in self.blocks])


def picture(time_s: float, drawn_s: float, due_s: float) -> Frame:
    frame = Frame(
        planes=(np.zeros((2, 2), np.uint8),),
        format=PixelFormat(subsampling="gray"),
        pts=round(time_s * 1000),
        time_base=Fraction(1, 1000),
    )
    return frame.stamped("arrival", due_s, drawn_s).stamped("draw", drawn_s, drawn_s)


class Playing:
    """Pictures and a device in simulated time; only the thread that reads is real, and is waited for."""

    def __init__(self, reader: Reader | None = None, device: Device | None = None, **how: Any) -> None:
        self.reader, self.device = reader or Reader(), device or Device()
        self.sound = Sound(self.reader, self.device, **how)
        self.now_s = self.began_s = 1000.0

    def start(self, tell: Callable[[str], None] = lambda _words: None) -> None:
        """As in a session: the device runs before the first picture comes."""
        self.sound.start(tell)
        self.go(BLOCK / RATE, with_pictures=False)
        self.began_s = self.now_s

    def go(self, seconds: float, *, with_pictures: bool = True, late_s: float = 0.0) -> None:
        """Let time pass: a picture, which should have come a while ago, and a block of the device every 20 ms."""
        for _ in range(round(seconds * RATE / BLOCK)):
            if with_pictures:
                due_s = self.now_s - late_s
                if due_s >= self.began_s:
                    self.sound.shown(picture(due_s - self.began_s, self.now_s, due_s))
                self.reader.wait_for(self.now_s - self.began_s + 0.2)
            self.device.ask(self.now_s)
            self.now_s += BLOCK / RATE


def test_sound_and_picture_are_together_and_the_report_says_so() -> None:
    one = Playing(device=Device(dry_at=5))
    one.start()
    one.go(0.8)
    one.sound.stop(at_once=False)
    blocks = one.device.blocks
    skews = [100 * float(block[0, 1]) - (at_s - one.began_s) for at_s, block in blocks if block[0, 1] > 0.002]
    assert len(skews) > 15
    assert np.abs(skews).max() < 0.001
    report = one.sound.report
    assert report.skew_ms["count"] > 10
    assert report.skew_ms["max"] < 1
    assert report.underruns == 1, "the device has run dry once"
    assert report.device == "logical"
    assert report.latency_ms == 40.0
    assert one.device.stopped == [False]
    assert one.reader.is_closed


def test_pictures_that_the_source_gives_too_late_are_not_waited_for() -> None:
    """The film keeps to its clock; so does its sound, and the report says how far behind the pictures were."""
    one = Playing()
    one.start()
    one.go(0.6, late_s=0.3)
    one.go(0.6, late_s=0.0)
    one.sound.stop(at_once=False)
    blocks = one.device.blocks
    skews = [100 * float(block[0, 1]) - (at_s - one.began_s) for at_s, block in blocks if block[0, 1] > 0.002]
    assert len(skews) > 40
    assert np.abs(skews).max() < 0.001
    assert one.sound.report.jumps == 0
    assert one.sound.report.skew_ms["max"] == pytest.approx(300, abs=1)


def test_without_a_picture_there_is_no_sound() -> None:
    one = Playing()
    one.start()
    one.go(0.1, with_pictures=False)
    one.sound.stop(at_once=True)
    assert len(one.device.blocks) > 2
    assert not one.device.heard().any()
    assert one.sound.report.skew_ms["count"] == 0


def test_hold_is_silent() -> None:
    one = Playing()
    one.start()
    one.go(0.3)
    one.sound.hold(True)
    before = len(one.device.blocks)
    one.go(0.16)
    one.sound.stop(at_once=True)
    assert one.device.heard().any()
    assert not np.concatenate([block for _, block in one.device.blocks[before + 1 :]]).any()


def test_mute_and_volume() -> None:
    one = Playing(volume=0.5, is_muted=True)
    sound = one.sound
    assert sound.describe() == "sound off"
    one.start()
    one.go(0.2)
    assert not one.device.heard().any()
    assert sound.toggle_mute() == "sound 50 %"
    one.go(0.2)
    sound.stop(at_once=True)
    assert one.device.heard()[-1, 0] == pytest.approx(0.5 * 0.25, abs=0.001)
    assert sound.change_volume(1) == "sound 60 %"
    assert sound.change_volume(9) == "sound 100 %"
    assert sound.change_volume(-20) == "sound 0 %"
    assert sound.toggle_mute() == "sound off"
    assert sound.change_volume(2) == "sound 20 %", "who turns the volume wants to hear something"


def test_a_device_that_goes_away_is_told_and_the_picture_plays_on() -> None:
    told: list[str] = []
    one = Playing()
    one.start(told.append)
    one.device.on_end()
    one.go(0.1)
    one.sound.stop(at_once=True)
    assert told == ["the sound device logical is gone; the picture plays on"]
    assert one.sound.report.skew_ms["count"] == 0


def test_a_device_that_cannot_be_opened_leaves_nothing_behind() -> None:
    one = Playing(device=Device(is_broken=True))
    with pytest.raises(UnavailableError, match="cannot be opened"):
        one.start()
    one.sound.stop(at_once=True)
    assert one.reader.is_closed


def test_a_reader_that_breaks_is_named_at_the_end() -> None:
    one = Playing(Reader(fails=True))
    one.start()
    one.reader.wait_for(2000 / RATE)
    with pytest.raises(ValueError, match="no such luck") as caught:
        one.sound.stop(at_once=True)
    assert caught.value.__notes__ == ["in stage 'sound'"]


def test_it_ends_at_once_while_the_reader_waits_for_room(limit_s: float) -> None:
    one = Playing()
    one.start()
    one.reader.wait_for(1.0 - 500 / RATE)
    since = time.perf_counter()
    one.sound.stop(at_once=True)
    assert time.perf_counter() - since < limit_s
    one.sound.stop(at_once=True)
