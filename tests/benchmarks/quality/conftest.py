"""A scene whose right eye is known to the pixel, test sets on disk, and networks of one or two nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from benchmarks.quality.holes import HoleCase, hole_cases
from benchmarks.quality.lpips import HEADS
from engine.inference.artifact import Artifact, Port, SizeRule, digest
from training.evaluation.stereo_scenes import StereoScene

HEIGHT, WIDTH = 120, 160
BACK_PX = 4
ROWS, COLUMNS = slice(30, 90), slice(60, 90)
"""Where the near square is in the left eye."""

MakeScene = Callable[..., StereoScene]


@pytest.fixture
def make_scene() -> MakeScene:
    """Give a maker of scenes: a smooth background with disparity 4, and a red square in front of it."""

    def make(name: str = "square", *, near_px: int = 16, seed: int = 1, both: bool = False) -> StereoScene:
        noise = np.random.default_rng(seed).uniform(0, 255, (HEIGHT, WIDTH + BACK_PX, 3)).astype(np.float32)
        wall = cv2.GaussianBlur(noise, (0, 0), 4)
        wall = (np.clip((wall - 128) * 6 + 128, 0, 200) * [0.2, 1, 1]).astype(np.uint8)
        left, right = wall[:, :WIDTH].copy(), wall[:, BACK_PX:].copy()
        disparity = np.full((HEIGHT, WIDTH), BACK_PX, np.float32)
        disparity[ROWS, COLUMNS] = near_px
        left[ROWS, COLUMNS] = (220, 20, 20)
        right[ROWS, COLUMNS.start - near_px : COLUMNS.stop - near_px] = (220, 20, 20)
        known = np.ones(disparity.shape, bool)
        if not both:
            return StereoScene(name, left, right, disparity, known)
        of_right = np.full((HEIGHT, WIDTH), BACK_PX, np.float32)
        of_right[ROWS, COLUMNS.start - near_px : COLUMNS.stop - near_px] = near_px
        return StereoScene(name, left, right, disparity, known, of_right, known)

    return make


@pytest.fixture
def make_case(make_scene: MakeScene) -> Callable[..., HoleCase]:
    """Give a maker of the right eye's case of such a scene."""

    def make(**words: Any) -> HoleCase:
        return next(hole_cases(make_scene(**words)))

    return make


@dataclass(frozen=True, slots=True)
class TestSets:
    """Writes test sets in the layouts that are read."""

    __test__ = False
    data: Path

    def stereo(self, scene: StereoScene, name: str = "exact") -> Path:
        """Write a pair as im0.png, im1.png, disp0GT.pfm (inf = unknown)."""
        folder = self.data / "stereo_gt" / name / scene.name
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / "im0.png"), scene.left[..., ::-1])
        cv2.imwrite(str(folder / "im1.png"), scene.right[..., ::-1])
        values = np.where(scene.known, scene.disparity_px, np.inf).astype("<f4")
        header = f"Pf\n{values.shape[1]} {values.shape[0]}\n-1.0\n".encode()
        (folder / "disp0GT.pfm").write_bytes(header + values[::-1].tobytes())
        return folder

    def rgbd(self, pictures: list[tuple[NDArray[np.uint8], NDArray[np.uint16]]], name: str = "room") -> Path:
        """Write pictures and depth in millimetres as image/ beside depth/."""
        folder = self.data / "rgbd" / name
        for number, (picture, depth) in enumerate(pictures):
            for kind, pixels in (("image", picture[..., ::-1]), ("depth", depth)):
                (folder / kind).mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(folder / kind / f"{number:05d}.png"), pixels)
        return folder


@pytest.fixture
def test_sets(tmp_path: Path) -> TestSets:
    """Give an empty data folder."""
    return TestSets(tmp_path / "data")


