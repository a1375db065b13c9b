from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine import models
from engine.__main__ import main
from engine.inference.artifact import Artifact, digest
from engine.models.lock import Locked, LockedFile, lock_file, write_lock
from engine.models.registry import REGISTRY
from export.signature import write_signature

BASE = REGISTRY["depth-anything-3-base"]


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's record of pulled networks is read."""
    for name in ("XDG_CONFIG_HOME", "APPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))


def _pulled(tmp_path: Path) -> None:
    files = write_signature(BASE, tmp_path / "files")
    held = {path: LockedFile(sha256=digest(one), size=one.stat().st_size, where=one) for path, one in files.items()}
    write_lock(lock_file(), BASE.name, Locked(repository=BASE.repository, revision="1" * 40, files=held))


def test_list_shows_every_network(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _pulled(tmp_path)
    assert main(["models"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].split() == ["name", "kind", "size", "licence", "where"]
    assert [row.split()[0] for row in rows[1:]] == [*models.embedded(), *REGISTRY]
    assert {models.DEFAULT_DEPTH, models.DEFAULT_INFILL} <= set(models.embedded())
    where = {row.split()[0]: row for row in rows[1:]}
    assert "comes with Wheatstone" in where[models.DEFAULT_DEPTH]
    assert where[BASE.name].split()[-1] == "pulled"
    assert where["midas-small"].split()[-3:] == ["models", "pull", "midas-small"]


def test_info_tells_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "info", models.DEFAULT_DEPTH]) == 0
    out = capsys.readouterr().out
    artifact = Artifact.load(models.find(models.DEFAULT_DEPTH))
    for fact in (artifact.sha256, artifact.licence, "depth", f"{models.DEFAULT_DEPTH}.md"):
        assert fact in out, fact


def test_info_of_what_was_not_pulled(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "info", "midas-small"]) == 0
    out = "".join(capsys.readouterr().out.split())
    entry = REGISTRY["midas-small"]
    for fact in (entry.repository, entry.revision, entry.files[0].sha256, entry.licence, "pulledno"):
        assert fact is not None
        assert fact.replace(" ", "") in out, fact


def test_info_of_what_was_pulled(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _pulled(tmp_path)
    assert main(["models", "info", BASE.name]) == 0
    out = capsys.readouterr().out
    assert "yes, commit 1111" in out
    assert "feed.gives" in out


def test_info_of_a_file_says_what_is_assumed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = write_signature(REGISTRY["depth-anything-v2-small"], tmp_path)["onnx/model.onnx"]
    assert main(["models", "info", str(path)]) == 0
    out = capsys.readouterr().out
    for fact in ("pixel_values: N x 3 x H x W", "patches of 14", "those of ImageNet", "gives disparity"):
        assert fact in " ".join(out.split()), fact


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["info", "nothing"], "nothing: there is no such network; known are"),
        (["info", "depth-anythin-v2-small"], "did you mean depth-anything-v2-small"),
        (["pull", "midas"], "did you mean midas-small?"),
        (["pull", models.DEFAULT_DEPTH], "comes with Wheatstone; there is nothing to fetch"),
        (["pull", "my/net.onnx"], "my/net.onnx: a file needs no fetching; play it with --depth my/net.onnx"),
    ],
)
def test_wrong_names_are_one_line(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", *words]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert message in err


def test_pull_needs_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "pull"]) == 2
    assert "models pull needs the name of a network" in capsys.readouterr().err


def _wheatstone(tmp_path: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {"HF_HOME": str(tmp_path / "hf"), "XDG_CONFIG_HOME": str(tmp_path / "config"), "COLUMNS": "300"}
    command = [sys.executable, "-m", "engine", *words]
    return subprocess.run(
        command, env={**os.environ, **own, **environment}, capture_output=True, text=True, check=False, timeout=200
    )


@pytest.mark.skipif(importlib.util.find_spec("huggingface_hub") is None, reason="the extra `models` is not installed")
@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"HF_ENDPOINT": "http://127.0.0.1:9"}, "no connection to http://127.0.0.1:9"),
        ({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE is set"),
    ],
)
def test_pull_without_a_hub_is_one_line(environment: dict[str, str], message: str, tmp_path: Path) -> None:
    done = _wheatstone(tmp_path, "models", "pull", "midas-small", **environment)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert message in done.stderr


def test_depth_by_a_name_that_was_not_pulled(tmp_path: Path) -> None:
    words = ("convert", "pattern:160x96@12", str(tmp_path / "o.mp4"), "--duration", "0.2", "--depth", "midas-small")
    done = _wheatstone(tmp_path, *words)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "`wheatstone models pull midas-small` fetches it (66 MB, MIT)" in done.stderr
