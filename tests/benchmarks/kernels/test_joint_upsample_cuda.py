"""Records of joint upsampling where there is a GPU."""

from __future__ import annotations

import os

import pytest

from benchmarks.kernels.cuda_timing import why_no_gpu
from benchmarks.kernels.joint_upsample_cuda import measure


@pytest.mark.cuda
def test_every_way_of_timing_has_a_record() -> None:
    reason = why_no_gpu()
    if reason is not None:
        if os.environ.get("REQUIRE_CUDA") == "1":
            pytest.fail(f"REQUIRE_CUDA=1, but {reason}")
        pytest.skip(reason)
    names = {record.name for record in measure(launches=20) if record.p50 > 0}
    for timed in ("each", "pass", "graph"):
        assert f"kernels/joint_upsample/384x224/1080p/device=cuda/timed={timed}" in names
