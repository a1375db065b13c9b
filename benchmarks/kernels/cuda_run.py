"""Records of one operator on the current GPU, beside copies of as many bytes on it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from benchmarks.kernels.cuda_timing import CudaCase, Graph, Launch, ring_size, time_in_turns
from benchmarks.kernels.timing import versions
from benchmarks.record import Record, machine


def measure_ring(
    operator: str,
    arrays: str,
    make: Callable[[], Launch],
    *,
    num_bytes: int,
    launches: int,
    context: Mapping[str, Any],
) -> list[Record]:
    """Microseconds of a launch: each by its own events, as passes over the ring of buffers, and those as a graph.

    Args:
        operator: the second part of the names.
        arrays: the parts after it, such as "rgb24/1080p".
        make: gives a launch with buffers of its own; called once for every place in the ring.
        num_bytes: what a launch reads and writes.
        launches: how many are timed in each way.
        context: what else the records shall say.
    """
    driver = importlib.import_module("pycuda.driver")
    stream = driver.Stream()
    ring = [make() for _ in range(ring_size(num_bytes))]
    copies = _copies(driver, len(ring), num_bytes // 2)
    # What is compiled at a first call cannot be compiled while it is recorded.
    ring[0](stream)
    stream.synchronize()
    graphs = [Graph(partial(_one_after_the_other, each), stream) for each in (ring, copies)]
    cases = {
        **_three_ways(f"kernels/{operator}/{arrays}", ring, graphs[0]),
        **_three_ways(f"kernels/memcpy_dtod/{arrays}", copies, graphs[1]),
    }
    times = time_in_turns(cases, launches=launches, driver=driver)
    for graph in graphs:
        graph.close()
    card = driver.Context.get_device()
    more = {
        **machine(),
        **versions("numpy", "pycuda"),
        "card": card.name(),
        "compute_capability": list(card.compute_capability()),
        "driver": driver.get_driver_version(),
        "bytes": num_bytes,
        "ring": len(ring),
        "launches": launches,
    }
    return [Record.of(name, values, "us", {**more, **context}) for name, values in times.items()]


def _three_ways(name: str, launches: Sequence[Launch], graph: Graph) -> dict[str, CudaCase]:
    """An event costs a microsecond or two itself, which whole passes share among their launches."""
    return {
        f"{name}/device=cuda/timed=each": CudaCase(launches),
        f"{name}/device=cuda/timed=pass": CudaCase([partial(_one_after_the_other, launches)], len(launches)),
        f"{name}/device=cuda/timed=graph": CudaCase([graph.launch], len(launches)),
    }


def _one_after_the_other(launches: Sequence[Launch], stream: Any) -> None:
    for launch in launches:
        launch(stream)


def _copies(driver: Any, count: int, num_bytes: int) -> list[Launch]:
    """Copies between buffers of a ring: each reads and writes as many bytes as a launch does together."""
    memory = [driver.mem_alloc(num_bytes) for _ in range(2 * count)]
    return [partial(_copy, driver, memory[2 * place], memory[2 * place + 1], num_bytes) for place in range(count)]


def _copy(driver: Any, to: Any, source: Any, num_bytes: int, stream: Any) -> None:
    driver.memcpy_dtod_async(to, source, num_bytes, stream)
