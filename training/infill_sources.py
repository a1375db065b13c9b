"""Where infill samples come from: stereo pairs, single pictures, collages; mixed by weight."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from training.data.shards import Sample
from training.data.single_image.collage import CollageOptions, draw_collage
from training.data.single_image.photos import Photos
from training.data.single_image.return_trip import return_trip
from training.holes import HoleOptions, WarpedPair, vary_pair, vary_picture, warp_pair, with_edge_error
from training.samples import SampleFolder

Held = dict[str, list[WarpedPair]]
"""Validation samples by kind."""


class InfillSource(Protocol):
    """One supply of samples."""

    def draw(self, rng: np.random.Generator) -> WarpedPair:
        """A training sample, varied; it may be without holes."""

    def held(self, limit: int) -> Held:
        """Up to `limit` samples of each kind that are never drawn, without variation; those without holes left out."""

    def rescan(self) -> None:
        """Take in what has appeared since."""

    def describe(self) -> dict[str, int]:
        """How much of what, for the card."""


class ShardSource:
    """A folder of shards: exact pairs are warped, pairs made from one picture go to the other eye and back."""

    def __init__(self, folder: Path, options: HoleOptions) -> None:
        """Open the folder; see `SampleFolder`."""
        self._options = options
        self._samples = SampleFolder(folder)

    def draw(self, rng: np.random.Generator) -> WarpedPair:
        """See `InfillSource`."""
        sample, o = self._samples.draw(rng), self._options
        if sample.true_eye == "both":
            return warp_pair(vary_pair(sample, o, rng), o.tear_px)
        picture, disparity = vary_picture(sample, o, rng)
        return return_trip(picture, disparity, tear_px=o.tear_px, misjudge=partial(with_edge_error, options=o, rng=rng))

    def held(self, limit: int) -> Held:
        """See `InfillSource`: `scenes` and `photos`."""
        found: Held = {}
        for sample in self._samples.validation(limit):
            kind = "scenes" if sample.true_eye == "both" else "photos"
            pair = self._exact(sample)
            if pair.inner.any():
                found.setdefault(kind, []).append(pair)
        return found

    def _exact(self, sample: Sample) -> WarpedPair:
        tear_px = self._options.tear_px
        if sample.true_eye == "both":
            return warp_pair(sample, tear_px)
        picture, disparity = sample.right, sample.disparity_right
        if sample.true_eye == "left":
            picture, disparity = sample.left[:, ::-1], sample.disparity_left[:, ::-1]
        return return_trip(np.ascontiguousarray(picture), np.asarray(disparity, np.float32), tear_px=tear_px)

    def rescan(self) -> None:
        """See `InfillSource`."""
        self._samples.rescan()

    def describe(self) -> dict[str, int]:
        """See `InfillSource`."""
        return {"samples": self._samples.num_training}


class CollageSource:
    """Collages made on the fly from photographs."""

    def __init__(self, places: Sequence[Path], options: HoleOptions, collage: CollageOptions) -> None:
        """Read the photographs; see `Photos`."""
        self._options, self._collage = options, collage
        self._photos = Photos(places)

    def draw(self, rng: np.random.Generator) -> WarpedPair:
        """See `InfillSource`."""
        o = self._options
        picture, disparity = draw_collage(self._photos, self._collage, rng)
        misjudge = partial(with_edge_error, options=o, rng=rng)
        return return_trip(picture, disparity, tear_px=o.tear_px, misjudge=misjudge)

    def held(self, limit: int) -> Held:
        """See `InfillSource`: `collages`, of photographs that are never drawn from."""
        if not self._photos.num_held:
            return {}
        drawn = [
            draw_collage(self._photos, self._collage, np.random.default_rng((977, k)), held=True) for k in range(limit)
        ]
        pairs = [return_trip(*collage, tear_px=self._options.tear_px) for collage in drawn]
        return {"collages": [pair for pair in pairs if pair.inner.any()]}

    def rescan(self) -> None:
        """See `InfillSource`; photographs are read once."""

    def describe(self) -> dict[str, int]:
        """See `InfillSource`."""
        return {"photographs": self._photos.num_training}


class Mixture:
    """Several sources, each drawn from in proportion to its weight."""

    def __init__(self, sources: Iterable[tuple[InfillSource, float]]) -> None:
        """Weights need not sum to one.

        Raises:
            ValueError: there is no source.
        """
        pairs = list(sources)
        if not pairs:
            raise ValueError("nothing to learn from: give --data, --photos, or both")
        self.sources = [source for source, _ in pairs]
        weights = np.array([weight for _, weight in pairs], np.float64)
        self._shares = weights / weights.sum()

    def draw(self, rng: np.random.Generator) -> WarpedPair:
        """See `InfillSource`."""
        return self.sources[int(rng.choice(len(self.sources), p=self._shares))].draw(rng)

    def held(self, limit: int) -> Held:
        """See `InfillSource`: what all of them hold back."""
        found: Held = {}
        for source in self.sources:
            for kind, pairs in source.held(limit).items():
                found.setdefault(kind, []).extend(pairs)
        return found

    def rescan(self) -> None:
        """See `InfillSource`."""
        for source in self.sources:
            source.rescan()

    def describe(self) -> dict[str, int]:
        """See `InfillSource`."""
        total: dict[str, int] = {}
        for source in self.sources:
            for name, count in source.describe().items():
                total[name] = total.get(name, 0) + count
        return total


def parse_weighted(text: str) -> tuple[Path, float]:
    """`FOLDER` or `FOLDER=WEIGHT` as folder and weight; 1 where none is given.

    Raises:
        ValueError: the weight is not above zero.
    """
    folder, equals, number = text.rpartition("=")
    if not equals:
        return Path(text), 1.0
    try:
        weight = float(number)
    except ValueError:
        return Path(text), 1.0
    if not 0 < weight < float("inf"):
        raise ValueError(f"--data {text}: a weight is a number above zero")
    return Path(folder), weight
