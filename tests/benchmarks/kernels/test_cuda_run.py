"""Records of a ring of launches on a simulated GPU."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from benchmarks.kernels import cuda_run
from benchmarks.kernels.cuda_run import measure_ring


class Recorded:
    """Stands in for a CUDA graph, which only the driver can record."""

    def __init__(self, queue: Callable[[Any], None], stream: Any) -> None:
        self.launch = queue

    def close(self) -> None:
        pass


def test_each_place_in_the_ring_has_its_turn_and_copies_move_as_many_bytes(
    make_gpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu, log = make_gpu(host_ms=0.02), []
    monkeypatch.setattr(cuda_run, "Graph", Recorded)
    monkeypatch.setitem(sys.modules, "pycuda", ModuleType("pycuda"))
    monkeypatch.setitem(sys.modules, "pycuda.driver", gpu)

    def make() -> Callable[[Any], None]:
        place = len(made)
        made.add(place)

        def launch(stream: Any) -> None:
            log.append(place)
            stream.queue(0.012)

        return launch

    made: set[int] = set()
    num_bytes = 64 << 20
    records = {
        record.name: record
        for record in measure_ring("one", "rgb24/1080p", make, num_bytes=num_bytes, launches=8, context={"a": 1})
    }
    assert made == {0, 1, 2, 3}
    assert log[0] == 0  # the call before the recording
    assert log[1:9] == [0, 1, 2, 3, 0, 1, 2, 3]
    for timed, count in (("each", 8), ("pass", 2), ("graph", 2)):
        ours = records[f"kernels/one/rgb24/1080p/device=cuda/timed={timed}"]
        assert (ours.unit, ours.n) == ("us", count)
        assert ours.p50 == pytest.approx(12)
        copied = records[f"kernels/memcpy_dtod/rgb24/1080p/device=cuda/timed={timed}"]
        assert copied.p50 == pytest.approx(500 / 8)
        assert ours.context["card"] == "Card 9000"
        assert (ours.context["ring"], ours.context["bytes"], ours.context["a"]) == (4, num_bytes, 1)
    assert {size for _, size in gpu.copies} == {256 << 20, num_bytes // 2}
