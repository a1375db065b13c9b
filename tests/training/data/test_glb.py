from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from training.data.glb import read_glb

POINTS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], float)
FACES = np.array([[0, 1, 2], [0, 2, 3]])


def test_positions_faces_and_colours_survive(tmp_path: Path, write_glb: Callable[..., bytes]) -> None:
    colours = np.array([[10, 20, 30, 255], [40, 50, 60, 255], [70, 80, 90, 255], [1, 2, 3, 255]])
    path = tmp_path / "thing.glb"
    path.write_bytes(write_glb(POINTS, FACES, colours))
    vertices = read_glb(path)
    np.testing.assert_allclose(vertices["position"], POINTS[FACES].reshape(-1, 3))
    np.testing.assert_array_equal(vertices["colour"], colours[FACES].reshape(-1, 4))


def test_a_mesh_without_colours_is_white(tmp_path: Path, write_glb: Callable[..., bytes]) -> None:
    path = tmp_path / "thing.glb"
    path.write_bytes(write_glb(POINTS, FACES))
    assert (read_glb(path)["colour"] == 255).all()


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "index"])
def test_damaged_files_are_named(tmp_path: Path, write_glb: Callable[..., bytes], damage: str) -> None:
    whole = write_glb(POINTS, FACES if damage != "index" else FACES + 9)
    data = {"empty": b"", "text": b"hello, this is no model at all", "cut": whole[:-30], "index": whole}[damage]
    path = tmp_path / "broken.glb"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"broken\.glb"):
        read_glb(path)
