"""Stereo scenes that are drawn here, so that both eyes and both disparities are known to the pixel.

Procedural ones come from seeds that no network that ships is trained on. They need off-screen OpenGL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks.quality.gltf import read_gltf
from engine.errors import UnavailableError
from training.data.assets import Assets, load_assets
from training.data.generate import HELD_OUT, sample_seed
from training.data.renderer import NoContextError, Picture, Renderer
from training.data.scene import Camera, Look, Material, Node, Scene
from training.data.synthesis import Sample, render_scene, teaches
from training.data.textures import PHOTO, TILE
from training.evaluation.stereo_scenes import StereoScene

SIZE = (640, 384)
_ASSETS = ("models3d", "materials", "photos")
_NEAREST_SHARE = 0.05
"""Disparity of the nearest things in a glTF scene, as a share of the width."""
_SEATED_M = 1.1
_YAWS = 4


def procedural_scenes(count: int, assets: Path | None) -> Iterator[StereoScene]:
    """Draw the first held-out scenes, without noise or compression: their truth is exact.

    Args:
        count: how many.
        assets: folder with models3d, materials and photos, where it has any of them; None for procedural ones.

    Raises:
        UnavailableError: no off-screen OpenGL.
        ValueError, OSError: the assets cannot be read.
    """
    has_assets = assets is not None and any((assets / name).is_dir() for name in _ASSETS)
    loaded = load_assets(assets if has_assets else None)
    renderer = _renderer(loaded)
    try:
        for index in range(count):
            seed = sample_seed(HELD_OUT, index)
            sample = render_scene(seed, *SIZE, assets=loaded, renderer=renderer, clean=True)
            yield _of_sample(f"{index:02d}-{sample.kind}", sample)
    finally:
        renderer.release()


def _renderer(assets: Assets) -> Renderer:
    try:
        return Renderer(assets)
    except NoContextError as error:
        raise UnavailableError(str(error)) from error


def _of_sample(name: str, sample: Sample) -> StereoScene:
    known = np.ones(sample.disparity_left.shape, bool)
    left, right = (np.ascontiguousarray(d, np.float32) for d in (sample.disparity_left, sample.disparity_right))
    return StereoScene(name, sample.left, sample.right, left, known, right, known)


def gltf_scenes(
    folder: Path, leave_out: Callable[[str, str], None] = lambda _name, _why: None
) -> Iterator[StereoScene]:
    """Draw every NAME/NAME.gltf below a folder as somebody sees it who sits in its middle and looks around.

    Directions without anything near are left out.

    Args:
        folder: where the scenes are.
        leave_out: is told the name of every file whose colours are in textures, which is left out, and why.

    Raises:
        UnavailableError: no off-screen OpenGL.
        ValueError, OSError: a file cannot be read.
    """
    renderer = _renderer(_plain())
    try:
        for path in sorted(folder.glob("*/*.gltf")):
            vertices = read_gltf(path)
            if vertices is None:
                leave_out(path.stem, "its colours are in textures, which are not drawn")
                continue
            still = Node(mesh=vertices, matrix=np.eye(3, 4, dtype=np.float32), material=Material(tint=(1.0, 1.0, 1.0)))
            for turn in range(_YAWS):
                camera = Camera(position=(0.0, _SEATED_M, 0.0), yaw=2 * np.pi * turn / _YAWS, pitch=-0.15, fov=1.2)
                scene = Scene(kind=path.stem, nodes=(still,), camera=camera, look=Look(shadow_radius=6.0))
                renderer.load(scene)
                left = renderer.draw(scene, camera, SIZE)
                if teaches(left):
                    yield _drawn_pair(f"{path.stem}-{turn}", scene, left, renderer)
    finally:
        renderer.release()


def _plain() -> Assets:
    """White textures and nothing else: glTF scenes bring their own meshes and colours."""
    tile, photo = (np.full((1, side, side, 4), 255, np.uint8) for side in (TILE, PHOTO))
    return Assets(tile, photo, uses={}, meshes={})


def _drawn_pair(name: str, scene: Scene, left: Picture, renderer: Renderer) -> StereoScene:
    nearest = float(np.quantile(left.inverse_depth, 0.998))
    factor = _NEAREST_SHARE * SIZE[0] / nearest
    eye = scene.camera.shifted(factor / scene.camera.focal_px(SIZE[0]))
    right = renderer.draw(scene, eye, SIZE)
    known = np.ones(left.inverse_depth.shape, bool)
    disparities = (picture.inverse_depth * np.float32(factor) for picture in (left, right))
    first, second = disparities
    return StereoScene(name, left.colour, right.colour, first, known, second, known)
