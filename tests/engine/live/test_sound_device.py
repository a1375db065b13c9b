"""A real PortAudio stream, in a process of its own with an ALSA configuration of its own.

Its only device writes what is played to a pipe (the `file` plugin over `null`), from which this process reads at the
pace of a sound card. So it is known which samples were played, and when.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import UnavailableError
from engine.live.sound_device import PortAudioDevice

RATE, CARD_RATE = 48_000, 44_100
"""Of the film, and what PortAudio calls the usual rate of such a card: the film is resampled."""
FPS, SECONDS = 25, 5
CLICKS_S = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5)
_FRAME_BYTES = 8
_PIPE_BYTES = 16384
_SET_PIPE_SIZE = 1031

PLAY = """
import json, sys
from engine.config import PlayOptions
from engine.live.playout import DeviceClock
from engine.live.session import open_session
shown, told = [], []
heard_s = DeviceClock.heard_s
def spy(self, told_s, count):
    told.append((count, heard_s(self, told_s, count)))
    return told[-1][1]
DeviceClock.heard_s = spy
def on_shown(frame, screen):
    shown.append((frame.time_s, frame.stamps[-1][2]))
more = json.loads(sys.argv[2]) | {"sound_device": "default", "infill": "stretch", "depth_every": 25}
options = PlayOptions(input=sys.argv[1], headless=True, **more)
with open_session(options, on_shown=on_shown) as session:
    report = session.play()
print(json.dumps({"shown": shown, "told": told, "sound": report.sound, "warnings": list(report.warnings)}))
"""


@dataclass(frozen=True)
class Played:
    """What came out of a session."""

    samples: np.ndarray
    """(n, 2) float32."""
    read_s: np.ndarray
    """When each of them was read, on the monotonic clock."""
    shown: np.ndarray
    """(time, when drawn) of every picture."""
    told: np.ndarray
    """(samples, when they would be heard) of every block that was asked for."""
    sound: dict
    warnings: list

    def onsets(self) -> np.ndarray:
        """The samples at which bursts begin."""
        loud = np.flatnonzero(np.abs(self.samples[:, 0]) > 0.05)
        return loud[np.diff(loud, prepend=-CARD_RATE) > CARD_RATE // 8]

    def told_s(self, samples: np.ndarray) -> np.ndarray:
        """When those samples would be heard, as the player thought."""
        ends = np.cumsum(self.told[:, 0])
        block = np.searchsorted(ends, samples, side="right")
        return self.told[block, 1] + (samples - (ends - self.told[:, 0])[block]) / CARD_RATE


def film(path: Path) -> Path:
    """Pictures that change, and a burst of 20 ms at every one of CLICKS_S: a tenth of the volume on the right."""
    samples = np.zeros((2, SECONDS * RATE), np.float32)
    for at_s in CLICKS_S:
        first = round(at_s * RATE)
        burst = 0.6 * np.sin(2 * np.pi * 1000 * np.arange(960) / RATE)
        samples[:, first : first + 960] = np.stack([burst, 0.1 * burst])
    rng = np.random.default_rng(5)
    picture = rng.integers(60, 200, (90, 160, 3), np.uint8)
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 160, 90, "yuv420p"
        audio = out.add_stream("pcm_s16le", rate=RATE, layout="stereo")
        for index in range(SECONDS * FPS):
            frame = av.VideoFrame.from_ndarray(np.roll(picture, index, axis=1), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            out.mux(video.encode(frame))
            part = samples[:, index * RATE // FPS : (index + 1) * RATE // FPS]
            sound = av.AudioFrame.from_ndarray(
                (part.T.reshape(1, -1) * 32767).astype(np.int16), format="s16", layout="stereo"
            )
            sound.sample_rate, sound.pts = RATE, index * RATE // FPS
            out.mux(audio.encode(sound))
        out.mux(video.encode())
        out.mux(audio.encode())
    return path


class Card:
    """The pipe's other end."""

    def __init__(self, folder: Path) -> None:
        pipe = folder / "card"
        os.mkfifo(pipe)
        # For reading and writing: so neither side waits for the other to come, and nothing is over when one goes.
        self._descriptor = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        fcntl.fcntl(self._descriptor, _SET_PIPE_SIZE, _PIPE_BYTES)
        file = f'pcm.!default {{ type file slave.pcm nothing file "{pipe}" format raw }}'
        self._environment = environment(folder / "asound.conf", f"pcm.nothing {{ type null }}\n{file}\n")

    def close(self) -> None:
        os.close(self._descriptor)

    def play(self, clip: Path, **options: object) -> Played:
        process = subprocess.Popen(
            [sys.executable, "-c", PLAY, str(clip), json.dumps(options)],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        parts: list[bytes] = []
        times: list[np.ndarray] = []
        began_s: float | None = None
        given = 0
        try:
            while process.poll() is None:
                now_s = time.perf_counter()
                due = 240 if began_s is None else int((now_s - began_s) * CARD_RATE) - given
                data = self._read(due)
                count = len(data) // _FRAME_BYTES
                if count and began_s is None:
                    began_s = now_s
                parts.append(data)
                times.append(now_s + np.arange(count) / CARD_RATE)
                given += count
                time.sleep(0.002)
        finally:
            process.kill()
            out, err = process.communicate()
        assert process.returncode == 0, err.decode()[-2000:]
        answer = json.loads(out.decode().splitlines()[-1])
        samples = np.frombuffer(b"".join(parts), np.float32).reshape(-1, 2)
        shown = np.array(answer["shown"])
        told = np.array(answer["told"])
        return Played(samples, np.concatenate(times), shown, told, answer["sound"], answer["warnings"])

    def _read(self, count: int) -> bytes:
        if count <= 0:
            return b""
        try:
            data = os.read(self._descriptor, count * _FRAME_BYTES)
        except BlockingIOError:
            return b""
        rest = -len(data) % _FRAME_BYTES
        return data + (os.read(self._descriptor, rest) if rest else b"")


def environment(config: Path, text: str) -> dict[str, str]:
    """Of a process for which ALSA has this configuration and no other."""
    config.write_text(text)
    return os.environ | {"ALSA_CONFIG_PATH": str(config)}


@pytest.fixture(autouse=True)
def port_audio() -> None:
    if sys.platform != "linux":
        pytest.skip("ALSA is Linux's")
    pytest.importorskip("sounddevice", exc_type=(ImportError, OSError), reason="no PortAudio here")


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Card]:
    probe = "import moderngl; moderngl.create_context(standalone=True, backend='egl')"
    if subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False).returncode != 0:
        pytest.skip("no off-screen OpenGL here")
    card = Card(tmp_path)
    yield card
    card.close()


