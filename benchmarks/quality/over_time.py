"""Plays clips through ways to steady depth, all of them fed the very same answers of one network.

| method | what it is |
|---|---|
| `engine` | the engine's depth stage |
| `every-3` | likewise with `--depth-every 3`: depth is carried in between |
| `raw` | what the network gives, frame by frame |
| `own-range` | each frame stretched to its own minimum and maximum |
| `range-average` | stretched to an exponential average of minimum and maximum, decay 0.75 |
| `pixel-average` | each pixel an exponential average over frames, decay 0.9 |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality import temporal
from benchmarks.quality.clips import Clip
from benchmarks.quality.pictures import frame_of
from benchmarks.quality.summary import summary
from benchmarks.record import Record
from engine.depth import DepthStage
from engine.depth.stage import DepthNetwork
from engine.frame import Frame

Map = NDArray[np.float32]
OpenNetwork = Callable[[NDArray[np.uint8]], DepthNetwork]

UNITS = MappingProxyType(
    {
        "abs_rel": "of depth",
        "abs_rel_change": "of the network's own",
        "edge_f1": "share of edges",
        "flicker": "of the spread of inverse depth",
        "motion_error": "of the spread of inverse depth",
        "lag": "frames",
    }
)
ENGINE, EVERY, RAW = "engine", "every-3", "raw"
_RANGE_DECAY, _PIXEL_DECAY = 0.75, 0.9


def own_range(maps: Sequence[Map]) -> list[Map]:
    """Each frame stretched to its own minimum and maximum."""
    return [_stretched(one, float(one.min()), float(one.max())) for one in maps]


def range_average(maps: Sequence[Map]) -> list[Map]:
    """Stretched to an exponential average of minimum and maximum; what is beyond it is clipped."""
    low, high = float(maps[0].min()), float(maps[0].max())
    found = []
    for one in maps:
        low = _RANGE_DECAY * low + (1 - _RANGE_DECAY) * float(one.min())
        high = _RANGE_DECAY * high + (1 - _RANGE_DECAY) * float(one.max())
        found.append(_stretched(one, low, high))
    return found


def pixel_average(maps: Sequence[Map]) -> list[Map]:
    """Each pixel an exponential average of maps that are stretched to their own range."""
    found: list[Map] = []
    for one in own_range(maps):
        found.append(one if not found else (_PIXEL_DECAY * found[-1] + (1 - _PIXEL_DECAY) * one).astype(np.float32))
    return found


BASELINES: Mapping[str, Callable[[Sequence[Map]], list[Map]]] = MappingProxyType(
    {RAW: list, "own-range": own_range, "range-average": range_average, "pixel-average": pixel_average}
)


@dataclass(slots=True)
class _Recorded:
    """A network that is asked once about every frame, and then gives the same answer to all methods."""

    network: DepthNetwork
    shape: tuple[int, ...]
    now: int = 0
    answers: dict[int, NDArray[Any]] = field(default_factory=dict)

    def run(self, image: NDArray[Any]) -> NDArray[Any]:
        if self.now not in self.answers:
            self.answers[self.now] = self.network.run(image)
        return self.answers[self.now]


class Player:
    """One clip, and what methods make of it."""

    def __init__(self, clip: Clip, network: DepthNetwork) -> None:
        self._frames = [frame_of(frame.image, index=number) for number, frame in enumerate(clip.frames)]
        self._network = _Recorded(network, tuple(network.shape))
        # Frame by frame, so that every answer is there.
        self._engine(slice(0, len(self._frames)), every=1)

    def maps(self, method: str, span: slice) -> list[Map]:
        """(H, W) maps of these frames, played as if the film began with the first of them."""
        if method in (ENGINE, EVERY):
            return self._engine(span, every=3 if method == EVERY else 1)
        # One scale for the whole clip, because enlarging expects about 0 to 1.
        low, high = float(self._network.answers[0].min()), float(self._network.answers[0].max())
        answers = [(self._network.answers[n] - low) / max(high - low, 1e-9) for n in range(span.start, span.stop)]
        small = BASELINES[method]([np.asarray(a, np.float32).reshape(self._network.shape[2:]) for a in answers])
        stage = DepthStage(self._network)
        return [stage.enlarge(one, frame) for one, frame in zip(small, self._frames[span], strict=True)]

    def _engine(self, span: slice, *, every: int) -> list[Map]:
        stage = DepthStage(self._network, every=every)
        return [self._disparity(stage, frame) for frame in self._frames[span]]

    def _disparity(self, stage: DepthStage, frame: Frame) -> Map:
        self._network.now = frame.index
        return np.asarray(stage.process(frame).disparity)


def set_of(clip: Clip) -> str:
    """Which set a drawn clip belongs to: still, moving or cuts."""
    if len(clip.cuts) > 1:
        return "cuts"
    return "still" if clip.is_still else "moving"


def over_time_records(
    sets: Iterable[tuple[str, Clip]],
    open_network: OpenNetwork,
    *,
    context: Mapping[str, Any],
    look: Callable[[Clip, Player], None] = lambda _clip, _player: None,
) -> list[Record]:
    """Score all methods on clips.

    Args:
        sets: which set each clip belongs to, and the clip.
        open_network: gives the network for pictures of that size.
        context: goes into every record.
        look: is shown every clip and what plays it.

    Returns:
        Records `quality/depth-over-time/SET/METHOD/METRIC`, the mean over frames (over cuts for `lag`, over clips for
        `abs_rel_change`); `flicker` of still clips, `motion_error` of others, `lag` of those with cuts.
    """
    found: dict[tuple[str, str, str], dict[str, float]] = {}
    for name, clip in sets:
        player = Player(clip, open_network(clip.frames[0].image))
        look(clip, player)
        scores = {method: _scores(clip, player, method) for method in (ENGINE, EVERY, *BASELINES)}
        for method, of_method in scores.items():
            if method != RAW:
                of_method["abs_rel_change"] = _change(clip, of_method["abs_rel"], scores[RAW]["abs_rel"])
            for metric, values in of_method.items():
                found.setdefault((name, method, metric), {}).update(values)
    return [
        summary(f"quality/depth-over-time/{name}/{method}/{metric}", values, UNITS[metric], context)
        for (name, method, metric), values in found.items()
        if values
    ]


def _scores(clip: Clip, player: Player, method: str) -> dict[str, dict[str, float]]:
    maps = player.maps(method, slice(0, len(clip.frames)))
    scores = {"abs_rel": temporal.abs_rel(clip, maps), "edge_f1": temporal.edge_f1(clip, maps)}
    if clip.is_still:
        scores["flicker"] = temporal.flicker(clip, maps)
    elif len(clip.shots) == 1:
        scores["motion_error"] = temporal.motion_error(clip, maps)
    cuts = clip.shots[1:]
    if cuts:
        scores["lag"] = {
            f"{clip.name}/{shot.start}": float(temporal.lag(maps[shot], player.maps(method, shot))) for shot in cuts
        }
    return scores


def _change(clip: Clip, of_method: Mapping[str, float], of_network: Mapping[str, float]) -> dict[str, float]:
    """How much of the network's own error a method adds to it.

    By clip: one in which the network is wrong by two thirds outweighs ten others in a mean of errors.
    """
    if not of_network:
        return {}
    return {clip.name: float(np.mean([*of_method.values()]) / np.mean([*of_network.values()])) - 1}


def _stretched(values: Map, low: float, high: float) -> Map:
    scaled = (values - np.float32(low)) / np.float32(max(high - low, 1e-9))
    return np.asarray(np.clip(scaled, 0, 1), np.float32)
