from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import InputError
from engine.sources import open_source
from engine.sources.sound import FileSound

RATE = 48_000


def record(
    path: Path, parts: list[tuple[float, np.ndarray]], *, rate: int = RATE, codec: str = "pcm_s16le", begins_s: int = 0
) -> Path:
    """A film of two seconds, 25 pictures a second, with mono sound: (when, samples) each."""
    with av.open(str(path), "w", options={"output_ts_offset": str(begins_s)}) as out:
        video = out.add_stream("libx264", rate=25, options={"preset": "ultrafast", "g": "10"})
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        audio = out.add_stream(codec, rate=rate, layout="mono")
        for index in range(50):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 4 * index, np.uint8), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            out.mux(video.encode(frame))
        for start_s, samples in parts:
            for first in range(0, len(samples), 1024):
                data = (samples[None, first : first + 1024] * 32767).astype(np.int16)
                sound = av.AudioFrame.from_ndarray(np.ascontiguousarray(data), format="s16", layout="mono")
                sound.sample_rate, sound.pts = rate, round(start_s * rate) + first
                out.mux(audio.encode(sound))
        out.mux(video.encode())
        out.mux(audio.encode())
    return path


def step(at_s: float, seconds: float = 2.0, rate: int = RATE) -> np.ndarray:
    """Zero, and half of full scale from a moment on."""
    return np.where(np.arange(round(seconds * rate)) < round(at_s * rate), 0.0, 0.5)


def sound_of(path: Path, rate: int = RATE, **how: object) -> np.ndarray:
    sound = FileSound(path, **how)  # type: ignore[arg-type]
    try:
        return np.concatenate([np.zeros((0, 2), np.float32), *sound.blocks(rate)])
    finally:
        sound.close()


def rise_s(samples: np.ndarray, rate: int = RATE) -> float:
    return int(np.argmax(samples[:, 0] > 0.25)) / rate


def test_samples_are_stereo_floats_at_their_time(tmp_path: Path) -> None:
    samples = sound_of(record(tmp_path / "a.mkv", [(0.0, step(0.7))]))
    assert samples.dtype == np.float32
    assert len(samples) == 2 * RATE
    assert rise_s(samples) == pytest.approx(0.7, abs=1 / RATE)
    assert np.array_equal(samples[:, 0], samples[:, 1])
    # FFmpeg shares mono out to two speakers at equal power or equal level; it is not silent and does not clip.
    assert 0.3 < samples[-10:, 0].mean() < 0.75


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_it_is_resampled_without_being_moved(tmp_path: Path, rate: int) -> None:
    samples = sound_of(record(tmp_path / "a.mkv", [(0.0, step(0.7))]), rate)
    assert rise_s(samples, rate) == pytest.approx(0.7, abs=0.001)
    assert len(samples) == pytest.approx(2 * rate, abs=rate // 100)


def test_sound_that_begins_late_or_has_a_gap_has_silence_there(tmp_path: Path) -> None:
    loud = np.full(RATE // 2, 0.5)
    samples = sound_of(record(tmp_path / "a.mkv", [(0.25, loud), (1.25, loud)]))
    is_loud = samples[:, 0] > 0.25
    edges = np.flatnonzero(np.diff(is_loud.astype(int))) / RATE
    assert edges == pytest.approx([0.25, 0.75, 1.25, 1.75][: len(edges)], abs=0.003)
    assert len(edges) >= 3


@pytest.mark.parametrize("start_s", [0.3, 1.5])
def test_it_begins_where_the_picture_does(tmp_path: Path, start_s: float) -> None:
    path = record(tmp_path / "a.mkv", [(0.0, step(1.7))])
    with open_source(path, start_s=start_s) as source:
        samples = sound_of(path, origin_s=source.origin_s)
    assert rise_s(samples) == pytest.approx(1.7 - start_s, abs=0.002)


def test_a_transport_stream_counts_from_somewhere_else(tmp_path: Path) -> None:
    path = record(tmp_path / "a.ts", [(0.0, step(0.7))], codec="mp2", begins_s=7)
    with open_source(path) as source:
        assert source.origin_s > 1
        samples = sound_of(path, origin_s=source.origin_s)
    # The encoder's own delay is in the timestamps.
    assert rise_s(samples) == pytest.approx(0.7, abs=0.03)


def test_a_transport_stream_is_wound_too(tmp_path: Path) -> None:
    path = record(tmp_path / "a.ts", [(0.0, step(1.7))], codec="mp2", begins_s=7)
    with open_source(path, start_s=1.0) as source:
        samples = sound_of(path, origin_s=source.origin_s)
    assert rise_s(samples) == pytest.approx(0.7, abs=0.03)


def test_only_the_duration_is_given(tmp_path: Path) -> None:
    assert len(sound_of(record(tmp_path / "a.mkv", [(0.0, step(0.1))]), duration_s=0.5)) == RATE // 2


def test_a_film_without_sound_says_so(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        video = out.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        out.mux(video.encode(av.VideoFrame(64, 64, "yuv420p")))
        out.mux(video.encode())
    sound = FileSound(tmp_path / "a.mkv")
    assert not sound.is_there
    assert list(sound.blocks(RATE)) == []
    sound.close()


def test_a_file_that_is_cut_off_ends_where_it_ends(tmp_path: Path) -> None:
    whole = record(tmp_path / "a.mkv", [(0.0, step(0.1))])
    (tmp_path / "b.mkv").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert 0 < len(sound_of(tmp_path / "b.mkv")) < 2 * RATE


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        FileSound(tmp_path / "none.mkv")
