"""Draws training and validation samples from a folder of scene shards that may grow while it is read.

The layout on disk is fixed by docs/architecture.md section 7. The last sixteenth of every shard (one sample at
least) is for validation and never drawn for training.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_FINISHED = re.compile(r"shard-[^.]+-\d+")
_ARRAYS = ("left", "right", "disparity_left", "disparity_right")


@dataclass(frozen=True, slots=True, eq=False)
class StereoSample:
    """One rectified pair with exact disparity."""

    left: NDArray[np.uint8]  # (H, W, 3) RGB
    right: NDArray[np.uint8]  # (H, W, 3) RGB
    disparity_left: NDArray[np.float16]  # (H, W) pixels, 0 = infinitely far
    disparity_right: NDArray[np.float16]  # (H, W)

    def mirrored(self) -> StereoSample:
        """The pair seen in a mirror: eyes change places, geometry stays that of a rectified pair."""
        return StereoSample(
            self.right[:, ::-1], self.left[:, ::-1], self.disparity_right[:, ::-1], self.disparity_left[:, ::-1]
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Shard:
    left: NDArray[np.uint8]
    right: NDArray[np.uint8]
    disparity_left: NDArray[np.float16]
    disparity_right: NDArray[np.float16]

    @classmethod
    def open(cls, folder: Path) -> _Shard:
        shard = cls(*(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _ARRAYS))
        count, height, width, channels = shard.left.shape
        if channels != 3 or shard.right.shape != shard.left.shape or count == 0:
            raise ValueError(f"{folder}: left and right must be (N, H, W, 3) and alike, got {shard.left.shape}")
        if shard.disparity_left.shape != (count, height, width) or shard.disparity_right.shape != (
            count,
            height,
            width,
        ):
            raise ValueError(f"{folder}: disparities must be {(count, height, width)}")
        return shard

    @property
    def num_validation(self) -> int:
        return max(1, len(self.left) // 16)

    def __getitem__(self, index: int) -> StereoSample:
        return StereoSample(
            self.left[index], self.right[index], self.disparity_left[index], self.disparity_right[index]
        )


class SampleFolder:
    """Random access to a growing folder of shards. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Open what is there now.

        Raises:
            FileNotFoundError: the folder does not exist or holds no finished shard.
            ValueError: a shard's arrays do not fit together.
        """
        self.folder = folder
        self._lock = threading.Lock()
        self._shards: dict[str, _Shard] = {}
        self.rescan()
        if not self._shards:
            raise FileNotFoundError(
                f"{folder}: no shard-*/ with left.npy in it; make some with `python -m training data scenes`"
            )

    def rescan(self) -> int:
        """Open shards that have appeared since; returns how many there are."""
        found = sorted(p.parent for p in self.folder.glob("shard-*/left.npy") if _FINISHED.fullmatch(p.parent.name))
        with self._lock:
            for path in found:
                if path.name not in self._shards:
                    self._shards[path.name] = _Shard.open(path)
            return len(self._shards)

    @property
    def num_training(self) -> int:
        """Samples that may be drawn for training."""
        with self._lock:
            return sum(len(s.left) - s.num_validation for s in self._shards.values())

    def draw(self, rng: np.random.Generator) -> StereoSample:
        """One training sample, every sample of the folder equally likely."""
        with self._lock:
            shards = list(self._shards.values())
        ends = np.cumsum([len(s.left) - s.num_validation for s in shards])
        if ends[-1] == 0:
            raise ValueError(f"{self.folder}: every shard has one sample only; nothing is left to train on")
        pick = int(rng.integers(ends[-1]))
        which = int(np.searchsorted(ends, pick, side="right"))
        return shards[which][pick - (int(ends[which - 1]) if which else 0)]

    def validation(self, limit: int) -> list[StereoSample]:
        """Up to `limit` samples that are never drawn, spread evenly over the shards present now."""
        with self._lock:
            shards = list(self._shards.values())
        held = [(s, len(s.left) - 1 - k) for s in shards for k in range(s.num_validation)]
        chosen = np.linspace(0, len(held) - 1, min(limit, len(held))).round().astype(int)
        return [held[i][0][held[i][1]] for i in chosen]