@pytest.fixture
def bright_is_near(tmp_path: Path) -> Artifact:
    """Give a depth network that takes brightness for nearness."""
    axes = numpy_helper.from_array(np.array([1], np.int64), "axes")
    node = helper.make_node("ReduceMean", ["image", "axes"], ["disparity"], keepdims=1)
    ports = (Port(name="image", shape=("N", 3, "H", "W")), Port(name="disparity", shape=("N", 1, "H", "W")))
    return _artifact(tmp_path, "depth", ports, [node], [axes], SizeRule(multiple=32, area=128 * 96))


@pytest.fixture
def green_painter(tmp_path: Path) -> Artifact:
    """Give an infill network that paints every hole green."""
    constants = [
        numpy_helper.from_array(np.array(values, np.int64), name)
        for name, values in (("zero", [0]), ("three", [3]), ("four", [4]), ("channels", [1]))
    ]
    green = numpy_helper.from_array(np.array([0, 1, 0], np.float32).reshape(1, 3, 1, 1), "green")
    nodes = [
        helper.make_node("Slice", ["guide", "zero", "three", "channels"], ["rgb"]),
        helper.make_node("Slice", ["guide", "three", "four", "channels"], ["mask"]),
        helper.make_node("Sub", ["green", "rgb"], ["difference"]),
        helper.make_node("Mul", ["difference", "mask"], ["change"]),
        helper.make_node("Add", ["rgb", "change"], ["image"]),
    ]
    ports = (Port(name="guide", shape=("N", 8, "H", "W")), Port(name="image", shape=("N", 3, "H", "W")))
    return _artifact(tmp_path, "infill", ports, nodes, [*constants, green], SizeRule(multiple=8))


def _artifact(
    folder: Path,
    kind: str,
    ports: tuple[Port, Port],
    nodes: list[onnx.NodeProto],
    constants: list[onnx.TensorProto],
    size: SizeRule,
) -> Artifact:
    values = [helper.make_tensor_value_info(port.name, TensorProto.FLOAT, list(port.shape)) for port in ports]
    graph = helper.make_graph(nodes, kind, values[:1], values[1:], constants)
    path = folder / f"{kind}.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    artifact = Artifact(
        name=kind, kind=kind, path=path, sha256=digest(path), opset=18, inputs=ports[:1], outputs=ports[1:], size=size
    )
    artifact.save()
    return artifact


@pytest.fixture
def lpips_data(tmp_path: Path) -> Path:
    """Give a data folder with a small network that has the layers of SqueezeNet, and heads for it."""
    folder = tmp_path / "perceptual"
    (folder / "weights/squeezenet").mkdir(parents=True)
    (folder / HEADS).parent.mkdir(parents=True)
    rng = np.random.default_rng(5)
    kernel = numpy_helper.from_array(rng.normal(0, 0.02, (4, 3, 3, 3)).astype(np.float16), "kernel")
    nodes = [
        helper.make_node("Conv", ["data_0", "kernel"], ["conv1_1"], strides=[2, 2]),
        helper.make_node("Relu", ["conv1_1"], ["conv1_2"]),
    ]
    last = "conv1_2"
    for fire in (3, 5, 6, 7, 8, 9):
        nodes.append(helper.make_node("AveragePool", [last], [f"fire{fire}/concat_1"], kernel_shape=[2, 2]))
        last = f"fire{fire}/concat_1"
    nodes.append(helper.make_node("GlobalAveragePool", [last], ["softmaxout_1"]))
    shapes = {"data_0": [1, 3, 224, 224], "conv1_2": [1, 4, 111, 111], "softmaxout_1": [1, 4, 1, 1]}
    given, between, end = (
        [helper.make_tensor_value_info(name, TensorProto.FLOAT16, shape)] for name, shape in shapes.items()
    )
    graph = helper.make_graph(nodes, "small", given, end, [kernel], value_info=between)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 7)], ir_version=4)
    onnx.save(model, folder / "weights/squeezenet/small.onnx")
    state = {f"lin{k}.model.1.weight": torch.rand(1, 4, 1, 1, generator=torch.manual_seed(k)) for k in range(7)}
    torch.save(state, folder / HEADS, _use_new_zipfile_serialization=False)
    return folder
