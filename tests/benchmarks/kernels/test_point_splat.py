"""The records of the point splat."""

from __future__ import annotations

import pytest

from benchmarks.kernels import point_splat


def test_records_name_the_operator_and_its_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(point_splat, "HEIGHT", 60)
    monkeypatch.setattr(point_splat, "WIDTH", 100)
    records = {record.name: record for record in point_splat.measure(repeats=2, threads=2)}
    ours = {f"kernels/point_splat/rgb24/1080p/{move}/threads=1" for move in point_splat.MOVES}
    assert ours | {"kernels/cv2_remap_linear/rgb24/1080p/threads=1"} <= set(records)
    assert "kernels/point_splat/rgb24/1080p/dolly/threads=2" in records


def test_without_torch_its_peer_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(point_splat, "HEIGHT", 30)
    monkeypatch.setattr(point_splat, "WIDTH", 50)
    monkeypatch.setattr(point_splat.peers, "has_torch", lambda: False)
    assert not any("torch" in record.name for record in point_splat.measure(repeats=1, threads=1))
