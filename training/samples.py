"""Draws training and validation samples from a folder of scene shards that may grow while it is read.

Every sixteenth sample is for validation and never drawn for training. Of samples that were cut from pictures, all those
of every eighth picture are: windows of one picture overlap.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.shards import Sample, ShardFolder, TrueEye

_HOLD_OUT, _HOLD_OUT_PICTURES = 16, 8
_OTHER_EYE: dict[TrueEye, TrueEye] = {"both": "both", "left": "right", "right": "left"}


class SampleFolder:
    """Random access to a growing folder of shards. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Open what is there now.

        Raises:
            FileNotFoundError: the folder does not exist or holds fewer than sixteen samples.
            ValueError: a shard is damaged.
        """
        self.folder = folder
        self._lock = threading.Lock()
        self._shards = ShardFolder(folder)
        self._training: list[int] = []
        self._held: list[int] = []
        self._scenes = 0
        self._pictures: dict[str, bool] = {}
        """Whether the samples of a picture are held back."""
        self._take_in()
        if len(self._shards) < _HOLD_OUT:
            raise FileNotFoundError(
                f"{folder}: {len(self._shards)} samples in its shard-*/ folders, at least {_HOLD_OUT} are needed; "
                "make some with `python -m training data scenes`"
            )

    def rescan(self) -> None:
        """Take in shards that have appeared since.

        Raises:
            ValueError: a new shard is damaged.
        """
        with self._lock:
            self._shards.rescan()
            self._take_in()

    def _take_in(self) -> None:
        """Sort new samples into those that may be drawn and those that are held back; old ones stay where they are."""
        for index in range(len(self._training) + len(self._held), len(self._shards)):
            picture = self._shards.origin(index)
            if picture is None:
                is_held = self._scenes % _HOLD_OUT == _HOLD_OUT - 1
                self._scenes += 1
            else:
                next_is_held = len(self._pictures) % _HOLD_OUT_PICTURES == _HOLD_OUT_PICTURES - 1
                is_held = self._pictures.setdefault(picture, next_is_held)
            (self._held if is_held else self._training).append(index)

    @property
    def num_training(self) -> int:
        """Samples that may be drawn for training."""
        with self._lock:
            return len(self._training)

    def draw(self, rng: np.random.Generator) -> Sample:
        """One training sample, each equally likely; arrays are memory-mapped and read-only."""
        with self._lock:
            return self._shards[self._training[int(rng.integers(len(self._training)))]]

    def validation(self, limit: int) -> list[Sample]:
        """Up to `limit` samples that are never drawn, spread evenly over the shards present now."""
        with self._lock:
            chosen = np.linspace(0, len(self._held) - 1, min(limit, len(self._held))).round().astype(int)
            return [self._shards[self._held[i]] for i in chosen]


def mirrored(sample: Sample) -> Sample:
    """The pair seen in a mirror: the eyes change places, and the geometry is again that of a rectified pair."""

    def flipped(array: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(array[:, ::-1])

    return Sample(
        left=flipped(sample.right),
        right=flipped(sample.left),
        disparity_left=flipped(sample.disparity_right),
        disparity_right=flipped(sample.disparity_left),
        true_eye=_OTHER_EYE[sample.true_eye],
    )
