"""What a hole looks like in every method's hands: the surroundings of the largest one, enlarged."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.holes import HoleCase
from benchmarks.quality.scores import Scores
from benchmarks.quality.sheets import Panel, write_sheet

_CROP = (128, 96)
_ZOOM = 3
_LEFT_OUT = ("black", "identity", "net-only")
"""There is nothing to see in these."""


def write_case(
    path: Path, case: HoleCase, pictures: Mapping[str, NDArray[np.uint8]], scores: Mapping[str, Scores]
) -> None:
    """Write the place with most holes: input, holes, every method with its PSNR and perceptual distance, truth.

    Raises:
        OutputError: it cannot be written.
    """
    window = busiest(case.scored, _CROP)
    holes = case.warped.copy()
    holes[case.hole] = (70, 0, 70)
    holes[case.scored] = (255, 0, 255)
    kept = "left" if case.eye == "right" else "right"
    panels = [Panel(f"input ({kept} eye)", case.source[window]), Panel("holes; dark: not scored", holes[window])]
    order = sorted((method for method in pictures if method not in _LEFT_OUT), key=lambda method: method != "net")
    panels += [Panel(_title(method, scores[method]), pictures[method][window]) for method in order]
    panels.insert(3, Panel(f"truth ({case.eye} eye)", case.truth[window]))
    write_sheet(path, panels, panel_width=_ZOOM * _CROP[0])


def _title(method: str, scores: Scores) -> str:
    if "psnr_hole" not in scores:
        return method
    lpips = f", lpips {scores['lpips_hole']:.3f}" if "lpips_hole" in scores else ""
    return f"{method} {scores['psnr_hole']:.1f} dB{lpips}"


def busiest(mask: NDArray[np.bool_], size: tuple[int, int]) -> tuple[slice, slice]:
    """The window of (width, height) with most of the mask in it, in its middle; smaller where the picture is."""
    rows, columns = mask.shape
    width, height = min(size[0], columns), min(size[1], rows)
    integral = cv2.integral(mask.astype(np.uint8))
    inside = integral[height:, width:] - integral[:-height, width:] - integral[height:, :-width]
    inside = inside + integral[:-height, :-width]
    top, left = (int(i) for i in np.unravel_index(int(np.argmax(inside)), inside.shape))
    # The first of many equal windows has its holes at an edge: look at their middle.
    ys, xs = np.nonzero(mask[top : top + height, left : left + width])
    top = int(np.clip(top + ys.mean() - height / 2, 0, rows - height))
    left = int(np.clip(left + xs.mean() - width / 2, 0, columns - width))
    return slice(top, top + height), slice(left, left + width)
