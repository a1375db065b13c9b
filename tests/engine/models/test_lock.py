"""The record of what was fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import ModelError, OutputError
from engine.models.lock import Locked, LockedFile, lock_file, read_lock, write_lock
from engine.settings_folder import settings_folder


def _entry(name: str) -> Locked:
    file = LockedFile(sha256="a" * 64, size=3, where=Path("/somewhere") / name)
    return Locked(repository=f"owner/{name}", revision="0" * 40, files={"onnx/model.onnx": file})


def test_it_lies_in_the_settings_folder() -> None:
    assert lock_file() == settings_folder() / "models.lock.json"


def test_it_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "lock.json"
    assert read_lock(path) == {}
    write_lock(path, "b", _entry("b"))
    write_lock(path, "a", _entry("a"))
    write_lock(path, "b", _entry("c"))
    assert read_lock(path) == {"a": _entry("a"), "b": _entry("c")}
    assert [one.name for one in path.parent.iterdir()] == ["lock.json"]


@pytest.mark.parametrize(
    "content", ["", "[]", "[" * 100_000, "{}", '{"wheatstone": 1}', '{"wheatstone": 1, "models": {"a": {}}}']
)
def test_damage_is_said_and_nothing_is_forgotten(content: str, tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    path.write_text(content)
    with pytest.raises(ModelError, match=r"lock\.json: the record of fetched networks is damaged"):
        write_lock(path, "a", _entry("a"))
    assert path.read_text() == content


def test_what_may_not_be_read_is_not_called_damaged(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="the record of fetched networks cannot be read: Is a directory"):
        read_lock(tmp_path)


def test_a_newer_one_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    path.write_text('{"wheatstone": 2, "models": {}}')
    with pytest.raises(ModelError, match="another version"):
        read_lock(path)


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises((OutputError, ModelError), match=r"lock\.json"):
        write_lock(tmp_path / "file" / "lock.json", "a", _entry("a"))
