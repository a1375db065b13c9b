"""The records of joint upsampling."""

from __future__ import annotations

import pytest

from benchmarks.kernels import joint_upsample


def test_records_name_the_operator_and_its_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joint_upsample, "HEIGHT", 240)
    monkeypatch.setattr(joint_upsample, "WIDTH", 400)
    records = {record.name: record for record in joint_upsample.measure(repeats=2, threads=1)}
    assert set(records) == {
        "kernels/cv2_resize_linear/384x224/1080p/threads=1",
        "kernels/cv2_resize_cubic/384x224/1080p/threads=1",
        "kernels/joint_upsample/384x224/1080p/threads=1",
        "kernels/joint_upsample/384x224/1080p/noisy/threads=1",
    }
