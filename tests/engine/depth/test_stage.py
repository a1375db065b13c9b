"""The whole depth stage, with a network that calls bright things near."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from engine.depth.stage import DepthStage


@dataclass
class BrightIsNear:
    """Luma as disparity, in an arbitrary scale; counts its runs."""

    shape: tuple[int, ...] = (1, 3, 32, 64)
    runs: int = 0

    def run(self, image: np.ndarray) -> np.ndarray:
        self.runs += 1
        assert image.shape == self.shape
        assert image.dtype == np.float32
        return 70.0 * image.mean(axis=1, keepdims=True) - 3.0


def _bright_right(height: int = 96, width: int = 192) -> np.ndarray:
    luma = np.full((height, width), 0.2)
    luma[:, width // 2 :] = 0.8
    return luma


@pytest.mark.parametrize(("subsampling", "bits"), [("420", 8), ("420", 10), ("422", 10), ("444", 8), ("gray", 8)])
def test_disparity_at_frame_size_larger_is_nearer(make_frame, subsampling: str, bits: int) -> None:
    frame = DepthStage(BrightIsNear()).process(make_frame(_bright_right(), subsampling=subsampling, bits=bits))
    disparity = frame.disparity
    assert disparity.shape == (96, 192)
    assert disparity.dtype == np.float32
    assert np.isfinite(disparity).all()
    assert disparity.min() >= 0
    assert disparity.max() <= 1
    np.testing.assert_allclose(disparity[:, :88], 0.0, atol=0.03)
    np.testing.assert_allclose(disparity[:, 104:], 1.0, atol=0.03)
    assert frame.is_cut


@pytest.mark.parametrize("size", [(95, 191), (17, 33), (40, 300)])
def test_odd_and_small_sizes(make_frame, size: tuple[int, int]) -> None:
    frame = DepthStage(BrightIsNear()).process(make_frame(_bright_right(*size)))
    assert frame.disparity.shape == size
    assert frame.disparity[:, -1].mean() > 0.9 > 0.1 > frame.disparity[:, 0].mean()


def test_a_network_with_a_memory_forgets_at_cuts(make_frame, rng: np.random.Generator) -> None:
    @dataclass
    class Remembers(BrightIsNear):
        resets: int = 0

        def reset(self) -> None:
            self.resets += 1

    network = Remembers()
    stage = DepthStage(network)
    other = np.kron(rng.random((4, 6)), np.ones((24, 32)))
    seen = []
    for index, picture in enumerate([_bright_right()] * 3 + [other] * 2):
        stage.process(make_frame(picture, index=index))
        seen.append(network.resets)
    assert seen == [1, 1, 1, 2, 2]


def test_a_carried_map_is_estimated_on_every_nth_frame_and_at_cuts(make_frame, rng: np.random.Generator) -> None:
    network = BrightIsNear()
    stage = DepthStage(network, every=3)
    other = np.kron(rng.random((4, 6)), np.ones((24, 32)))
    pictures = [_bright_right()] * 7 + [other] * 4
    cuts = [stage.process(make_frame(picture, index=i)).is_cut for i, picture in enumerate(pictures)]
    assert cuts == [True] + [False] * 6 + [True] + [False] * 3
    assert network.runs == 3 + 2


def test_depth_between_estimates_moves_with_the_picture(make_frame) -> None:
    """A bright and near bar crosses a textured wall; only every third frame is estimated."""
    texture = np.random.default_rng(3).random((96, 192), np.float32)
    wall = np.clip(0.25 + 1.2 * (cv2.GaussianBlur(texture, (0, 0), 2) - 0.5), 0, 0.45)
    network = BrightIsNear()
    stage = DepthStage(network, every=3)
    for index in range(9):
        picture = wall.copy()
        left = 40 + 6 * index
        picture[20:76, left : left + 40] = 0.75 + 0.5 * (wall[20:76, :40] - 0.25)
        disparity = stage.process(make_frame(picture, index=index)).disparity
        inside = np.flatnonzero((disparity[30:66] > 0.55).mean(axis=0) > 0.5)
        assert abs(int(inside[0]) - left) <= 6, index
        assert abs(int(inside[-1]) - (left + 39)) <= 6, index
    assert network.runs == 3


def test_nothing_is_carried_across_a_cut(make_frame) -> None:
    rng = np.random.default_rng(4)
    first, second = (np.kron(rng.random((4, 6)), np.ones((24, 32))) for _ in range(2))
    alone = DepthStage(BrightIsNear()).process(make_frame(second)).disparity
    stage = DepthStage(BrightIsNear(), every=3)
    for index in range(5):
        stage.process(make_frame(first, index=index))
    np.testing.assert_array_equal(stage.process(make_frame(second, index=5)).disparity, alone)


def test_a_seek_starts_afresh(make_frame) -> None:
    network = BrightIsNear()
    stage = DepthStage(network, every=10)
    for epoch in (0, 0, 1, 1):
        stage.process(make_frame(_bright_right(), epoch=epoch))
    assert network.runs == 2


def test_every_must_be_positive() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        DepthStage(BrightIsNear(), every=0)
