"""Reads plain glTF scenes, a .gltf beside its .bin: triangles where nodes put them, in their material's colour."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.primitives import Vertices, soup

GLTF = Path("scenes3d/webxr_gltf")
"""Where glTF scenes are in a data folder."""
_COMPONENTS = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_TRIANGLES = 4


def read_gltf(path: Path) -> Vertices | None:
    """The triangles of a file's scene in world coordinates, y up, as one soup; None where its colours are in textures.

    Raises:
        ValueError: it is no glTF, or uses what this reader does not know.
        OSError: a file cannot be read.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.get("textures"):
            return None
        binary = (path.parent / document["buffers"][0]["uri"]).read_bytes()
        parts: list[Vertices] = []
        for node in document["scenes"][document.get("scene", 0)]["nodes"]:
            parts += _node(document, binary, node, np.eye(4))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not a glTF scene that can be read ({error!r})") from error
    if not parts:
        raise ValueError(f"{path}: holds no triangles")
    return np.concatenate(parts)


def _node(document: dict[str, Any], binary: bytes, index: int, parent: NDArray[np.float64]) -> list[Vertices]:
    node = document["nodes"][index]
    matrix = parent @ _matrix(node)
    parts: list[Vertices] = []
    if "mesh" in node:
        primitives = document["meshes"][node["mesh"]]["primitives"]
        parts += [_primitive(document, binary, primitive, matrix) for primitive in primitives]
    for child in node.get("children", ()):
        parts += _node(document, binary, child, matrix)
    return parts


def _matrix(node: dict[str, Any]) -> NDArray[np.float64]:
    if "matrix" in node:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T
    x, y, z, w = node.get("rotation", (0.0, 0.0, 0.0, 1.0))
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    out = np.eye(4)
    out[:3, :3] = turn * np.array(node.get("scale", (1.0, 1.0, 1.0)))
    out[:3, 3] = node.get("translation", (0.0, 0.0, 0.0))
    return out


def _primitive(
    document: dict[str, Any], binary: bytes, primitive: dict[str, Any], matrix: NDArray[np.float64]
) -> Vertices:
    if primitive.get("mode", _TRIANGLES) != _TRIANGLES:
        raise ValueError("only triangle lists are supported")
    points = _accessor(document, binary, primitive["attributes"]["POSITION"])
    points = (points @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32)
    order = np.arange(len(points))
    if "indices" in primitive:
        order = _accessor(document, binary, primitive["indices"])[:, 0].astype(np.int64)
    material = document.get("materials", [{}])[primitive.get("material", 0)]
    factor = material.get("pbrMetallicRoughness", {}).get("baseColorFactor", (1.0, 1.0, 1.0, 1.0))
    colour = np.clip(np.rint(np.array(factor) * 255), 0, 255).astype(np.uint8)
    return soup(points, order[: len(order) // 3 * 3].reshape(-1, 3), np.repeat(colour[None], len(points), axis=0))


def _accessor(document: dict[str, Any], binary: bytes, index: int) -> NDArray[Any]:
    accessor = document["accessors"][index]
    if "sparse" in accessor:
        raise ValueError("sparse accessors are not supported")
    view = document["bufferViews"][accessor["bufferView"]]
    dtype = np.dtype(_COMPONENTS[accessor["componentType"]])
    width, count = _WIDTHS[accessor["type"]], accessor["count"]
    stride = view.get("byteStride", dtype.itemsize * width)
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    if start + stride * (count - 1) + dtype.itemsize * width > len(binary):
        raise ValueError("an accessor points past the end of the file")
    return np.ndarray((count, width), dtype, binary, start, (stride, dtype.itemsize))
