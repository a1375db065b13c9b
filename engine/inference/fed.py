"""A session for networks that others made: pictures are prepared as they want them, answers become disparity.

Outside it looks like any depth session: (1, 3, h, w) RGB 0..1 goes in, (1, 1, h, w) comes out, larger is nearer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError
from engine.inference.artifact import Artifact
from engine.inference.session import Float32, check_input

_NEAREST = 0.01
"""Depth is cut off at this share of its median before it is inverted: a zero must not become the whole range."""
_SAME_ASPECT = 0.1


class Graph(Protocol):
    """What a runtime opens; see engine.inference.session."""

    runtime: str
    device: str
    precision: str

    def run(self, image: Float32) -> Float32:
        """The chosen output."""
        ...

    def run_all(self, *inputs: Float32) -> tuple[Float32, ...]:
        """All inputs in the order of the file -> all outputs in the order of the file."""
        ...


OpenGraph = Callable[[Artifact, tuple[int, ...] | None], Graph]
"""Opens the graph of an artifact for an input of this shape, or as the file says."""


class FedSession:
    """One network of others on one device; see Session for the contract."""

    def __init__(self, artifact: Artifact, shape: tuple[int, ...], open_graph: OpenGraph) -> None:
        """Open the network's graphs.

        Args:
            artifact: of kind depth.
            shape: (1, 3, height, width).
            open_graph: of a runtime.

        Raises:
            ModelError: a graph cannot be opened, or not at this shape.
        """
        _check_shape(artifact, shape)
        self.shape = tuple(shape)
        self._name = artifact.name
        self._feed = artifact.feed
        self._file = artifact.path
        self._inner = inner_shape(artifact, shape)
        self._graph = open_graph(artifact, self._inner)
        self._head = None if artifact.head is None else open_graph(_head_of(artifact, artifact.head), None)
        self.runtime, self.device, self.precision = self._graph.runtime, self._graph.device, self._graph.precision
        channels = (1, 3, 1, 1)
        self._gain = np.array([self._feed.white / one for one in self._feed.std], np.float32).reshape(channels)
        self._offset = np.array(
            [-mean / std for mean, std in zip(self._feed.mean, self._feed.std, strict=True)], np.float32
        ).reshape(channels)
        self._window: list[Float32] = []

    def run(self, image: Float32) -> Float32:
        """The disparity of one frame; with a window also of those before it, since the last `reset`."""
        check_input(image, self.shape)
        picture = self._prepared(image)
        if self._feed.window == 1:
            answer = self._graph.run(picture.reshape(self._inner))
        elif self._head is None:
            (frames,) = self._rolled([picture])
            answer = self._graph.run(frames.reshape(self._inner))
        else:
            features = self._graph.run_all(picture.reshape(self._inner))
            answer = self._head.run_all(*self._rolled(features))[0]
        return self._disparity(answer)

    def reset(self) -> None:
        """Forget the frames before: a shot begins."""
        self._window = []

    def _prepared(self, image: Float32) -> Float32:
        ordered = image if self._feed.channels == "rgb" else image[:, ::-1]
        return np.ascontiguousarray(ordered * self._gain + self._offset, dtype=np.float32)

    def _rolled(self, newest: list[Float32] | tuple[Float32, ...]) -> list[Float32]:
        """The newest arrays at the end of those of the frames before; the first frame stands for all before it."""
        if not self._window:
            self._window = [np.repeat(one, self._feed.window, axis=0) for one in newest]
            return self._window
        for held, one in zip(self._window, newest, strict=True):
            held[:-1] = held[1:]
            held[-1:] = one
        return self._window

    def _disparity(self, answer: Float32) -> Float32:
        height, width = self.shape[2:]
        if answer.ndim < 2 or answer.size == 0:
            raise ModelError(
                f"{self._file}: gives {answer.shape} values and no map; name another output in its sidecar"
            )
        rows, columns = answer.shape[-2:]
        maps = answer.reshape(-1, rows, columns)
        if len(maps) not in (1, self._feed.window) or abs(rows * width / (columns * height) - 1) > _SAME_ASPECT:
            raise ModelError(
                f"{self._file}: its output has the shape {answer.shape}, which is no map of a {width}x{height} picture"
            )
        disparity = np.asarray(maps[-1], dtype=np.float32)
        if self._feed.gives != "disparity":
            disparity = inverse_depth(disparity)
        if (rows, columns) != (height, width):
            disparity = np.asarray(cv2.resize(disparity, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        return disparity.reshape(1, 1, height, width)


def inner_shape(artifact: Artifact, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the network's own input for (1, 3, height, width) pictures."""
    rank = len(artifact.inputs[0].shape)
    window = artifact.feed.window if artifact.head is None else 1
    return (1, window, *shape[1:]) if rank == 5 else (window, *shape[1:])


def inverse_depth(depth: NDArray[Any]) -> NDArray[np.float32]:
    """1 / depth; nothing is nearer than a hundredth of the median, what is infinitely far becomes 0, NaN stays NaN."""
    there = depth[np.isfinite(depth) & (depth > 0)]
    if there.size == 0:
        return np.where(np.isnan(depth), np.nan, 0.0).astype(np.float32)
    return (1.0 / np.maximum(depth, _NEAREST * float(np.median(there)))).astype(np.float32)


def _head_of(artifact: Artifact, head: Path) -> Artifact:
    """The second graph as an artifact: its own names, and judged in float32 only."""
    return replace(artifact, path=head, head=None, outputs=(), tolerance={})


def _check_shape(artifact: Artifact, shape: tuple[int, ...]) -> None:
    if len(shape) != 4 or shape[:2] != (1, 3):
        raise ValueError(f"a depth session is opened for (1, 3, height, width), not {shape}")
    height, width = shape[2:]
    fixed, multiple = artifact.size.fixed, artifact.size.multiple
    if fixed is not None and (width, height) != tuple(fixed):
        raise ModelError(f"{artifact.path}: takes {fixed[0]}x{fixed[1]} pictures only, not {width}x{height}")
    if fixed is None and (height % multiple or width % multiple):
        raise ModelError(f"{artifact.path}: takes sides that are multiples of {multiple}, not {width}x{height}")
