"""The records of the infill network's channels."""

from __future__ import annotations

import pytest

from benchmarks.kernels import hole_guide


def test_records_name_the_operator_and_its_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hole_guide, "HEIGHT", 54)
    monkeypatch.setattr(hole_guide, "WIDTH", 96)
    records = {record.name: record for record in hole_guide.measure(repeats=2)}
    assert set(records) == {
        "kernels/memcpy_guide/rgb24/1080p/threads=1",
        "kernels/hole_guide/rgb24/1080p/threads=1",
    }
    for record in records.values():
        assert record.n == 2
        assert record.p50 > 0


def test_the_eye_has_holes() -> None:
    rgb, hole, parallax, disparity = hole_guide.make_arrays(270, 480)
    assert rgb.shape == (270, 480, 3)
    assert 0.005 < hole.mean() < 0.2
    assert parallax.shape == disparity.shape == hole.shape
