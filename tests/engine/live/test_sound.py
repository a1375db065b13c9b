"""Sound with a device that is a thread: real time, no hardware. The real PortAudio is in test_sound_device.py."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from engine.errors import UnavailableError
from engine.frame import Frame, PixelFormat
from engine.live.sound import Sound

pytestmark = pytest.mark.usefixtures("no_thread_left")

RATE, BLOCK = 8000, 160


class Reader:
    """Ten seconds of sound whose right channel says where it is; may fail."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails, self.is_closed = fails, False

    def blocks(self, rate: int) -> Iterator[np.ndarray]:
        at = np.arange(10 * rate) / rate
        samples = np.stack([np.full(len(at), 0.5), at / 100], axis=1).astype(np.float32)
        for first in range(0, len(samples), 500):
            if self.fails and first >= 2000:
                raise ValueError("no such luck")
            yield samples[first : first + 500]

    def close(self) -> None:
        self.is_closed = True


class Device:
    """Asks for a block every 20 ms, says that it will be heard 40 ms later, and keeps what it got."""

    name, rate, latency_s = "thread", RATE, 0.04

    def __init__(self, *, is_broken: bool = False, dry_at: int = -1) -> None:
        self.blocks: list[tuple[float, np.ndarray]] = []
        self.is_broken, self.dry_at = is_broken, dry_at
        self.stopped: list[bool] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="device")

    def start(self, fill: Callable[[np.ndarray, float, bool], None], on_end: Callable[[], None]) -> None:
        if self.is_broken:
            raise UnavailableError("thread cannot be opened")
        self.fill, self.on_end = fill, on_end
        self._thread.start()

    def stop(self, *, at_once: bool) -> None:
        self.stopped.append(at_once)
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        due_s = time.perf_counter()
        while not self._over.wait(max(0.0, due_s - time.perf_counter())):
            out = np.full((BLOCK, 2), np.nan, np.float32)
            self.fill(out, due_s + self.latency_s, len(self.blocks) == self.dry_at)
            self.blocks.append((due_s + self.latency_s, out))
            due_s += BLOCK / RATE

    def heard(self) -> np.ndarray:
        return np.concatenate([block for _, block in self.blocks])


def picture(time_s: float, drawn_s: float) -> Frame:
    frame = Frame(
        planes=(np.zeros((2, 2), np.uint8),), format=PixelFormat(subsampling="gray"), pts=round(time_s * 1000)
    )
    return frame.stamped("arrival", drawn_s, drawn_s).stamped("draw", drawn_s, drawn_s)


def nobody(_words: str) -> None:
    """Hears nothing."""


def show_for(sound: Sound, seconds: float, origin_s: float) -> None:
    end_s = time.perf_counter() + seconds
    while (now_s := time.perf_counter()) < end_s:
        sound.shown(picture(now_s - origin_s, now_s))
        time.sleep(0.02)


def test_sound_and_picture_are_together_and_the_report_says_so() -> None:
    reader, device = Reader(), Device(dry_at=5)
    sound = Sound(reader, device)
    sound.start(nobody)
    origin_s = time.perf_counter()
    show_for(sound, 0.8, origin_s)
    sound.stop(at_once=False)
    skews = [100 * float(block[0, 1]) - (at_s - origin_s) for at_s, block in device.blocks if block[0, 1] > 0.002]
    assert len(skews) > 15
    assert np.median(np.abs(skews)) < 0.01
    report = sound.report
    assert report.skew_ms["count"] > 10
    assert abs(report.skew_ms["p50"]) < 10
    assert report.underruns >= 1, "the device has run dry once"
    assert report.device == "thread"
    assert report.latency_ms == 40.0
    assert device.stopped == [False]
    assert reader.is_closed


def test_without_a_picture_there_is_no_sound() -> None:
    device = Device()
    sound = Sound(Reader(), device)
    sound.start(nobody)
    time.sleep(0.1)
    sound.stop(at_once=True)
    assert len(device.blocks) > 2
    assert not device.heard().any()
    assert sound.report.skew_ms["count"] == 0


def test_hold_is_silent() -> None:
    device = Device()
    sound = Sound(Reader(), device)
    sound.start(nobody)
    origin_s = time.perf_counter()
    show_for(sound, 0.3, origin_s)
    sound.hold(True)
    time.sleep(0.05)
    before = len(device.blocks)
    show_for(sound, 0.15, origin_s)
    sound.stop(at_once=True)
    assert device.heard().any()
    assert not np.concatenate([block for _, block in device.blocks[before + 1 :]]).any()


def test_mute_and_volume() -> None:
    device = Device()
    sound = Sound(Reader(), device, volume=0.5, is_muted=True)
    assert sound.describe() == "sound off"
    sound.start(nobody)
    origin_s = time.perf_counter()
    show_for(sound, 0.2, origin_s)
    assert not device.heard().any()
    assert sound.toggle_mute() == "sound 50 %"
    show_for(sound, 0.2, origin_s)
    sound.stop(at_once=True)
    assert device.heard()[-1, 0] == pytest.approx(0.5 * 0.25, abs=0.001)
    assert sound.change_volume(1) == "sound 60 %"
    assert sound.change_volume(9) == "sound 100 %"
    assert sound.change_volume(-20) == "sound 0 %"
    assert sound.toggle_mute() == "sound off"
    assert sound.change_volume(2) == "sound 20 %", "who turns the volume wants to hear something"


def test_a_device_that_goes_away_is_told_and_the_picture_plays_on() -> None:
    told: list[str] = []
    device = Device()
    sound = Sound(Reader(), device)
    sound.start(told.append)
    device.on_end()
    count = sound.report.skew_ms["count"]
    show_for(sound, 0.1, time.perf_counter())
    sound.stop(at_once=True)
    assert told == ["the sound device thread is gone; the picture plays on"]
    assert sound.report.skew_ms["count"] == count


def test_a_device_that_cannot_be_opened_leaves_nothing_behind() -> None:
    reader = Reader()
    sound = Sound(reader, Device(is_broken=True))
    with pytest.raises(UnavailableError, match="cannot be opened"):
        sound.start(nobody)
    sound.stop(at_once=True)
    assert reader.is_closed


def test_a_reader_that_breaks_is_named_at_the_end() -> None:
    sound = Sound(Reader(fails=True), Device())
    sound.start(nobody)
    show_for(sound, 0.1, time.perf_counter())
    with pytest.raises(ValueError, match="no such luck") as caught:
        sound.stop(at_once=True)
    assert caught.value.__notes__ == ["in stage 'sound'"]


def test_it_ends_at_once_while_the_reader_waits_for_room() -> None:
    sound = Sound(Reader(), Device())
    sound.start(nobody)
    time.sleep(0.05)
    since = time.perf_counter()
    sound.stop(at_once=True)
    assert time.perf_counter() - since < 0.5
    sound.stop(at_once=True)
