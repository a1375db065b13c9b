"""Precomputed depth in place of a network: `--depth file:PATH`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.depth.cuts import CutDetector
from engine.depth.map_files import open_maps
from engine.depth.network_input import small_planes
from engine.depth.stabiliser import RangeNormaliser
from engine.errors import InputError
from engine.frame import Frame, StreamInfo

_LOOK = (256, 144)
_ASPECT_TOLERANCE = 0.02


class FileDepthStage:
    """Adds the next map of a file, folder or video to every frame.

    Scaled (default): `disparity` is 0..1. Gray pictures and videos are taken as they are; .npy, .pfm and .exr too if
    their numbers stay within 0..1, else by a robust range that follows the shot. A map of another size than the frame
    is resized if its aspect agrees.

    Raw: `disparity` holds disparity_px of this frame, unchanged; NaN, infinity and 0 are invalid, the size must agree.

    Invalid pixels take the value of the farther of the nearest valid ones in their row, so that background grows.
    """

    def __init__(self, path: Path, info: StreamInfo, *, raw: bool = False) -> None:
        """Open the file.

        Args:
            path: what `file:` names.
            info: of the stream the maps belong to.
            raw: `--parallax raw`.

        Raises:
            InputError: no such maps; fewer or more than the pictures of a still source; far fewer than those of a film.
        """
        self._maps = open_maps(path, raw=raw)
        if info.is_still and info.frame_count is not None and self._maps.count not in (None, info.frame_count):
            raise InputError(
                f"--depth file:{path}: holds {self._maps.count} maps, but the input has {info.frame_count} pictures"
            )
        self._check_film(info)
        self._raw = raw
        self._is_unit: bool | None = True if self._maps.is_unit else None
        self._cuts = CutDetector()
        self._normaliser = RangeNormaliser()

    @property
    def warnings(self) -> list[str]:
        """What is odd if no more frames come."""
        count, taken = self._maps.count, self._maps.taken
        if count is None or count <= taken:
            return []
        return [f"{self._maps.path}: holds {count} maps, but the input had {taken} frames: do they belong together?"]

    def process(self, frame: Frame) -> Frame:
        """Add the next map.

        Raises:
            InputError: there are no more maps, or this one does not fit.
        """
        is_cut = self._cuts.is_cut(small_planes(frame, *_LOOK)[0], frame.format.max_value, frame.epoch)
        disparity = self._fit(self._maps.next(), frame)
        if self._raw:
            disparity[disparity == 0.0] = np.nan
        if not grow_background(disparity):
            raise InputError(f"{self._maps.current} holds no valid value")
        if not self._raw:
            disparity = self._scaled(disparity, is_cut=is_cut)
        return replace(frame, disparity=disparity, is_cut=is_cut)

    def _check_film(self, info: StreamInfo) -> None:
        """Headers count frames roughly; but half a folder is noticed now, and not after hours."""
        count, frames = self._maps.count, info.frame_count
        if count is not None and frames is not None and count + max(5, frames // 20) < frames:
            raise InputError(
                f"--depth file:{self._maps.path}: holds {count} maps, but the input has about {frames} frames; "
                f"the first without a map is frame {count + 1}"
            )

    def _fit(self, disparity: NDArray[np.float32], frame: Frame) -> NDArray[np.float32]:
        height, width = disparity.shape
        if (height, width) == (frame.height, frame.width):
            return disparity
        what = f"{self._maps.current} is {width}x{height}, the frame {frame.width}x{frame.height}"
        if self._raw:
            raise InputError(f"{what}; with --parallax raw they must agree")
        if abs(width * frame.height / (height * frame.width) - 1.0) > _ASPECT_TOLERANCE:
            raise InputError(f"{what}; a map of another size must have the same aspect")
        # Invalid pixels must not bleed into valid ones, so they are filled before resizing.
        grow_background(disparity)
        interpolation = cv2.INTER_LINEAR if width <= frame.width else cv2.INTER_AREA
        return np.asarray(cv2.resize(disparity, (frame.width, frame.height), interpolation=interpolation))

    def _scaled(self, disparity: NDArray[np.float32], *, is_cut: bool) -> NDArray[np.float32]:
        if self._is_unit is None:
            self._is_unit = bool(disparity.min() >= 0.0 and disparity.max() <= 1.0)
        if self._is_unit:
            return np.clip(disparity, 0.0, 1.0, out=disparity)
        return self._normaliser.normalise(disparity, is_cut=is_cut)


def grow_background(disparity: NDArray[np.float32]) -> bool:
    """Replace NaN in place: by the smaller of the nearest valid values in the row, else by the row above or below.

    Args:
        disparity: (H, W) float32.

    Returns:
        False if no value is valid (then nothing is changed).
    """
    return bool(_grow(disparity))


@njit(nogil=True, cache=True)
def _grow(disparity: NDArray[Any]) -> bool:
    rows, columns = disparity.shape
    first = -1
    previous = -1
    for y in range(rows):
        line = disparity[y]
        last = -1
        for x in range(columns):
            if np.isnan(line[x]):
                continue
            if last < 0:
                line[:x] = line[x]
            elif x - last > 1:
                line[last + 1 : x] = min(line[last], line[x])
            last = x
        if last >= 0:
            line[last + 1 :] = line[last]
            if first < 0:
                first = y
            previous = y
        elif previous >= 0:
            disparity[y] = disparity[previous]
    for y in range(max(first, 0)):
        disparity[y] = disparity[first]
    return first >= 0
