"""What the sound device is given: the samples that belong to the picture at the moment they will be heard.

The picture is the master. A device asks for a block and says when its first sample will be heard; the block is taken
from where the picture will be then. Small differences (the device's clock is not ours, pictures come a little later or
earlier) are played away by up to `_MOST_BEND` of the speed, which nobody hears; large ones (the picture stood still, or
jumped) by a fade out, silence or a skip, and a fade in.
"""

from __future__ import annotations

import math
from collections import deque
from statistics import median
from threading import Lock

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.live.sound_ring import SoundRing

Block = NDArray[np.float32]
"""(n, 2) float32."""

_PICTURES = 15
"""How many shown pictures say when the picture's clock was zero; the middle one is believed."""
_BIND_S = 0.1
"""A larger difference than this is not bent away."""
_MOST_BEND, _BEND_PER_S, _DEAD_S = 0.004, 0.25, 0.002
"""Speeds differ by at most 7 cents, in proportion to the difference, and not at all for two milliseconds."""
_STEADY_S, _LOST_S = 1.0, 0.15
"""Devices ask in bursts and say only roughly when they will be heard: that is averaged over this long, and believed at
once where it is further off."""
_FADE_S = 0.005
_TAPS, _PHASES = 16, 256
_ANCHORS = 256


class PictureClock:
    """Where the picture is, by what was shown. `shown` and `hold` on one thread, `zero_s` on any."""

    def __init__(self) -> None:
        self.zero_s: float | None = None
        """When, on the monotonic clock, the picture with time 0 was shown or would have been; None while it rests."""
        self._seen: deque[float] = deque(maxlen=_PICTURES)
        self._is_held = False

    def shown(self, time_s: float, at_s: float) -> None:
        """A picture with that time was drawn at that moment."""
        if not self._is_held:
            self._seen.append(at_s - time_s)
            self.zero_s = median(self._seen)

    def hold(self, held: bool) -> None:
        """The picture stands still, or goes on with the next one that is shown."""
        self._is_held = held
        self.zero_s = None
        self._seen.clear()


