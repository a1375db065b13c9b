"""Every rung draws the same picture, or its time would mean nothing."""

from __future__ import annotations

import numpy as np

from benchmarks.kernels.scene import make_parallax, make_planes
from benchmarks.ladder.forward_splat import EYE, TEAR_PX, measure, rungs
from kernels import forward_splat


def test_every_rung_draws_what_the_kernel_draws() -> None:
    (want,) = forward_splat(
        make_planes(27, 240)[:1], make_parallax(27, 240), eyes=(float(EYE),), tear_px=float(TEAR_PX)
    )
    assert want.hole.any()
    for name, (call, picture, seen) in rungs(27, 240).items():
        call()
        np.testing.assert_array_equal(picture, want.planes[0], err_msg=name)
        np.testing.assert_array_equal(np.isnan(seen), want.hole == 1, err_msg=name)
        np.testing.assert_array_equal(np.nan_to_num(seen), want.parallax_px, err_msg=name)


def test_measure_has_a_record_for_every_rung() -> None:
    records = measure(repeats=1, height=8, width=64)
    assert [r.name.rsplit("/", 1)[1] for r in records] == ["paint", "scatter", "blend_in_runs", "runs", "cv2.remap"]
