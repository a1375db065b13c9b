"""Files that are not opened, each with one line that says why."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from engine import models
from engine.errors import ModelError
from engine.inference.safety import MAX_FILE_BYTES, external_files, inspect
from engine.models.registry import REGISTRY
from export.signature import write_signature


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Give a network with values in a file beside it."""
    return write_signature(REGISTRY["depth-anything-3-small"], tmp_path / "a")["onnx/model.onnx"]


def _refused(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        inspect(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


def _changed(path: Path, change: Callable[[onnx.ModelProto], Any]) -> Path:
    model = onnx.load(path, load_external_data=False)
    change(model)
    path.write_bytes(model.SerializeToString())
    return path


def _location(model: onnx.ModelProto, key: str, value: str) -> None:
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == key:
                entry.value = value


def test_harmless_networks_pass(outside: Path, small_network: Path) -> None:
    inspect(small_network)
    assert external_files(outside, inspect(outside)) == (outside.with_name("model.onnx_data"),)
    for name in models.embedded():
        inspect(models.find(name))


@pytest.mark.parametrize(
    "location",
    ["../model.onnx_data", "/etc/passwd", "a/../../x", "C:\\x", "..\\x", "\\\\host\\x", "", "*/_ORT_MEM_ADDR_/*"],
)
def test_values_outside_the_folder(location: str, outside: Path) -> None:
    message = _refused(_changed(outside, lambda model: _location(model, "location", location)))
    assert "outside its own folder" in message
    assert repr(location) in message


def test_a_link_out_of_the_folder(outside: Path, tmp_path: Path) -> None:
    data = outside.with_name("model.onnx_data")
    data.rename(tmp_path / "elsewhere")
    data.symlink_to(tmp_path / "elsewhere")
    assert "a link that leads out of its folder" in _refused(outside)


def test_missing_and_short_values(outside: Path) -> None:
    data = outside.with_name("model.onnx_data")
    data.write_bytes(data.read_bytes()[:-1])
    assert "is too short for tensor 'luma'" in _refused(outside)
    data.unlink()
    assert "'model.onnx_data', which is missing" in _refused(outside)


def _far_values() -> onnx.TensorProto:
    tensor = onnx.TensorProto(name="far", data_type=1, dims=[4], data_location=onnx.TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="../far")
    return tensor


def _in_function(model: onnx.ModelProto) -> None:
    nodes = [helper.make_node("Relu", ["a"], ["b"])]
    function = helper.make_function("mine", "mine", ["a"], ["b"], nodes, [helper.make_opsetid("", 17)])
    function.attribute_proto.append(helper.make_attribute("values", _far_values()))
    model.functions.append(function)


def _in_sparse_attribute(model: onnx.ModelProto) -> None:
    attribute = onnx.AttributeProto(name="sparse_value", type=onnx.AttributeProto.SPARSE_TENSOR)
    attribute.sparse_tensor.values.CopyFrom(_far_values())
    model.graph.node.add(op_type="Constant", output=["c"]).attribute.append(attribute)


def _in_sparse_initializer(model: onnx.ModelProto) -> None:
    model.graph.sparse_initializer.add().indices.CopyFrom(_far_values())


def _in_training(model: onnx.ModelProto) -> None:
    model.training_info.add().algorithm.initializer.append(_far_values())


@pytest.mark.parametrize("hide", [_in_function, _in_sparse_attribute, _in_sparse_initializer, _in_training])
def test_values_outside_the_folder_are_found_wherever_they_hide(
    hide: Callable[[onnx.ModelProto], None], small_network: Path
) -> None:
    assert "takes values from '../far'" in _refused(_changed(small_network, hide))


@pytest.mark.parametrize("location", ["loop", "a" * 300])
def test_values_that_cannot_be_reached(location: str, outside: Path) -> None:
    outside.with_name("loop").symlink_to("loop")
    assert "cannot be read" in _refused(_changed(outside, lambda model: _location(model, "location", location)))


@pytest.mark.parametrize("name", ["a\nwheatstone: all is well", "\x1b[31m", "a" * 1001])
def test_names_that_would_mislead(name: str, small_network: Path) -> None:
    def change(model: onnx.ModelProto) -> None:
        model.graph.node[1].op_type = name

    assert "a name in it cannot be shown" in _refused(_changed(small_network, change))


def test_operators_that_open_files_of_their_own(small_network: Path) -> None:
    def change(model: onnx.ModelProto) -> None:
        model.graph.node[1].domain, model.graph.node[1].op_type = "com.microsoft", "EPContext"

    assert "com.microsoft.EPContext" in _refused(_changed(small_network, change))


@pytest.mark.parametrize("offset", ["-1", "x", "1e3", "9" * 20])
def test_strange_offsets(offset: str, outside: Path) -> None:
    assert "no number" in _refused(_changed(outside, lambda model: _location(model, "length", offset)))


def test_declared_sizes_must_be_there(small_network: Path) -> None:
    def change(model: onnx.ModelProto) -> None:
        model.graph.initializer[0].dims[0] = 10**12

    message = _refused(_changed(small_network, change))
    assert "tensor 'first'" in message
    assert "needs 108000000000000 bytes, the file holds 864" in message


def test_absurd_sizes(outside: Path, small_network: Path) -> None:
    def huge(model: onnx.ModelProto) -> None:
        for tensor in model.graph.initializer:
            if tensor.external_data:
                tensor.dims[0] = 10**12

    assert "declares 2352000 GB of weights" in _refused(_changed(outside, huge))

    def negative(model: onnx.ModelProto) -> None:
        model.graph.initializer[0].dims[0] = -8

    assert "negative side" in _refused(_changed(small_network, negative))


def test_sizes_beyond_all_numbers(outside: Path, small_network: Path) -> None:
    def beyond(model: onnx.ModelProto) -> None:
        model.graph.initializer[0].dims[:] = [10**12] * 40

    for path in (outside, small_network):
        assert " inf " in _refused(_changed(path, beyond))

    def many(model: onnx.ModelProto) -> None:
        model.graph.initializer[0].dims[:] = [1] * 65

    assert "more than 64 dimensions" in _refused(_changed(small_network, many))


def test_absurd_inputs(tmp_path: Path) -> None:
    shape = [1, 3, 60000, 60000]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    path = tmp_path / "large.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    assert "'x' has 10,800,000,000 values" in _refused(path)


def test_a_file_larger_than_any_onnx(tmp_path: Path) -> None:
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    assert "more than any .onnx file holds" in _refused(path)


def test_unknown_operators_are_named(small_network: Path) -> None:
    def change(model: onnx.ModelProto) -> None:
        model.graph.node[1].domain = "evil.corp"
        model.opset_import.append(helper.make_opsetid("evil.corp", 1))

    assert "operators that are not ONNX's (evil.corp.LeakyRelu)" in _refused(_changed(small_network, change))


def test_functions_of_the_file_itself_are_known(small_network: Path) -> None:
    def change(model: onnx.ModelProto) -> None:
        model.graph.node[1].domain = model.graph.node[1].op_type = "mine"
        del model.graph.node[1].attribute[:]
        opsets = [helper.make_opsetid("mine", 1), helper.make_opsetid("", 17)]
        inner = [helper.make_node("Relu", ["a"], ["b"])]
        model.functions.append(helper.make_function("mine", "mine", ["a"], ["b"], inner, opsets))
        model.opset_import.append(opsets[0])

    inspect(_changed(small_network, change))

    def odd(model: onnx.ModelProto) -> None:
        model.functions[0].node[0].domain = "evil.corp"

    assert "evil.corp.Relu" in _refused(_changed(small_network, odd))


class _Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("it was unpickled",))


def test_checkpoints_are_never_unpickled(tmp_path: Path) -> None:
    for name in ("net.pt", "net.onnx"):
        path = tmp_path / name
        path.write_bytes(pickle.dumps(_Trap()))
        assert "run code" in _refused(path) or "runs code" in _refused(path)
    zipped = tmp_path / "zipped.onnx"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(_Trap()))
    assert "PyTorch checkpoint" in _refused(zipped)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "pointer of Git LFS"),
        (b"<!doctype html><html></html>", "a web page"),
        (b"\x1f\x8b\x08\x00" + bytes(20), "compressed with gzip"),
        (b"", "it is empty"),
        (b"what", "not an ONNX network"),
    ],
)
def test_other_files_are_recognised(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(content)
    assert message in _refused(path)


def test_an_unreadable_file(tmp_path: Path) -> None:
    assert "cannot be read" in _refused(tmp_path / "none.onnx")


def test_numbers_stored_one_by_one_pass(tmp_path: Path) -> None:
    tensor = helper.make_tensor("w", TensorProto.FLOAT, [2], np.ones(2).tolist())
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [2])],
        [tensor, numpy_helper.from_array(np.ones(0, np.float32), "nothing")],
    )
    path = tmp_path / "plain.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    inspect(path)
