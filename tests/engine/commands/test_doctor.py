from __future__ import annotations

import pytest

from engine.__main__ import main
from engine.commands.doctor import Finding, examine
from engine.inference import installed_runtimes


@pytest.fixture(scope="module")
def findings() -> dict[str, Finding]:
    return {finding.what: finding for finding in examine()}


def test_every_part_is_examined(findings: dict[str, Finding]) -> None:
    for what in (
        "machine",
        "versions",
        "CUDA",
        "encoder libx264",
        "OpenGL off screen (EGL)",
        "extra gpu",
        "extra train",
        "extra models",
    ):
        assert what in findings


def test_findings_agree_with_the_machine(findings: dict[str, Finding]) -> None:
    for name in installed_runtimes():
        assert findings[f"runtime {name}"].state == "ok"
        assert "CPU" in findings[f"runtime {name}"].detail
    assert findings["encoder libx264"].state == "ok"


def test_what_is_missing_comes_with_a_remedy(findings: dict[str, Finding]) -> None:
    for finding in findings.values():
        assert finding.state in ("ok", "missing", "no")
        if finding.state == "missing":
            assert "install" in finding.detail


def test_the_table_keeps_square_brackets(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [Finding("extra gpu", "missing", "pip install 'wheatstone[gpu]'"), Finding("CUDA", "no", "none")]
    monkeypatch.setattr("engine.commands.doctor.examine", lambda: iter(lines))
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "missing" in out
    assert "wheatstone[gpu]" in out
