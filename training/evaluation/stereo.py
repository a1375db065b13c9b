"""Scores infill on stereo pairs with measured disparity.

The left picture is warped with its true disparity; holes between known surfaces are painted and compared with the true
right picture. Read are folders of scenes in the layouts of Middlebury 2001, 2003, 2005/06 and 2014.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

import kernels
from training.holes import inner_holes, relative_disparity
from training.metrics import psnr

_EIGHT_BIT = (
    # left, right, disparity, divisor of the stored value
    ("view1.png", "view5.png", "disp1.png", 3.0),
    ("imL.png", "imR.png", "disp2.png", 4.0),
    ("imL.png", "imR.png", "truedisp.pgm", 16.0),
    ("im2.*", "im6.*", "disp2.pgm", 8.0),
    ("imL.*", "imR.*", "disp2.pgm", 8.0),
)


@dataclass(frozen=True, slots=True, eq=False)
class StereoScene:
    """A rectified pair with measured disparity of its left eye."""

    name: str
    left: NDArray[np.uint8]  # (H, W, 3) RGB
    right: NDArray[np.uint8]  # (H, W, 3) RGB
    disparity_px: NDArray[np.float32]  # (H, W), unknown pixels hold the farther of their known neighbours in the row
    known: NDArray[np.bool_]  # (H, W)


def read_stereo(folder: Path) -> Iterator[StereoScene]:
    """Every scene below a folder, sorted by name.

    Raises:
        FileNotFoundError: no scene in a known layout.
        ValueError: a file of a scene cannot be read.
    """
    scenes = 0
    for scene in sorted(path for path in folder.iterdir() if path.is_dir()):
        found = _find(scene)
        if found is None:
            continue
        scenes += 1
        left, right, disparity = found
        known = np.isfinite(disparity) & (disparity > 0)
        yield StereoScene(scene.name, left, right, _filled(disparity, known), known)
    if not scenes:
        raise FileNotFoundError(f"{folder}: no stereo scene in a known Middlebury layout")


def _find(scene: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]] | None:
    if (scene / "disp0GT.pfm").is_file():
        return _picture(scene / "im0.png"), _picture(scene / "im1.png"), _pfm(scene / "disp0GT.pfm")
    for left, right, disparity, divisor in _EIGHT_BIT:
        files = [next(iter(sorted(scene.glob(pattern))), None) for pattern in (left, right, disparity)]
        if files[0] is not None and files[1] is not None and files[2] is not None:
            stored = cv2.imread(str(files[2]), cv2.IMREAD_GRAYSCALE)
            if stored is None:
                raise ValueError(f"{files[2]}: the disparity cannot be read")
            return _picture(files[0]), _picture(files[1]), stored.astype(np.float32) / np.float32(divisor)
    return None


def _picture(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{path}: the picture cannot be read")
    return np.ascontiguousarray(picture[..., ::-1], np.uint8)


def _pfm(path: Path) -> NDArray[np.float32]:
    with path.open("rb") as file:
        kind, size, scale = (file.readline().split() for _ in range(3))
        if kind != [b"Pf"] or len(size) != 2:
            raise ValueError(f"{path}: not a one-channel PFM")
        columns, rows = int(size[0]), int(size[1])
        values = np.frombuffer(file.read(), "<f4" if float(scale[0]) < 0 else ">f4")
    if values.size != columns * rows:
        raise ValueError(f"{path}: truncated: {values.size} of {columns * rows} values")
    return np.ascontiguousarray(values.reshape(rows, columns)[::-1], np.float32)


def _filled(disparity: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Unknown pixels take the smaller of the nearest known values to their left and right; 0 in a row without any."""
    columns = disparity.shape[1]
    index = np.arange(columns)[None]
    before = np.maximum.accumulate(np.where(known, index, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, index, columns)[:, ::-1], axis=1)[:, ::-1]
    padded = np.pad(np.where(known, disparity, np.inf), ((0, 0), (1, 1)), constant_values=np.inf)
    rows = np.arange(disparity.shape[0])[:, None]
    nearest = np.minimum(padded[rows, before + 1], padded[rows, after + 1])
    return np.where(np.isfinite(nearest), nearest, 0).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class HoleCase:
    """One warped scene, ready to be painted and scored."""

    guide: NDArray[np.float32]  # (8, H, W)
    background: NDArray[np.uint8]  # (H, W, 3) holes stretched from the farther edge
    truth: NDArray[np.uint8]  # (H, W, 3)
    scored: NDArray[np.bool_]  # (H, W) holes with known surface at both edges


def hole_case(scene: StereoScene, tear_px: float) -> HoleCase:
    """Warp a scene's left eye into the right one."""

    def warp(picture: NDArray[Any], fill: Any) -> Any:
        return kernels.forward_splat(picture, scene.disparity_px, eyes=(-1.0,), tear_px=tear_px, fill=fill)[0]

    surface, background = warp(scene.left, "surface"), warp(scene.left, "background")
    unknown = warp(np.where(scene.known, 0, 255).astype(np.uint8), "surface").planes[0]
    relative = relative_disparity(surface.parallax_px, scene.disparity_px)
    guide = kernels.hole_guide(surface.planes[0], surface.hole, surface.parallax_px, relative)
    scored = inner_holes(surface.hole) & (unknown == 0)
    return HoleCase(guide, background.planes[0], scene.right, scored)


def paint_guide(network: nn.Module, guide: NDArray[np.float32]) -> NDArray[np.float32]:
    """(H, W, 3) 0..1 for a guide of any size: padded to multiples of 8 by repeating its rim, cropped afterwards."""
    height, width = guide.shape[1:]
    device = next(network.parameters()).device
    tensor = torch.from_numpy(guide)[None].to(device)
    padded = functional.pad(tensor, (0, -width % 8, 0, -height % 8), mode="replicate")
    with torch.no_grad():
        image = network(padded)[0, :, :height, :width].float().clamp(0, 1).cpu().numpy()
    return np.ascontiguousarray(image.transpose(1, 2, 0))


def score_network(network: nn.Module, scenes: list[StereoScene], tear_px: float) -> float:
    """Mean PSNR in holes over the scenes, in dB."""
    return _mean_psnr(scenes, tear_px, lambda case: paint_guide(network, case.guide))


def score_methods(scenes: list[StereoScene], tear_px: float) -> dict[str, float]:
    """Mean PSNR in holes of the classical ways to fill them: telea, ns, background, stretch."""
    methods: dict[str, Callable[[HoleCase], NDArray[Any]]] = {
        "telea": lambda case: _inpainted(case, cv2.INPAINT_TELEA),
        "ns": lambda case: _inpainted(case, cv2.INPAINT_NS),
        "background": lambda case: case.background / 255,
        "stretch": lambda case: case.guide[:3].transpose(1, 2, 0),
    }
    return {name: _mean_psnr(scenes, tear_px, method) for name, method in methods.items()}


def _mean_psnr(scenes: list[StereoScene], tear_px: float, method: Callable[[HoleCase], NDArray[Any]]) -> float:
    cases = [case for case in (hole_case(scene, tear_px) for scene in scenes) if case.scored.any()]
    if not cases:
        raise ValueError("no scene has a hole between two known surfaces")
    return float(np.mean([psnr(method(case), case.truth / 255, case.scored) for case in cases]))


def _inpainted(case: HoleCase, method: int) -> NDArray[Any]:
    known = (case.guide[:3].transpose(1, 2, 0) * 255 + 0.5).astype(np.uint8)
    return np.asarray(cv2.inpaint(known, (case.guide[3] > 0).astype(np.uint8), 3, method)) / 255
