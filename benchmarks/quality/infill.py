"""Scores ways to fill holes on stereo pairs with measured disparity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.fillers import BASELINES, Filler
from benchmarks.quality.holes import HoleCase, hole_case
from benchmarks.quality.sheets import Panel, write_sheet
from benchmarks.quality.summary import summary
from benchmarks.record import Record
from engine.errors import InputError
from training.evaluation.stereo_scenes import StereoScene
from training.metrics import psnr, ssim

_WINDOW = 7
"""Side of the SSIM window in training.metrics."""
_UNITS = {"psnr_hole": "dB", "psnr_whole": "dB", "ssim_hole": "SSIM", "seam": "code values"}
_CROP = (160, 120)

Scores = dict[str, float]


def score(case: HoleCase, filled: NDArray[np.uint8]) -> Scores:
    """One filled picture against the truth.

    Returns:
        psnr_hole: inside scored holes. psnr_whole: over all that is known, frame border left out. ssim_hole: mean over
        the SSIM windows that touch a scored hole. seam: mean error, in code values of 255, of the step from a scored
        hole to its known neighbours; a visible edge where the truth has none counts, and so does a missing one.
    """
    picture, truth = filled.astype(np.float32) / 255, case.truth.astype(np.float32) / 255
    near = cv2.dilate(case.scored.astype(np.uint8), np.ones((_WINDOW, _WINDOW), np.uint8)) > 0
    return {
        "psnr_hole": psnr(picture, truth, case.scored),
        "psnr_whole": psnr(picture, truth, case.counted),
        "ssim_hole": ssim(picture, truth, near & case.counted),
        "seam": seam(picture - truth, case.scored, case.counted & ~case.hole) * 255,
    }


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


def infill_records(
    name: str,
    scenes: Iterable[StereoScene],
    fillers: Mapping[str, Filler],
    *,
    context: Mapping[str, Any],
    sheets: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Record]:
    """Score every filler on every scene of a set.

    Args:
        name: of the set.
        scenes: pairs with disparity; those without a hole that can be scored are told about and left out.
        fillers: by name; those in BASELINES are what networks are compared with.
        context: goes into every record.
        sheets: folder for one picture of each scene; None writes none.
        tell: is told what happens.

    Raises:
        InputError: no scene has a hole between two known surfaces.
    """
    found: dict[str, dict[str, Scores]] = {method: {} for method in fillers}
    shares: dict[str, float] = {}
    for scene in scenes:
        case = hole_case(scene)
        if not case.scored.any():
            tell(f"{name}/{scene.name}: left out, it has no hole between two known surfaces")
            continue
        tell(f"{name}/{scene.name}")
        shares[scene.name] = float(case.scored.mean())
        pictures = {method: fill(case) for method, fill in fillers.items()}
        for method, picture in pictures.items():
            found[method][scene.name] = score(case, picture)
        if sheets is not None:
            _write_sheet(sheets / f"infill-{name}-{scene.name}.png", case, pictures, found)
    if not shares:
        raise InputError(f"{name}: no scene has a hole between two known surfaces")
    prefix = f"quality/infill/{name}"
    records = [summary(f"{prefix}/scored_holes", shares, "share of picture", context)]
    for method, by_scene in found.items():
        for metric, unit in _UNITS.items():
            values = {scene: scores[metric] for scene, scores in by_scene.items()}
            records.append(summary(f"{prefix}/{method}/{metric}", values, unit, context))
    return records + _against_baselines(prefix, found, context)


def _against_baselines(
    prefix: str, found: Mapping[str, Mapping[str, Scores]], context: Mapping[str, Any]
) -> list[Record]:
    """For every network: its gain over the best baseline, on the mean and scene by scene."""
    psnrs = {method: {s: scores["psnr_hole"] for s, scores in by.items()} for method, by in found.items()}
    baselines = [method for method in BASELINES if method in psnrs]
    records = []
    for method in (method for method in psnrs if method.startswith("net") and baselines):
        means = {b: float(np.mean(list(psnrs[b].values()))) for b in baselines}
        best = max(means, key=lambda b: means[b])
        over_mean = {scene: value - psnrs[best][scene] for scene, value in psnrs[method].items()}
        over_each = {scene: value - max(psnrs[b][scene] for b in baselines) for scene, value in psnrs[method].items()}
        worst = min(over_each, key=lambda scene: over_each[scene])
        of_mean, of_worst = {**context, "best_baseline": best}, {**context, "scene": worst}
        records += [
            summary(f"{prefix}/{method}/gain_over_best_baseline", over_mean, "dB", of_mean),
            summary(f"{prefix}/{method}/worst_scene_gain", {worst: over_each[worst]}, "dB", of_worst),
        ]
    return records


def _write_sheet(
    path: Path, case: HoleCase, pictures: Mapping[str, NDArray[np.uint8]], found: Mapping[str, Mapping[str, Scores]]
) -> None:
    """The place with most holes: input, holes, every method, truth."""
    window = _busiest(case.scored, _CROP)
    holes = case.warped.copy()
    holes[case.hole] = (70, 0, 70)
    holes[case.scored] = (255, 0, 255)
    panels = [Panel("input (left eye)", case.source[window]), Panel("holes; dark: not scored", holes[window])]
    for method, picture in pictures.items():
        panels.append(Panel(f"{method} {found[method][case.name]['psnr_hole']:.1f} dB", picture[window]))
    write_sheet(path, [*panels, Panel("truth (right eye)", case.truth[window])])


def _busiest(mask: NDArray[np.bool_], size: tuple[int, int]) -> tuple[slice, slice]:
    """The window of (width, height) with most of the mask in it; smaller where the picture is."""
    rows, columns = mask.shape
    width, height = min(size[0], columns), min(size[1], rows)
    integral = cv2.integral(mask.astype(np.uint8))
    inside = integral[height:, width:] - integral[:-height, width:] - integral[height:, :-width]
    inside = inside + integral[:-height, :-width]
    top, left = (int(i) for i in np.unravel_index(int(np.argmax(inside)), inside.shape))
    return slice(top, top + height), slice(left, left + width)
