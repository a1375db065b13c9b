"""The command line of training."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.__main__ import main
from training.recipes import RECIPES


def test_overview_names_every_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for name in (*RECIPES, "data scenes", "data infill", "import-infill"):
        assert name in text
    assert main([]) == 2


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_recipe_explains_its_options(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([name, "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    for option in ("--data", "--minutes", "--resume", "--threads", "--model."):
        assert option in text


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_recipe_trains_a_few_steps(
    name: str, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [name, "--data", str(shards), "--out", str(tmp_path), "--steps", "3", "--batch", "2", "--threads", "1"]
    arguments += ["--size", "64", "64"]
    assert main(arguments) == 0
    assert "done after 3 steps" in capsys.readouterr().out
    assert (tmp_path / "last.pt").is_file()


def test_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["portrait"]) == 2
    assert "unknown recipe 'portrait': choose from depth, infill" in capsys.readouterr().err
    assert main(["data"]) == 2
    assert "choose `scenes` or `infill`" in capsys.readouterr().err
    assert main(["data", "--help"]) == 0
    assert "choose `scenes` or `infill`" in capsys.readouterr().out
    for command in (["data", "infill"], ["import-infill"]):
        with pytest.raises(SystemExit) as caught:
            main([*command, "--help"])
        assert caught.value.code == 0
        assert "--out" in capsys.readouterr().out
    with pytest.raises(SystemExit) as caught:
        main(["depth", "--data", str(tmp_path), "--out", str(tmp_path)])
    assert caught.value.code == 2
    assert "exactly one of --steps and --minutes" in capsys.readouterr().err
    assert main(["depth", "--data", str(tmp_path / "none"), "--out", str(tmp_path), "--steps", "1"]) == 1
    assert "no such folder of shards" in capsys.readouterr().err
