"""Training data on disk: folders of memory-mapped arrays that may grow while they are read."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

FORMAT = 1
ARRAYS: dict[str, tuple[str, int]] = {
    "left": ("uint8", 4),
    "right": ("uint8", 4),
    "disparity_left": ("float16", 3),
    "disparity_right": ("float16", 3),
}
"""name: (dtype, number of axes)."""


TrueEye = Literal["both", "left", "right"]
"""Which eyes show what is really there; of a pair made from a single picture it is that picture only."""


class Sample(NamedTuple):
    """Memory-mapped views of one stereo sample.

    left, right: (H, W, 3) uint8 RGB. disparity_left, disparity_right: (H, W) float16 pixels, 0 = sky; samples that
    were changed since have float32.
    """

    left: npt.NDArray[np.uint8]
    right: npt.NDArray[np.uint8]
    disparity_left: npt.NDArray[np.float16 | np.float32]
    disparity_right: npt.NDArray[np.float16 | np.float32]
    true_eye: TrueEye = "both"


def shard_name(seed: int, index: int) -> str:
    """The folder name of one shard."""
    return f"shard-{seed}-{index:06d}"


def write_shard(folder: Path, name: str, samples: Sequence[Any], meta: dict[str, Any]) -> Path:
    """Writes one shard under a temporary name and renames it when it is whole.

    Args:
        folder: where shards live; made if missing.
        name: see shard_name.
        samples: objects with the attributes named in ARRAYS, all of one size.
        meta: written to meta.json beside format, count, width and height. `true_eyes`, one for each sample, says which
            eyes are true; without it both are, in every sample. `origin`, likewise, names the picture each is of.

    Returns:
        The shard's folder. A shard that is already there is left as it is.

    Raises:
        ValueError: no samples, or arrays of the wrong type or shape.
        OSError: the folder cannot be written.
    """
    if not samples:
        raise ValueError(f"{name}: a shard needs at least one sample")
    final = folder / name
    if (final / "meta.json").exists():
        return final
    temporary = folder / f".{name}.{os.getpid()}.tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    try:
        height, width = samples[0].left.shape[:2]
        for array, (dtype, axes) in ARRAYS.items():
            stacked = np.stack([getattr(sample, array) for sample in samples])
            if stacked.dtype != dtype or stacked.ndim != axes or stacked.shape[1:3] != (height, width):
                raise ValueError(
                    f"{name}: {array} must be {dtype} of {height} x {width}, got {stacked.dtype} {stacked.shape}"
                )
            np.save(temporary / f"{array}.npy", stacked)
        described = {"format": FORMAT, "count": len(samples), "width": width, "height": height, **meta}
        (temporary / "meta.json").write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
        temporary.rename(final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return final


def sweep_unfinished(folder: Path) -> None:
    """Removes what an interrupted run left behind: temporary shards of processes that no longer exist."""
    for left in folder.glob(".shard-*.tmp"):
        owner = left.name.split(".")[-2]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@dataclass(slots=True)
class _Shard:
    arrays: tuple[npt.NDArray[Any], ...]
    true_eyes: tuple[TrueEye, ...]
    origin: tuple[str | None, ...]

    @property
    def count(self) -> int:
        return len(self.true_eyes)


class ShardFolder:
    """Reads every finished shard of a folder, in the order of their names; call rescan to see new ones."""

    def __init__(self, path: Path | str) -> None:
        """Opens a folder.

        Raises:
            FileNotFoundError: it does not exist.
            ValueError: a shard in it is damaged.
        """
        self.path = Path(path)
        self._shards: dict[str, _Shard] = {}
        self._starts = np.zeros(1, np.int64)
        self._order: list[_Shard] = []
        self.rescan()

    def rescan(self) -> int:
        """Looks for new shards; old samples keep their numbers as long as shards are only added.

        Returns:
            How many samples there are now.
        """
        if not self.path.is_dir():
            raise FileNotFoundError(f"{self.path}: no such folder of shards")
        for folder in sorted(self.path.glob("shard-*")):
            if folder.name not in self._shards and (folder / "meta.json").exists():
                # Dictionaries keep their order: new shards follow the old ones even if their names sort before.
                self._shards[folder.name] = _open_shard(folder)
        self._order = list(self._shards.values())
        self._starts = np.cumsum([0, *(shard.count for shard in self._order)])
        return len(self)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def origin(self, index: int) -> str | None:
        """The picture that a sample was cut from; None for scenes, and where the shard does not say."""
        shard, row = self._find(index)
        return shard.origin[row]

    def _find(self, index: int) -> tuple[_Shard, int]:
        count = len(self)
        if not -count <= index < count:
            raise IndexError(f"sample {index} of {count}")
        index %= count
        at = int(np.searchsorted(self._starts, index, side="right")) - 1
        return self._order[at], index - int(self._starts[at])

    def __getitem__(self, index: int) -> Sample:
        shard, row = self._find(index)
        left, right, disparity_left, disparity_right = (array[row] for array in shard.arrays)
        return Sample(left, right, disparity_left, disparity_right, shard.true_eyes[row])


def _open_shard(folder: Path) -> _Shard:
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        arrays = tuple(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in ARRAYS)
        count = int(meta["count"])
        true_eyes = tuple(meta.get("true_eyes", ["both"] * count))
        if len(true_eyes) != count or not set(true_eyes) <= set(get_args(TrueEye)):
            raise ValueError(f"true_eyes must be {count} of {', '.join(get_args(TrueEye))}")
        origin = tuple(meta.get("origin", [None] * count))
        if len(origin) != count:
            raise ValueError(f"origin must name {count} pictures")
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise ValueError(f"{folder}: damaged shard, delete it and generate it again ({error})") from error
    for array, (name, (dtype, axes)) in zip(arrays, ARRAYS.items(), strict=True):
        if array.dtype != dtype or array.ndim != axes or len(array) != count:
            raise ValueError(
                f"{folder}/{name}.npy: expected {count} entries of {dtype}, got {array.dtype} {array.shape}"
            )
    return _Shard(arrays, true_eyes, origin)
