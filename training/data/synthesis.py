"""From a seed to a sample: builds a scene, draws both eyes, and turns away scenes that teach nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.data.assets import Assets
from training.data.degrade import degrade
from training.data.landscapes import build_landscape
from training.data.layers import build_layers
from training.data.optics import shoot
from training.data.portraits import build_portrait
from training.data.renderer import Picture, Renderer
from training.data.rooms import build_room
from training.data.scene import Scene
from training.data.still_lifes import build_still_life
from training.data.streets import build_street
from training.data.tables import build_table

Build = Callable[[np.random.Generator, Assets], Scene]

KINDS: dict[str, tuple[Build, float]] = {
    "room": (build_room, 0.42),
    "still_life": (build_still_life, 0.22),
    "table": (build_table, 0.06),
    "portrait": (build_portrait, 0.09),
    "street": (build_street, 0.08),
    "landscape": (build_landscape, 0.07),
    "layers": (build_layers, 0.06),
}
"""kind: (what builds it, its share)."""

GENERATOR = 6
"""Version of the generator, written to every shard; grows when scenes of a seed change."""

_SMOOTH = 0.2
"""Share of samples drawn with four samples a pixel; the others cost half and get a lens that blurs a little."""
_SHALLOW = {"portrait": 0.7, "table": 0.2}
"""Share of samples with a visible depth of field, where it is not the usual one."""
_ATTEMPTS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What lies behind the first surface of one eye.

    colour: (H, W, 3) uint8. disparity: (H, W) float32 pixels. seen: (H, W) bool, False where nothing lies behind.
    """

    colour: npt.NDArray[np.uint8]
    disparity: npt.NDArray[np.float32]
    seen: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A stereo pair with exact truth.

    left, right: (H, W, 3) uint8 RGB. disparity_left, disparity_right: (H, W) float16 pixels of this pair, 0 = sky;
    `right[y, x - disparity_left[y, x]]` shows the surface point of `left[y, x]` unless it is hidden there.
    baseline: metres. focal_px: pixels. behind: the layer behind each eye's first surface, where it was asked for.
    """

    left: npt.NDArray[np.uint8]
    right: npt.NDArray[np.uint8]
    disparity_left: npt.NDArray[np.float16]
    disparity_right: npt.NDArray[np.float16]
    kind: str = ""
    baseline: float = 0.0
    focal_px: float = 0.0
    behind: tuple[Behind, Behind] | None = None


def scene_rng(seed: int, attempt: int = 0) -> np.random.Generator:
    """The random numbers of one attempt at the scene with this seed."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, attempt])))


def build_scene(seed: int, assets: Assets, *, kind: str | None = None, attempt: int = 0) -> Scene:
    """The scene of a seed; `kind` overrules the one the seed would draw.

    Raises:
        ValueError: unknown kind.
    """
    rng = scene_rng(seed, attempt)
    shares = np.array([share for _, share in KINDS.values()])
    drawn = list(KINDS)[int(rng.choice(len(KINDS), p=shares / shares.sum()))]
    if kind is not None and kind not in KINDS:
        raise ValueError(f"no scene kind {kind!r}; there are {', '.join(KINDS)}")
    return KINDS[kind or drawn][0](rng, assets)