class DeviceClock:
    """When blocks will be heard, steadier than the device says it: they follow each other without a gap.

    Args:
        rate: samples a second.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._next_s: float | None = None
        self._blocks = self._strays = 0

    def heard_s(self, told_s: float, count: int) -> float:
        """When a block of `count` samples will be heard, of which the device says `told_s`."""
        if self._next_s is None:
            self._next_s = told_s
        error_s = told_s - self._next_s
        self._strays = self._strays + 1 if abs(error_s) > _LOST_S else 0
        if self._strays > 1:
            # It ran dry, or was suspended. One wrong word alone is not believed.
            self._blocks, self._strays = 0, 0
        self._blocks += 1
        if not self._strays:
            self._next_s += error_s * max(1 / self._blocks, min(1.0, count / (_STEADY_S * self._rate)))
        heard_s = self._next_s
        self._next_s += count / self._rate
        return heard_s


class Playout:
    """Fills the device's blocks. `fill` belongs to the thread of the device, everything else may be called from any.

    Args:
        ring: where samples come from.
        clock: where the picture is.
        rate: samples a second, of both the ring and the device.
    """

    def __init__(self, ring: SoundRing, clock: PictureClock, rate: int) -> None:
        self.volume = 1.0
        """0 is silent; changed softly."""
        self.starved = 0
        """Blocks for which decoding was late."""
        self.jumps = 0
        """How often a difference was too large to be bent away."""
        self._ring = ring
        self._clock = clock
        self._rate = rate
        self._position = 0.0
        self._is_sounding = False
        self._device = DeviceClock(rate)
        self._gain = 1.0
        self._fade = max(1, round(_FADE_S * rate))
        self._kernel = _sinc_kernel()
        self._lock = Lock()
        self._anchors: deque[tuple[float, float, float]] = deque(maxlen=_ANCHORS)
        _render(np.zeros((1, 2), np.float32), np.zeros((_TAPS + 2, 2), np.float32), 0.0, 1.0, self._kernel)

    def fill(self, out: Block, heard_s: float) -> None:
        """Write the samples of a block whose first one will be heard at about `heard_s` on the monotonic clock."""
        heard_s = self._device.heard_s(heard_s, len(out))
        zero_s = self._clock.zero_s
        wanted_s = None if zero_s is None else heard_s - zero_s
        speed = 1.0
        if self._is_sounding:
            is_bound, speed = self._follow(wanted_s)
            begin_s = self._position / self._rate
            if not is_bound:
                self._fade_out(out, speed)
            elif not self._sound(out, speed):
                self._is_sounding = False
            self._note(heard_s, begin_s, speed)
        else:
            self._begin(out, wanted_s, heard_s)
        self._apply_volume(out)

    def heard_at(self, at_s: float) -> float | None:
        """Seconds of the sound that are heard at that moment; None if it is silent then, or too long ago to know."""
        with self._lock:
            anchors = list(self._anchors)
        for heard_s, begin_s, speed in reversed(anchors):
            if heard_s <= at_s:
                return None if math.isnan(begin_s) else begin_s + speed * (at_s - heard_s)
        return None

    def _follow(self, wanted_s: float | None) -> tuple[bool, float]:
        """Whether to go on from where we are, and how fast."""
        if wanted_s is None:
            return False, 1.0
        error_s = self._position / self._rate - wanted_s
        if abs(error_s) > _BIND_S:
            self.jumps += 1
            return False, 1.0
        if abs(error_s) < _DEAD_S:
            return True, 1.0
        return True, 1.0 - min(_MOST_BEND, max(-_MOST_BEND, _BEND_PER_S * error_s))

    def _begin(self, out: Block, wanted_s: float | None, heard_s: float) -> None:
        """Silence until the sound is due, then begin softly."""
        out[:] = 0.0
        lead = len(out)
        if wanted_s is not None:
            ahead = self._position - wanted_s * self._rate
            if ahead < 0:
                # The picture is past this: nobody hears it any more.
                self._position = float(min(self._ring.written, math.ceil(wanted_s * self._rate)))
                self._ring.discard(self._oldest_needed())
                ahead = self._position - wanted_s * self._rate
            lead = max(0, math.ceil(ahead))
            is_ready = self._ring.holds(self._newest_needed(len(out), 1.0)) and ahead > -1.0
            if lead < len(out) and is_ready:
                begin_s = self._position / self._rate
                self._is_sounding = True
                self._sound(out[lead:], 1.0)
                length = min(self._fade, len(out) - lead)
                out[lead : lead + length] *= np.linspace(0.0, 1.0, length, endpoint=False, dtype=np.float32)[:, None]
                self._note(heard_s, math.nan, 1.0)
                self._note(heard_s + lead / self._rate, begin_s, 1.0)
                return
        self._note(heard_s, math.nan, 1.0)

    def _sound(self, out: Block, speed: float) -> bool:
        """Write samples from the present position on; False where they ran out: then it ends softly in silence."""
        first = self._oldest_needed()
        last = self._newest_needed(len(out), speed)
        has_all = self._ring.holds(last)
        taken = self._ring.copy(first, last - first)
        offset = self._position - first
        _render(out, taken, offset, speed, self._kernel)
        if not has_all:
            there = max(0, min(len(out), math.floor((self._ring.written - self._position) / speed) - _TAPS))
            out[there:] = 0.0
            _soften_end(out[:there], self._fade)
            self.starved += not self._ring.is_ended
            self._position += there * speed
        else:
            self._position += len(out) * speed
        self._ring.discard(self._oldest_needed())
        return has_all

    def _fade_out(self, out: Block, speed: float) -> None:
        length = min(self._fade, len(out))
        self._sound(out[:length], speed)
        out[:length] *= np.linspace(1.0, 0.0, length, dtype=np.float32)[:, None]
        out[length:] = 0.0
        self._is_sounding = False

    def _oldest_needed(self) -> int:
        return math.floor(self._position) - _TAPS // 2 + 1

    def _newest_needed(self, count: int, speed: float) -> int:
        return math.floor(self._position + count * speed) + _TAPS // 2 + 2

    def _apply_volume(self, out: Block) -> None:
        wanted = self.volume
        if wanted != self._gain:
            out *= np.linspace(self._gain, wanted, len(out), dtype=np.float32)[:, None]
            self._gain = wanted
        elif wanted != 1.0:
            out *= np.float32(wanted)
        np.clip(out, -1.0, 1.0, out=out)

    def _note(self, heard_s: float, begin_s: float, speed: float) -> None:
        with self._lock:
            self._anchors.append((heard_s, begin_s, speed))


def _soften_end(out: Block, length: int) -> None:
    length = min(length, len(out))
    if length:
        out[-length:] *= np.linspace(1.0, 0.0, length, dtype=np.float32)[:, None]


def _sinc_kernel() -> NDArray[np.float32]:
    """(_PHASES + 1, _TAPS) float32: a windowed sinc for every fraction of a sample; fraction 0 is exact."""
    fraction = np.linspace(0.0, 1.0, _PHASES + 1)[:, None]
    at = np.arange(_TAPS)[None] - (_TAPS // 2 - 1) - fraction
    window = np.where(abs(at) < _TAPS / 2, np.cos(np.pi * at / _TAPS) ** 2, 0.0)
    kernel = np.sinc(at) * window
    # Sines of whole multiples of pi are not quite zero.
    kernel[np.abs(kernel) < 1e-12] = 0.0
    return np.asarray(kernel / kernel.sum(axis=1, keepdims=True), dtype=np.float32)


@njit(nogil=True, cache=True)
def _render(
    out: NDArray[np.float32],
    samples: NDArray[np.float32],
    offset: float,
    speed: float,
    kernel: NDArray[np.float32],
) -> None:
    """Samples at offset, offset + speed, ...; `offset` counts from the first of `samples`.

    Args:
        out: (n, 2), written.
        samples: (m, 2); _TAPS / 2 - 1 of them lie before the first that is asked for, _TAPS / 2 after the last.
        offset: where in them `out` begins.
        speed: samples per sample.
        kernel: see _sinc_kernel.
    """
    taps, phases = kernel.shape[1], kernel.shape[0] - 1
    for index in range(out.shape[0]):
        at = offset + index * speed
        whole = int(at)
        fraction = (at - whole) * phases
        phase = int(fraction)
        blend = np.float32(fraction - phase)
        start = whole - (taps // 2 - 1)
        left, right = np.float32(0.0), np.float32(0.0)
        for tap in range(taps):
            place = start + tap
            if 0 <= place < samples.shape[0]:
                weight = kernel[phase, tap]
                if blend > 0.0:
                    weight += blend * (kernel[phase + 1, tap] - weight)
                left += weight * samples[place, 0]
                right += weight * samples[place, 1]
        out[index, 0], out[index, 1] = left, right
