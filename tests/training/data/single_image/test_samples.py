"""From one picture with depth to samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from training.data.single_image.images import RejectedError
from training.data.single_image.samples import WindowOptions, draw_pairs, steepened

OPTIONS = WindowOptions(size=(160, 96), strength=(4.0, 6.0))


def _box() -> np.ndarray:
    disparity = np.full((260, 400), 0.1, np.float32)
    disparity[60:220, 100:260] = 1
    return disparity


def test_both_eyes_are_used_and_stay_rectified_pairs(colourful: Callable[..., np.ndarray]) -> None:
    pairs = draw_pairs(colourful(0), _box(), 12, OPTIONS, np.random.default_rng(0))
    assert {pair.true_eye for pair in pairs} == {"left", "right"}
    for pair in pairs:
        assert pair.left.shape == pair.right.shape == (96, 160, 3)
        assert pair.disparity_left.dtype == np.float16
        disparity = pair.disparity_left.astype(np.float32)
        assert disparity.min() >= 0
        assert 4 < disparity.max() <= OPTIONS.max_parallax_px
        columns = np.round(np.arange(160) - disparity).astype(int)
        inside = columns >= 0
        there = np.take_along_axis(pair.right, np.maximum(columns, 0)[..., None], axis=1)
        close = np.abs(there.astype(int) - pair.left).max(axis=2) < 48
        assert close[inside].mean() > 0.75


def test_flat_windows_give_no_holes(colourful: Callable[..., np.ndarray]) -> None:
    slope = np.tile(np.linspace(0, 1, 260, dtype=np.float32)[:, None], (1, 400))
    with pytest.raises(RejectedError, match="no holes"):
        draw_pairs(colourful(0), slope, 4, OPTIONS, np.random.default_rng(0))


def test_ramps_become_steps_and_slopes_stay() -> None:
    row = np.concatenate([np.full(20, 2.0), np.linspace(2, 22, 6)[1:-1], np.full(20, 22.0)])
    steep = steepened(np.tile(row, (8, 1)).astype(np.float32))
    assert set(np.round(np.unique(steep[4]), 3)) == {2.0, 22.0}
    slope = np.tile(np.linspace(0, 12, 60, dtype=np.float32), (8, 1))
    assert np.abs(steepened(slope) - slope).max() < 0.5
