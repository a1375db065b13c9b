from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality.exact_scenes import SIZE, gltf_scenes, procedural_scenes
from benchmarks.quality.holes import hole_cases
from engine.errors import UnavailableError
from training.evaluation.stereo_scenes import StereoScene
from training.metrics import psnr


def drawn(scenes: Iterator[StereoScene]) -> list[StereoScene]:
    try:
        return list(scenes)
    except UnavailableError as error:
        pytest.skip(str(error))


def agrees(scene: StereoScene) -> None:
    """Both eyes show the same surfaces where neither has holes: what is warped is what is drawn."""
    assert scene.left.shape == (SIZE[1], SIZE[0], 3)
    cases = list(hole_cases(scene))
    assert [case.eye for case in cases] == ["right", "left"]
    for case in cases:
        seen = case.counted & ~case.hole
        assert seen.mean() > 0.5
        warped, source = (psnr(picture / 255, case.truth / 255, seen) for picture in (case.warped, case.source))
        assert warped > 24
        assert warped > source + 4


@pytest.mark.gl
def test_procedural_scenes_are_exact() -> None:
    (scene,) = drawn(procedural_scenes(1, None))
    assert scene.name.startswith("00-")
    agrees(scene)


@pytest.mark.gl
def test_gltf_scenes_are_seen_from_inside(tmp_path: Path) -> None:
    """Coloured boards around the viewer, near and far; a textured file beside them is left out."""
    rng = np.random.default_rng(2)
    corners, colours = [], []
    for turn in range(24):
        angle, far = 2 * np.pi * turn / 24, float(rng.choice([1.5, 4.0, 9.0]))
        centre = np.array([np.sin(angle) * far, 1.0, np.cos(angle) * far])
        side = np.array([np.cos(angle), 0, -np.sin(angle)]) * far * 0.16
        up = np.array([0, far * 0.4, 0])
        corners += [centre - side - up, centre + side - up, centre + side + up, centre - side + up]
        colours.append([*rng.uniform(0.1, 1, 3).tolist(), 1])
    points = np.array(corners, "<f4")
    orders = np.array([[0, 1, 2, 0, 2, 3]] * 24, "<u2") + 4 * np.arange(24, dtype="<u2")[:, None]
    views = [{"byteOffset": 0}] + [{"byteOffset": points.nbytes + 12 * k} for k in range(24)]
    accessors = [{"bufferView": 0, "componentType": 5126, "count": len(points), "type": "VEC3"}]
    accessors += [{"bufferView": k + 1, "componentType": 5123, "count": 6, "type": "SCALAR"} for k in range(24)]
    document = {
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [
            {"primitives": [{"attributes": {"POSITION": 0}, "indices": k + 1, "material": k} for k in range(24)]}
        ],
        "materials": [{"pbrMetallicRoughness": {"baseColorFactor": colour}} for colour in colours],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"uri": "boards.bin"}],
    }
    for name, more in (("boards", {}), ("photos", {"textures": [{}]})):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.gltf").write_text(json.dumps(document | more))
    (tmp_path / "boards" / "boards.bin").write_bytes(points.tobytes() + orders.tobytes())
    left_out: list[str] = []
    scenes = drawn(gltf_scenes(tmp_path, lambda name, why: left_out.append(f"{name}: {why}")))
    assert left_out == ["photos: its colours are in textures, which are not drawn"]
    assert scenes
    assert {scene.name.partition("-")[0] for scene in scenes} == {"boards"}
    agrees(scenes[0])
