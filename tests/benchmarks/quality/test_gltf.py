from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.quality.gltf import read_gltf

POINTS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], "<f4")


def write(folder: Path, **changes: Any) -> Path:
    """A triangle in a node below another node, in a material of orange."""
    order = np.array([0, 1, 2], "<u2")
    (folder / "scene.bin").write_bytes(order.tobytes() + b"\0\0" + POINTS.tobytes())
    half = 0.5**0.5
    document = {
        "scenes": [{"nodes": [0]}],
        "nodes": [
            {"translation": [10, 0, 0], "children": [1]},
            {"mesh": 0, "rotation": [0, 0, half, half], "scale": [2, 2, 2]},
        ],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 1}, "indices": 0, "material": 0}]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorFactor": [1, 0.5, 0, 1]}}],
        "accessors": [
            {"bufferView": 0, "componentType": 5123, "count": 3, "type": "SCALAR"},
            {"bufferView": 1, "componentType": 5126, "count": 3, "type": "VEC3"},
        ],
        "bufferViews": [{"buffer": 0, "byteOffset": 0}, {"buffer": 0, "byteOffset": 8}],
        "buffers": [{"uri": "scene.bin"}],
    }
    path = folder / "scene.gltf"
    path.write_text(json.dumps(document | changes))
    return path


def test_nodes_place_and_materials_colour(tmp_path: Path) -> None:
    vertices = read_gltf(write(tmp_path))
    assert vertices is not None
    # Scaled by two, turned by a quarter about z, then moved along x by the parent.
    assert np.allclose(vertices["position"], [[10, 0, 0], [10, 2, 0], [8, 0, 0]], atol=1e-5)
    assert (vertices["colour"] == [255, 128, 0, 255]).all()


def test_a_matrix_is_stored_by_columns(tmp_path: Path) -> None:
    matrix = np.eye(4)
    matrix[:3, 3] = (1, 2, 3)
    vertices = read_gltf(write(tmp_path, nodes=[{"mesh": 0, "matrix": matrix.T.ravel().tolist()}]))
    assert vertices is not None
    assert np.allclose(vertices["position"], POINTS + np.array([1, 2, 3]))


def test_textured_files_are_left_out(tmp_path: Path) -> None:
    assert read_gltf(write(tmp_path, textures=[{"source": 0}])) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scenes": []}, "not a glTF scene"),
        ({"nodes": [{"name": "empty"}]}, "holds no triangles"),
        ({"bufferViews": [{"byteOffset": 0}, {"byteOffset": 40}]}, "past the end"),
        ({"meshes": [{"primitives": [{"attributes": {"POSITION": 1}, "mode": 1}]}]}, "only triangle lists"),
    ],
)
def test_what_cannot_be_read_is_named(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=rf"scene\.gltf: .*{message}"):
        read_gltf(write(tmp_path, **changes))
