"""Cut-outs in front of photographs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.data.single_image.collage import CollageOptions, draw_collage
from training.data.single_image.photos import Photos
from training.data.single_image.return_trip import return_trip


@pytest.fixture
def photos(album: Path) -> Photos:
    return Photos([album])


def test_collages_are_their_own_truth(photos: Photos) -> None:
    options = CollageOptions(size=(160, 96), blur=0, noise=0)
    uncovered = wrong = known = 0
    for seed in range(8):
        collage = draw_collage(photos, options, np.random.default_rng(seed))
        again = draw_collage(photos, options, np.random.default_rng(seed))
        np.testing.assert_array_equal(collage.picture, again.picture)
        np.testing.assert_array_equal(collage.disparity_px, again.disparity_px)
        pair = return_trip(*collage, tear_px=2.0)
        shown = np.round(pair.guide[:3].transpose(1, 2, 0) * 255).astype(int)
        differs = np.abs(shown - collage.picture).max(axis=2) > 2
        uncovered += int(pair.inner.sum())
        known += int((pair.guide[3] == 0).sum())
        wrong += int((differs & (pair.guide[3] == 0)).sum())
    assert uncovered > 8 * 200
    # Things that hide behind other things in one eye only are rare, and nobody can know them.
    assert wrong < 0.03 * known


def test_every_cut_out_is_nearer_than_what_it_covers(photos: Photos) -> None:
    options = CollageOptions(size=(160, 96), layers=(1, 1), step_px=(10, 10), blur=0, noise=0)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        disparity = draw_collage(photos, options, rng).disparity_px
        step = np.abs(np.diff(disparity, axis=1))
        # Either there is no cut-out within the frame, or its outline is a step and nothing else is.
        assert ((step < 2) | (step > 4)).mean() > 0.995
