"""One filled picture against the truth: what is right in the holes, around them, and in the whole picture."""

from __future__ import annotations

from collections.abc import Callable, Collection
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.gradients import gradient_distance_map
from benchmarks.quality.holes import HoleCase
from benchmarks.quality.lpips import SMALLEST, Lpips
from training.metrics import psnr, ssim

_WINDOW = 7
"""Side of the SSIM window in training.metrics."""

UNITS = MappingProxyType(
    {
        "psnr_hole": "dB",
        "psnr_whole": "dB",
        "ssim_hole": "SSIM",
        "ssim_whole": "SSIM",
        "lpips_hole": "distance",
        "lpips_whole": "distance",
        "gradient_hole": "distance",
        "gradient_whole": "distance",
        "seam": "code values",
    }
)
"""Every metric and its unit. Distances and seam: lower is better."""
WHOLE = frozenset({"psnr_whole", "ssim_whole", "lpips_whole", "gradient_whole"})
"""Metrics that say something about a picture whose holes were not filled at all."""

Scores = dict[str, float]


class Judge:
    """Scores pictures of one case; what the truth looks like to the metrics is computed once."""

    def __init__(self, case: HoleCase, lpips: Lpips | None = None) -> None:
        """Look at the truth.

        Args:
            case: with at least one scored hole.
            lpips: None leaves that distance out; so does a picture that is too small for it.
        """
        self._case = case
        self._truth = case.truth.astype(np.float32) / 255
        self._near = cv2.dilate(case.scored.astype(np.uint8), np.ones((_WINDOW, _WINDOW), np.uint8)) > 0
        self._lpips = lpips if min(case.truth.shape[:2]) >= SMALLEST else None
        self._features = [] if self._lpips is None else self._lpips.features(case.truth)

    def score(self, filled: NDArray[np.uint8], metrics: Collection[str] = tuple(UNITS)) -> Scores:
        """Score a picture (H, W, 3).

        Returns:
            Those of the metrics that can be taken. psnr: over scored holes; over all that is known, frame border left
            out. ssim: mean over the SSIM windows that touch a scored hole; over all that is known. lpips, gradient:
            mean of the distance map over scored holes (what it sees reaches beyond them); over the picture, where what
            does not count is taken from the truth. seam: mean error, in code values of 255, of the step from a scored
            hole to its known neighbours; a visible edge where the truth has none counts, and so does a missing one.
        """
        case = self._case
        shown = np.where(case.counted[..., None], filled, case.truth)
        picture, truth = shown.astype(np.float32) / 255, self._truth
        found: dict[str, Callable[[], Scores]] = {
            "psnr_hole": lambda: {"psnr_hole": psnr(picture, truth, case.scored)},
            "psnr_whole": lambda: {"psnr_whole": psnr(picture, truth, case.counted)},
            "ssim_hole": lambda: {"ssim_hole": ssim(picture, truth, self._near & case.counted)},
            "ssim_whole": lambda: {"ssim_whole": ssim(picture, truth, case.counted)},
            "seam": lambda: {"seam": seam(picture - truth, case.scored, case.counted & ~case.hole) * 255},
        }
        scores: Scores = {}
        for name, take in found.items():
            scores |= take() if name in metrics else {}
        scores |= _over(gradient_distance_map(shown, case.truth), case, "gradient", root=True)
        if self._lpips is not None:
            size = (case.truth.shape[1], case.truth.shape[0])
            distance = self._lpips.distance_map(self._lpips.features(shown), self._features, size)
            scores |= _over(distance, case, "lpips")
        return {name: scores[name] for name in UNITS if name in scores and name in metrics}


def _over(distance: NDArray[np.float32], case: HoleCase, name: str, *, root: bool = False) -> Scores:
    means = {f"{name}_hole": float(distance[case.scored].mean()), f"{name}_whole": float(distance.mean())}
    return {key: value**0.5 for key, value in means.items()} if root else means


def seam(error: NDArray[np.floating], hole: NDArray[np.bool_], known: NDArray[np.bool_]) -> float:
    """Mean difference of the error (H, W, 3) between hole pixels and the known pixels they touch; 0 if none do."""
    total, count = 0.0, 0
    for axis in (0, 1):
        step = np.abs(np.diff(error, axis=axis)).mean(axis=2)
        first, last = (slice(None, -1), slice(1, None))
        before, after = (first, last) if axis == 0 else ((slice(None), first), (slice(None), last))
        meets = (hole[before] & known[after]) | (known[before] & hole[after])
        total += float(step[meets].sum())
        count += int(meets.sum())
    return total / count if count else 0.0
