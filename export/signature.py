"""Small stand-ins for the networks of the registry: `python -m export.signature NAME --out DIR`.

A stand-in has the file names, input, outputs, shapes and size rule of the real network and a few kilobytes of weights.
What it answers is simple but plausible: lower in the picture and brighter is nearer. So everything that handles the
real files can be proved where none of them can be fetched.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import tyro
from onnx import TensorProto, helper, numpy_helper

from engine.models.registry import REGISTRY, Entry

OPSET = 17
_FEATURES = 4


@dataclass(frozen=True, kw_only=True)
class SignatureOptions:
    """Write a small network with the signature of one in the registry."""

    name: tyro.conf.Positional[str]
    """A name of `wheatstone models list`."""
    out: Path
    """Folder to write to; files get the paths that they have in their repository."""


def write_signature(entry: Entry, out: Path) -> dict[str, Path]:
    """Write the stand-in's files.

    Args:
        entry: of the registry; `shrunk` makes one of a fixed size smaller.
        out: made if it does not exist.

    Returns:
        Where each file lies, by its path in the repository.
    """
    files = {file.path: out / file.path for file in entry.files}
    for path in files.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    first, *others = entry.files
    if entry.head is not None:
        tokens = _tokens(entry)
        _save(_encoder(entry, tokens), files[first.path])
        _save(_head(entry, tokens), files[entry.head])
    else:
        data = next((file.name for file in others if not file.name.endswith(".onnx")), None)
        _save(_single(entry), files[first.path], data)
    return files


def shrunk(entry: Entry, width: int, height: int, window: int = 1) -> Entry:
    """The same entry for a smaller picture and window, where both are fixed: stand-ins of full size are slow."""
    if entry.size.fixed is None:
        return entry
    frames = tuple(window if side == entry.feed.window > 1 else side for side in entry.output_shape[:-2])
    return replace(
        entry,
        size=replace(entry.size, fixed=(width, height)),
        feed=replace(entry.feed, window=window),
        input_shape=(*entry.input_shape[:-2], height, width),
        output_shape=(*frames, height, width),
    )


def main(argv: list[str] | None = None) -> int:
    """Write one stand-in; returns the exit status."""
    options = tyro.cli(SignatureOptions, args=argv, prog="python -m export.signature")
    entry = REGISTRY.get(options.name)
    if entry is None:
        sys.stderr.write(f"error: {options.name}: not in the registry; it has {', '.join(REGISTRY)}\n")
        return 1
    try:
        files = write_signature(entry, options.out)
    except OSError as error:
        sys.stderr.write(f"error: {options.out}: {error.strerror}\n")
        return 1
    for path in files.values():
        sys.stdout.write(f"{path}: {path.stat().st_size:,} bytes\n")
    return 0


def _single(entry: Entry) -> onnx.ModelProto:
    """Pictures in, a map out; the real network's other outputs as constants where it has several views."""
    name = entry.input or "input"
    output = entry.output or "output"
    has_views = len(entry.input_shape) == 5
    patch = entry.size.multiple
    nodes = []
    picture = name
    if has_views:
        nodes.append(helper.make_node("Squeeze", [name, "one"], ["picture"]))
        picture = "picture"
    nodes += _disparity_nodes(picture, patch)
    value = "disparity4"
    if entry.feed.gives != "disparity":
        nodes.append(helper.make_node("Reciprocal", [value], ["depth4"]))
        value = "depth4"
    if len(entry.output_shape) == 3:
        nodes.append(helper.make_node("Squeeze", [value, "one"], [output]))
    else:
        nodes.append(helper.make_node("Identity", [value], [output]))
    outputs = [_port(output, entry.output_shape)]
    constants = _constants(patch)
    if has_views:
        # The real one also tells how sure it is and where the camera stood; only the map is used.
        nodes.append(helper.make_node("Identity", [value], ["confidence"]))
        outputs += [_port("confidence", entry.output_shape), _port("extrinsics", (1, 1, 3, 4))]
        nodes.append(helper.make_node("Identity", ["camera"], ["extrinsics"]))
        constants.append(numpy_helper.from_array(np.eye(3, 4, dtype=np.float32)[None, None], "camera"))
    graph = helper.make_graph(nodes, entry.name, [_port(name, entry.input_shape)], outputs, constants)
    return _model(graph)


