"""Scores of maps that are known to be right, to flicker, to lag or to be soft."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.quality.clips import Clip, ClipFrame
from benchmarks.quality.temporal import abs_rel, earlier_positions, edge_f1, flicker, lag, motion_error

HEIGHT, WIDTH = 96, 160
FOCAL = 100.0


def _clip(shift_m: float = 0.0, count: int = 4) -> Clip:
    """A wall at 4 m and a board at 2 m in front of it; the camera moves right by shift_m a frame."""
    frames = []
    for number in range(count):
        inverse = np.full((HEIGHT, WIDTH), 0.25, np.float32)
        left = 60 - round(number * shift_m * FOCAL / 2)
        inverse[20:70, left : left + 40] = 0.5
        pose = np.eye(3, 4, dtype=np.float32)
        pose[0, 3] = -number * shift_m
        image = (inverse[..., None] * 400).astype(np.uint8).repeat(3, axis=2)
        frames.append(ClipFrame(image=image, inverse_depth=inverse, known=np.ones(inverse.shape, bool), pose=pose))
    intrinsics = (FOCAL, FOCAL, WIDTH / 2, HEIGHT / 2)
    return Clip(name="c", frames=tuple(frames), intrinsics=intrinsics, is_still=shift_m == 0)


def _truth(clip: Clip, scale: float = 3.0, shift: float = -1.0) -> list[np.ndarray]:
    return [frame.inverse_depth * np.float32(scale) + np.float32(shift) for frame in clip.frames]


def test_the_truth_in_any_scale_is_perfect() -> None:
    for clip in (_clip(), _clip(0.08)):
        maps = _truth(clip)
        assert max(abs_rel(clip, maps).values()) < 1e-4
        assert min(edge_f1(clip, maps).values()) > 0.99
        assert max(motion_error(clip, maps).values()) < 1e-4
    assert max(flicker(_clip(), _truth(_clip())).values()) == 0


def test_where_things_were() -> None:
    clip = _clip(0.08)
    positions, seen = earlier_positions(clip, clip.frames[0], clip.frames[1])
    moved = positions[..., 0] - np.arange(WIDTH)
    np.testing.assert_allclose(moved[40, 70], 4.0, atol=1e-4)
    np.testing.assert_allclose(moved[5, 5], 2.0, atol=1e-4)
    assert seen[40, 70]
    assert seen[5, 5]
    assert not seen[40, 97], "the board hid it in the frame before"
    assert not seen[5, WIDTH - 1], "it was outside"


def test_a_scale_that_wanders_is_flicker_though_every_frame_is_right() -> None:
    clip = _clip()
    maps = [truth * np.float32(1 + 0.2 * (number % 2)) for number, truth in enumerate(_truth(clip))]
    assert max(abs_rel(clip, maps).values()) < 1e-4
    assert min(flicker(clip, maps).values()) > 0.05
    assert min(motion_error(clip, maps).values()) > 0.05


def test_depth_that_stays_behind_shows_in_the_motion_error() -> None:
    clip = _clip(0.08)
    assert min(motion_error(clip, [_truth(clip)[0]] * 4).values()) > 0.01


def test_soft_edges_in_the_wrong_place_are_no_edges() -> None:
    clip = _clip()
    maps = _truth(clip)
    moved = [np.roll(disparity, 12, axis=1) for disparity in maps]
    soft = [cv2.GaussianBlur(disparity, (0, 0), 12) for disparity in maps]
    assert np.mean(list(edge_f1(clip, moved).values())) < 0.7
    assert np.mean(list(edge_f1(clip, soft).values())) < 0.5


@pytest.mark.parametrize("late", [0, 1, 3])
def test_lag_counts_frames_until_the_past_is_gone(late: int) -> None:
    alone = _truth(_clip())
    maps = [disparity + np.float32(0.5 * (number < late)) for number, disparity in enumerate(alone)]
    assert lag(maps, alone) == late
