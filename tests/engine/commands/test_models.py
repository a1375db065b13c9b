from __future__ import annotations

import pytest

from engine import models
from engine.__main__ import main
from engine.inference.artifact import Artifact


def test_list_shows_every_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].split() == ["name", "kind", "size", "licence", "sha256"]
    assert [row.split()[0] for row in rows[1:]] == list(models.embedded())
    assert {models.DEFAULT_DEPTH, models.DEFAULT_INFILL} <= set(models.embedded())


def test_info_tells_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "info", models.DEFAULT_DEPTH]) == 0
    out = capsys.readouterr().out
    artifact = Artifact.load(models.find(models.DEFAULT_DEPTH))
    for fact in (artifact.sha256, artifact.licence, "depth", f"{models.DEFAULT_DEPTH}.md"):
        assert fact in out, fact


def test_unknown_network_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "info", "nothing"]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "nothing: there is no such network" in err