def is_whole(burst: np.ndarray) -> bool:
    """Whether it has the pitch of the film, and a quarter of its amplitude: that is half as loud."""
    pitch = np.abs(np.fft.rfft(burst)).argmax() * CARD_RATE / len(burst)
    return bool(abs(np.abs(burst).max() - 0.15) < 0.02 and abs(pitch - 1000) < 90)


@pytest.mark.timeout(240)
def test_bursts_are_heard_when_their_pictures_are_seen(card: Card, tmp_path: Path) -> None:
    played = card.play(film(tmp_path / "film.mkv"), volume=50.0)
    assert played.warnings == []
    assert played.sound["device"] == "default"
    assert played.sound["rate"] == CARD_RATE
    onsets, sound, skew_ms = played.onsets(), played.sound, played.sound["skew_ms"]
    breaks = sound["jumps"] + sound["underruns"]
    for onset in onsets:
        left, right = played.samples[onset : onset + 800].T
        assert np.allclose(right, 0.1 * left, atol=0.01)
    # What was seen was heard about then, however busy the machine is: who is further off jumps, and breaks one burst.
    is_quiet = len(played.shown) >= 0.8 * SECONDS * FPS and not breaks
    assert skew_ms["count"] > 0
    assert abs(skew_ms["p50"]) < (45 if is_quiet else 500)
    assert sum(not is_whole(played.samples[onset : onset + 800, 0]) for onset in onsets) <= breaks
    assert 1 <= len(onsets) <= len(CLICKS_S) + breaks
    if not is_quiet:
        return
    assert len(onsets) == len(CLICKS_S)
    seen_s = np.interp(CLICKS_S, played.shown[:, 0], played.shown[:, 1])
    # PortAudio begins with a few blocks of silence that nobody asked for.
    primed = len(played.samples) - int(played.told[:, 0].sum())
    assert np.median(np.abs(played.told_s(onsets - primed) - seen_s)) < 0.045
    # The pipe delays everything by as much, and it keeps doing so.
    delays_s = played.read_s[onsets] - seen_s
    assert np.percentile(np.abs(delays_s - np.median(delays_s)), 80) < 0.06
    assert skew_ms["count"] > 30


def test_a_machine_without_a_sound_device_is_named_so(tmp_path: Path) -> None:
    code = """
from engine.errors import UnavailableError
from engine.live.sound_device import PortAudioDevice
for wanted in (None, "loud", "7"):
    try:
        PortAudioDevice(wanted)
    except UnavailableError as error:
        print(error)
"""
    told = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(tmp_path / "asound.conf", "pcm.!default { type hw card 7 }\n"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.splitlines() == ["this machine has no sound device"] * 3
    assert told.stderr == "", "ALSA's own complaints are kept away"


def test_a_device_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    code = """
from engine.live.sound_device import PortAudioDevice
try:
    PortAudioDevice("loud")
except Exception as error:
    print(error)
"""
    told = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(tmp_path / "asound.conf", "pcm.!default { type null }\n"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.startswith("--sound-device loud: there is no such device, or several; choose one of ")
    assert "default" in told.stdout


def test_a_machine_without_the_extra_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(UnavailableError, match=r"pip install 'wheatstone\[audio\]'"):
        PortAudioDevice()
