"""Draws training and validation samples from a folder of scene shards that may grow while it is read.

Every sixteenth sample is for validation and never drawn for training.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.shards import Sample, ShardFolder, TrueEye

_HOLD_OUT = 16
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

    @property
    def num_training(self) -> int:
        """Samples that may be drawn for training."""
        with self._lock:
            return _num_training(len(self._shards))

    def draw(self, rng: np.random.Generator) -> Sample:
        """One training sample, each equally likely; arrays are memory-mapped and read-only."""
        with self._lock:
            pick = int(rng.integers(_num_training(len(self._shards))))
            return self._shards[pick + pick // (_HOLD_OUT - 1)]

    def validation(self, limit: int) -> list[Sample]:
        """Up to `limit` samples that are never drawn, spread evenly over the shards present now."""
        with self._lock:
            held = range(_HOLD_OUT - 1, len(self._shards), _HOLD_OUT)
            chosen = np.linspace(0, len(held) - 1, min(limit, len(held))).round().astype(int)
            return [self._shards[held[i]] for i in chosen]


def _num_training(count: int) -> int:
    return count - count // _HOLD_OUT


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
