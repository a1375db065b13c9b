"""Precomputed maps on frames: sizes, counts, ranges, invalid places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.depth.from_file import FileDepthStage, grow_background
from engine.errors import InputError


def _stage(path: Path, values: np.ndarray, info, *, raw: bool = False) -> FileDepthStage:
    np.save(path / "map.npy", values)
    return FileDepthStage(path / "map.npy", info, raw=raw)


def test_unit_maps_are_used_as_they_are(tmp_path: Path, make_frame, make_info, rng: np.random.Generator) -> None:
    values = rng.uniform(0.2, 0.7, (48, 64)).astype(np.float32)
    frame = _stage(tmp_path, values, make_info()).process(make_frame())
    np.testing.assert_array_equal(frame.disparity, values)
    assert frame.is_cut


def test_other_numbers_are_scaled(tmp_path: Path, make_frame, make_info, rng: np.random.Generator) -> None:
    values = rng.uniform(10, 300, (48, 64)).astype(np.float32)
    disparity = _stage(tmp_path, values, make_info()).process(make_frame()).disparity
    assert 0 <= disparity.min() < 0.02
    assert 0.98 < disparity.max() <= 1
    assert np.corrcoef(disparity.ravel(), values.ravel())[0, 1] > 0.99


def test_raw_values_stay_and_invalid_places_take_the_background(tmp_path: Path, make_frame, make_info) -> None:
    values = np.full((48, 64), 30.0, np.float32)
    values[:, 32:] = -4.0
    values[5, 30:34] = [np.nan, np.inf, 0.0, np.nan]
    disparity = _stage(tmp_path, values, make_info(), raw=True).process(make_frame()).disparity
    np.testing.assert_array_equal(disparity[5, 30:34], -4.0)
    rest = np.ones_like(values, bool)
    rest[5, 30:34] = False
    np.testing.assert_array_equal(disparity[rest], values[rest])


def test_a_map_of_the_same_aspect_is_enlarged(tmp_path: Path, make_frame, make_info) -> None:
    values = np.tile(np.linspace(0, 1, 32, dtype=np.float32), (24, 1))
    disparity = _stage(tmp_path, values, make_info()).process(make_frame()).disparity
    assert disparity.shape == (48, 64)
    np.testing.assert_allclose(disparity[0], np.linspace(0, 1, 64), atol=0.02)


def test_another_aspect_or_a_raw_map_of_another_size_is_refused(tmp_path: Path, make_frame, make_info) -> None:
    with pytest.raises(InputError, match="map 1 is 64x24, the frame 64x48"):
        _stage(tmp_path, np.ones((24, 64), np.float32), make_info()).process(make_frame())
    with pytest.raises(InputError, match="must agree"):
        _stage(tmp_path, np.ones((24, 32), np.float32), make_info(), raw=True).process(make_frame())


def test_counts_must_agree(tmp_path: Path, make_frame, make_info) -> None:
    with pytest.raises(InputError, match="holds 3 maps, but the input has 2 pictures"):
        _stage(tmp_path, np.ones((3, 48, 64), np.float32), make_info(frame_count=2))
    stage = _stage(tmp_path, np.ones((1, 48, 64), np.float32), make_info(frame_count=None, is_still=False))
    stage.process(make_frame())
    with pytest.raises(InputError, match="more frames"):
        stage.process(make_frame(index=1))


def test_far_too_few_maps_for_a_film_are_refused_at_once(tmp_path: Path, make_info) -> None:
    film = make_info(frame_count=200, is_still=False)
    with pytest.raises(InputError, match=r"holds 30 maps, but the input has about 200 .* is frame 31"):
        _stage(tmp_path, np.ones((30, 48, 64), np.float32), film)
    _stage(tmp_path, np.ones((195, 48, 64), np.float32), film)


def test_maps_left_over_are_a_warning(tmp_path: Path, make_frame, make_info) -> None:
    stage = _stage(tmp_path, np.full((2, 48, 64), 0.5, np.float32), make_info(frame_count=2, is_still=False))
    stage.process(make_frame())
    assert len(stage.warnings) == 1
    assert "holds 2 maps, but the input had 1 frames" in stage.warnings[0]
    stage.process(make_frame(index=1))
    assert stage.warnings == []


def test_the_file_that_does_not_fit_is_named(tmp_path: Path, make_frame, make_info) -> None:
    for number, width in enumerate((64, 64, 32)):
        np.save(tmp_path / f"m{number}.npy", np.full((48, width), 0.5, np.float32))
    stage = FileDepthStage(tmp_path, make_info(frame_count=3))
    stage.process(make_frame())
    stage.process(make_frame(index=1))
    with pytest.raises(InputError, match=r"m2\.npy is 32x48, the frame 64x48"):
        stage.process(make_frame(index=2))


def test_a_map_of_nothing_is_refused(tmp_path: Path, make_frame, make_info) -> None:
    with pytest.raises(InputError, match="no valid value"):
        _stage(tmp_path, np.zeros((48, 64), np.float32), make_info(), raw=True).process(make_frame())


def test_growing_takes_the_farther_side_and_whole_rows_their_neighbour() -> None:
    nan = np.nan
    values = np.array([[nan] * 4, [nan, 5, nan, 2], [nan] * 4, [1, nan, nan, nan]], np.float32)
    assert grow_background(values)
    np.testing.assert_array_equal(values, [[5, 5, 2, 2], [5, 5, 2, 2], [5, 5, 2, 2], [1, 1, 1, 1]])
    assert not grow_background(np.full((2, 2), nan, np.float32))
