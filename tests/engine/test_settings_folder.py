"""Settings go where the desktop wants them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.settings_folder import settings_folder


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the rules of other desktops")
def test_the_place_follows_the_rules_of_the_desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert settings_folder() == tmp_path / ".config" / "wheatstone"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "mine"))
    assert settings_folder() == tmp_path / "mine" / "wheatstone"
    monkeypatch.setenv("XDG_CONFIG_HOME", "not/absolute")
    assert settings_folder() == tmp_path / ".config" / "wheatstone"
