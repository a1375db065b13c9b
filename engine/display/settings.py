"""What a viewer chose on each display, kept in a small file until next time.

    {"wheatstone": 1, "displays": {"NAME": {"layout": "anaglyph", "strength": 3.0, ...}}}

A display holds only what was changed there. The file is replaced in one step; a file that is not understood is put
aside under another name and said so; a file of a newer Wheatstone is left alone.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from engine.display.view import GLASSES, SCREEN_LAYOUTS, Glasses, Lens, ScreenLayout, ViewState
from engine.settings_folder import settings_folder

_MARK, _VERSION = "wheatstone", 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """How a session looks at first; the defaults are for a display that nothing is known of."""

    layout: ScreenLayout = "half-sbs"
    glasses: Glasses = "dubois"
    swap_eyes: bool = False
    strength: float = 2.5
    """Parallax budget in percent of the width."""
    ipd_mm: float = Lens().ipd_mm
    view_deg: float = Lens().view_deg
    distortion: tuple[float, float] = Lens().distortion

    @classmethod
    def of(cls, view: ViewState, strength: float) -> Preset:
        """What a session looks like now."""
        lens = view.lens
        return cls(
            layout=view.layout,
            glasses=view.glasses,
            swap_eyes=view.swap_eyes,
            strength=strength,
            ipd_mm=lens.ipd_mm,
            view_deg=lens.view_deg,
            distortion=lens.distortion,
        )

    def view(self) -> ViewState:
        """The view that a session begins with."""
        lens = Lens(ipd_mm=self.ipd_mm, view_deg=self.view_deg, distortion=self.distortion)
        return ViewState(layout=self.layout, glasses=self.glasses, swap_eyes=self.swap_eyes, lens=lens)

    def with_values(self, values: Mapping[str, Any]) -> Preset:
        """The same but for some fields."""
        return replace(self, **values)

    def changes_since(self, before: Preset) -> dict[str, Any]:
        """The fields that are not what they were."""
        old, new = asdict(before), asdict(self)
        return {name: value for name, value in new.items() if value != old[name]}


@dataclass(slots=True, kw_only=True)
class Settings:
    """The choices for every display, and where they are kept."""

    path: Path
    displays: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Values of Preset's fields by the name of the display."""
    problems: list[str] = field(default_factory=list)
    """What was wrong with the file, in words."""
    is_locked: bool = False
    """Whether the file must not be replaced."""

    @classmethod
    def load(cls, path: Path) -> Settings:
        """Read a file; none is no mistake, and any other trouble becomes a line in `problems`."""
        settings = cls(path=path)
        try:
            text = path.read_bytes().decode("utf-8")
            document = json.loads(text)
        except FileNotFoundError:
            return settings
        except OSError as error:
            settings.problems.append(f"{path}: the settings cannot be read ({error.strerror}); nothing is remembered")
            settings.is_locked = True
            return settings
        except (ValueError, RecursionError) as error:
            settings._put_aside(f"not JSON ({error})")
            return settings
        if not isinstance(document, dict) or type(document.get(_MARK)) is not int:
            settings._put_aside("not settings of Wheatstone")
        elif document[_MARK] > _VERSION:
            settings.problems.append(f"{path}: written by a newer Wheatstone; neither used nor changed")
            settings.is_locked = True
        else:
            settings.displays, wrong = _checked(document.get("displays"))
            if wrong:
                settings._put_aside(wrong)
        return settings

    def remember(self, display: str, values: Mapping[str, Any]) -> str:
        """Keep values of Preset's fields for a display, beside what is kept for others.

        Returns:
            What went wrong, in words; empty if nothing did.
        """
        if self.is_locked or not values:
            return ""
        # Another window may have written in the meantime.
        present = Settings.load(self.path)
        if present.is_locked:
            return present.problems[-1]
        displays = self.displays | present.displays
        displays[display] = displays.get(display, {}) | dict(values)
        try:
            _replace_file(self.path, json.dumps({_MARK: _VERSION, "displays": displays}, indent=1) + "\n")
        except OSError as error:
            return f"{self.path}: the settings cannot be written ({error.strerror})"
        self.displays = displays
        return present.problems[-1] if present.problems else ""

    def _put_aside(self, reason: str) -> None:
        """Make room for a file of ours without losing one that somebody may want to look at."""
        number = 1
        while (kept := self.path.with_name(f"{self.path.name}.kept-{number}")).exists():
            number += 1
        try:
            self.path.rename(kept)
        except OSError as error:
            self.problems.append(f"{self.path}: {reason}, and it cannot be put aside ({error.strerror}); not used")
            self.is_locked = True
            return
        self.problems.append(f"{self.path}: {reason}; kept as {kept.name}, and begun anew")


def settings_file() -> Path:
    """Where the choices of this user are kept."""
    return settings_folder() / "play.json"


def _between(low: float, high: float) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        return type(value) in (int, float) and low <= value <= high

    return check


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "layout": lambda value: value in SCREEN_LAYOUTS,
    "glasses": lambda value: value in GLASSES,
    "swap_eyes": lambda value: type(value) is bool,
    "strength": _between(-20.0, 20.0),
    "ipd_mm": _between(50.0, 80.0),
    "view_deg": _between(60.0, 130.0),
    "distortion": lambda value: isinstance(value, list) and len(value) == 2 and all(map(_between(0.0, 1.0), value)),
}
assert set(_CHECKS) == {field.name for field in fields(Preset)}


def _checked(displays: Any) -> tuple[dict[str, dict[str, Any]], str]:
    """The values that make sense, and what does not."""
    if not isinstance(displays, dict) or not all(isinstance(values, dict) for values in displays.values()):
        return {}, "displays is not a table of tables"
    good: dict[str, dict[str, Any]] = {}
    wrong = ""
    for display, values in displays.items():
        good[display] = {}
        for name, value in values.items():
            if name in _CHECKS and _CHECKS[name](value):
                good[display][name] = tuple(value) if isinstance(value, list) else value
            else:
                wrong = f"{name} of display {display!r} cannot be {json.dumps(value)}"
    return good, wrong


def _replace_file(path: Path, text: str) -> None:
    """Write a file so that at any moment the old or the new one is there, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
