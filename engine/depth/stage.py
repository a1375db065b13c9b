"""The depth stage: a small copy of the frame, a network, and a map at frame size that keeps the picture's edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.depth.cuts import CutDetector
from engine.depth.motion import FlowCarrier
from engine.depth.network_input import small_planes, small_rgb
from engine.depth.stabiliser import RangeNormaliser, Stabiliser
from engine.frame import Frame
from kernels import joint_upsample


class DepthNetwork(Protocol):
    """A runtime session of an artifact of kind `depth`; one that looks at several frames also has `reset()`."""

    shape: tuple[int, ...]

    def run(self, image: NDArray[Any]) -> NDArray[Any]:
        """(1, 3, h, w) float32 RGB 0..1 -> (1, 1, h, w) float32, larger is nearer."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallCopy:
    """What the network looks at of a frame."""

    frame: Frame
    planes: tuple[NDArray[Any], ...]
    """Every plane at the network's size, in its own code values."""
    is_cut: bool
    """Whether the frame begins a shot."""


class DepthStage:
    """Adds `disparity` and `is_cut` to every frame.

    `process` does it in one go. A player that cannot wait calls the three steps itself, each always on the same thread:
    `look` at every frame, `estimate` where there is time, `enlarge` what is there along the edges of the newest frame.
    """

    def __init__(self, network: DepthNetwork, *, every: int = 1, threads: int = 1) -> None:
        """Make the stage.

        Args:
            network: opened for (1, 3, height, width), see network_size.
            every: estimate on every n-th frame of a shot and carry the map along with the picture in between.
            threads: of the upsampling; changes only speed.
        """
        if every < 1:
            raise ValueError(f"every must be at least 1, got {every}")
        self._network = network
        # Networks that look at several frames have a memory, and it must not reach across a cut.
        self._forget: Callable[[], None] = getattr(network, "reset", lambda: None)
        self._height, self._width = network.shape[2:]
        self._every = every
        self._threads = threads
        self._cuts = CutDetector()
        self._stabiliser = Stabiliser()
        self._normaliser = RangeNormaliser()
        self._carrier = FlowCarrier()
        self._newest: tuple[NDArray[np.float32], NDArray[Any]] | None = None
        self._age = 0

    def process(self, frame: Frame) -> Frame:
        """Estimate, steady and enlarge the disparity of one frame."""
        small = self.look(frame)
        self._age += 1
        if self._newest is None or small.is_cut or self._age >= self._every:
            disparity = self.estimate(small, is_cut=small.is_cut)
            self._newest, self._age = (disparity, small.planes[0]), 0
        else:
            # From the estimate itself every time: a map that is moved on from frame to frame goes soft.
            disparity = self._carrier.carry(*self._newest, small.planes[0], frame.format.max_value)
        return replace(frame, disparity=self.enlarge(disparity, frame), is_cut=small.is_cut)

    def look(self, frame: Frame) -> SmallCopy:
        """The small copy of a frame, and whether a shot begins with it."""
        planes = small_planes(frame, self._width, self._height)
        return SmallCopy(
            frame=frame, planes=planes, is_cut=self._cuts.is_cut(planes[0], frame.format.max_value, frame.epoch)
        )

    def estimate(self, small: SmallCopy, *, is_cut: bool) -> NDArray[np.float32]:
        """The steadied disparity at the network's size, 0..1.

        Args:
            small: of a frame later than that of the call before.
            is_cut: whether a shot began since the call before.
        """
        if is_cut:
            self._forget()
        raw = self._network.run(small_rgb(small.frame, small.planes)).reshape(self._height, self._width)
        steadied = self._stabiliser.steady(raw, small.planes[0], small.frame.format.max_value, is_cut=is_cut)
        return self._normaliser.normalise(steadied, is_cut=is_cut)

    def enlarge(self, disparity: NDArray[np.float32], frame: Frame) -> NDArray[np.float32]:
        """The map at the size of the frame, along the edges of its luma."""
        small = _no_larger_than(disparity, frame)
        return joint_upsample(small, frame.planes[0], threads=self._threads, bits=frame.format.bits)


def _no_larger_than(disparity: NDArray[np.float32], frame: Frame) -> NDArray[np.float32]:
    """The map itself, or a smaller copy where the frame is smaller than what the network looks at."""
    height, width = min(disparity.shape[0], frame.height), min(disparity.shape[1], frame.width)
    if (height, width) == disparity.shape:
        return disparity
    return np.asarray(cv2.resize(disparity, (width, height), interpolation=cv2.INTER_AREA), dtype=np.float32)
