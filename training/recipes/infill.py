"""Recipe: painting holes, from pairs whose second eye is known, from single pictures, and from collages."""

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

from training.checkpoint import load_weights
from training.data.single_image.collage import CollageOptions
from training.data.single_image.return_trip import farther_edge
from training.evaluation.stereo import paint_guide, score_methods, score_network
from training.evaluation.stereo_scenes import StereoScene, read_stereo
from training.holes import HoleOptions, WarpedPair, crops_with_holes
from training.infill_sources import CollageSource, InfillSource, Mixture, ShardSource, parse_weighted
from training.losses import InfillLossWeights, infill_loss
from training.metrics import psnr
from training.models.infill import SIZE_MULTIPLE, InfillConfig, infill_network
from training.perception import PatchCritic, PatchTexture
from training.trainer import Batch, RunOptions

_RESCAN_STEPS = 100
_VALIDATION_SAMPLES = 24
_MOST_TRIES = 50


@dataclass(frozen=True, kw_only=True)
class InfillOptions(RunOptions):
    """Options of `python -m training infill`."""

    data: tuple[str, ...] = ()
    """Folders of shards as FOLDER or FOLDER=WEIGHT: scenes, single pictures, or both. They may grow during the run."""
    photos: tuple[Path, ...] = ()
    """Folders or zip files of photographs, of which collages are made during the run."""
    photos_weight: float = 1.0
    """How often a collage is drawn, as a weight beside those of --data."""
    collage: CollageOptions = field(default_factory=CollageOptions)
    model: InfillConfig = field(default_factory=InfillConfig)
    holes: HoleOptions = field(default_factory=HoleOptions)
    loss: InfillLossWeights = field(default_factory=InfillLossWeights)
    size: tuple[int, int] = (96, 128)
    """Width and height of the crops, multiples of 8."""
    eval_stereo: tuple[Path, ...] = ()
    """Folders of stereo scenes with true disparity to score on at each validation."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if any(side < 4 * SIZE_MULTIPLE or side % SIZE_MULTIPLE for side in self.size):
            raise ValueError(f"--size must be multiples of {SIZE_MULTIPLE}, {4 * SIZE_MULTIPLE} at least")
        if not self.data and not self.photos:
            raise ValueError("nothing to learn from: give --data, --photos, or both")
        if self.photos_weight <= 0:
            raise ValueError("--photos-weight must be above zero; leave --photos out to do without collages")
        if self.model.target == "depth" and (self.loss.adversarial or self.eval_stereo):
            raise ValueError("--loss.adversarial and --eval-stereo look at colours: they need --model.target rgb")


class InfillTask:
    """See `training.trainer.Task`."""

    name = "infill"

    def __init__(self, options: InfillOptions) -> None:
        self.options = options
        torch.manual_seed(options.seed)
        self.network: nn.Module = infill_network(options.model)
        self.config = options.model.to_dict()
        self.source = _sources(options)
        self.scenes: list[StereoScene] = [s for folder in options.eval_stereo for s in read_stereo(folder)]
        self._baselines = score_methods(self.scenes, options.holes.tear_px) if self.scenes else {}
        self._held = self.source.held(_VALIDATION_SAMPLES)
        self._texture = PatchTexture(options.model.outputs).to(options.device)
        self._critic = PatchCritic(seed=options.seed).to(options.device) if options.loss.adversarial else None

    def start_from(self, weights: Mapping[str, Tensor], origin: str) -> None:
        """Weights of the same network only: its gates are stacked below its features, and cannot be grown in place."""
        load_weights(self.network, weights, origin)

    def make_batch(self, step: int, fraction: float) -> Batch:
        """`guide` (N, 8, H, W), `truth` (N, 3 or 1, H, W) 0..1 and `mask` (N, 1, H, W) of the holes that count."""
        del fraction
        if step % _RESCAN_STEPS == 0:
            self.source.rescan()
        o = self.options
        rng = np.random.default_rng((o.seed, step))
        width, height = o.size
        guides = np.empty((o.batch, 8, height, width), np.float32)
        truths = np.empty((o.batch, o.model.outputs, height, width), np.float32)
        masks = np.empty((o.batch, height, width), np.float32)
        filled = tries = 0
        while filled < o.batch:
            pair = self.source.draw(rng)
            for crop in crops_with_holes(pair, o.size, min(o.holes.crops, o.batch - filled), rng):
                guides[filled], truths[filled], masks[filled] = crop.guide, self._wanted(crop), crop.inner
                filled += 1
            tries += 1
            if tries > _MOST_TRIES * o.batch:
                named = ", ".join([*o.data, *map(str, o.photos)])
                raise ValueError(f"{named}: hardly any hole in these pictures for crops of {width} x {height}")
        return {
            "guide": torch.from_numpy(guides),
            "truth": torch.from_numpy(truths),
            "mask": torch.from_numpy(masks)[:, None],
        }

    def _wanted(self, pair: WarpedPair) -> NDArray[np.float32]:
        """What ought to be painted: (3, H, W) colours or (1, H, W) disparity, 0..1."""
        if self.options.model.target == "depth":
            return pair.disparity[None]
        return np.asarray(pair.truth.transpose(2, 0, 1) / 255, np.float32)

    def loss(self, network: nn.Module, batch: Batch, step: int) -> Tensor:
        """The terms of `InfillLossWeights` inside holes, in float32. The critic, if any, takes its step here."""
        del step
        guide, truth, mask, weights = batch["guide"], batch["truth"], batch["mask"], self.options.loss
        painted = network(guide).float()
        with torch.autocast(guide.device.type, enabled=False):
            total = infill_loss(painted, truth, mask, weights)
            if weights.texture:
                total = total + weights.texture * self._texture(painted, truth, mask)
        if self._critic is not None:
            if torch.is_grad_enabled():
                self._critic.learn(painted, truth, mask)
            total = total + weights.adversarial * self._critic(painted, mask)
        return total

    def validate(self, network: nn.Module) -> dict[str, float]:
        """PSNR in holes: held-back scenes against the stretched colours; and the stereo folders, if any."""
        found: dict[str, float] = {}
        for kind, pairs in self._held.items():
            wanted = [self._wanted(p).transpose(1, 2, 0) for p in pairs]
            mine = [psnr(paint(network, p), w, p.inner) for p, w in zip(pairs, wanted, strict=True)]
            stretched = [psnr(self._stretched(p), w, p.inner) for p, w in zip(pairs, wanted, strict=True)]
            found |= {f"{kind}/psnr_hole": float(np.mean(mine)), f"{kind}/psnr_stretch": float(np.mean(stretched))}
        if self.scenes:
            found["stereo/psnr_hole"] = score_network(network, self.scenes, self.options.holes.tear_px)
            found |= {f"stereo/psnr_{name}": value for name, value in self._baselines.items()}
        return found

    def _stretched(self, pair: WarpedPair) -> NDArray[np.float32]:
        """(H, W, 3) or (H, W, 1): the background's colours, or its disparity, repeated into holes."""
        if self.options.model.target == "depth":
            known = pair.guide[7]
            return np.take_along_axis(known, farther_edge(pair.guide[3], known), axis=1)[..., None]
        return pair.guide[:3].transpose(1, 2, 0)

    def picture(self, network: nn.Module) -> NDArray[np.uint8]:
        """Rows of warped picture with black holes, painting, truth."""
        chosen = [pair for pairs in self._held.values() for pair in pairs[:: max(1, len(pairs) // 4)][:4]]
        rows = []
        for pair in chosen:
            known = np.where(pair.guide[3] > 0, 0, pair.guide[:3]).transpose(1, 2, 0)
            painted, wanted = (paint(network, pair), self._wanted(pair).transpose(1, 2, 0))
            cells = [(np.broadcast_to(cell, known.shape) * 255).astype(np.uint8) for cell in (known, painted, wanted)]
            rows.append(np.concatenate([cv2.resize(cell, (384, 224)) for cell in cells], axis=1))
        return np.concatenate(rows, axis=0) if rows else np.zeros((8, 24, 3), np.uint8)

    def summary(self) -> dict[str, Any]:
        """Data and options, for the card."""
        named = {"scenes": "procedural scenes", "photos": "single pictures", "collages": "collages of photographs"}
        kinds = [named[kind] for kind in self._held]
        return {"data": ", ".join(kinds), **self.source.describe(), "size": list(self.options.size)}


def paint(network: nn.Module, pair: WarpedPair) -> NDArray[np.float32]:
    """(H, W, 3) or (H, W, 1) 0..1: the warped picture, or its disparity, with its holes painted."""
    return paint_guide(network, pair.guide)


def _sources(options: InfillOptions) -> Mixture:
    pairs: list[tuple[InfillSource, float]] = [
        (ShardSource(folder, options.holes), weight) for folder, weight in map(parse_weighted, options.data)
    ]
    if options.photos:
        pairs.append((CollageSource(options.photos, options.holes, options.collage), options.photos_weight))
    return Mixture(pairs)


def build(options: InfillOptions) -> InfillTask:
    """The task of these options; reads the data folders, the photographs and the stereo folders."""
    return InfillTask(options)
