"""A simulated GPU, whose clock is known, for what times launches."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from benchmarks.kernels.cuda_timing import RING_BYTES

COPY_MS = 0.5
"""Time of a copy of RING_BYTES."""


class Stream:
    """Work takes its time one after the other; queueing a piece takes the host time too."""

    def __init__(self, gpu: Gpu) -> None:
        self.gpu = gpu
        self.free_at = 0.0

    def queue(self, milliseconds: float) -> float:
        """When it will be done."""
        self.gpu.host_clock += self.gpu.host_ms
        self.free_at = max(self.free_at, self.gpu.host_clock) + milliseconds
        return self.free_at

    def synchronize(self) -> None:
        self.gpu.host_clock = max(self.gpu.host_clock, self.free_at)


class Event:
    """A moment on the stream."""

    def __init__(self, gpu: Gpu) -> None:
        self.gpu = gpu
        self.at = 0.0

    def record(self, stream: Stream) -> None:
        self.at = stream.queue(0)

    def query(self) -> bool:
        return self.at <= self.gpu.host_clock

    def synchronize(self) -> None:
        self.gpu.host_clock = max(self.gpu.host_clock, self.at)

    def time_since(self, before: Event) -> float:
        return self.at - before.at


class Card:
    """The device."""

    def name(self) -> str:
        return "Card 9000"

    def compute_capability(self) -> tuple[int, int]:
        return (9, 0)


class Context:
    """The current context."""

    get_device = staticmethod(Card)


@dataclass
class Gpu:
    """What is used of pycuda.driver."""

    host_ms: float
    host_clock: float = 0.0
    Context = Context
    allocated: list[int] = field(default_factory=list)
    copies: list[tuple[int, int]] = field(default_factory=list)

    def Stream(self) -> Stream:  # noqa: N802 - as PyCUDA spells it
        return Stream(self)

    def Event(self) -> Event:  # noqa: N802
        return Event(self)

    def mem_alloc(self, size: int) -> int:
        self.allocated.append(size)
        return len(self.allocated)

    def memcpy_dtod_async(self, to: int, source: int, size: int, stream: Stream) -> None:
        assert self.allocated[to - 1] >= size <= self.allocated[source - 1]
        self.copies.append((to, size))
        stream.queue(COPY_MS * size / RING_BYTES)

    def get_driver_version(self) -> int:
        return 13000


@pytest.fixture
def make_gpu() -> type[Gpu]:
    """Give the maker of simulated GPUs: (host_ms) is what queueing anything takes."""
    return Gpu
