"""Sidecars: what is written is read again, and every kind of damage is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import ModelError, OutputError
from engine.inference.artifact import Artifact, Port, SizeRule, Tolerance, digest


@pytest.fixture
def artifact(tmp_path: Path) -> Artifact:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"not really a network, but a file with a digest")
    made = Artifact(
        name="net",
        kind="depth",
        path=path,
        sha256=digest(path),
        opset=17,
        inputs=(Port(name="image", shape=("N", 3, "H", "W"), meaning="RGB 0..1"),),
        outputs=(Port(name="disparity", shape=("N", 1, "H", "W")),),
        size=SizeRule(multiple=32, area=86016),
        tolerance={"bf16": Tolerance(mean=0.01, worst=0.1)},
        training={"steps": 3},
    )
    made.save()
    return made


def test_what_is_saved_is_loaded(artifact: Artifact) -> None:
    assert Artifact.load(artifact.path) == artifact


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda c: c.pop("sha256"), "sha256 missing"),
        (lambda c: c.pop("inputs"), "inputs missing"),
        (lambda c: c.update(kind="sound"), "unknown kind 'sound'"),
        (lambda c: c.update(format=99), "format 99"),
        (lambda c: c.update(sha256="0" * 64), "damaged or replaced"),
        (lambda c: c.update(size={"step": 4}), "not a sidecar of this version"),
        (lambda c: c.update(inputs=["image"]), "not a sidecar of this version"),
        (lambda c: c.update(inputs=[]), "inputs: there is none"),
        (lambda c: c.update(sha256=5), "sha256 must be text, got 5"),
        (lambda c: c.update(name=None), "name must be text, got None"),
        (lambda c: c.update(tolerance={"bf16": {"mean": "small", "worst": 1}}), "not a sidecar of this version"),
        (lambda c: c.update(tolerance={"bf16": {"mean": 10**400, "worst": 1}}), "not a sidecar of this version"),
    ],
)
def test_damaged_sidecar(artifact: Artifact, damage: Callable[[dict[str, Any]], object], words: str) -> None:
    content = json.loads(artifact.sidecar_path.read_text())
    damage(content)
    artifact.sidecar_path.write_text(json.dumps(content))
    with pytest.raises(ModelError, match=words) as caught:
        Artifact.load(artifact.path)
    assert "net." in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sidecar_that_is_not_json(artifact: Artifact) -> None:
    artifact.sidecar_path.write_bytes(b"\xff\x00{")
    with pytest.raises(ModelError, match=r"net\.json.*cannot be read"):
        Artifact.load(artifact.path)
    artifact.sidecar_path.write_text("[" * 100_000)
    with pytest.raises(ModelError, match=r"net\.json.*cannot be read"):
        Artifact.load(artifact.path)
    artifact.sidecar_path.write_text("[]")
    with pytest.raises(ModelError, match="expected a JSON object"):
        Artifact.load(artifact.path)


def test_missing_files(artifact: Artifact) -> None:
    with pytest.raises(ModelError, match="no such file"):
        Artifact.load(artifact.path.with_name("other.onnx"))
    with pytest.raises(ModelError, match=r"\.onnx file with its \.json"):
        Artifact.load(artifact.path.with_suffix(".pt"))
    artifact.sidecar_path.unlink()
    with pytest.raises(ModelError, match=r"its sidecar net\.json is missing"):
        Artifact.load(artifact.path)


def test_changed_network_is_noticed(artifact: Artifact) -> None:
    artifact.path.write_bytes(artifact.path.read_bytes()[:-1] + b"!")
    with pytest.raises(ModelError, match="damaged or replaced"):
        Artifact.load(artifact.path)


def test_unwritable_folder_leaves_no_rest(artifact: Artifact, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        replace(artifact, path=tmp_path / "nowhere" / "net.onnx").save()


def test_closeness_is_relative_to_the_range(artifact: Artifact) -> None:
    exact = np.linspace(0, 200, 100, dtype=np.float32).reshape(1, 1, 10, 10)
    assert artifact.is_close(exact + 1, exact)
    assert not artifact.is_close(exact + 3, exact)
    spike = exact.copy()
    spike[0, 0, 0, 0] += 30
    assert not artifact.is_close(spike, exact)
    assert not artifact.is_close(np.full_like(exact, np.nan), exact)
    assert not artifact.is_close(exact[..., :5], exact)
    assert not artifact.is_close(exact, exact, precision="int8")
