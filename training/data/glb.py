"""Reads binary glTF files that hold triangle meshes with plain accessors: enough for low-polygon props."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.data.primitives import Vertices, soup

_COMPONENTS = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_MAGIC, _JSON, _BINARY = 0x46546C67, 0x4E4F534A, 0x004E4942


def read_glb(path: Path) -> Vertices:
    """The triangles of every mesh in a .glb file as one soup.

    Node transforms are ignored. Vertex colours are kept, texture images are not.

    Raises:
        ValueError: the file is no binary glTF, or uses what this reader does not know (sparse or compressed data).
        OSError: the file cannot be read.
    """
    try:
        document, binary = _chunks(path.read_bytes())
        parts = [_primitive(document, binary, p) for mesh in document["meshes"] for p in mesh["primitives"]]
    except (KeyError, IndexError, TypeError, struct.error, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path.name}: not a binary glTF file that can be read ({error!r})") from error
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
    if not parts:
        raise ValueError(f"{path.name}: holds no triangles")
    return np.concatenate(parts)


def _chunks(data: bytes) -> tuple[dict[str, Any], bytes]:
    magic, _, _ = struct.unpack_from("<III", data, 0)
    if magic != _MAGIC:
        raise ValueError("does not start like a binary glTF file")
    document: dict[str, Any] = {}
    binary = b""
    at = 12
    while at + 8 <= len(data):
        length, kind = struct.unpack_from("<II", data, at)
        chunk = data[at + 8 : at + 8 + length]
        if kind == _JSON:
            document = json.loads(chunk)
        elif kind == _BINARY:
            binary = chunk
        at += 8 + length
    return document, binary


def _accessor(document: dict[str, Any], binary: bytes, index: int) -> npt.NDArray[Any]:
    accessor = document["accessors"][index]
    if "bufferView" not in accessor or "sparse" in accessor:
        raise ValueError("sparse or compressed accessors are not supported")
    view = document["bufferViews"][accessor["bufferView"]]
    dtype = np.dtype(_COMPONENTS[accessor["componentType"]])
    width = _WIDTHS[accessor["type"]]
    stride = view.get("byteStride", dtype.itemsize * width)
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    count = accessor["count"]
    if start + stride * (count - 1) + dtype.itemsize * width > len(binary):
        raise ValueError("an accessor points past the end of the file")
    return np.ndarray((count, width), dtype, binary, start, (stride, dtype.itemsize))


def _primitive(document: dict[str, Any], binary: bytes, primitive: dict[str, Any]) -> Vertices:
    if primitive.get("mode", 4) != 4:
        raise ValueError("only triangle lists are supported")
    attributes = primitive["attributes"]
    points = _accessor(document, binary, attributes["POSITION"]).astype(np.float32)
    if "indices" in primitive:
        order = _accessor(document, binary, primitive["indices"])[:, 0].astype(np.int64)
    else:
        order = np.arange(len(points))
    if len(order) == 0 or order.max() >= len(points):
        raise ValueError("a face points past the end of the vertices")
    colours = None
    if "COLOR_0" in attributes:
        raw = _accessor(document, binary, attributes["COLOR_0"])
        scaled = raw * 255.0 if raw.dtype.kind == "f" else raw / (1.0 if raw.dtype.itemsize == 1 else 257.0)
        colours = np.full((len(points), 4), 255, np.uint8)
        colours[:, : raw.shape[1]] = np.clip(scaled, 0, 255)
    return soup(points, order[: len(order) // 3 * 3].reshape(-1, 3), colours)
