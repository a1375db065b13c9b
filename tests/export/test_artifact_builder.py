"""Export of both networks with random weights: files, parity, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from engine.errors import ModelError
from engine.inference.artifact import Artifact
from export import artifact_builder
from export.artifact_builder import ParityError, export_checkpoint
from export.parity import Parity
from training.checkpoint import Checkpoint, save_checkpoint
from training.models.depth import DepthConfig, DepthNet
from training.models.infill import InfillConfig, infill_network

_DEPTH = DepthConfig(stem=8, encoder=(12, 16, 24, 32), blocks=(1, 1, 1, 1), decoder=(16, 12, 8, 8))


def _shaken(network: nn.Module) -> nn.Module:
    """A network as after training: no zero weights, batch statistics that are not 0 and 1."""
    torch.manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.running_mean, std=0.2)  # type: ignore[arg-type]
            nn.init.uniform_(module.running_var, 0.5, 2)  # type: ignore[arg-type]
        elif isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
    return network.eval()


def _network(kind: str, variant: str = "fast") -> tuple[nn.Module, dict[str, Any]]:
    if kind == "depth":
        return _shaken(DepthNet(_DEPTH)), _DEPTH.to_dict()
    config = InfillConfig(variant=variant, base=8)  # type: ignore[arg-type]
    return _shaken(infill_network(config)), config.to_dict()


def _save(path: Path, kind: str, variant: str = "fast", **changes: Any) -> nn.Module:
    network, config = _network(kind, variant)
    zeros = {name: torch.zeros_like(value) for name, value in network.state_dict().items()}
    fields = {"recipe": kind, "config": config, "network": zeros, "ema": network.state_dict(), "optimizer": {}}
    fields |= {"step": 7, "seconds": 90.0, "summary": {"data": "drawn", "metrics": {"scenes/spearman": 0.5}}}
    save_checkpoint(Checkpoint(**(fields | changes)), path)
    return network


@pytest.mark.parametrize(("kind", "variant"), [("depth", "fast"), ("infill", "fast"), ("infill", "reference")])
@pytest.mark.parametrize("half", [True, False], ids=["fp16", "fp32"])
def test_exported_network_is_the_trained_one(tmp_path: Path, kind: str, variant: str, half: bool) -> None:
    network = _save(tmp_path / "last.pt", kind, variant)
    done = export_checkpoint(kind, tmp_path / "last.pt", tmp_path / "out", name="tiny", half_weights=half)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["tiny.json", "tiny.md", "tiny.onnx"]
    artifact = Artifact.load(tmp_path / "out" / "tiny.onnx")
    assert artifact == done.artifact
    assert {entry.name for entry in done.parity} == {"onnxruntime-f32", "openvino-f32", "openvino-bf16"}
    if not half:
        assert done.parity[0].worst < 1e-4

    # A size that the exporter has not seen.
    value = torch.rand(3, 8 if kind == "infill" else 3, 32, 64)
    if kind == "infill":
        value[:, 3] = (value[:, 3] > 0.5).float()
    session = onnxruntime.InferenceSession(str(artifact.path), providers=["CPUExecutionProvider"])
    (actual,) = session.run([artifact.outputs[0].name], {artifact.inputs[0].name: value.numpy()})
    with torch.no_grad():
        np.testing.assert_allclose(actual, network(value).numpy(), atol=0.02 * float(np.ptp(actual)))


def test_graph_is_lean(tmp_path: Path) -> None:
    _save(tmp_path / "last.pt", "depth")
    done = export_checkpoint("depth", tmp_path / "last.pt", tmp_path)
    graph = onnx.load(done.artifact.path).graph
    assert "BatchNormalization" not in {node.op_type for node in graph.node}
    assert [entry.name for entry in graph.input] == ["image"]
    half = [tensor for tensor in graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT16]
    assert len(half) > 10
    assert done.artifact.path.stat().st_size < 2.5 * done.parameters + 50_000


def test_card_and_sidecar_tell_the_training(tmp_path: Path) -> None:
    _save(tmp_path / "last.pt", "infill")
    export_checkpoint("infill", tmp_path / "last.pt", tmp_path)
    card = (tmp_path / "infill-small.md").read_text()
    for part in (
        "| steps | 7 |",
        "| minutes | 1.5 |",
        "| scenes/spearman | 0.5 |",
        "What it cannot do",
        "multiples of 8",
    ):
        assert part in card
    sidecar = json.loads((tmp_path / "infill-small.json").read_text())
    assert sidecar["training"]["data"] == "drawn"
    assert sidecar["parity"]["onnxruntime-f32"]["mean"] < 1e-3


def test_disagreement_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _save(tmp_path / "last.pt", "depth")
    wrong = Parity(runtime="onnxruntime", precision="f32", mean=0.5, worst=float("nan"))
    monkeypatch.setattr(artifact_builder, "measure_parity", lambda *_: [wrong])
    with pytest.raises(ParityError, match=r"nothing written.*onnxruntime-f32: mean 0\.5"):
        export_checkpoint("depth", tmp_path / "last.pt", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_foreign_checkpoints_are_refused(tmp_path: Path) -> None:
    _save(tmp_path / "last.pt", "depth")
    with pytest.raises(ValueError, match="checkpoint of the depth recipe, not of infill"):
        export_checkpoint("infill", tmp_path / "last.pt", tmp_path)
    _save(tmp_path / "other.pt", "depth", config=DepthConfig().to_dict())
    with pytest.raises(ValueError, match=r"other\.pt: \d+ tensors differ from DepthNet: missing stages\.1\.2"):
        export_checkpoint("depth", tmp_path / "other.pt", tmp_path)
    _save(tmp_path / "odd.pt", "depth", config={"layers": 3})
    with pytest.raises(ValueError, match=r"odd\.pt: its config"):
        export_checkpoint("depth", tmp_path / "odd.pt", tmp_path)


def test_damage_after_export_is_noticed(tmp_path: Path) -> None:
    _save(tmp_path / "last.pt", "infill")
    path = export_checkpoint("infill", tmp_path / "last.pt", tmp_path).artifact.path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match="damaged or replaced"):
        Artifact.load(path)
