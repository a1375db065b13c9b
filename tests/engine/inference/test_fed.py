"""Networks of others behind the usual session: what goes in, what comes out, what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from engine.errors import ModelError
from engine.inference import RUNTIMES, open_session
from engine.inference.artifact import Artifact, Port, SizeRule, digest
from engine.inference.fed import FedSession, inner_shape, inverse_depth
from engine.inference.feed import Feed
from engine.models import artifact_of
from engine.models.registry import REGISTRY
from export.signature import shrunk, write_signature

SHAPE = (1, 3, 28, 42)


def _network(
    path: Path, nodes: list[Any], shape: list[Any], out: list[Any], stored: dict[str, Any] | None = None
) -> Path:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, out)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in (stored or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


def _artifact(path: Path, feed: Feed, shape: tuple[int | str, ...] = ("N", 3, "H", "W")) -> Artifact:
    return Artifact(
        name="other",
        kind="depth",
        path=path,
        sha256=digest(path),
        opset=17,
        inputs=(Port(name="x", shape=shape),),
        outputs=(Port(name="y", shape=()),),
        size=SizeRule(multiple=14),
        feed=feed,
    )


@pytest.fixture
def first_channel(tmp_path: Path) -> Path:
    """Give a network that answers with the first channel it is given."""
    cut = {"a": np.array([0]), "b": np.array([1]), "axis": np.array([1])}
    nodes = [helper.make_node("Slice", ["x", "a", "b", "axis"], ["y"])]
    return _network(tmp_path / "first.onnx", nodes, ["N", 3, "H", "W"], ["N", 1, "H", "W"], cut)


@pytest.fixture
def picture(rng: np.random.Generator) -> np.ndarray:
    """Give a picture."""
    return rng.random(SHAPE, dtype=np.float32)


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("channels", ["rgb", "bgr"])
def test_pictures_are_prepared_as_asked(runtime: Any, channels: Any, first_channel: Path, picture: np.ndarray) -> None:
    feed = Feed(mean=(10.0, 20.0, 30.0), std=(2.0, 4.0, 5.0), white=255.0, channels=channels)
    session = open_session(_artifact(first_channel, feed), SHAPE, runtime=runtime, device="cpu", threads=1)
    assert isinstance(session, FedSession)
    assert (session.runtime, session.device, session.shape) == (runtime, "cpu", SHAPE)
    before = picture.copy()
    expected = (255 * picture[:, 0 if channels == "rgb" else 2] - 10) / 2
    np.testing.assert_allclose(session.run(picture)[:, 0], expected, rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(picture, before)
    with pytest.raises(ValueError, match="opened for"):
        session.run(picture[:, :, :14])


@pytest.mark.parametrize("gives", ["depth", "metric depth"])
def test_depth_becomes_disparity(gives: Any, first_channel: Path, picture: np.ndarray) -> None:
    picture[0, 0, 0, :2] = 0, np.inf
    session = open_session(_artifact(first_channel, Feed(gives=gives)), SHAPE, runtime="onnxruntime", device="cpu")
    found = session.run(picture)
    np.testing.assert_allclose(found[0, 0, 1:], 1 / np.maximum(picture[0, 0, 1:], 0.005), rtol=0.01)
    assert found[0, 0, 0, 0] == found.max()
    assert found[0, 0, 0, 1] == 0
    assert np.isfinite(found).all()


def test_inverse_depth_of_odd_values() -> None:
    assert not inverse_depth(np.zeros((2, 2), np.float32)).any()
    assert not inverse_depth(np.full((2, 2), -1, np.float32)).any()
    found = inverse_depth(np.array([[1.0, np.nan], [2.0, 4.0]], np.float32))
    np.testing.assert_array_equal(found, np.array([[1.0, np.nan], [0.5, 0.25]], np.float32))


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("shape", [("N", "F", 3, "H", "W"), ("F", 3, "H", "W")])
def test_a_window_rolls_and_begins_with_its_first_frame(
    runtime: Any, shape: tuple[Any, ...], tmp_path: Path, picture: np.ndarray
) -> None:
    # Gives for each frame the mean over the window and colours, so that the memory can be read from any of them.
    rank = len(shape)
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["m"], axes=[rank - 4, rank - 3], keepdims=1),
        helper.make_node("Squeeze", ["m", "first"], ["y"]),
    ]
    dims = [None if isinstance(side, str) else side for side in shape]
    path = _network(tmp_path / "w.onnx", nodes, dims, [None] * (rank - 1), {"first": np.array([rank - 4])})
    artifact = _artifact(path, Feed(window=3), shape)
    session = open_session(artifact, SHAPE, runtime=runtime, device="cpu", threads=1)
    assert isinstance(session, FedSession)
    frames = [picture * 0 + level for level in (0.0, 0.3, 0.6, 0.9)]
    seen = [float(session.run(frame).mean()) for frame in frames]
    np.testing.assert_allclose(seen, [0.0, 0.1, 0.3, 0.6], atol=1e-6)
    session.reset()
    assert float(session.run(frames[3]).mean()) == pytest.approx(0.9)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_two_graphs_share_a_window(runtime: Any, tmp_path: Path, picture: np.ndarray) -> None:
    entry = shrunk(REGISTRY["video-depth-anything-small"], 42, 28, window=4)
    artifact = artifact_of(entry, write_signature(entry, tmp_path))
    session = open_session(artifact, SHAPE, runtime=runtime, device="cpu", threads=1)
    assert isinstance(session, FedSession)
    alone = session.run(picture)
    # A frame that stands still changes nothing; the frame before is remembered; a new shot forgets it.
    np.testing.assert_allclose(session.run(picture), alone, rtol=1e-5)
    other = session.run(np.ascontiguousarray(1 - picture))
    session.reset()
    fresh = session.run(np.ascontiguousarray(1 - picture))
    assert np.abs(other - fresh).max() > 1e-4
    np.testing.assert_allclose(session.run(np.ascontiguousarray(1 - picture)), fresh, rtol=1e-5)


def test_shapes_of_the_networks_own_input() -> None:
    artifact = Artifact(
        name="x", kind="depth", path=Path("x"), sha256="", opset=17, inputs=(Port(name="x", shape=("N", 3, "H", "W")),),
        outputs=(), size=SizeRule(multiple=14),
    )  # fmt: skip
    five = replace(artifact, inputs=(Port(name="x", shape=("N", "F", 3, "H", "W")),))
    assert inner_shape(artifact, SHAPE) == SHAPE
    assert inner_shape(five, SHAPE) == (1, 1, 3, 28, 42)
    assert inner_shape(replace(five, feed=Feed(window=8)), SHAPE) == (1, 8, 3, 28, 42)
    assert inner_shape(replace(artifact, feed=Feed(window=8), head=Path("y")), SHAPE) == SHAPE


def test_smaller_maps_are_enlarged_and_others_refused(tmp_path: Path, picture: np.ndarray) -> None:
    pool = helper.make_node("AveragePool", ["x"], ["p"], kernel_shape=[2, 2], strides=[2, 2])
    mean = helper.make_node("ReduceMean", ["p"], ["y"], axes=[1], keepdims=1)
    half = _network(tmp_path / "half.onnx", [pool, mean], [None, 3, None, None], [None, 1, None, None])
    session = open_session(_artifact(half, Feed(white=2.0)), SHAPE, runtime="onnxruntime", device="cpu")
    assert session.run(picture).shape == (1, 1, 28, 42)

    for name, node, out in (
        ("turned", helper.make_node("Transpose", ["x"], ["y"], perm=[0, 1, 3, 2]), [None] * 4),
        ("many", helper.make_node("Identity", ["x"], ["y"]), [None] * 4),
        ("number", helper.make_node("ReduceMean", ["x"], ["y"], keepdims=0), []),
    ):
        path = _network(tmp_path / f"{name}.onnx", [node], [None, 3, None, None], out)
        odd = open_session(_artifact(path, Feed(white=2.0)), SHAPE, runtime="onnxruntime", device="cpu")
        with pytest.raises(ModelError, match=rf"{name}\.onnx: (its output has the shape|gives \(\) values)"):
            odd.run(picture)
    none = {"a": np.array([0]), "axis": np.array([3])}
    empty = _network(
        tmp_path / "empty.onnx", [helper.make_node("Slice", ["x", "a", "a", "axis"], ["y"])], [None, 3, None, None],
        [None] * 4, none,
    )  # fmt: skip
    odd = open_session(_artifact(empty, Feed(white=2.0)), SHAPE, runtime="onnxruntime", device="cpu")
    with pytest.raises(ModelError, match=r"empty\.onnx: gives \(1, 3, 28, 0\) values and no map"):
        odd.run(picture)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_what_does_not_fit_is_a_model_error(runtime: Any, first_channel: Path) -> None:
    artifact = _artifact(first_channel, Feed(white=255.0))
    how = {"runtime": runtime, "device": "cpu", "threads": 1}
    with pytest.raises(ModelError, match="multiples of 14, not 40x28"):
        open_session(artifact, (1, 3, 28, 40), **how)
    with pytest.raises(ModelError, match="takes 64x32 pictures only, not 42x28"):
        open_session(replace(artifact, size=SizeRule(multiple=1, fixed=(64, 32))), SHAPE, **how)
    with pytest.raises(ModelError, match=r"first\.onnx: "):
        open_session(replace(artifact, outputs=(Port(name="absent", shape=()),)), SHAPE, **how)
