"""Hand-computed rows: what the definition means."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from kernels.forward_splat import SplatView
from kernels.forward_splat.layout import Fill
from kernels.forward_splat.op import check_planes
from kernels.forward_splat.reference import forward_splat_reference


def splat(planes, parallax, *, eye: float = 1, tear: float = 2, fill: Fill = "none") -> SplatView:
    """One eye; a list is one gray row, and so is the parallax."""
    arrays = tuple(np.atleast_2d(np.asarray(plane, np.uint8)) for plane in planes)
    sources, layout = check_planes(arrays)
    parallax = np.atleast_2d(np.asarray(parallax, np.float32))
    (view,) = forward_splat_reference(sources, parallax, layout, eyes=(eye,), tear_px=tear, fill=fill)
    return view


def gray(row, parallax, **options) -> tuple[list[int], list[int], list[float]]:
    view = splat([row], parallax, **options)
    return view.planes[0][0].tolist(), view.hole[0].tolist(), view.parallax_px[0].tolist()


def test_zero_parallax_is_the_picture() -> None:
    assert gray([10, 20, 30], [0, 0, 0]) == ([10, 20, 30], [0, 0, 0], [0, 0, 0])


def test_positive_parallax_moves_right_in_a_positive_eye() -> None:
    colours, hole, parallax = gray([10, 20, 30, 40], [1, 1, 1, 1])
    assert (colours, hole, parallax) == ([0, 10, 20, 30], [1, 0, 0, 0], [0, 1, 1, 1])


def test_positive_parallax_moves_left_in_a_negative_eye() -> None:
    assert gray([10, 20, 30, 40], [1, 1, 1, 1], eye=-1)[0] == [20, 30, 40, 0]


def test_half_pixel_shift_blends_neighbours_and_keeps_the_border_half_pixel() -> None:
    # Sample 0 lands at 0.5 and covers [0, 0.5) beside the border: pixel 0. Pixel 1 lies between samples 0 and 1.
    assert gray([10, 20, 31, 40], [0.5] * 4)[:2] == ([10, 15, 26, 36], [0, 0, 0, 0])


def test_rounding_is_half_up() -> None:
    assert gray([0, 1, 2, 3], [0.5] * 4)[0] == [0, 1, 2, 3]


def test_tear_leaves_a_hole_and_keeps_a_half_pixel_on_each_side() -> None:
    # Samples land at 0 1 | 5 6: pixels 2, 3, 4 lie in the tear; [1, 1.5) and [4.5, 5) hold no further pixel.
    colours, hole, _ = gray([10, 20, 30, 40, 0, 0, 0], [0, 0, 3, 3, 3, 3, 3])
    assert (colours, hole) == ([10, 20, 0, 0, 0, 30, 40], [0, 0, 1, 1, 1, 0, 0])


def test_a_step_of_exactly_tear_px_is_still_a_surface() -> None:
    assert gray([10, 20, 40, 40], [0, 0, 1, 1], tear=2)[:2] == ([10, 20, 30, 40], [0, 0, 0, 0])
    assert gray([10, 20, 40, 40], [0, 0, 1, 1], tear=1.99)[:2] == ([10, 20, 0, 40], [0, 0, 1, 0])


def test_the_half_pixel_beside_a_tear_covers_the_pixel_it_reaches() -> None:
    # Sample 1 lands at 1.6 and covers [1.6, 2.1) to its right: pixel 2. Sample 2 at 5.4 covers [4.9, 5.4): pixel 5.
    colours, hole, parallax = gray([10, 20, 30, 40, 50, 60, 70], [0.6, 0.6, 3.4, 3.4, 3.4, 3.4, 3.4])
    assert hole == [1, 0, 0, 1, 1, 0, 0]
    assert (colours[2], colours[5]) == (20, 30)
    assert parallax[2] == pytest.approx(0.6)


def test_near_things_hide_far_ones() -> None:
    # Samples 2 and 3 stand 2 px in front and cover pixels 4 and 5; samples 4 and 5 land there too and are hidden.
    colours, hole, parallax = gray([10, 20, 30, 40, 50, 60, 70], [0, 0, 2, 2, 0, 0, 0])
    assert colours == [10, 20, 0, 0, 30, 40, 70]
    assert hole == [0, 0, 1, 1, 0, 0, 0]
    assert parallax == [0, 0, 0, 0, 2, 2, 0]


def test_near_things_hide_far_ones_in_the_other_eye() -> None:
    assert gray([10, 20, 30, 40, 50, 60, 70], [0, 0, 0, 2, 2, 0, 0], eye=-1)[0] == [10, 40, 50, 0, 0, 60, 70]


@pytest.mark.parametrize("at", [9.5, 9.75, 10.0, 10.25, 10.49])
@pytest.mark.parametrize("eye", [1, -1])
def test_a_sliver_keeps_its_one_pixel(at: float, eye: int) -> None:
    parallax = np.zeros(32)
    source = 5 if eye > 0 else 15
    parallax[source] = abs(at - source)
    colours, hole, _ = gray([100 if x == source else 1 for x in range(32)], parallax, eye=eye)
    assert colours.count(100) == 1
    assert sum(hole) == 1


def test_a_fold_is_not_drawn() -> None:
    # The surface between samples 1 (at 4) and 2 (at 2) is seen from behind: pixel 3 belongs to no one's front but
    # lies on the way from sample 0 (at 2.5) to sample 1 (at 4).
    colours, hole, _ = gray([10, 40, 90, 90, 90], [2.5, 3, 0, 0, 0], tear=3)
    assert colours[3] == 20
    assert colours[4] == 40
    assert hole == [1, 1, 0, 0, 0]


def test_everything_out_of_the_frame_is_all_hole() -> None:
    for fill in ("none", "background", "surface"):
        assert gray([1, 2, 3], [50, 50, 50], fill=fill) == ([0, 0, 0], [1, 1, 1], [0, 0, 0])


def test_one_column() -> None:
    assert gray([7], [0.25]) == ([7], [0], [0.25])
    assert gray([7], [1])[1] == [1]


HOLE_IN_THE_MIDDLE = ([10, 20, 60, 70, 80, 90, 99], [0, 0, 3, 3, 3, 3, 3])


def test_fill_background_takes_the_farther_edge() -> None:
    colours, hole, parallax = gray(*HOLE_IN_THE_MIDDLE, fill="background")
    assert (colours, hole) == ([10, 20, 20, 20, 20, 60, 70], [0, 0, 1, 1, 1, 0, 0])
    # The lean of the torn surface is told with either fill.
    assert parallax == [0, 0, 0.75, 1.5, 2.25, 3, 3]


def test_fill_surface_goes_from_edge_to_edge() -> None:
    colours, _, parallax = gray(*HOLE_IN_THE_MIDDLE, fill="surface")
    assert colours == [10, 20, 30, 40, 50, 60, 70]
    assert parallax == [0, 0, 0.75, 1.5, 2.25, 3, 3]


@pytest.mark.parametrize("fill", ["background", "surface"])
def test_holes_at_the_border_take_their_only_edge(fill: Fill) -> None:
    assert gray([10, 20, 30, 40], [2] * 4, fill=fill) == ([10, 10, 10, 20], [1, 1, 0, 0], [2, 2, 2, 2])
    assert gray([10, 20, 30, 40], [2] * 4, eye=-1, fill=fill)[0] == [30, 40, 40, 40]


def test_packed_pictures_keep_their_channels_together() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(1, 4, 3) * 10
    sources, layout = check_planes(picture)
    (view,) = forward_splat_reference(
        sources, np.ones((1, 4), np.float32), layout, eyes=(1,), tear_px=2, fill="none"
    )  # fmt: skip
    assert view.planes[0][0].tolist() == [[0, 0, 0], *picture[0, :3].tolist()]


def test_chroma_follows_luma_and_holes_are_grey() -> None:
    view = splat([[10] * 6, [100, 120, 140], [1, 2, 3]], [2] * 6)
    assert view.planes[1][0].tolist() == [128, 100, 120]
    assert view.planes[2][0].tolist() == [128, 1, 2]


def test_chroma_does_not_bleed_over_a_tear() -> None:
    # Far columns are bluish (U 200), near ones reddish (U 20), holes grey; no output pixel may mix them. The tear lies
    # before an even column, then before an odd one, whose site the picture's own chroma shares with the far side.
    for first_near in (4, 3):
        parallax = [0] * first_near + [3] * (10 - first_near)
        view = splat([[9] * 10, [200, 200, 20, 20, 20], [0] * 5], parallax)
        assert set(view.planes[1][0].tolist()) == {200, 128, 20}


def test_chroma_of_a_pixel_seen_only_in_the_odd_row() -> None:
    luma = [[10] * 6, [10] * 6]
    view = splat([luma, [[100, 120, 140]], [[1, 2, 3]]], [[2] * 6, [0] * 6])
    assert view.hole.tolist() == [[1, 1, 0, 0, 0, 0], [0] * 6]
    assert view.planes[1][0].tolist() == [100, 100, 120]


def exact_winner(landing: list[Fraction], parallax: list[Fraction], j: int, tear: Fraction):
    """Brute force over all candidates with rational numbers: (parallax, -position) of the winner, or None."""
    half = Fraction(1, 2)
    width = len(landing)
    joined = [0 < landing[x + 1] - landing[x] <= tear for x in range(width - 1)]
    candidates = []
    for x in range(width):
        if x + 1 < width and joined[x]:
            if landing[x] <= j < landing[x + 1]:
                t = (j - landing[x]) / (landing[x + 1] - landing[x])
                candidates.append((parallax[x] + t * (parallax[x + 1] - parallax[x]), -(x + t)))
        elif landing[x] <= j < landing[x] + half:
            candidates.append((parallax[x], Fraction(-x)))
        if (x == 0 or not joined[x - 1]) and landing[x] - half <= j < landing[x]:
            candidates.append((parallax[x], Fraction(-x)))
    return max(candidates, default=None)


@pytest.mark.parametrize("eye", [1, 0.5, 0, -0.5, -1])
def test_largest_parallax_wins_as_computed_with_rational_numbers(rng: np.random.Generator, eye: float) -> None:
    for _ in range(40):
        # Multiples of 1/8: exact in float32 too, so both agree on every boundary.
        parallax = np.repeat(rng.integers(-40, 41, 14), rng.integers(1, 4, 14))[:24] / 8
        parallax = parallax + rng.integers(-2, 3, parallax.size) / 8
        tear = [1.0, 2.0, 3.5][rng.integers(3)]
        exact = [Fraction(p) for p in parallax]
        landing = [x + Fraction(eye) * p for x, p in enumerate(exact)]
        _, hole, got = gray(np.zeros(parallax.size), parallax, eye=eye, tear=tear)
        for j in range(parallax.size):
            winner = exact_winner(landing, exact, j, Fraction(tear))
            assert hole[j] == (winner is None)
            if winner is not None:
                assert got[j] == pytest.approx(float(winner[0]), abs=1e-5)
