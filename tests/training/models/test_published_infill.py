"""Published checkpoints become ours, or are refused with the tensors that differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from training.__main__ import main
from training.checkpoint import load_checkpoint
from training.models.infill import InfillConfig, infill_network
from training.models.published_infill import import_published

BASE = 8


@pytest.fixture
def weights() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return infill_network(InfillConfig(variant="reference", base=BASE)).state_dict()


def _published(path: Path, weights: dict[str, Tensor], **changes: Any) -> Path:
    optimizer = {"state": {0: {"step": torch.tensor(7.0)}}, "param_groups": [{"lr": 2e-4, "params": [0]}]}
    content = {"epoch": 12, "model_state": weights, "opt_state": optimizer, "val_loss": 0.25}
    torch.save(content | changes, path)
    return path


def test_the_published_layout_is_read(tmp_path: Path, weights: dict[str, Tensor]) -> None:
    found = import_published(_published(tmp_path / "epoch_012.pt", weights))
    assert found.recipe == "infill"
    assert found.step == 12
    assert found.config["base"] == BASE
    assert found.config["variant"] == "reference"
    assert found.summary["metrics"] == {"published/val_loss": 0.25}
    guide = torch.rand(1, 8, 32, 40)
    first, second = (infill_network(InfillConfig(**found.config)).eval() for _ in range(2))
    first.load_state_dict(found.ema)
    second.load_state_dict(weights)
    with torch.no_grad():
        assert torch.equal(first(guide), second(guide))


def test_wrappers_bare_states_and_half_precision_are_understood(tmp_path: Path, weights: dict[str, Tensor]) -> None:
    wrapped = {f"module._orig_mod.{name}": value.half() for name, value in weights.items()}
    found = import_published(_published(tmp_path / "wrapped.pt", wrapped))
    torch.save(weights, tmp_path / "bare.pt")
    bare = import_published(tmp_path / "bare.pt")
    assert bare.step == 0
    for name, value in weights.items():
        assert torch.equal(bare.ema[name], value)
        assert found.ema[name].dtype == torch.float32
        assert torch.allclose(found.ema[name], value, atol=1e-3)


def test_safetensors_are_understood(tmp_path: Path, weights: dict[str, Tensor]) -> None:
    header, data = {}, b""
    for name, value in weights.items():
        raw = value.contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    (tmp_path / "a.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)
    found = import_published(tmp_path / "a.safetensors")
    assert all(torch.equal(found.ema[name], value) for name, value in weights.items())


def test_a_target_of_one_channel_is_depth(tmp_path: Path) -> None:
    weights = infill_network(InfillConfig(variant="reference", base=BASE, target="depth")).state_dict()
    assert import_published(_published(tmp_path / "depth.pt", weights)).config["target"] == "depth"


def test_foreign_networks_are_refused_with_the_tensors_that_differ(tmp_path: Path, weights: dict[str, Tensor]) -> None:
    renamed = {name.replace("bottleneck", "middle"): value for name, value in weights.items()}
    renamed["enc2.1.gate.bias"] = torch.zeros(3)
    del renamed["out.1.bias"]
    with pytest.raises(ValueError, match=r"renamed\.pt: \d+ tensors differ from GatedUNet") as caught:
        import_published(_published(tmp_path / "renamed.pt", renamed))
    text = str(caught.value)
    assert "missing bottleneck.0.feature.weight (64, 64, 3, 3)" in text
    assert "missing out.1.bias (3,)" in text
    assert "unexpected middle" in text or "and" in text.rsplit(";", 1)[1]
    video = dict(weights) | {"enc1.0.feature.weight": torch.zeros(BASE, 15, 3, 3)}
    with pytest.raises(ValueError, match=r"enc1\.0\.feature\.weight is \(8, 15, 3, 3\), expected \(8, 8, 3, 3\)"):
        import_published(_published(tmp_path / "video.pt", video))


def test_a_checkpoint_of_another_kind_is_told_what_differs(tmp_path: Path) -> None:
    ours = infill_network(InfillConfig(fast=(8, 8, 8))).state_dict()
    torch.save({"format": 1, "network": ours, "optimizer": {}}, tmp_path / "last.pt")
    with pytest.raises(ValueError, match=r"tensors differ from GatedUNet: missing enc1\.0\.feature\.weight"):
        import_published(tmp_path / "last.pt")


def test_damaged_weights_are_refused(tmp_path: Path, weights: dict[str, Tensor]) -> None:
    weights["out.1.bias"][1] = torch.nan
    with pytest.raises(ValueError, match=r"1 tensors hold NaN or infinity: out\.1\.bias"):
        import_published(_published(tmp_path / "nan.pt", weights))
    torch.save({"epoch": 3, "note": "no weights"}, tmp_path / "none.pt")
    with pytest.raises(ValueError, match="holds no named tensors"):
        import_published(tmp_path / "none.pt")


def test_the_command_writes_a_checkpoint_of_ours(
    tmp_path: Path, weights: dict[str, Tensor], capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = _published(tmp_path / "epoch_012.pt", weights), tmp_path / "mine" / "imported.pt"
    assert main(["import-infill", str(source), "--out", str(out)]) == 0
    assert "102 tensors" in capsys.readouterr().out
    assert load_checkpoint(out).config["base"] == BASE
    source.write_bytes(source.read_bytes()[:-400])
    assert main(["import-infill", str(source), "--out", str(out)]) == 1
    text = capsys.readouterr().err
    assert "epoch_012.pt: damaged" in text
    assert text.count("\n") == 1
