"""Depth of single pictures from networks and files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from training.data.single_image.depth_maps import agreement, network_picture, open_depth, relative_map
from training.data.single_image.images import ImageFolder, RejectedError


@pytest.fixture
def picture(album: Path) -> np.ndarray:
    with ImageFolder(album) as folder:
        return folder.read("b.png")


def _brightness(path: Path, height: int | str, width: int | str) -> Path:
    """Write a network that takes brightness for nearness."""
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, height, width])
    disparity = helper.make_tensor_value_info("disparity", TensorProto.FLOAT, ["N", 1, "H", "W"])
    node = helper.make_node("ReduceMean", ["image"], ["disparity"], axes=[1], keepdims=1)
    graph = helper.make_graph([node], "brightness", [image], [disparity])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, path)
    return path


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return _brightness(tmp_path / "brightness.onnx", "H", "W")


def test_a_network_sees_its_area_at_the_picture_s_aspect(network: Path, picture: np.ndarray) -> None:
    small = open_depth(network).small("b.png", picture)
    assert small.shape == (192, 320)
    np.testing.assert_allclose(small, network_picture(picture, 32, 61440)[0].mean(axis=0), atol=1e-6)
    network.with_suffix(".json").write_text(json.dumps({"size": {"multiple": 16, "area": 4096}}))
    assert open_depth(network).small("b.png", picture).shape == (48, 80)


def test_a_network_of_one_size_is_shown_that_size(tmp_path: Path, picture: np.ndarray) -> None:
    assert open_depth(_brightness(tmp_path / "fixed.onnx", 56, 70)).small("b.png", picture).shape == (56, 70)


def test_maps_are_found_by_the_picture_s_name(maps: Path, picture: np.ndarray) -> None:
    depth = open_depth(maps)
    assert depth.small("more/d.png", picture).shape == (130, 200)
    with pytest.raises(RejectedError, match="no depth"):
        depth.small("somebody.png", picture)


def test_broken_maps_are_refused(tmp_path: Path, picture: np.ndarray) -> None:
    (tmp_path / "b.npy").write_bytes(b"\x93NUMPY")
    np.save(tmp_path / "c.npy", np.zeros((4, 4, 3), np.float32))
    (tmp_path / "d.png").write_bytes(b"no picture")
    for name in ("b.png", "c.png", "d.png"):
        with pytest.raises(RejectedError, match="broken depth"):
            open_depth(tmp_path).small(name, picture)


def test_relative_maps_span_zero_to_one(picture: np.ndarray) -> None:
    small = np.tile(np.linspace(3, 9, 40, dtype=np.float32), (26, 1))
    small[0, :5] = np.nan
    found = relative_map(small, picture)
    assert found.shape == picture.shape[:2]
    assert found.min() == 0
    assert found.max() == pytest.approx(1)
    assert found[100:, :40].mean() < 0.1
    assert found[100:, -40:].mean() > 0.9
    assert found[0, 0] < 0.2
    with pytest.raises(RejectedError, match="flat depth"):
        relative_map(np.full((26, 40), 5, np.float32), picture)
    with pytest.raises(RejectedError, match="broken depth"):
        relative_map(np.full((26, 40), np.nan, np.float32), picture)


def test_agreement_ignores_scale_and_size_but_not_order() -> None:
    rng = np.random.default_rng(0)
    first = np.kron(rng.random((6, 10)), np.ones((20, 20))).astype(np.float32)
    assert agreement(first, 7 * first[::2, ::2] + 3) > 0.9
    assert agreement(first, -first) < 0.3


def test_agreement_of_maps_with_gaps_is_a_number() -> None:
    first = np.kron(np.random.default_rng(0).random((6, 10)), np.ones((20, 20))).astype(np.float32)
    gap = first.copy()
    gap[:3, :3] = np.nan
    assert agreement(first, gap) > 0.9
    assert agreement(gap, -first) < 0.3
    with pytest.raises(RejectedError, match="broken depth"):
        agreement(first, np.full_like(first, np.nan))


def test_what_is_no_depth_is_said(tmp_path: Path, network: Path, picture: np.ndarray) -> None:
    with pytest.raises(FileNotFoundError, match="no such network"):
        open_depth(tmp_path / "none.onnx")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ValueError, match="holds no"):
        open_depth(empty)
    (tmp_path / "depth.txt").write_text("1")
    with pytest.raises(ValueError, match=r"expected an \.onnx network"):
        open_depth(tmp_path / "depth.txt")
    (tmp_path / "bad.onnx").write_bytes(network.read_bytes()[:40])
    with pytest.raises(ValueError, match="ONNX Runtime cannot open it"):
        open_depth(tmp_path / "bad.onnx")
    network.with_suffix(".json").write_text("{")
    with pytest.raises(ValueError, match="damaged sidecar"):
        open_depth(network)
