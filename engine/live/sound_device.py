"""The sound device of this machine, through PortAudio."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import UnavailableError

Fill = Callable[[NDArray[np.float32], float, bool], None]
"""Writes a block of (n, 2) float32, told when its first sample will be heard (monotonic clock, seconds) and whether the
device has run dry since the last one."""

USUAL_RATE = 48_000
# Blocks are asked for on a thread that has to take its turn with all others of Python.
_LATENCY_S = 0.12


class SoundDevice(Protocol):
    """Something that plays stereo blocks and asks for them on a thread of its own."""

    @property
    def name(self) -> str:
        """For people."""

    @property
    def rate(self) -> int:
        """Samples a second."""

    @property
    def latency_s(self) -> float:
        """How long after it was asked for a sample is heard."""

    def start(self, fill: Fill, on_end: Callable[[], None]) -> None:
        """Begin to ask.

        Args:
            fill: what is asked.
            on_end: told, on another thread, when the device ends by itself: it was unplugged.

        Raises:
            UnavailableError: the device cannot be used.
        """

    def stop(self, *, at_once: bool) -> None:
        """End; `at_once` throws away what was not heard yet. No block is asked for after that. Safe to call twice."""


class PortAudioDevice:
    """A device as PortAudio lists them.

    Args:
        wanted: part of its name, its number, or None for the usual one.

    Raises:
        UnavailableError: PortAudio is not installed, or there is no such device.
    """

    def __init__(self, wanted: str | None = None) -> None:
        self._audio = _load()
        selected: str | int | None = int(wanted) if wanted is not None and wanted.isdecimal() else wanted
        try:
            found: dict[str, Any] = self._audio.query_devices(selected, "output")
        except (ValueError, self._audio.PortAudioError) as error:
            raise UnavailableError(self._missing(wanted)) from error
        self._index = int(found["index"])
        self.name = str(found["name"])
        """For people."""
        self.rate = round(found["default_samplerate"]) or USUAL_RATE
        """Samples a second."""
        self.latency_s = _LATENCY_S
        """How long after it was asked for a sample is heard."""
        self._stream: Any = None
        self._is_stopping = False

    def start(self, fill: Fill, on_end: Callable[[], None]) -> None:
        """Begin to ask; see SoundDevice."""

        def ask(out: NDArray[np.float32], _count: int, times: Any, status: Any) -> None:
            # What the device calls now and what we do differ by a constant that nobody tells.
            ahead_s = times.outputBufferDacTime - times.currentTime
            fill(out, time.perf_counter() + max(0.0, ahead_s), bool(status.output_underflow))

        def ended() -> None:
            if not self._is_stopping:
                on_end()

        try:
            self._stream = self._audio.OutputStream(
                samplerate=self.rate,
                device=self._index,
                channels=2,
                dtype="float32",
                latency=_LATENCY_S,
                callback=ask,
                finished_callback=ended,
            )
            self._stream.start()
        except self._audio.PortAudioError as error:
            self.stop(at_once=True)
            raise UnavailableError(f"{self.name} cannot be opened ({_words(error)})") from error
        self.latency_s = float(self._stream.latency)

    def stop(self, *, at_once: bool) -> None:
        """End; see SoundDevice."""
        self._is_stopping = True
        stream, self._stream = self._stream, None
        if stream is None:
            return
        try:
            if at_once:
                stream.abort()
            else:
                stream.stop()
        except self._audio.PortAudioError:
            # It is gone already.
            pass
        finally:
            stream.close(ignore_errors=True)

    def _missing(self, wanted: str | None) -> str:
        names = [f"{d['index']} {d['name']}" for d in self._audio.query_devices() if d["max_output_channels"] > 0]
        if not names:
            return "this machine has no sound device"
        if wanted is None:
            return "no sound device is the usual one here; choose one by --sound-device"
        return f"--sound-device {wanted}: there is no such device, or several; choose one of {', '.join(names)}"


def _load() -> Any:
    try:
        import sounddevice
    except ImportError as error:
        raise UnavailableError("sounddevice is not installed (pip install 'wheatstone[audio]')") from error
    except OSError as error:
        raise UnavailableError(
            "PortAudio is not installed (on Debian and Ubuntu: apt install libportaudio2)"
        ) from error
    return sounddevice


def _words(error: Exception) -> str:
    """PortAudio's message without its number and ours."""
    text = str(error.args[0]) if error.args else str(error)
    return text.removeprefix("Error opening OutputStream: ").strip() or "no reason given"
