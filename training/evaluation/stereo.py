"""Scores infill on stereo pairs with measured disparity.

The left picture is warped with its true disparity; holes between known surfaces are painted and compared with the true
right picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

import kernels
from training.evaluation.stereo_scenes import StereoScene
from training.holes import inner_holes, relative_disparity
from training.metrics import psnr


@dataclass(frozen=True, slots=True, eq=False)
class HoleCase:
    """One warped scene, ready to be painted and scored."""

    guide: NDArray[np.float32]  # (8, H, W), the stretched background in its holes
    truth: NDArray[np.uint8]  # (H, W, 3)
    scored: NDArray[np.bool_]  # (H, W) holes with known surface at both edges


def hole_case(scene: StereoScene, tear_px: float) -> HoleCase:
    """Warp a scene's left eye into the right one."""

    def warp(picture: NDArray[Any], fill: Any) -> Any:
        return kernels.forward_splat(picture, scene.disparity_px, eyes=(-1.0,), tear_px=tear_px, fill=fill)[0]

    warped = warp(scene.left, "background")
    unknown = warp(np.where(scene.known, 0, 255).astype(np.uint8), "surface").planes[0]
    relative = relative_disparity(warped.parallax_px, scene.disparity_px)
    guide = kernels.hole_guide(warped.planes[0], warped.hole, warped.parallax_px, relative)
    scored = inner_holes(warped.hole) & (unknown == 0)
    return HoleCase(guide, scene.right, scored)


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
    """Mean PSNR in holes of the classical ways to fill them: telea, ns, and the stretched background."""
    methods: dict[str, Callable[[HoleCase], NDArray[Any]]] = {
        "telea": lambda case: _inpainted(case, cv2.INPAINT_TELEA),
        "ns": lambda case: _inpainted(case, cv2.INPAINT_NS),
        "background": lambda case: case.guide[:3].transpose(1, 2, 0),
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
