from __future__ import annotations

from pathlib import Path

import pytest

from engine.commands.comfort_sample import can_sample, sample_comfort
from engine.errors import InputError
from engine.sources import open_source


def test_frames_are_spread_over_the_film(film: Path) -> None:
    with open_source(film) as source:
        info = source.info
    found = sample_comfort(str(film), info, samples=3)
    assert found.report.frames == 3
    # Normalised disparity leaves hardly more room than the limits themselves.
    assert 6.5 <= found.strength_that_fits < 9
    assert found.report.frames_beyond_limits == 0


def test_no_more_strength_is_advised_than_there_is(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_source(film) as source:
        info = source.info
    monkeypatch.setattr("engine.commands.comfort_sample.MAX_STRENGTH", 3.0)
    assert sample_comfort(str(film), info, samples=1).strength_that_fits == 3.0


def test_a_file_that_is_gone_is_said(film: Path, tmp_path: Path) -> None:
    with open_source(film) as source:
        info = source.info
    with pytest.raises(InputError, match="not one frame"):
        sample_comfort(str(tmp_path / "gone.mp4"), info, samples=2)


def test_what_passes_once_is_not_sampled() -> None:
    specs = ["film.mp4", "photo.jpg", "camera:0", "-", "http://host/film.mp4"]
    assert [can_sample(spec) for spec in specs] == [True, True, False, False, False]
