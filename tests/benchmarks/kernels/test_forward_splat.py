"""The records of the forward splat."""

from __future__ import annotations

import pytest

from benchmarks.kernels import forward_splat


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward_splat, "HEIGHT", 54)
    monkeypatch.setattr(forward_splat, "WIDTH", 96)


def test_records_name_the_operator_and_its_peers() -> None:
    records = {record.name: record for record in forward_splat.measure(repeats=2, threads=2)}
    for case in (
        "forward_splat",
        "memcpy_two_eyes",
        "cv2_remap_nearest_two_eyes",
        "cv2_remap_linear_two_eyes",
        "torch_grid_sample_two_eyes",
        "torch_index_add_two_eyes",
    ):
        assert records[f"kernels/{case}/yuv420p/1080p/threads=1"].p50 > 0
    assert "kernels/forward_splat/yuv420p/1080p/threads=2" in records
    assert {record.n for record in records.values()} == {2}


def test_every_pixel_format_has_its_yardsticks_and_noise_has_too() -> None:
    names = {record.name for record in forward_splat.measure(repeats=1, threads=1)}
    for form in ("yuv420p/1080p", "yuv420p10le/1080p", "rgb24/1080p", "yuv420p/1080p/noisy"):
        for case in ("forward_splat", "cv2_remap_linear_two_eyes"):
            assert f"kernels/{case}/{form}/threads=1" in names


def test_without_torch_its_peers_are_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward_splat.peers, "has_torch", lambda: False)
    names = {record.name for record in forward_splat.measure(repeats=1, threads=1)}
    assert not [name for name in names if "torch" in name]
    assert "kernels/cv2_remap_linear_two_eyes/yuv420p/1080p/threads=1" in names
