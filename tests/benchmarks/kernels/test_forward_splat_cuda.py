"""What a launch moves, and the records where there is a GPU."""

from __future__ import annotations

import os

import pytest

from benchmarks.kernels.cuda_timing import why_no_gpu
from benchmarks.kernels.forward_splat_cuda import bytes_per_launch, measure


def test_bytes_are_those_of_inputs_and_outputs() -> None:
    pixels = 1920 * 1080
    assert bytes_per_launch("rgb24") == pixels * (3 + 2 + 2 * (3 + 1 + 4))
    assert bytes_per_launch("yuv420p") == pixels * (1.5 + 2 + 2 * (1.5 + 1 + 4))


@pytest.mark.cuda
def test_every_way_of_timing_has_a_record_and_a_copy_beside_it() -> None:
    reason = why_no_gpu()
    if reason is not None:
        if os.environ.get("REQUIRE_CUDA") == "1":
            pytest.fail(f"REQUIRE_CUDA=1, but {reason}")
        pytest.skip(reason)
    records = {record.name: record for record in measure(launches=20)}
    for form in ("rgb24", "yuv420p"):
        for timed in ("each", "pass", "graph"):
            for what in ("forward_splat", "memcpy_dtod"):
                record = records[f"kernels/{what}/{form}/1080p/device=cuda/timed={timed}"]
                assert record.p50 > 0
                assert record.context["card"]
