"""Scores a depth network, played by the engine's depth stage, on pictures whose depth was measured.

Each picture's disparity is fitted to the true inverse depth by least squares over the known pixels (one scale, one
shift); AbsRel and delta1 are then taken in depth, Spearman's rank correlation in inverse depth (training.metrics).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.pictures import frame_of
from benchmarks.quality.sheets import Panel, write_sheet
from benchmarks.quality.summary import summary
from benchmarks.record import Record
from engine.depth import DepthStage, network_size
from engine.inference import Session, open_session
from engine.inference.artifact import Artifact
from training.evaluation.rgbd_frames import RgbdFrame
from training.evaluation.stereo_scenes import StereoScene
from training.metrics import depth_scores, spearman

_UNITS = {"spearman": "correlation", "abs_rel": "of depth", "delta1": "share of pixels"}
_GRID_COLUMNS = 160
"""Scores are taken on a grid of about so many columns: neighbours tell nothing new."""
_FRAMES_PER_SHEET = 20

Picture = NDArray[np.uint8]
Disparity = NDArray[np.floating]


class DepthEngine:
    """The engine's depth stages for one network; a session is opened for every shape of picture that comes."""

    def __init__(self, artifact: Artifact, threads: int | None = None) -> None:
        """Remember the network; nothing is loaded yet."""
        self._artifact = artifact
        self._threads = threads
        self._sessions: dict[tuple[int, int], Session] = {}

    def stage(self, picture: Picture) -> DepthStage:
        """A depth stage without history, for pictures (H, W, 3) of this size."""
        return DepthStage(self.network(picture))

    def network(self, picture: Picture) -> Session:
        """The network itself, for pictures (H, W, 3) of this size."""
        rows, columns = picture.shape[:2]
        rule = self._artifact.size
        size = rule.fixed or network_size(columns / rows, area=rule.area, multiple=rule.multiple)
        if size not in self._sessions:
            shape = (1, 3, size[1], size[0])
            self._sessions[size] = open_session(self._artifact, shape, threads=self._threads)
        return self._sessions[size]


@dataclass(slots=True)
class _Sequence:
    """Disparity of frames as the engine gives it, with its memory of earlier frames."""

    engine: DepthEngine
    stage: DepthStage | None = None
    index: int = 0

    def __call__(self, picture: Picture) -> Disparity:
        if self.stage is None:
            self.stage = self.engine.stage(picture)
        self.index += 1
        return np.asarray(self.stage.process(frame_of(picture, index=self.index - 1)).disparity)


def constant(picture: Picture) -> Disparity:
    """Baseline: everything is equally far."""
    return np.ones(picture.shape[:2], np.float32)


def bottom_near(picture: Picture) -> Disparity:
    """Baseline: the lower in the picture, the nearer."""
    rows, columns = picture.shape[:2]
    return np.repeat(np.linspace(0, 1, rows, dtype=np.float32)[:, None], columns, axis=1)


def rgbd_records(
    name: str,
    frames: Iterable[RgbdFrame],
    engine: DepthEngine | None,
    *,
    context: Mapping[str, Any],
    sheets: Path | None = None,
) -> list[Record]:
    """Score a sequence of RGB-D frames.

    Methods: `engine` plays the frames in order, as `convert` does; `single` forgets between frames, which tells what
    the network knows from what the stabiliser adds or costs; `constant` and `bottom-near` know nothing.

    Args:
        name: of the set.
        frames: in order; those without known depth are played, not scored.
        engine: None scores the baselines only.
        context: goes into every record.
        sheets: folder for a picture of every 20th frame; None writes none.

    Raises:
        InputError: no frame has known depth.
    """
    methods: dict[str, Callable[[Picture], Disparity]] = {}
    if engine is not None:
        methods = {"engine": _Sequence(engine), "single": lambda picture: _Sequence(engine)(picture)}
    methods |= {"constant": constant, "bottom-near": bottom_near}
    found: dict[str, dict[str, dict[str, float]]] = {m: {metric: {} for metric in _UNITS} for m in methods}
    for index, frame in enumerate(frames):
        grid = _grid(frame.depth_m)
        truth, disparities = frame.depth_m[grid], {m: method(frame.image) for m, method in methods.items()}
        if not (truth > 0).any():
            continue
        for method, disparity in disparities.items():
            scores = depth_scores(disparity[grid], truth, truth > 0)
            for metric in _UNITS:
                found[method][metric][frame.name] = getattr(scores, metric)
        if sheets is not None and index % _FRAMES_PER_SHEET == 0:
            inverse = np.where(frame.depth_m > 0, 1 / np.maximum(frame.depth_m, 1e-3), np.nan)
            _write_sheet(sheets / f"depth-{name}-{frame.name}.png", frame.image, inverse, disparities)
    return [
        summary(f"quality/depth/{name}/{method}/{metric}", found[method][metric], unit, context)
        for method in methods
        for metric, unit in _UNITS.items()
    ]


def stereo_records(
    name: str,
    scenes: Iterable[StereoScene],
    engine: DepthEngine | None,
    *,
    context: Mapping[str, Any],
    sheets: Path | None = None,
) -> list[Record]:
    """Spearman on the left pictures of stereo pairs: their disparity has an unknown offset, so only ranks compare.

    Raises:
        InputError: there is no scene.
    """
    methods: dict[str, Callable[[Picture], Disparity]] = {}
    if engine is not None:
        methods["engine"] = lambda picture: _Sequence(engine)(picture)
    methods["bottom-near"] = bottom_near
    found: dict[str, dict[str, float]] = {method: {} for method in methods}
    for scene in scenes:
        grid = _grid(scene.disparity_px)
        known = scene.known[grid]
        if not known.any():
            continue
        disparities = {m: method(scene.left) for m, method in methods.items()}
        for method, disparity in disparities.items():
            found[method][scene.name] = spearman(disparity[grid][known], scene.disparity_px[grid][known])
        if sheets is not None:
            true = np.where(scene.known, scene.disparity_px, np.nan)
            _write_sheet(sheets / f"depth-{name}-{scene.name}.png", scene.left, true, disparities)
    return [
        summary(f"quality/depth/{name}/{method}/spearman", values, _UNITS["spearman"], context)
        for method, values in found.items()
    ]


def _grid(values: NDArray[Any]) -> tuple[slice, slice]:
    step = max(1, round(values.shape[1] / _GRID_COLUMNS))
    return slice(step // 2, None, step), slice(step // 2, None, step)


def _write_sheet(path: Path, picture: Picture, truth: Disparity, disparities: Mapping[str, Disparity]) -> None:
    panels = [Panel("input", picture), Panel("truth (black: unknown)", _painted(truth))]
    panels += [Panel(m, _painted(disparity)) for m, disparity in disparities.items() if m != "constant"]
    write_sheet(path, panels)


def _painted(disparity: Disparity) -> Picture:
    """Near is bright; from the 1st to the 99th percentile; unknown (NaN) is black."""
    known = np.isfinite(disparity)
    low, high = np.percentile(disparity[known], (1, 99))
    scaled = np.clip((np.where(known, disparity, low) - low) / max(float(high - low), 1e-9), 0, 1)
    coloured = cv2.applyColorMap((25 + 230 * scaled).astype(np.uint8), cv2.COLORMAP_INFERNO)[..., ::-1]
    return np.ascontiguousarray(np.where(known[..., None], coloured, 0), np.uint8)
