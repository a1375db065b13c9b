from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.display.settings import Preset, Settings, settings_file
from engine.display.view import Lens, ViewState
from engine.settings_folder import settings_folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "wheatstone" / "play.json"


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


CHANGES = {"layout": "anaglyph", "strength": 3.5, "swap_eyes": True, "distortion": (0.1, 0.2)}


def test_what_was_chosen_comes_back(path: Path) -> None:
    assert Settings.load(path).remember("TV", CHANGES) == ""
    again = Settings.load(path)
    assert again.displays == {"TV": CHANGES}
    assert again.problems == []
    preset = Preset().with_values(again.displays["TV"])
    assert preset.layout == "anaglyph"
    assert preset.distortion == (0.1, 0.2)
    assert [file.name for file in path.parent.iterdir()] == ["play.json"], "nothing temporary is left"


def test_displays_do_not_disturb_each_other(path: Path) -> None:
    first, second = Settings.load(path), Settings.load(path)
    first.remember("TV", {"layout": "sbs"})
    second.remember("laptop", {"layout": "anaglyph"})
    first.remember("TV", {"strength": 1.0})
    assert Settings.load(path).displays == {"TV": {"layout": "sbs", "strength": 1.0}, "laptop": {"layout": "anaglyph"}}


def test_nothing_chosen_writes_nothing(path: Path) -> None:
    assert Settings.load(path).remember("TV", {}) == ""
    assert not path.parent.exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"wheatstone": 1, "displays": {"TV": ',
        "[1, 2]",
        '{"name": "of another program"}',
        '{"wheatstone": true, "displays": {}}',
        '{"wheatstone": 1, "displays": []}',
        '{"wheatstone": 1, "displays": {"TV": 3}}',
        '{"wheatstone": 1}',
        "[" * 100_000,
    ],
)
def test_a_file_that_is_not_understood_is_put_aside(path: Path, text: str) -> None:
    written(path, text)
    settings = Settings.load(path)
    assert settings.displays == {}
    assert len(settings.problems) == 1
    assert "play.json" in settings.problems[0]
    assert "kept as play.json.kept-1" in settings.problems[0]
    kept = path.with_name("play.json.kept-1")
    assert kept.read_text() == text
    assert settings.remember("TV", {"layout": "sbs"}) == ""
    assert kept.read_text() == text
    written(path, "once more")
    Settings.load(path)
    assert (kept.read_text(), path.with_name("play.json.kept-2").read_text()) == (text, "once more")


def test_bytes_that_are_no_text_are_put_aside(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(range(256)))
    assert "kept as" in Settings.load(path).problems[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("layout", "cinema"),
        ("glasses", 3),
        ("swap_eyes", 1),
        ("strength", 1e9),
        ("strength", True),
        ("strength", 10**400),
        ("strength", float("nan")),
        ("strength", float("inf")),
        ("ipd_mm", "63"),
        ("view_deg", None),
        ("distortion", [0.1]),
        ("distortion", [0.1, 7]),
        ("flavour", "salt"),
    ],
)
def test_one_wrong_value_costs_only_itself(path: Path, name: str, value: object) -> None:
    displays = {"TV": {name: value}, "laptop": {"layout": "ou"}}
    written(path, json.dumps({"wheatstone": 1, "displays": displays}))
    settings = Settings.load(path)
    assert settings.displays == {"TV": {}, "laptop": {"layout": "ou"}}
    assert name in settings.problems[0]
    assert "TV" in settings.problems[0]
    settings.remember("TV", {"layout": "sbs"})
    assert Settings.load(path).displays == {"TV": {"layout": "sbs"}, "laptop": {"layout": "ou"}}


def test_a_newer_file_is_left_alone(path: Path) -> None:
    text = '{"wheatstone": 2, "rooms": {}}'
    written(path, text)
    settings = Settings.load(path)
    assert "newer" in settings.problems[0]
    assert settings.remember("TV", {"layout": "sbs"}) == ""
    assert path.read_text() == text
    assert len(list(path.parent.iterdir())) == 1


def test_a_file_that_turned_newer_meanwhile_is_left_alone(path: Path) -> None:
    settings = Settings.load(path)
    text = '{"wheatstone": 9}'
    written(path, text)
    assert "newer" in settings.remember("TV", {"layout": "sbs"})
    assert path.read_text() == text


def test_a_file_damaged_meanwhile_is_said_and_kept(path: Path) -> None:
    settings = Settings.load(path)
    written(path, "of another program")
    assert "kept as play.json.kept-1" in settings.remember("TV", {"layout": "sbs"})
    assert Settings.load(path).displays == {"TV": {"layout": "sbs"}}


def test_a_folder_in_the_way_is_said(path: Path) -> None:
    path.mkdir(parents=True)
    settings = Settings.load(path)
    assert "cannot be read" in settings.problems[0]
    assert settings.remember("TV", {"layout": "sbs"}) == ""


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "wheatstone").write_text("a file where a folder should be")
    settings = Settings(path=tmp_path / "wheatstone" / "play.json")
    assert settings.remember("TV", {"layout": "sbs"}) != ""


def test_choices_lie_in_the_settings_folder() -> None:
    assert settings_file() == settings_folder() / "play.json"


def test_preset_and_view_are_the_same_thing() -> None:
    view = ViewState(layout="vr", glasses="amber-blue", swap_eyes=True, lens=replace(Lens(), ipd_mm=60.0))
    preset = Preset.of(view, 4.0)
    assert preset.view() == view
    assert preset.changes_since(Preset()) == {
        "layout": "vr",
        "glasses": "amber-blue",
        "swap_eyes": True,
        "ipd_mm": 60.0,
        "strength": 4.0,
    }
    assert preset.changes_since(preset) == {}
    assert Preset().view() == ViewState()
