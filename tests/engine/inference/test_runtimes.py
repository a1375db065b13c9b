"""Choosing a runtime: what is there is used, what is not there is an error and never replaced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import UnavailableError, UsageError
from engine.inference import RUNTIMES, installed_runtimes, open_session
from engine.inference.artifact import Artifact, Port, SizeRule, Tolerance, digest
from engine.inference.cuda import device_count
from engine.inference.openvino import has_bf16

SHAPE = (1, 3, 32, 64)


@pytest.fixture
def artifact(small_network: Path) -> Artifact:
    """Give an artifact that tolerates bfloat16."""
    return _artifact(small_network, {"bf16": Tolerance(mean=0.05, worst=0.2)})


def _artifact(path: Path, tolerance: dict[str, Tolerance]) -> Artifact:
    return Artifact(
        name="small",
        kind="depth",
        path=path,
        sha256=digest(path),
        opset=17,
        inputs=(Port(name="image", shape=("N", 3, "H", "W")),),
        outputs=(Port(name="disparity", shape=("N", 1, "H", "W")),),
        size=SizeRule(multiple=32),
        tolerance=tolerance,
    )


@pytest.mark.parametrize("name", RUNTIMES)
def test_every_runtime_of_the_table_plays_an_artifact(name: str, artifact: Artifact) -> None:
    session = open_session(artifact, SHAPE, runtime=name, device="cpu", threads=1)
    assert (session.runtime, session.device, session.shape) == (name, "cpu", SHAPE)
    assert session.run(np.zeros(SHAPE, np.float32)).shape == (1, 1, 16, 32)


def test_auto_on_a_cpu_is_openvino(artifact: Artifact) -> None:
    assert installed_runtimes()[0] == "openvino"
    session = open_session(artifact, SHAPE, device="cpu", threads=1)
    assert (session.runtime, session.device) == ("openvino", "cpu")


def test_low_precision_only_where_the_network_allows_it(small_network: Path) -> None:
    if not has_bf16():
        pytest.skip("this CPU does not compute in bfloat16")
    tolerances = {
        "bf16": {"bf16": Tolerance(mean=0.05, worst=0.2)},
        "f32": {"bf16": Tolerance(mean=1e-9, worst=1e-9)},
    }
    for expected, tolerance in tolerances.items():
        session = open_session(_artifact(small_network, tolerance), SHAPE, device="cpu", threads=1)
        assert session.precision == expected
    assert open_session(_artifact(small_network, {}), SHAPE, device="cpu", threads=1).precision == "f32"


@pytest.mark.skipif(device_count() > 0, reason="this machine has a CUDA device")
@pytest.mark.parametrize("runtime", ["auto", "onnxruntime", "openvino"])
def test_cuda_without_a_device_is_an_error(runtime: str, artifact: Artifact) -> None:
    with pytest.raises(UnavailableError, match="--device cuda"):
        open_session(artifact, SHAPE, runtime=runtime, device="cuda")


def test_what_is_not_there_is_named(artifact: Artifact) -> None:
    with pytest.raises(UnavailableError, match="tensorrt"):
        open_session(artifact, SHAPE, runtime="tensorrt")
    with pytest.raises(UsageError, match="choose one of auto"):
        open_session(artifact, SHAPE, runtime="abacus")
    with pytest.raises(UsageError, match="choose one of auto, cpu, cuda"):
        open_session(artifact, SHAPE, device="tpu")