def render_scene(
    seed: int,
    width: int,
    height: int,
    *,
    assets: Assets,
    renderer: Renderer,
    kind: str | None = None,
    time: float = 0.0,
    behind: bool = False,
    clean: bool = False,
) -> Sample:
    """A stereo sample; a pure function of its arguments on one driver.

    Args:
        seed: which scene. Scenes that teach nothing are replaced by the seed's next attempt.
        width: pixels.
        height: pixels.
        assets: what scenes are built from; the same that the renderer was made with.
        renderer: draws.
        kind: one of KINDS, drawn by its share where None.
        time: seconds since the scene's start; camera and things move.
        behind: also the exact layer behind both eyes.
        clean: no noise, blur or compression.

    Raises:
        ValueError: unknown kind, a size below 16 pixels, or assets that are not the renderer's.
    """
    size = _checked_size(width, height, assets, renderer)
    smooth = clean or bool(scene_rng(seed, 2_000_000).random() < _SMOOTH)
    still, left = _first_that_teaches(seed, size, renderer, kind, smooth)
    rng = scene_rng(seed, 1_000_000)
    focal = still.camera.focal_px(width)
    baseline = _baseline(left, focal, width, rng)
    scene = still.at(time)
    if time:
        renderer.load(scene)
        left = renderer.draw(scene, scene.camera, size, smooth=smooth)
    other = scene.camera.shifted(baseline)
    right = renderer.draw(scene, other, size, smooth=smooth)
    factor = focal * baseline
    hidden = None
    if behind:
        eyes = ((scene.camera, left), (other, right))
        layers = [renderer.draw(scene, eye, size, seen, smooth=smooth) for eye, seen in eyes]
        hidden = (_behind(layers[0], factor), _behind(layers[1], factor))
    views = (left.colour, right.colour) if clean else _filmed(scene.kind, left, right, rng, smooth)
    return Sample(
        left=views[0],
        right=views[1],
        disparity_left=(left.inverse_depth * factor).astype(np.float16),
        disparity_right=(right.inverse_depth * factor).astype(np.float16),
        kind=scene.kind,
        baseline=baseline,
        focal_px=focal,
        behind=hidden,
    )


def _checked_size(width: int, height: int, assets: Assets, renderer: Renderer) -> tuple[int, int]:
    if assets is not renderer.assets:
        raise ValueError("assets must be the ones the renderer was made with")
    if min(width, height) < 16:
        raise ValueError(f"pictures must be at least 16 x 16, not {width} x {height}")
    return width, height


def _baseline(left: Picture, focal_px: float, width: int, rng: np.random.Generator) -> float:
    """A distance between the eyes that gives the nearest things a disparity of 2 to 12 % of the width."""
    nearest = float(np.quantile(left.inverse_depth, 0.998))
    share = float(np.exp(rng.uniform(np.log(0.02), np.log(0.12))))
    return share * width / (focal_px * max(nearest, 1e-6))


def _first_that_teaches(
    seed: int, size: tuple[int, int], renderer: Renderer, kind: str | None, smooth: bool
) -> tuple[Scene, Picture]:
    """The seed's first attempt that is worth a look (or its last), and what its left eye sees."""
    for attempt in range(_ATTEMPTS):
        scene = build_scene(seed, renderer.assets, kind=kind, attempt=attempt)
        renderer.load(scene)
        left = renderer.draw(scene, scene.camera, size, smooth=smooth)
        if teaches(left):
            break
    return scene, left


def _filmed(
    kind: str, left: Picture, right: Picture, rng: np.random.Generator, smooth: bool
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Both eyes after the lens, the sensor and the codec."""
    inverse = (left.inverse_depth, right.inverse_depth)
    views = shoot((left.colour, right.colour), inverse, rng, shallow=_SHALLOW.get(kind, 0.12))
    return degrade(views, rng, least_blur=0.0 if smooth else 0.45)


def _behind(picture: Picture, factor: float) -> Behind:
    seen = picture.colour.max(axis=2) > 0
    return Behind(colour=picture.colour, disparity=picture.inverse_depth * np.float32(factor), seen=seen)


def teaches(picture: Picture) -> bool:
    """False for pictures of one depth, of one colour, or of something right before the lens."""
    inverse = picture.inverse_depth
    nearest = float(np.quantile(inverse, 0.998))
    if nearest <= 0 or (inverse > 1 / 0.3).mean() > 0.6:
        return False
    near, far = np.quantile(inverse[::4, ::4], (0.96, 0.04))
    if inverse.std() < 0.06 * nearest or near < 1.5 * far:
        return False
    light = picture.colour[::4, ::4].mean(axis=2)
    return bool(light.std() > 12 and 18 < light.mean() < 238)
