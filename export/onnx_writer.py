"""PyTorch network -> ONNX bytes: batch, height and width free, BatchNorm folded, weights stored in half precision."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

OPSET = 17
_SMALL = 64
"""Tensors with fewer values than this stay float32: biases and constants weigh nothing and their rounding shows."""


def onnx_bytes(
    network: nn.Module, *, input_name: str, output_name: str, example: torch.Tensor, half_weights: bool = True
) -> bytes:
    """The network as an ONNX file.

    Args:
        network: switched to eval mode.
        input_name: of the one input.
        output_name: of the one output.
        example: (N, C, H, W) float32; only its number of channels ends up in the graph.
        half_weights: store large weights as float16 (they are widened when the file is loaded; computing is float32).

    Raises:
        onnx.checker.ValidationError: the exporter produced an invalid graph.
    """
    network.eval()
    free = {0: "N", 2: "H", 3: "W"}
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        # The TorchScript exporter folds BatchNorm and writes a static graph that OpenVINO fuses fully. It is marked
        # as ageing; our torch is pinned, and the parity check would notice a change.
        warnings.simplefilter("ignore")
        path = Path(folder) / "network.onnx"
        torch.onnx.export(
            network,
            (example,),
            path,
            input_names=[input_name],
            output_names=[output_name],
            opset_version=OPSET,
            dynamo=False,
            dynamic_axes={input_name: free, output_name: free},
        )
        model = onnx.load(path)
    if half_weights:
        _halve_weights(model)
    model.producer_name = "wheatstone"
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _halve_weights(model: onnx.ModelProto) -> None:
    """Replace large float32 initialisers by float16 ones, each followed by a cast that runtimes fold at load."""
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < _SMALL:
            continue
        values = numpy_helper.to_array(tensor)
        if np.abs(values).max() > np.finfo(np.float16).max:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    for node in reversed(casts):
        graph.node.insert(0, node)
