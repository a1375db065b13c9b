"""Photographs in memory, from which windows are cut at any zoom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.single_image.images import ImageFolder, RejectedError

_HOLD_OUT = 8
_LONG_SIDE = 1536


@dataclass(frozen=True, slots=True)
class _Photo:
    levels: tuple[NDArray[np.uint8], ...]
    """(H, W, 3) RGB, then halves of it."""


class Photos:
    """Photographs of some folders or zip files. Every eighth is for validation and never drawn for training."""

    def __init__(self, places: Sequence[Path]) -> None:
        """Read all of them.

        Raises:
            FileNotFoundError: a place does not exist.
            ValueError: no usable photograph is there; the message counts why.
        """
        self.rejected: dict[str, int] = {}
        photos = []
        for place in places:
            with ImageFolder(place) as folder:
                for name in folder.names:
                    try:
                        photos.append(_with_halves(folder.read(name)))
                    except RejectedError as reason:
                        self.rejected[reason.reason] = self.rejected.get(reason.reason, 0) + 1
        if not photos:
            why = ", ".join(f"{count} {reason}" for reason, count in self.rejected.items()) or "no picture files"
            raise ValueError(f"{', '.join(map(str, places))}: no usable photograph ({why})")
        self._held = photos[_HOLD_OUT - 1 :: _HOLD_OUT]
        self._training = [photo for k, photo in enumerate(photos) if k % _HOLD_OUT != _HOLD_OUT - 1]

    @property
    def num_training(self) -> int:
        """Photographs that may be drawn for training."""
        return len(self._training)

    @property
    def num_held(self) -> int:
        """Photographs for validation."""
        return len(self._held)

    def window(self, size: tuple[int, int], rng: np.random.Generator, *, held: bool = False) -> NDArray[np.uint8]:
        """A window of some photograph, (height, width, 3) of `size` = (width, height), mirrored half of the time.

        Zoom is drawn between almost one photograph pixel a pixel and the whole photograph.
        """
        photos = self._held if held else self._training
        photo = photos[int(rng.integers(len(photos)))]
        width, height = size
        rows, columns = photo.levels[0].shape[:2]
        largest = min(columns / width, rows / height)
        scale = largest if largest <= 0.8 else float(np.exp(rng.uniform(np.log(0.8), np.log(largest))))
        level = min(max(int(np.log2(max(scale, 1.0))), 0), len(photo.levels) - 1)
        picture: Any = photo.levels[level]
        w = min(round(width * scale / 2**level), picture.shape[1])
        h = min(round(height * scale / 2**level), picture.shape[0])
        x, y = int(rng.integers(picture.shape[1] - w + 1)), int(rng.integers(picture.shape[0] - h + 1))
        how = cv2.INTER_AREA if w >= width else cv2.INTER_CUBIC
        picture = cv2.resize(picture[y : y + h, x : x + w], size, interpolation=how)
        return np.ascontiguousarray(picture[:, ::-1] if rng.random() < 0.5 else picture)


def _with_halves(picture: NDArray[np.uint8]) -> _Photo:
    shrink = _LONG_SIDE / max(picture.shape[:2])
    if shrink < 1:
        picture = np.asarray(cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
    levels = [picture]
    while min(levels[-1].shape[:2]) >= 512:
        half = cv2.resize(levels[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        levels.append(np.asarray(half, np.uint8))
    return _Photo(tuple(levels))
