"""Tiny networks, written with onnx alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper


@pytest.fixture
def small_network(tmp_path: Path) -> Path:
    """Give a three-layer convolutional network, 3 -> 8 -> 1 channels, of free batch and size."""
    rng = np.random.default_rng(5)
    first = (0.2 * rng.standard_normal((8, 3, 3, 3))).astype(np.float32)
    second = (0.2 * rng.standard_normal((1, 8, 3, 3))).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["image", "first"], ["a"], pads=[1] * 4, strides=[2, 2]),
        helper.make_node("LeakyRelu", ["a"], ["b"], alpha=0.2),
        helper.make_node("Conv", ["b", "second"], ["disparity"], pads=[1] * 4),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("disparity", TensorProto.FLOAT, ["n", 1, "h2", "w2"])],
        [numpy_helper.from_array(first, "first"), numpy_helper.from_array(second, "second")],
    )
    path = tmp_path / "small.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path
