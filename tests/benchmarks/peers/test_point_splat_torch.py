"""A peer that does something else, or nothing, would make our numbers look good."""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.kernels.point_splat import make_camera
from benchmarks.peers.point_splat_torch import degrid, index_add_point_splat
from kernels import point_splat
from kernels.point_splat.camera import projection

SIZE = (60, 90)
SOURCE = make_camera((0, 0, 0), 0, 1)


def peer(image, depth, target):
    made = index_add_point_splat(image, depth, projection(SOURCE, target, SIZE, SIZE), SIZE)()
    return [tensor.numpy() for tensor in made]


def test_equal_cameras_give_the_picture_back(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (*SIZE, 3)).astype(np.uint8)
    # A surface: a lone far pixel would be taken for a crack.
    depth = (2 + np.indices(SIZE).sum(0) / 100 + 0.005 * rng.random(SIZE)).astype(np.float32)
    got, hole, seen = peer(image, depth, SOURCE)
    assert not hole.any()
    assert (np.abs(got.astype(int) - image) <= 1).mean() > 0.99
    np.testing.assert_allclose(seen, depth, rtol=0.02)


def test_it_sees_what_ours_sees(rng: np.random.Generator) -> None:
    """A near square before a wall, from aside and farther away, where no crack can open."""
    image = (np.indices(SIZE).sum(0)[..., None] * np.ones(3)).astype(np.uint8)
    depth = np.full(SIZE, 4, np.float32)
    depth[20:40, 30:60] = 2
    target = make_camera((0.3, 0.1, 0.3), 5, 1)
    got, hole, seen = peer(image, depth, target)
    want = point_splat(image, depth, source=SOURCE, target=target)
    assert (hole == (want.hole == 1)).mean() > 0.93
    both = ~hole & (want.hole == 0)
    close = np.abs(seen - want.depth)[both] < 0.1
    assert close.mean() > 0.95
    assert np.abs(got.astype(int) - want.image)[both][close].mean() < 2


def test_the_background_does_not_shine_through_a_crack() -> None:
    near = torch.full((5, 7), 2.0)
    cracked = near.clone()
    cracked[:, 3] = 8
    np.testing.assert_allclose(degrid(cracked), near)
    beside = near.clone()
    beside[:, 3:] = 8
    np.testing.assert_array_equal(degrid(beside), beside)
