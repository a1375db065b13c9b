"""A device in simulated time: its blocks are asked for one after the other, at whatever times a test wants."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.live.playout import PictureClock, Playout
from engine.live.sound_ring import SoundRing

RATE, BLOCK = 48_000, 1024
TONE_HZ = 440.0
# Of a sine of this pitch at amplitude 0.5, with room for a fade of 5 ms.
SMOOTH = 2 * 0.5 * np.sin(np.pi * TONE_HZ / RATE) + 1 / (0.004 * RATE)


def tone(first: int, count: int) -> np.ndarray:
    """Left is a sine, right tells where in the stream it is: a thousandth a millisecond, so its slope is the speed."""
    at = np.arange(first, first + count)
    left = 0.5 * np.sin(2 * np.pi * TONE_HZ * at / RATE)
    return np.stack([left, at / RATE / 100], axis=1).astype(np.float32)


class Device:
    """Plays to an array, with a clock that may be wrong."""

    def __init__(self, *, drift: float = 0.0, jitter_s: float = 0.0, latency_s: float = 0.1) -> None:
        self.ring, self.clock = SoundRing(RATE), PictureClock()
        self.playout = Playout(self.ring, self.clock, RATE)
        self.time_s, self.latency_s = 1000.0, latency_s
        self.period_s = BLOCK / (RATE * (1 + drift))
        self.jitter_s = jitter_s
        self.rng = np.random.default_rng(3)
        self.heard: list[np.ndarray] = []
        self.heard_from_s: list[float] = []
        self.decoded = 0
        self.decodes = True
        self.length = 10**9

    def play(self, seconds: float, picture_s: Callable[[float], float] | None = None, fps: float = 30.0) -> None:
        """Run for that long; `picture_s` gives the time of the picture that is shown at a moment."""
        end_s, next_s = self.time_s + seconds, self.time_s
        while self.time_s < end_s:
            if picture_s is not None and self.time_s >= next_s:
                next_s += 1 / fps
                self.clock.shown(picture_s(self.time_s), self.time_s)
            if self.decodes:
                self.decode()
            out = np.full((BLOCK, 2), np.nan, np.float32)
            wrong_s = self.rng.uniform(-1, 1) * self.jitter_s
            self.playout.fill(out, self.time_s + self.latency_s + wrong_s)
            self.heard.append(out)
            self.heard_from_s.append(self.time_s + self.latency_s)
            self.time_s += self.period_s

    def decode(self) -> None:
        room = min(self.ring._first + RATE, self.length) - self.decoded
        if room > 0:
            self.ring.put(tone(self.decoded, room))
            self.decoded += room
        if self.decoded >= self.length:
            self.ring.end()

    @property
    def samples(self) -> np.ndarray:
        return np.concatenate(self.heard)

    def positions(self) -> list[tuple[float, float]]:
        """(when, which second of the stream) of the first sample of each block; silence left out."""
        return [
            (at_s, 100 * float(block[0, 1]))
            for at_s, block in zip(self.heard_from_s, self.heard, strict=True)
            if abs(block[0, 1]) > 1e-6
        ]


def assert_no_click(samples: np.ndarray) -> None:
    assert np.isfinite(samples).all()
    assert np.abs(np.diff(samples[:, 0])).max() < SMOOTH


def test_it_is_silent_until_a_picture_is_shown_and_then_in_step_with_it() -> None:
    device = Device()
    device.play(0.5)
    assert not device.samples.any()
    began_s = device.time_s
    device.play(3.0, lambda at_s: at_s - began_s)
    skews = [position - (at_s - began_s) for at_s, position in device.positions()]
    assert len(skews) > 100
    assert np.abs(skews[3:]).max() < 0.001
    assert_no_click(device.samples)
    assert device.playout.jumps == device.playout.starved == 0


def test_what_is_heard_is_bit_for_bit_what_was_decoded_as_long_as_clocks_agree() -> None:
    device = Device()
    began_s = device.time_s
    device.play(1.0, lambda at_s: at_s - began_s)
    samples = device.samples
    first = int(np.flatnonzero(samples[:, 1])[0])
    # Where the fade in is over.
    part = samples[first + 1000 : first + 20_000]
    position = round(float(part[0, 1]) * 100 * RATE)
    assert np.array_equal(part, tone(position, len(part)))


@pytest.mark.parametrize("drift", [-300e-6, 300e-6])
def test_a_device_whose_clock_drifts_stays_in_step(drift: float) -> None:
    """300 millionths are 18 ms a minute."""
    device = Device(drift=drift, jitter_s=0.004)
    began_s = device.time_s
    device.play(60.0, lambda at_s: at_s - began_s)
    skews = np.array([position - (at_s - began_s) for at_s, position in device.positions()])
    assert np.abs(skews[50:]).max() < 0.006
    assert device.playout.jumps == 0
    assert_no_click(device.samples)


def test_pictures_that_come_later_than_before_are_followed_slowly() -> None:
    device = Device()
    began_s = device.time_s
    device.play(2.0, lambda at_s: at_s - began_s)
    device.play(30.0, lambda at_s: at_s - began_s - 0.05)
    at_s, position = device.positions()[-1]
    assert position == pytest.approx(at_s - began_s - 0.05, abs=0.003)
    assert device.playout.jumps == 0
    speeds = np.diff(device.samples[-20 * RATE :, 1].astype(np.float64)[:: RATE // 2]) * 100 / 0.5
    assert np.abs(speeds - 1).max() < 0.0045
    assert_no_click(device.samples)


@pytest.mark.parametrize("jump_s", [-1.5, -0.3, 0.3, 5.0])
def test_a_picture_that_jumps_is_followed_at_once_without_a_click(jump_s: float) -> None:
    device = Device()
    began_s = device.time_s
    device.play(3.0, lambda at_s: at_s - began_s)
    # As after a resync (the picture is later now) or a skip.
    device.play(3.0, lambda at_s: at_s - began_s + jump_s)
    at_s, position = device.positions()[-1]
    assert position == pytest.approx(at_s - began_s + jump_s, abs=0.002)
    assert device.playout.jumps == 1
    assert_no_click(device.samples)


def test_one_late_picture_changes_nothing() -> None:
    device = Device()
    began_s = device.time_s
    device.play(3.0, lambda at_s: at_s - began_s - (0.4 if 1.5 < at_s - began_s < 1.53 else 0.0))
    assert device.playout.jumps == 0
    assert device.positions()[-1][1] == pytest.approx(device.positions()[-1][0] - began_s, abs=0.001)


def test_a_pause_is_silent_and_afterwards_it_goes_on_where_the_picture_does() -> None:
    device = Device()
    began_s = device.time_s
    device.play(2.0, lambda at_s: at_s - began_s)
    device.clock.hold(True)
    paused_s = device.time_s
    # A picture that was on its way, and a step: nothing to hear.
    device.play(2.0, lambda _at_s: 2.1)
    silent = np.concatenate(device.heard[-40:])
    assert not silent.any()
    device.clock.hold(False)
    resumed_s = device.time_s
    # It was stepped on by half a second meanwhile.
    device.play(2.0, lambda at_s: at_s - began_s - (resumed_s - paused_s) + 0.5)
    at_s, position = device.positions()[-1]
    assert position == pytest.approx(at_s - began_s - (resumed_s - paused_s) + 0.5, abs=0.002)
    assert_no_click(device.samples)


def test_decoding_that_is_late_is_counted_and_heard_as_a_gap_without_a_click() -> None:
    device = Device()
    began_s = device.time_s
    device.play(2.0, lambda at_s: at_s - began_s)
    device.decodes = False
    device.play(2.0, lambda at_s: at_s - began_s)
    assert device.playout.starved == 1
    device.decodes = True
    device.play(2.0, lambda at_s: at_s - began_s)
    at_s, position = device.positions()[-1]
    assert position == pytest.approx(at_s - began_s, abs=0.002)
    assert_no_click(device.samples)


def test_the_end_of_the_sound_is_no_fault() -> None:
    device = Device()
    device.length = RATE
    began_s = device.time_s
    device.play(3.0, lambda at_s: at_s - began_s)
    assert device.playout.starved == 0
    assert device.positions()[-1][1] == pytest.approx(1.0, abs=0.03)
    assert not np.concatenate(device.heard[-20:]).any()
    assert_no_click(device.samples)


def test_volume_changes_softly() -> None:
    device = Device()
    began_s = device.time_s
    device.play(1.0, lambda at_s: at_s - began_s)
    device.playout.volume = 0.0
    device.play(1.0, lambda at_s: at_s - began_s)
    assert not np.concatenate(device.heard[-20:]).any()
    device.playout.volume = 0.25
    device.play(1.0, lambda at_s: at_s - began_s)
    assert np.abs(np.concatenate(device.heard[-20:])[:, 0]).max() == pytest.approx(0.125, rel=0.01)
    assert_no_click(device.samples)


def test_it_knows_what_is_heard_at_a_moment() -> None:
    device = Device()
    assert device.playout.heard_at(device.time_s) is None
    began_s = device.time_s
    device.play(2.0, lambda at_s: at_s - began_s)
    at_s = device.time_s - 0.3
    assert device.playout.heard_at(at_s) == pytest.approx(at_s - began_s, abs=0.001)
    assert device.playout.heard_at(began_s - 1.0) is None, "long ago"