def _encoder(entry: Entry, tokens: int) -> onnx.ModelProto:
    """One picture in, four feature arrays (1, tokens, channels) out."""
    patch = entry.size.multiple
    name = entry.input or "input"
    nodes = [*_disparity_nodes(name, patch, enlarge=False), helper.make_node("Reshape", ["coarse", "rows"], ["flat"])]
    names = [f"feat{i + 1}" for i in range(_FEATURES)]
    nodes += [helper.make_node("Identity", ["flat"], [one]) for one in names]
    constants = [*_constants(patch), numpy_helper.from_array(np.array([1, tokens, 1], np.int64), "rows")]
    outputs = [_port(one, (1, tokens, 1)) for one in names]
    return _model(helper.make_graph(nodes, entry.name, [_port(name, entry.input_shape)], outputs, constants))


def _head(entry: Entry, tokens: int) -> onnx.ModelProto:
    """Four arrays (window, tokens, channels) in, maps of all frames out: each is a mean over the window and itself."""
    patch, window = entry.size.multiple, entry.feed.window
    width, height = entry.size.fixed or (patch, patch)
    names = [f"feat{i + 1}" for i in range(_FEATURES)]
    nodes = [
        helper.make_node("Sum", names, ["sum"]),
        helper.make_node("ReduceMean", ["sum"], ["mean"], axes=[0], keepdims=1),
        helper.make_node("Add", ["sum", "mean"], ["both"]),
        helper.make_node("Reshape", ["both", "map"], ["coarse"]),
        helper.make_node("Resize", ["coarse", "", "scales"], [entry.output or "depth"], mode="linear"),
    ]
    coarse = np.array([window, 1, height // patch, width // patch], np.int64)
    constants = [
        numpy_helper.from_array(coarse, "map"),
        numpy_helper.from_array(np.array([1, 1, patch, patch], np.float32), "scales"),
    ]
    inputs = [_port(one, (window, tokens, 1)) for one in names]
    outputs = [_port(entry.output or "depth", entry.output_shape)]
    return _model(helper.make_graph(nodes, entry.name, inputs, outputs, constants))


def _disparity_nodes(picture: str, patch: int, *, enlarge: bool = True) -> list[onnx.NodeProto]:
    """(N, 3, H, W) -> (N, 1, H, W), above zero: brightness of patches, and how far down they are."""
    nodes = [
        helper.make_node("Conv", [picture, "luma"], ["grey"], kernel_shape=[patch] * 2, strides=[patch] * 2),
        helper.make_node("Sigmoid", ["grey"], ["bright"]),
        helper.make_node("Mul", ["bright", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "unit"], ["ones"]),
        helper.make_node("CumSum", ["ones", "down"], ["row"]),
        helper.make_node("ReduceMax", ["row"], ["rows_all"], keepdims=1),
        helper.make_node("Div", ["row", "rows_all"], ["ramp"]),
        helper.make_node("Add", ["ramp", "bright"], ["coarse"]),
    ]
    if enlarge:
        nodes.append(helper.make_node("Resize", ["coarse", "", "scales"], ["disparity4"], mode="linear"))
    return nodes


def _constants(patch: int) -> list[onnx.TensorProto]:
    luma = np.broadcast_to(np.array([0.299, 0.587, 0.114], np.float32)[None, :, None, None], (1, 3, patch, patch))
    return [
        numpy_helper.from_array(np.ascontiguousarray(luma / patch**2), "luma"),
        numpy_helper.from_array(np.zeros(1, np.float32), "zero"),
        numpy_helper.from_array(np.ones(1, np.float32), "unit"),
        numpy_helper.from_array(np.array(2, np.int64), "down"),
        numpy_helper.from_array(np.array([1], np.int64), "one"),
        numpy_helper.from_array(np.array([1, 1, patch, patch], np.float32), "scales"),
    ]


def _tokens(entry: Entry) -> int:
    width, height = entry.size.fixed or (entry.size.multiple, entry.size.multiple)
    return (width // entry.size.multiple) * (height // entry.size.multiple)


def _port(name: str, shape: tuple[int | str, ...]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))


def _model(graph: onnx.GraphProto) -> onnx.ModelProto:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    model.producer_name = "wheatstone stand-in"
    return model


def _save(model: onnx.ModelProto, path: Path, data: str | None = None) -> None:
    onnx.checker.check_model(model)
    if data is None:
        path.write_bytes(model.SerializeToString())
        return
    (path.parent / data).unlink(missing_ok=True)
    onnx.save_model(model, path, save_as_external_data=True, location=data, size_threshold=1024)


if __name__ == "__main__":
    sys.exit(main())
