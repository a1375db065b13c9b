"""The command line of export."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from export.__main__ import main
from training.checkpoint import Checkpoint, save_checkpoint
from training.models.infill import InfillConfig, infill_network
from training.models.published_infill import import_published


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    config = InfillConfig(fast=(8, 8, 8))
    weights = infill_network(config).state_dict()
    path = tmp_path / "last.pt"
    content = Checkpoint(
        recipe="infill",
        config=config.to_dict(),
        network=weights,
        ema=weights,
        optimizer={},
        step=1,
        seconds=1.0,
        summary={},
    )
    save_checkpoint(content, path)
    return path


def test_one_line_of_result(checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["infill", str(checkpoint), "--out", str(tmp_path / "models"), "--name", "mine"]) == 0
    text = capsys.readouterr().out
    assert text.count("\n") == 1
    assert "mine.onnx" in text
    assert "openvino-f32" in text


def test_failures_are_one_line(checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in (
        (["depth", str(checkpoint)], "not of depth"),
        (["infill", str(tmp_path / "none.pt")], "no such checkpoint"),
        (["infill", str(checkpoint.parent)], "no such checkpoint"),
    ):
        assert main([*arguments, "--out", str(tmp_path / "models")]) == 1
        text = capsys.readouterr().err
        assert text.count("\n") == 1
        assert words in text


def test_an_imported_network_is_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = infill_network(InfillConfig(variant="reference", base=8)).state_dict()
    torch.save({"epoch": 3, "model_state": weights, "opt_state": {}, "val_loss": 0.1}, tmp_path / "epoch_003.pt")
    imported = tmp_path / "imported.pt"
    save_checkpoint(import_published(tmp_path / "epoch_003.pt"), imported)
    assert main(["infill", str(imported), "--out", str(tmp_path / "models"), "--name", "published"]) == 0
    assert "published.onnx" in capsys.readouterr().out
    assert "imported from epoch_003.pt" in (tmp_path / "models" / "published.md").read_text()


def test_a_painter_of_disparity_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = infill_network(InfillConfig(variant="reference", base=8, target="depth")).state_dict()
    torch.save({"model_state": weights}, tmp_path / "depth.pt")
    save_checkpoint(import_published(tmp_path / "depth.pt"), tmp_path / "imported.pt")
    assert main(["infill", str(tmp_path / "imported.pt"), "--out", str(tmp_path / "models")]) == 1
    assert "paints depth into holes" in capsys.readouterr().err
    assert not (tmp_path / "models").exists()


def test_unknown_target_is_a_usage_error(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["sound", str(checkpoint), "--out", str(tmp_path)])
    assert caught.value.code == 2
