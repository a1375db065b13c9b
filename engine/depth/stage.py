"""The depth stage: a small copy of the frame, a network, and a map at frame size that keeps the picture's edges."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.depth.cuts import CutDetector
from engine.depth.network_input import small_planes, small_rgb
from engine.depth.stabiliser import RangeNormaliser, TemporalFilter
from engine.frame import Frame
from kernels import joint_upsample


class DepthNetwork(Protocol):
    """A runtime session of an artifact of kind `depth`."""

    shape: tuple[int, ...]

    def run(self, image: NDArray[Any]) -> NDArray[Any]:
        """(1, 3, h, w) float32 RGB 0..1 -> (1, 1, h, w) float32, larger is nearer."""
        ...


class DepthStage:
    """Adds `disparity` and `is_cut` to every frame."""

    def __init__(self, network: DepthNetwork, *, every: int = 1, threads: int = 1) -> None:
        """Make the stage.

        Args:
            network: opened for (1, 3, height, width), see network_size.
            every: estimate on every n-th frame of a shot and carry the map in between.
            threads: of the upsampling; changes only speed.
        """
        if every < 1:
            raise ValueError(f"every must be at least 1, got {every}")
        self._network = network
        self._height, self._width = network.shape[2:]
        self._every = every
        self._threads = threads
        self._cuts = CutDetector()
        self._normaliser = RangeNormaliser()
        self._filter = TemporalFilter()
        self._carried: NDArray[np.float32] | None = None
        self._age = 0

    def process(self, frame: Frame) -> Frame:
        """Estimate, steady and enlarge the disparity of one frame."""
        planes = small_planes(frame, self._width, self._height)
        top = frame.format.max_value
        is_cut = self._cuts.is_cut(planes[0], top, frame.epoch)
        self._age += 1
        if self._carried is None or is_cut or self._age >= self._every:
            raw = self._network.run(small_rgb(frame, planes)).reshape(self._height, self._width)
            scaled = self._normaliser.normalise(raw, is_cut=is_cut)
            self._carried = self._filter.filter(scaled, planes[0], top, is_cut=is_cut)
            self._age = 0
        disparity = joint_upsample(
            _no_larger_than(self._carried, frame), frame.planes[0], threads=self._threads, bits=frame.format.bits
        )
        return replace(frame, disparity=disparity, is_cut=is_cut)


def _no_larger_than(disparity: NDArray[np.float32], frame: Frame) -> NDArray[np.float32]:
    """The map itself, or a smaller copy where the frame is smaller than what the network looks at."""
    height, width = min(disparity.shape[0], frame.height), min(disparity.shape[1], frame.width)
    if (height, width) == disparity.shape:
        return disparity
    return np.asarray(cv2.resize(disparity, (width, height), interpolation=cv2.INTER_AREA), dtype=np.float32)
