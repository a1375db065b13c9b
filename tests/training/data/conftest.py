"""Assets made on the spot, and a renderer where the machine can draw off screen."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.data.assets import Assets, load_assets
from training.data.renderer import NoContextError, Renderer


def glb_bytes(points: np.ndarray, faces: np.ndarray, colours: np.ndarray | None = None) -> bytes:
    """A binary glTF file with one mesh."""
    arrays = [faces.astype("<u2").reshape(-1), points.astype("<f4")]
    kinds = [(5123, "SCALAR"), (5126, "VEC3")]
    attributes = {"POSITION": 1}
    if colours is not None:
        arrays.append(colours.astype("u1"))
        kinds.append((5121, "VEC4"))
        attributes["COLOR_0"] = 2
    binary, views, accessors = b"", [], []
    for k, (array, (component, kind)) in enumerate(zip(arrays, kinds, strict=True)):
        binary += bytes(-len(binary) % 4)
        views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": array.nbytes})
        accessors.append({"bufferView": k, "componentType": component, "count": len(array), "type": kind})
        binary += array.tobytes()
    binary += bytes(-len(binary) % 4)
    document = {
        "asset": {"version": "2.0"},
        "meshes": [{"primitives": [{"attributes": attributes, "indices": 0, "mode": 4}]}],
        "bufferViews": views,
        "accessors": accessors,
        "buffers": [{"byteLength": len(binary)}],
    }
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    total = 12 + 8 + len(text) + 8 + len(binary)
    head = struct.pack("<III", 0x46546C67, 2, total) + struct.pack("<II", len(text), 0x4E4F534A)
    return head + text + struct.pack("<II", len(binary), 0x004E4942) + binary


@pytest.fixture(scope="session")
def write_glb() -> Callable[..., bytes]:
    return glb_bytes


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An asset folder with one model, one sheet of two tiles and two photographs, one of which is not allowed."""
    folder = tmp_path_factory.mktemp("assets")
    rng = np.random.default_rng(1)
    points = np.array([[-0.3, 0, -0.3], [0.3, 0, -0.3], [0.0, 0, 0.4], [0, 1, 0]])
    faces = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])
    colours = np.array([[200, 40, 40, 255]] * 4)
    for name in ("furniture/chair__pack", "people_animals/male_standing__pack", "furniture/unheard_of__pack"):
        path = folder / "models3d" / f"{name}.glb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(glb_bytes(points, faces, colours))
    sheet = np.full((16 + 176, 16 + 7 * 144, 3), 255, np.uint8)
    sheet[16:144, 16:144] = rng.integers(20, 200, (128, 128, 3))
    sheet[16:80, 160:288] = (10, 120, 30)
    (folder / "materials").mkdir()
    cv2.imwrite(str(folder / "materials" / "Wood.webp"), sheet, [cv2.IMWRITE_WEBP_QUALITY, 101])
    photos = folder / "photos" / "wallpapers"
    photos.mkdir(parents=True)
    for name in ("Good_One", "Share_Alike"):
        cv2.imwrite(str(photos / f"{name}.jpg"), rng.integers(0, 255, (90, 120, 3), dtype=np.uint8))
    listing = "Good One <https://unsplash.com/photos/x>\nShare Alike <https://commons.wikimedia.org/wiki/File:y>\n"
    (photos / "COPYRIGHT_all.txt").write_text(listing)
    return folder


@pytest.fixture(scope="session")
def plain_assets() -> Assets:
    return load_assets(None)


@pytest.fixture(scope="session")
def renderer(plain_assets: Assets) -> Iterator[Renderer]:
    try:
        made = Renderer(plain_assets)
    except NoContextError as error:
        pytest.skip(str(error))
    yield made
    made.release()
