"""What is understood of a network that nobody described, and what is assumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

from engine.errors import ModelError
from engine.inference.feed import IMAGENET_MEAN, IMAGENET_STD, Feed
from engine.inference.foreign import describe, is_notes
from engine.models.registry import REGISTRY
from export.signature import write_signature


def _plain(path: Path, *, inputs: dict[str, Any], outputs: tuple[str, ...] = ("y",), kind: int = 1) -> Path:
    first = next(iter(inputs))
    graph = helper.make_graph(
        [helper.make_node("Relu", [first], [name]) for name in outputs],
        "g",
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, kind, None) for name in outputs],
    )
    path.write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString())
    return path


def test_a_network_like_depth_anything(tmp_path: Path) -> None:
    path = write_signature(REGISTRY["depth-anything-v2-small"], tmp_path)["onnx/model.onnx"]
    found = describe(path)
    assert (found.inputs[0].name, found.outputs[0].name) == ("pixel_values", "predicted_depth")
    assert found.feed == Feed(mean=IMAGENET_MEAN, std=IMAGENET_STD)
    assert (found.size.multiple, found.size.fixed, found.licence) == (14, None, "unknown")
    assert len(found.assumed) == 3
    assert not found.is_plain


def test_a_fixed_size_and_a_window_are_read(tmp_path: Path) -> None:
    path = _plain(tmp_path / "a.onnx", inputs={"x": [1, 8, 3, 32, 64]})
    found = describe(path)
    assert (found.size.fixed, found.feed.window) == ((64, 32), 8)
    assert not any("multiples" in line for line in found.assumed)


def test_the_output_with_the_likely_name(tmp_path: Path) -> None:
    path = _plain(tmp_path / "a.onnx", inputs={"x": [None, 3, None, None]}, outputs=("sky", "Depth", "normals"))
    found = describe(path)
    assert found.outputs[0].name == "Depth"
    assert "the map is output 'Depth' of sky, Depth, normals" in found.assumed
    path.with_suffix(".json").write_text('{"output": "sky"}')
    assert describe(path).outputs[0].name == "sky"


def test_arithmetic_at_the_start_means_normalisation_inside(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Sub", ["x", "m"], ["a"]), helper.make_node("Relu", ["a"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 3, None, None])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [helper.make_tensor("m", TensorProto.FLOAT, [1], [0.5])],
    )
    path = tmp_path / "a.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    found = describe(path)
    assert found.feed == Feed()
    assert any("inside the graph" in line for line in found.assumed)


def test_notes_settle_everything(tmp_path: Path) -> None:
    path = _plain(tmp_path / "a.onnx", inputs={"x": [None, 3, None, None]})
    notes = {
        "feed": {"mean": [0, 0, 0], "std": [1, 1, 1], "white": 255, "gives": "depth", "channels": "bgr"},
        "size": {"multiple": 16, "area": 1000},
        "licence": "MIT",
        "name": "mine",
    }
    path.with_suffix(".json").write_text(json.dumps(notes))
    found = describe(path)
    assert is_notes(path.with_suffix(".json"))
    assert found.assumed == ()
    assert (found.feed.white, found.feed.gives, found.size.area, found.name, found.licence) == (
        255,
        "depth",
        1000,
        "mine",
        "MIT",
    )


@pytest.mark.parametrize(
    ("notes", "message"),
    [
        ("{", "these notes cannot be read"),
        ("[" * 100_000, "these notes cannot be read"),
        ("[]", "must be a JSON object"),
        ('{"fed": {}}', "unknown fed; notes may hold kind, feed"),
        ('{"feed": []}', "feed must be an object"),
        ('{"feed": {"gives": "height"}}', "gives must be one of"),
        ('{"size": {"multiple": 0}}', "0 is no whole number of pixels"),
        ('{"size": {"step": 14}}', "size: unknown step; known are area, fixed, multiple"),
        ('{"size": {"fixed": 640}}', r"fixed is \[width, height\], got 640"),
        ('{"size": {"fixed": [640]}}', r"fixed is \[width, height\]"),
        ('{"kind": "infill"}', "only depth networks"),
        ('{"output": "z"}', "has no output 'z'; it has y"),
        ('{"input": "z"}', "expected one input 'z'"),
    ],
)
def test_notes_that_make_no_sense(notes: str, message: str, tmp_path: Path) -> None:
    path = _plain(tmp_path / "a.onnx", inputs={"x": [None, 3, None, None]})
    path.with_suffix(".json").write_text(notes)
    with pytest.raises(ModelError, match=message) as caught:
        describe(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("inputs", "kind", "message"),
    [
        ({"x": [1, 480, 640, 3]}, 1, "colours come last"),
        ({"x": [1, 8, 32, 32]}, 1, "expected pictures"),
        ({"x": [1, 3, 32]}, 1, "expected pictures"),
        ({"x": [1, 3, 32, 32], "k": [3, 3]}, 1, "expected one input, pictures"),
        ({"x": [1, 3, 32, 32]}, TensorProto.FLOAT16, "expected float32"),
        ({"x": [1, 3, 32, 32]}, TensorProto.UINT8, "expected float32"),
    ],
)
def test_inputs_that_cannot_be_fed(inputs: dict[str, Any], kind: int, message: str, tmp_path: Path) -> None:
    path = _plain(tmp_path / "a.onnx", inputs=inputs, kind=kind)
    with pytest.raises(ModelError, match=message):
        describe(path)


def test_what_the_graph_says_is_not_blamed_on_notes_that_do_not_exist(tmp_path: Path) -> None:
    path = _plain(tmp_path / "a.onnx", inputs={"x": [100, 3, 32, 32]})
    with pytest.raises(ModelError, match=r"a\.onnx: feed: window must be 1 to 64 frames, got 100"):
        describe(path)


def test_unsafe_files_get_no_further(tmp_path: Path) -> None:
    path = _plain(tmp_path / "a.onnx", inputs={"x": [None, 3, None, None]})
    model = onnx.load(path)
    model.graph.node[0].domain = "evil.corp"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match=r"evil\.corp\.Relu"):
        describe(path)
