"""Every rung draws the same picture, or its time would mean nothing."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.kernels.scene import make_noisy_parallax, make_parallax, make_planes
from benchmarks.ladder.forward_splat import EYE, TEAR_PX, measure, rungs
from kernels import forward_splat


@pytest.mark.timeout(240)  # six loops are compiled
@pytest.mark.parametrize("make", [make_parallax, make_noisy_parallax])
def test_every_rung_draws_what_the_kernel_draws(make) -> None:
    luma, parallax = make_planes(27, 240)[0], 4 * make(27, 240)
    (want,) = forward_splat((luma,), parallax, eyes=(float(EYE),), tear_px=float(TEAR_PX))
    assert want.hole.any()
    for name, (call, picture, seen) in rungs(luma, parallax).items():
        call()
        np.testing.assert_array_equal(picture, want.planes[0], err_msg=name)
        np.testing.assert_array_equal(np.isnan(seen), want.hole == 1, err_msg=name)
        np.testing.assert_array_equal(np.nan_to_num(seen), want.parallax_px, err_msg=name)


def test_measure_has_a_record_for_every_rung() -> None:
    names = [r.name.removeprefix("ladder/forward_splat/") for r in measure(repeats=1, height=8, width=64)]
    rung_names = ["paint", "scatter", "blend_in_runs", "runs", "segments", "cv2.remap"]
    assert names == [f"{scene}/{rung}" for scene in ("scene", "noisy") for rung in rung_names]
