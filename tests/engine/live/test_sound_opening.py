from __future__ import annotations

import sys
from pathlib import Path

import av
import numpy as np
import pytest

from engine.config import PlayOptions
from engine.errors import UnavailableError
from engine.live import sound_opening
from engine.live.sound_opening import open_sound
from engine.sources import open_source


class Device:
    """One that is there."""

    name, rate, latency_s = "speaker", 8000, 0.1

    def __init__(self, wanted: str | None) -> None:
        self.wanted = wanted

    def stop(self, *, at_once: bool) -> None:
        """Nothing was started."""


def film(path: Path, *, has_sound: bool = True) -> str:
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        if has_sound:
            audio = out.add_stream("pcm_s16le", rate=8000, layout="mono")
            samples = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
            samples.sample_rate, samples.pts = 8000, 0
            out.mux(audio.encode(samples))
        out.mux(video.encode(av.VideoFrame(64, 64, "yuv420p")))
        out.mux(video.encode())
    return str(path)


def opened(name: str, **options: object) -> tuple[object, str | None]:
    chosen = PlayOptions(input=name, **options)  # type: ignore[arg-type]
    with open_source(name) as source:
        sound, words = open_sound(chosen, source)
    if sound is not None:
        sound.stop(at_once=True)
    return sound, words


@pytest.fixture
def no_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)


def test_a_film_is_heard_as_loud_as_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_opening, "PortAudioDevice", Device)
    sound, words = opened(film(tmp_path / "film.mkv"), volume=30.0, mute=True)
    assert words is None
    assert sound is not None
    assert sound.toggle_mute() == "sound 30 %"  # type: ignore[attr-defined]


@pytest.mark.usefixtures("no_extra")
@pytest.mark.parametrize("name", ["silent.mkv", "pattern:64x64"])
def test_what_has_no_sound_needs_no_device(tmp_path: Path, name: str) -> None:
    spec = name if name.startswith("pattern") else film(tmp_path / name, has_sound=False)
    assert opened(spec) == (None, None)


@pytest.mark.usefixtures("no_extra")
def test_off_screen_nobody_listens(tmp_path: Path) -> None:
    assert opened(film(tmp_path / "film.mkv"), headless=True) == (None, None)


@pytest.mark.usefixtures("no_extra")
def test_without_the_extra_the_picture_plays_on(tmp_path: Path) -> None:
    sound, words = opened(film(tmp_path / "film.mkv"))
    assert sound is None
    assert words == "no sound: sounddevice is not installed (pip install 'wheatstone[audio]')"


@pytest.mark.usefixtures("no_extra")
def test_a_device_that_was_asked_for_by_name_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="sounddevice is not installed"):
        opened(film(tmp_path / "film.mkv"), headless=True, sound_device="speaker")
