"""Our reader of ONNX files says what the onnx package says, and never trips over damage."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from engine import models
from engine.inference.onnx_file import NotOnnxError, read_onnx
from engine.models.registry import REGISTRY
from export.signature import write_signature


def test_it_agrees_with_the_onnx_package() -> None:
    path = models.find(models.DEFAULT_DEPTH)
    found, graph = read_onnx(path), onnx.load(path).graph
    assert [(one.name, one.shape, one.dtype) for one in found.inputs] == [("image", ("N", 3, "H", "W"), "float32")]
    assert [one.name for one in found.outputs] == [one.name for one in graph.output]
    assert found.nodes == len(graph.node)
    assert found.operators == {("", node.op_type) for node in graph.node}
    stored = {one.name: one for one in found.tensors}
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        assert stored[tensor.name].dims == values.shape
        assert stored[tensor.name].bytes == stored[tensor.name].held == values.nbytes
    assert found.producer == "wheatstone"
    assert found.opset == 17
    assert found.patch is None


def test_patches_and_outside_values(tmp_path: Path) -> None:
    found = read_onnx(write_signature(REGISTRY["depth-anything-3-small"], tmp_path)["onnx/model.onnx"])
    assert found.patch == 14
    assert found.first_operators == {"Squeeze"}
    assert [one.external for one in found.tensors if one.external] == [("model.onnx_data", 0, 2352)]
    assert found.inputs[0].shape == ("N", "views", 3, "H", "W")


def test_inner_graphs_and_weights_among_the_inputs(tmp_path: Path) -> None:
    inner = helper.make_graph(
        [helper.make_node("Odd", ["x"], ["y"], domain="far.away")],
        "inner",
        [],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    nodes = [helper.make_node("If", ["c"], ["out"], then_branch=inner, else_branch=inner)]
    graph = helper.make_graph(
        nodes,
        "outer",
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in (("x", [None, 3]), ("c", []))
        ],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1])],
        [numpy_helper.from_array(np.ones((), np.float32), "c")],
    )
    path = tmp_path / "nested.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    found = read_onnx(path)
    assert ("far.away", "Odd") in found.operators
    assert [(one.name, one.shape) for one in found.inputs] == [("x", ("?", 3))]
    assert found.nodes == 3


def test_nesting_has_an_end(tmp_path: Path) -> None:
    # Each level is a graph (field 6) in an attribute (field 5) of a node (field 1).
    data = b""
    for _ in range(40):
        for field in (6, 5, 1):
            length, head = len(data), bytes([field << 3 | 2])
            size = bytearray()
            while length >= 0x80:
                size.append(length & 0x7F | 0x80)
                length >>= 7
            data = head + bytes([*size, length]) + data
    path = tmp_path / "deep.onnx"
    path.write_bytes(bytes([7 << 3 | 2, len(data) & 0x7F | 0x80, len(data) >> 7]) + data)
    with pytest.raises(NotOnnxError, match="nested more than 16 deep"):
        read_onnx(path)


def _field(number: int, content: bytes) -> bytes:
    """A field of less than 128 bytes."""
    key, head = number << 3 | 2, bytearray()
    while key >= 0x80:
        head.append(key & 0x7F | 0x80)
        key >>= 7
    return bytes([*head, key, len(content)]) + content


def test_numbers_of_fields_that_other_readers_cut_to_32_bits(small_network: Path) -> None:
    hidden = _field((1 << 29) + 25, b"a function of the model for whoever drops the upper bits")
    small_network.write_bytes(small_network.read_bytes() + hidden)
    with pytest.raises(NotOnnxError, match="damaged at byte"):
        read_onnx(small_network)


def test_endless_parts_are_not_read(small_network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.inference.onnx_file._MOST_PARTS", 500)
    read_onnx(small_network)
    small_network.write_bytes(small_network.read_bytes() + b"\x08\x00" * 500)
    with pytest.raises(NotOnnxError, match="more than 500 parts"):
        read_onnx(small_network)


def test_long_rows_of_numbers_cost_nothing(tmp_path: Path) -> None:
    values = helper.make_node("Constant", [], ["c"], value_ints=[1] * 50_000)
    output = helper.make_tensor_value_info("c", TensorProto.INT64, [50_000])
    path = tmp_path / "long.onnx"
    path.write_bytes(helper.make_model(helper.make_graph([values], "g", [], [output])).SerializeToString())
    assert read_onnx(path).nodes == 1


@pytest.mark.parametrize("content", [b"", b"\xff" * 40, b"hello, this is no network", b"\x0a"])
def test_other_bytes_are_no_network(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(content)
    with pytest.raises(NotOnnxError):
        read_onnx(path)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_is_never_more_than_an_error(small_network: Path, data: st.DataObject) -> None:
    content = bytearray(small_network.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = small_network.with_name("damaged.onnx")
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(NotOnnxError):
        read_onnx(path)
