"""Recipe: monocular relative disparity from procedural scenes.

Both eyes of a pair serve as pictures. The first part of a run sees small pictures, which is more samples for the same
time; the rest runs at the size the engine uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.augment import Augmenter, AugmentOptions
from training.data.shards import Sample
from training.evaluation.rgbd import predict_disparity, score_rgbd, score_stereo
from training.evaluation.rgbd_frames import RgbdFrame, read_rgbd
from training.evaluation.stereo_scenes import read_stereo
from training.grow import grow
from training.losses import DepthLossWeights, depth_loss
from training.metrics import depth_scores, mean_scores
from training.models.depth import SIZE_MULTIPLE, WORKING_SIZE, DepthConfig, DepthNet
from training.samples import SampleFolder
from training.trainer import Batch, RunOptions

_RESCAN_STEPS = 100
_VALIDATION_SAMPLES = 32
_LEVEL_TRIES = 12


@dataclass(frozen=True, kw_only=True)
class DepthOptions(RunOptions):
    """Options of `python -m training depth`."""

    data: Path
    """Folder of scene shards; looked through again now and then, so it may grow during the run."""
    lr: float = 1e-3
    """Highest learning rate."""
    model: DepthConfig = field(default_factory=DepthConfig)
    augment: AugmentOptions = field(default_factory=AugmentOptions)
    loss: DepthLossWeights = field(default_factory=DepthLossWeights)
    size: tuple[int, int] = WORKING_SIZE
    """Width and height of the pictures, multiples of 32."""
    small_size: tuple[int, int] = (192, 128)
    """Width and height in the first part of the run."""
    small_until: float = 0.6
    """Share of the run that sees small pictures."""
    level: float = 0.6
    """Pictures whose disparity grows towards the bottom as much as this (rank correlation with the row) are always
    kept, others the more rarely the less it does: people hold cameras level. 0 keeps all alike."""
    eval_rgbd: tuple[Path, ...] = ()
    """Folders of RGB-D frames to score on at each validation."""
    eval_every: int = 4
    """Score on every n-th RGB-D frame."""
    eval_stereo: tuple[Path, ...] = ()
    """Folders of stereo scenes with true disparity, whose left pictures are scored at each validation."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if any(side < SIZE_MULTIPLE or side % SIZE_MULTIPLE for side in (*self.size, *self.small_size)):
            raise ValueError(f"--size and --small-size must be multiples of {SIZE_MULTIPLE}")


