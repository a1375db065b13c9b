from __future__ import annotations

import numpy as np

from benchmarks.quality.pictures import frame_of, rgb_of


def test_there_and_back(rng: np.random.Generator) -> None:
    rgb = rng.integers(0, 256, (31, 45, 3), np.uint8)
    back = rgb_of(frame_of(rgb).planes)
    # Rounding in YUV moves a channel by half a chroma step, which is up to 0.93 codes, and rounds again.
    assert np.abs(back.astype(int) - rgb).max() <= 2
    grey = np.repeat(rng.integers(0, 256, (8, 8, 1), np.uint8), 3, axis=2)
    assert np.array_equal(rgb_of(frame_of(grey).planes), grey)


def test_frames_of_a_sequence_are_a_thirtieth_apart() -> None:
    picture = np.zeros((4, 6, 3), np.uint8)
    assert [frame_of(picture, index=i).time_s for i in (0, 30)] == [0.0, 1.0]
