"""Names become files."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.models import embedded, find


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with two whole networks and one without a sidecar."""
    for name in ("b", "a"):
        (tmp_path / f"{name}.onnx").write_bytes(b"x")
        (tmp_path / f"{name}.json").write_text("{}")
    (tmp_path / "orphan.onnx").write_bytes(b"x")
    return tmp_path


def test_whole_networks_are_listed(folder: Path) -> None:
    assert embedded(folder) == ("a", "b")


def test_by_name_and_by_path(folder: Path) -> None:
    assert find("a", folder=folder) == folder / "a.onnx"
    assert find(str(folder / "b.onnx")) == folder / "b.onnx"
    assert find(folder / "b.onnx") == folder / "b.onnx"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("c", "embedded are: a, b"),
        ("missing.onnx", "no such file"),
        ("orphan.onnx", "its sidecar orphan.json is missing"),
    ],
)
def test_what_is_missing_is_said(folder: Path, name: str, message: str) -> None:
    asked = str(folder / name) if name.endswith(".onnx") else name
    with pytest.raises(ModelError, match=message):
        find(asked, folder=folder)
