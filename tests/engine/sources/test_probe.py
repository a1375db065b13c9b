"""What probe finds in files, and what it calls a problem."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engine.errors import InputError
from engine.sources.probe import probe_file


def test_streams_colour_and_rate(make_clip) -> None:
    path = make_clip("clip.mp4", pixel_format="yuv420p10le", colour=(9, 9, 16, 1), pts=tuple(range(30)))
    found = probe_file(path)
    video = found.video
    assert video is not None
    assert (video.codec, video.width, video.height, video.bits) == ("h264", 64, 48, 10)
    assert video.pixel_format == "yuv420p10le"
    assert video.frame_rate == 25
    assert video.frame_count == 30
    assert video.is_variable_rate is False
    assert video.hdr == "HDR10 (PQ)"
    assert found.duration_s == pytest.approx(1.2, abs=0.05)
    assert found.size_bytes == path.stat().st_size
    assert found.problems == ()
    assert found.stereo == ()


def test_variable_rate_and_rotation_are_found(make_clip) -> None:
    uneven = probe_file(make_clip("vfr.mkv", pts=(0, 20, 90, 100, 180, 300, 310), time_base=Fraction(1, 1000)))
    assert uneven.video is not None
    assert uneven.video.is_variable_rate
    assert any("variable" in problem for problem in uneven.problems)
    turned = probe_file(make_clip("turned.mp4", rotation=-90)).video
    assert turned is not None
    assert turned.rotation == 90


def test_no_video_is_a_problem_not_an_error(sound_only: Path) -> None:
    found = probe_file(sound_only)
    assert found.video is None
    assert found.problems == ("there is no video in it",)
    (sound,) = found.streams
    assert (sound.kind, sound.channels, sound.sample_rate) == ("audio", 1, 8000)


def test_bad_files_are_input_errors(tmp_path: Path) -> None:
    noise = tmp_path / "noise.mp4"
    noise.write_bytes(np.random.default_rng(3).bytes(9000))
    with pytest.raises(InputError, match=r"noise\.mp4: it is not a video"):
        probe_file(noise)
    with pytest.raises(InputError, match="no such file"):
        probe_file(tmp_path / "nothing.mp4")


def test_stereo_is_found_in_stream_and_name(make_clip) -> None:
    tagged = probe_file(make_clip("film_hsbs.mkv", metadata={"stereo_mode": "left_right"}))
    assert [(hint.layout, hint.origin, hint.is_guess) for hint in tagged.stereo] == [
        ("sbs", "Matroska StereoMode", False),
        ("half-sbs", "file name", True),
    ]
    packed = probe_file(make_clip("film.mp4", options={"x264-params": "frame-packing=4"}))
    assert [(hint.layout, hint.origin) for hint in packed.stereo] == [("ou", "frame packing")]
