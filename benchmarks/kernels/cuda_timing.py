"""Times on a GPU, taken by the GPU: events around launches that were queued before it came to them, on cold buffers.

A launch from Python takes longer than a kernel. Copies of a large buffer are queued first and keep the GPU busy until
a whole batch is queued behind them; a batch that the GPU reached too early does not count. The same copies, and a ring
of buffers larger than any cache, see to it that no launch finds its data in the cache.
"""

from __future__ import annotations

import ctypes
import importlib
import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kernels._cuda.compiler import find_compiler

RING_BYTES = 256 << 20
_MOST_COPIES = 4096
_CAPTURE_THIS_THREAD = 1

Launch = Callable[[Any], object]
"""Queues something on a pycuda stream."""


@dataclass(frozen=True, slots=True)
class CudaCase:
    """A batch of launches, each timed by the events before and after it; an item may stand for many launches."""

    items: Sequence[Launch]
    launches_per_item: int = 1

    @property
    def launches(self) -> int:
        """Launches in the batch."""
        return len(self.items) * self.launches_per_item


def why_no_gpu() -> str | None:
    """Why nothing can be measured on a GPU here, or None; makes the context that other libraries share current."""
    try:
        driver = importlib.import_module("pycuda.driver")
    except ModuleNotFoundError:
        return "PyCUDA is not installed (the extra wheatstone[gpu])"
    except ImportError as error:
        return f"PyCUDA finds no NVIDIA driver ({error})"
    try:
        driver.init()
        if driver.Device.count() == 0:
            return "there is no NVIDIA GPU"
        find_compiler()
    except driver.Error as error:
        return f"there is no usable NVIDIA GPU ({error})"
    except OSError as error:
        return f"there is {error}"
    importlib.import_module("pycuda.autoprimaryctx")
    return None


def ring_size(bytes_per_launch: int) -> int:
    """How many sets of buffers go round, so that together they are at least RING_BYTES."""
    return max(2, -(-RING_BYTES // bytes_per_launch))


def time_in_turns(cases: Mapping[str, CudaCase], *, launches: int, driver: Any) -> dict[str, list[float]]:
    """Microseconds of a launch in each item of each case, by name; batches of the cases take turns.

    Args:
        cases: by name.
        launches: how many of each case at least; whole batches are run.
        driver: pycuda.driver with a current context.
    """
    stopwatch = _Stopwatch(driver)
    times: dict[str, list[float]] = {name: [] for name in cases}
    for case in cases.values():
        stopwatch.time(case)
    rounds = max(-(-launches // case.launches) for case in cases.values())
    for number in range(rounds):
        for name, case in cases.items():
            if number * case.launches < launches:
                times[name] += stopwatch.time(case)
    return times


class _Stopwatch:
    """Runs batches behind copies that keep the GPU busy."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._stream = driver.Stream()
        self._from, self._to = driver.mem_alloc(RING_BYTES), driver.mem_alloc(RING_BYTES)
        self._copies = 1

    def time(self, case: CudaCase) -> list[float]:
        """Microseconds of a launch in each item."""
        events = [self._driver.Event() for _ in range(len(case.items) + 1)]
        while True:
            for _ in range(self._copies):
                self._driver.memcpy_dtod_async(self._to, self._from, RING_BYTES, self._stream)
            events[0].record(self._stream)
            for item, event in zip(case.items, events[1:], strict=True):
                item(self._stream)
                event.record(self._stream)
            starved = events[0].query()
            events[-1].synchronize()
            if not starved:
                pairs = itertools.pairwise(events)
                return [1e3 * after.time_since(before) / case.launches_per_item for before, after in pairs]
            if self._copies >= _MOST_COPIES:
                raise OSError(f"the GPU is faster than its launches can be queued, even after {self._copies} copies")
            self._copies *= 2


class Graph:
    """What a function queues on a stream, recorded once and launched as one. PyCUDA has no call for it."""

    def __init__(self, queue: Launch, stream: Any) -> None:
        self._library = ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
        graph, self._ready = ctypes.c_void_p(), ctypes.c_void_p()
        handle = ctypes.c_void_p(stream.handle)
        self._call("cuStreamBeginCapture_v2", handle, ctypes.c_int(_CAPTURE_THIS_THREAD))
        try:
            queue(stream)
        finally:
            self._call("cuStreamEndCapture", handle, ctypes.byref(graph))
        self._call("cuGraphInstantiateWithFlags", ctypes.byref(self._ready), graph, ctypes.c_ulonglong(0))
        self._call("cuGraphDestroy", graph)

    def launch(self, stream: Any) -> None:
        """Queue all of it."""
        self._call("cuGraphLaunch", self._ready, ctypes.c_void_p(stream.handle))

    def close(self) -> None:
        """Give the recording back to the driver."""
        self._call("cuGraphExecDestroy", self._ready)

    def _call(self, name: str, *args: object) -> None:
        status = getattr(self._library, name)(*args)
        if status:
            text = ctypes.c_char_p()
            self._library.cuGetErrorName(status, ctypes.byref(text))
            raise OSError(f"{name} failed: {(text.value or b'unknown error').decode()}")
