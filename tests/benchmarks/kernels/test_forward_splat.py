"""The records of the forward splat."""

from __future__ import annotations

import pytest

from benchmarks.kernels import forward_splat


def test_records_name_the_operator_and_its_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward_splat, "HEIGHT", 54)
    monkeypatch.setattr(forward_splat, "WIDTH", 96)
    records = {record.name: record for record in forward_splat.measure(repeats=2, threads=2)}
    for case in ("forward_splat", "memcpy_two_eyes", "cv2_remap_linear_two_eyes"):
        assert records[f"kernels/{case}/yuv420p/1080p/threads=1"].p50 > 0
    assert "kernels/forward_splat/yuv420p/1080p/threads=2" in records
    assert {record.n for record in records.values()} == {2}
