"""The stopwatch against a simulated GPU; the driver itself where there is one."""

from __future__ import annotations

import os
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from benchmarks.kernels import cuda_timing
from benchmarks.kernels.cuda_timing import RING_BYTES, CudaCase, Graph, ring_size, time_in_turns, why_no_gpu


def launch(milliseconds: float, log: list[str], name: str) -> Any:
    def queue(stream: Any) -> None:
        log.append(name)
        stream.queue(milliseconds)

    return queue


def test_kernels_much_shorter_than_their_launches_are_timed_exactly(make_gpu) -> None:
    gpu, log = make_gpu(host_ms=0.05), []
    each = CudaCase([launch(0.008, log, "a"), launch(0.009, log, "b"), launch(0.010, log, "c")])
    whole = CudaCase([launch(0.027, log, "pass")], launches_per_item=3)
    times = time_in_turns({"each": each, "whole": whole}, launches=7, driver=gpu)
    assert times["each"] == pytest.approx([8, 9, 10] * 3)
    assert times["whole"] == pytest.approx([9] * 3)
    assert {size for _, size in gpu.copies} == {RING_BYTES}


def test_batches_take_turns_until_every_case_had_its_launches(make_gpu) -> None:
    gpu, log = make_gpu(host_ms=0.001), []
    cases = {
        "each": CudaCase([launch(1, log, "a"), launch(1, log, "b")]),
        "whole": CudaCase([launch(4, log, "p")], launches_per_item=4),
    }
    times = time_in_turns(cases, launches=4, driver=gpu)
    assert "".join(log) == "abp" + "abp" + "ab"
    assert {name: len(values) for name, values in times.items()} == {"each": 4, "whole": 1}


def test_a_gpu_that_cannot_be_kept_busy_is_said_so(make_gpu) -> None:
    gpu = make_gpu(host_ms=1.0)
    with pytest.raises(OSError, match="faster than its launches can be queued"):
        time_in_turns({"a": CudaCase([launch(0.01, [], "a")])}, launches=1, driver=gpu)


def test_ring_is_larger_than_a_cache() -> None:
    assert ring_size(43_500_000) * 43_500_000 >= 256 * 2**20
    assert ring_size(10**9) == 2


def driver_with(devices: int, *, broken: bool = False) -> SimpleNamespace:
    """What is asked of pycuda.driver before anything is measured."""

    class Error(Exception):
        pass

    def init() -> None:
        if broken:
            raise Error("cuInit failed: unknown error")

    return SimpleNamespace(init=init, Error=Error, Device=SimpleNamespace(count=lambda: devices))


@pytest.mark.parametrize(
    ("driver", "reason"),
    [
        (None, "PyCUDA is not installed (the extra wheatstone[gpu])"),
        (driver_with(0), "there is no NVIDIA GPU"),
        (driver_with(1, broken=True), "there is no usable NVIDIA GPU (cuInit failed: unknown error)"),
    ],
)
def test_why_nothing_is_measured_on_a_gpu(driver: Any, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycuda", ModuleType("pycuda"))
    monkeypatch.setitem(sys.modules, "pycuda.driver", driver)
    assert why_no_gpu() == reason


def test_without_a_compiler_nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def find() -> None:
        raise OSError("no CUDA compiler: install one")

    monkeypatch.setattr(cuda_timing, "find_compiler", find)
    monkeypatch.setitem(sys.modules, "pycuda", ModuleType("pycuda"))
    monkeypatch.setitem(sys.modules, "pycuda.driver", driver_with(1))
    assert why_no_gpu() == "there is no CUDA compiler: install one"


@pytest.mark.cuda
def test_graph_repeats_what_was_queued() -> None:
    reason = why_no_gpu()
    if reason is not None:
        if os.environ.get("REQUIRE_CUDA") == "1":
            pytest.fail(f"REQUIRE_CUDA=1, but {reason}")
        pytest.skip(reason)
    import pycuda.driver as driver

    stream, memory = driver.Stream(), driver.mem_alloc(4)
    driver.memset_d32(memory, 1, 1)
    graph = Graph(lambda stream: driver.memset_d32_async(memory, 7, 1, stream), stream)
    assert bytes(driver.from_device(memory, 4, "u1")) == bytes([1, 0, 0, 0])
    graph.launch(stream)
    stream.synchronize()
    graph.close()
    assert bytes(driver.from_device(memory, 4, "u1")) == bytes([7, 0, 0, 0])