class DepthTask:
    """See `training.trainer.Task`."""

    name = "depth"

    def __init__(self, options: DepthOptions) -> None:
        self.options = options
        torch.manual_seed(options.seed)
        self.network: nn.Module = DepthNet(options.model)
        self.config = options.model.to_dict()
        self.samples = SampleFolder(options.data)
        self.augment = Augmenter(options.augment)
        self.frames: dict[str, list[RgbdFrame]] = {
            folder.name: list(read_rgbd(folder, options.eval_every)) for folder in options.eval_rgbd
        }
        self.stereo = {folder.name: list(read_stereo(folder)) for folder in options.eval_stereo}
        self._held: list[Sample] = self.samples.validation(_VALIDATION_SAMPLES)

    def start_from(self, weights: Mapping[str, Tensor], origin: str) -> None:
        """Weights of the same network or of a smaller one."""
        grow(self.network, weights, origin)

    def make_batch(self, step: int, fraction: float) -> Batch:
        """`image` (N, 3, H, W) 0..1 and disparity (N, 1, H, W)."""
        if step % _RESCAN_STEPS == 0:
            self.samples.rescan()
        o = self.options
        rng = np.random.default_rng((o.seed, step))
        size = o.small_size if fraction < o.small_until else o.size
        images = np.empty((o.batch, size[1], size[0], 3), np.uint8)
        truth = np.empty((o.batch, size[1], size[0]), np.float32)
        for row in range(o.batch):
            sample = self._draw_level(rng)
            image, disparity = sample.left, sample.disparity_left
            if rng.random() < 0.5:
                image, disparity = sample.right, sample.disparity_right
            images[row], truth[row] = self.augment(image, disparity, size, rng)
        return {
            "image": torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255,
            "disparity": torch.from_numpy(truth)[:, None],
            "fraction": torch.full((o.batch,), fraction),
        }

    def _draw_level(self, rng: np.random.Generator) -> Sample:
        # A few tries only, so that a folder of pictures looking up still trains.
        for _ in range(_LEVEL_TRIES):
            sample = self.samples.draw(rng)
            if rng.random() < level_share(sample.disparity_left, self.options.level):
                break
        return sample

    def loss(self, network: nn.Module, batch: Batch, step: int) -> Tensor:
        """Value, ranking and gradient terms, in float32."""
        truth = batch["disparity"]
        weights = self.options.loss.at(float(batch["fraction"][0]))
        prediction = network(batch["image"]).float()
        with torch.autocast(truth.device.type, enabled=False):
            return depth_loss(prediction, truth, torch.isfinite(truth), weights, seed=step)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Scores on held-back scenes, and on the RGB-D folders if any."""
        found: dict[str, float] = {}
        for name, frames in self.frames.items():
            scores = score_rgbd(network, frames)
            found |= {f"{name}/spearman": scores.spearman, f"{name}/abs_rel": scores.abs_rel}
            found |= {f"{name}/delta1": scores.delta1}
        for name, pairs in self.stereo.items():
            found[f"{name}/spearman"] = score_stereo(network, pairs).spearman
        scenes = []
        for sample in self._held:
            truth = np.asarray(sample.disparity_left, np.float32)
            known = truth > 0.05 * max(float(truth.max()), 1e-3)
            if known.any():
                depth = 1 / np.where(known, truth, 1)
                scenes.append(depth_scores(predict_disparity(network, np.asarray(sample.left)), depth, known))
        if scenes:
            mean = mean_scores(scenes)
            found |= {"scenes/spearman": mean.spearman, "scenes/abs_rel": mean.abs_rel, "scenes/delta1": mean.delta1}
        return found

    def picture(self, network: nn.Module) -> NDArray[np.uint8]:
        """Rows of picture, truth, prediction: held-back scenes, then a frame of each RGB-D folder."""
        rows = [
            _row(np.asarray(s.left), np.asarray(s.disparity_left, np.float32), predict_disparity(network, s.left))
            for s in self._held[:: max(1, len(self._held) // 6)][:6]
        ]
        for frames in self.frames.values():
            frame = frames[len(frames) // 2]
            inverse = np.where(frame.depth_m > 0, 1 / np.maximum(frame.depth_m, 1e-3), 0)
            rows.append(_row(frame.image, inverse, predict_disparity(network, frame.image)))
        return np.concatenate(rows, axis=0)

    def summary(self) -> dict[str, Any]:
        """Data and options, for the card."""
        return {"data": "procedural scenes", "samples": self.samples.num_training, "size": list(self.options.size)}


def level_share(disparity: NDArray[np.floating], level: float) -> float:
    """How often a picture (H, W) is kept, 0.05..1: the square of its rank correlation with the row, over `level`."""
    if level <= 0:
        return 1.0
    grid = np.asarray(disparity[8::24, 8::24], np.float32)
    rows = np.repeat(np.arange(grid.shape[0]), grid.shape[1])
    ranks = np.argsort(np.argsort(grid, axis=None, kind="stable"), kind="stable")
    if grid.shape[0] < 2:
        return 1.0
    correlation = float(np.corrcoef(ranks, rows)[0, 1])
    return float(np.clip((max(correlation, 0.0) / level) ** 2, 0.05, 1.0))


def build(options: DepthOptions) -> DepthTask:
    """The task of these options; reads the data folder and the RGB-D folders."""
    return DepthTask(options)


def _row(image: NDArray[np.uint8], truth: NDArray[np.floating], guess: NDArray[np.floating]) -> NDArray[np.uint8]:
    cell = (288, 176)
    maps = [cv2.applyColorMap(_to_byte(d), cv2.COLORMAP_TURBO)[..., ::-1] for d in (truth, guess)]
    return np.concatenate(
        [cv2.resize(np.ascontiguousarray(p), cell, interpolation=cv2.INTER_AREA) for p in (image, *maps)], axis=1
    )


def _to_byte(disparity: NDArray[np.floating]) -> NDArray[np.uint8]:
    low, high = np.percentile(disparity, (1, 99))
    return np.asarray(np.clip((disparity - low) / max(high - low, 1e-6), 0, 1) * 255, np.uint8)
