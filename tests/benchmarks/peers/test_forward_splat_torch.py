"""A peer that does something else, or nothing, would make our numbers look good."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.kernels.scene import make_parallax, make_planes
from benchmarks.peers.forward_splat_torch import grid_sample_two_eyes, softmax_splat_two_eyes
from kernels import forward_splat

EYES = (0.5, -0.5)
HEIGHT, WIDTH = 36, 64


@pytest.mark.parametrize("peer", [grid_sample_two_eyes, softmax_splat_two_eyes])
def test_zero_parallax_is_the_picture(peer) -> None:
    planes = make_planes(HEIGHT, WIDTH)
    for y, uv, *_ in peer(planes, np.zeros((HEIGHT, WIDTH), np.float32), EYES)():
        assert np.array_equal(y.numpy(), planes[0])
        assert np.array_equal(uv.numpy(), np.stack(planes[1:]))


def test_grid_sample_sees_what_remap_sees() -> None:
    planes, parallax = make_planes(HEIGHT, WIDTH), 20 * make_parallax(HEIGHT, WIDTH)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    for eye, (luma, _) in zip(EYES, grid_sample_two_eyes(planes, parallax, EYES)(), strict=True):
        want = cv2.remap(
            planes[0], x - np.float32(eye) * parallax, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        # remap knows 1/32 of a pixel.
        assert np.abs(luma.numpy().astype(int) - want).max() <= 255 / 32


def test_softmax_splatting_moves_as_our_splat_does() -> None:
    """A near square before a wall: the same pixels in the middle of both, and a hole where we have one."""
    planes = make_planes(HEIGHT, WIDTH)
    parallax = np.full((HEIGHT, WIDTH), -4, np.float32)
    parallax[:, 20:40] = 12
    ours = forward_splat(planes, parallax, eyes=EYES, tear_px=2)
    for want, (luma, uv, hole, warped) in zip(ours, softmax_splat_two_eyes(planes, parallax, EYES)(), strict=True):
        assert np.array_equal(hole.numpy(), want.hole == 1)
        seen = want.hole == 0
        assert np.array_equal(luma.numpy()[seen], want.planes[0][seen])
        np.testing.assert_allclose(warped.numpy()[seen], want.parallax_px[seen], rtol=1e-5)
        both = (uv.numpy()[0] != 0) & (want.planes[1] != 128)
        assert (uv.numpy()[0] == want.planes[1])[both].mean() > 0.9
