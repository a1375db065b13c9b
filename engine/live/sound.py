"""The sound of what is played: read on a thread of its own, played by the device in step with the picture."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.frame import Frame
from engine.graph import Cancelled, Samples
from engine.live.playout import PictureClock, Playout
from engine.live.sound_device import SoundDevice
from engine.live.sound_ring import SoundRing

_BUFFER_S = 1.0
_MOST_VOLUME, _VOLUME_STEP = 1.0, 0.1


class SoundReader(Protocol):
    """Where samples come from, see engine.sources.sound.FileSound."""

    def blocks(self, rate: int) -> Iterator[NDArray[np.float32]]:
        """Everything from the picture's zero on."""

    def close(self) -> None:
        """Release it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundReport:
    """What the sound of a session is remembered by."""

    device: str
    rate: int
    latency_ms: float
    """How long after it was asked for a sample was heard, as the device says; made up for."""
    skew_ms: dict[str, float]
    """What was heard minus what was seen when a picture had been drawn, on the stream's clock: count, p50 (signed,
    positive: the sound was early), p95 and max (of the distance either way)."""
    underruns: int
    """How often there was nothing to play: the device ran dry, or decoding was late."""
    jumps: int
    """How often the sound was moved to where the picture was, by a fade: they were a tenth of a second apart."""

    def as_json(self) -> dict[str, Any]:
        """The same in JSON's types."""
        return asdict(self)


class Sound:
    """Plays the sound of one stream.

    `shown`, `hold`, `start`, `stop` and the volume belong to the thread of the window.

    Args:
        reader: closed by `stop`.
        device: likewise stopped.
        volume: 0 to 1.
        is_muted: begin silent.
    """

    def __init__(
        self, reader: SoundReader, device: SoundDevice, *, volume: float = 1.0, is_muted: bool = False
    ) -> None:
        self._reader = reader
        self._device = device
        self._ring = SoundRing(round(_BUFFER_S * device.rate))
        self._clock = PictureClock()
        self._playout = Playout(self._ring, self._clock, device.rate)
        self._thread = threading.Thread(target=self._read, name="sound reader")
        self._volume = volume
        self.is_muted = is_muted
        """Whether it plays unheard."""
        self._ran_dry = 0
        self._skew, self._distance = Samples(), Samples()
        self._error: BaseException | None = None
        self._tell: Callable[[str], None] = lambda _words: None
        self._is_gone = False
        self._set_volume()

    def start(self, tell: Callable[[str], None]) -> None:
        """Begin: silence at first, sound with the first picture that is shown.

        Args:
            tell: is told, on any thread, why there is no sound any more.

        Raises:
            UnavailableError: the device cannot be used.
        """
        self._tell = tell
        self._device.start(self._fill, self._lost)
        self._thread.start()

    def shown(self, frame: Frame) -> None:
        """A picture has been drawn; its last stamp says when.

        The sound goes by the clock of the pictures, whose frames are due when they are due: that one came late is no
        reason to hear it late, too. What rendering and drawing take is one.
        """
        if frame.time_s is None or self._is_gone:
            return
        (_, due_s, released_s), at_s = frame.stamps[0], frame.stamps[-1][2]
        heard_s = self._playout.heard_at(at_s)
        if heard_s is not None:
            self._skew.add(heard_s - frame.time_s)
            self._distance.add(abs(heard_s - frame.time_s))
        self._clock.shown(frame.time_s, at_s - (released_s - due_s))

    def hold(self, held: bool) -> None:
        """The picture stands still, or goes on: the sound with it."""
        self._clock.hold(held)

    def toggle_mute(self) -> str:
        """Silent or not; in words."""
        self.is_muted = not self.is_muted
        self._set_volume()
        return self.describe()

    def change_volume(self, steps: int) -> str:
        """Louder or quieter; in words. Whoever turns the volume wants to hear something."""
        self._volume = round(min(_MOST_VOLUME, max(0.0, self._volume + steps * _VOLUME_STEP)), 4)
        self.is_muted = False
        self._set_volume()
        return self.describe()

    def describe(self) -> str:
        """How loud it is, in words."""
        return "sound off" if self.is_muted else f"sound {100 * self._volume:.0f} %"

    def stop(self, *, at_once: bool) -> None:
        """End everything and join the thread; safe to call twice and before `start`.

        Args:
            at_once: do not wait until what was given to the device has been heard.

        Raises:
            Exception: whatever reading raised that is no fault of the file.
        """
        self._clock.hold(at_once)
        self._device.stop(at_once=at_once)
        self._ring.cancel()
        if self._thread.ident is not None:
            self._thread.join()
        self._reader.close()
        error, self._error = self._error, None
        if error is not None:
            raise error

    @property
    def report(self) -> SoundReport:
        """The numbers so far."""
        (p50,), (p95,) = self._skew.percentiles(50), self._distance.percentiles(95)
        return SoundReport(
            device=self._device.name,
            rate=self._device.rate,
            latency_ms=round(1e3 * self._device.latency_s, 1),
            skew_ms={
                "count": self._skew.count,
                "p50": round(1e3 * p50, 2),
                "p95": round(1e3 * p95, 2),
                "max": round(1e3 * self._distance.max_s, 2),
            },
            underruns=self._ran_dry + self._playout.starved,
            jumps=self._playout.jumps,
        )

    def _set_volume(self) -> None:
        # As loudness is felt.
        self._playout.volume = 0.0 if self.is_muted else self._volume**2

    def _fill(self, out: NDArray[np.float32], heard_s: float, has_run_dry: bool) -> None:
        self._ran_dry += has_run_dry
        self._playout.fill(out, heard_s)

    def _lost(self) -> None:
        self._is_gone = True
        self._tell(f"the sound device {self._device.name} is gone; the picture plays on")

    def _read(self) -> None:
        try:
            for block in self._reader.blocks(self._device.rate):
                self._ring.put(block)
        except Cancelled:
            pass
        except BaseException as error:  # noqa: BLE001 -- raised again by stop(), on the thread of the window
            error.add_note("in stage 'sound'")
            self._error = error
        finally:
            self._ring.end()
