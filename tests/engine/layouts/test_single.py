"""One eye."""

from __future__ import annotations

import numpy as np
import pytest

from engine.layouts.single import SingleEye


@pytest.mark.parametrize("index", [0, 1])
def test_an_eye_is_shown_as_it_is(make_frame, index: int) -> None:
    frame = make_frame(16, 8, "422", 10)
    shown = SingleEye(index).process(frame)
    for plane, eye in zip(shown.planes, frame.views[index].planes, strict=True):
        np.testing.assert_array_equal(plane, eye)
