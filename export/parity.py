"""Does the exported file compute what the PyTorch network computes? Measured in every runtime that is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import nn

from engine.inference.artifact import Tolerance, relative_error
from engine.inference.openvino import load_openvino

Float32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """Largest differences from PyTorch over all inputs, as shares of the output's range."""

    runtime: str
    precision: str
    mean: float
    worst: float

    @property
    def name(self) -> str:
        """Runtime and precision in one word."""
        return f"{self.runtime}-{self.precision}"

    def within(self, tolerance: Tolerance) -> bool:
        """Whether both figures are allowed."""
        return self.mean <= tolerance.mean and self.worst <= tolerance.worst

    def to_dict(self) -> dict[str, float]:
        """Figures for the sidecar."""
        return {"mean": float(f"{self.mean:.3g}"), "worst": float(f"{self.worst:.3g}")}


def measure_parity(network: nn.Module, onnx_file: bytes, inputs: list[Float32]) -> list[Parity]:
    """Run every input through PyTorch and through ONNX Runtime and OpenVINO.

    Args:
        network: in eval mode, float32, on the CPU.
        onnx_file: the exported file.
        inputs: (N, C, H, W) each; sizes may differ.

    Returns:
        onnxruntime-f32, openvino-f32, and openvino-bf16 (which on a CPU without bfloat16 computes in float32).
    """
    with torch.no_grad():
        exact = [network(torch.from_numpy(value)).numpy() for value in inputs]
    openvino_runs = {precision: _run_openvino(onnx_file, inputs, precision) for precision in ("f32", "bf16")}
    return [
        _compare("onnxruntime", "f32", exact, _run_onnxruntime(onnx_file, inputs)),
        *(_compare("openvino", precision, exact, actual) for precision, actual in openvino_runs.items()),
    ]


def failures(found: list[Parity], tolerance: Mapping[str, Tolerance], precisions: tuple[str, ...]) -> list[str]:
    """One sentence for each runtime of the precisions named that differs too much."""
    return [
        f"{parity.name}: mean {parity.mean:.2g}, worst {parity.worst:.2g} of the range, allowed are "
        f"{tolerance[parity.precision].mean:g} and {tolerance[parity.precision].worst:g}"
        for parity in found
        if parity.precision in precisions and not parity.within(tolerance[parity.precision])
    ]


def _compare(runtime: str, precision: str, exact: list[Float32], actual: list[Any]) -> Parity:
    errors = [relative_error(a, e) for a, e in zip(actual, exact, strict=True)]
    mean, worst = (float(np.max([error[k] for error in errors])) for k in (0, 1))
    return Parity(runtime=runtime, precision=precision, mean=mean, worst=worst)


def _run_onnxruntime(onnx_file: bytes, inputs: list[Float32]) -> list[Any]:
    session = onnxruntime.InferenceSession(onnx_file, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return [session.run(None, {name: value})[0] for value in inputs]


def _run_openvino(onnx_file: bytes, inputs: list[Float32], precision: str) -> list[Any]:
    core = load_openvino().Core()
    results = []
    for value in inputs:
        # Static shapes, as the engine opens it.
        model = core.read_model(onnx_file)
        model.reshape(list(value.shape))
        compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": precision})
        results.append(compiled(value)[0].copy())
    return results
