"""Even rows belong to the left eye."""

from __future__ import annotations

import numpy as np
import pytest

from engine.layouts.interlaced import Interlaced


@pytest.mark.parametrize(("subsampling", "bits"), [("420", 8), ("420", 10), ("422", 10), ("444", 8), ("gray", 8)])
def test_rows_alternate(make_frame, subsampling: str, bits: int) -> None:
    frame = make_frame(16, 8, subsampling, bits)
    shown = Interlaced().process(frame)
    left, right = frame.views
    for index, plane in enumerate(shown.planes):
        if subsampling == "420" and index > 0:
            mixed = (left.planes[index].astype(int) + right.planes[index] + 1) // 2
            np.testing.assert_array_equal(plane, mixed)
        else:
            np.testing.assert_array_equal(plane[0::2], left.planes[index][0::2])
            np.testing.assert_array_equal(plane[1::2], right.planes[index][1::2])
