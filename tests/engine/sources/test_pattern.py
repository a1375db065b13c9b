"""The test pattern: readable, exact, the same on every run."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from engine.errors import UsageError
from engine.sources.pattern import PatternSource, read_number
from engine.sources.source import SOURCE_LATE


@pytest.mark.parametrize("size", [(64, 64), (641, 361), (1280, 720)])
def test_every_number_can_be_read_back(size: tuple[int, int]) -> None:
    source = PatternSource(*size, frame_count=None)
    for number in (0, 1, 2, 299, 4095, 65535):
        assert read_number(source.frame(number).planes[0]) == number


def test_numbers_survive_noise_and_are_not_read_where_there_are_none(rng: np.random.Generator) -> None:
    luma = PatternSource(640, 360).frame(1234).planes[0]
    noisy = np.clip(luma + rng.normal(0, 15, luma.shape), 0, 255).astype(np.uint8)
    assert read_number(noisy) == 1234
    assert read_number(np.full((360, 640), 128, np.uint8)) is None


def test_disparity_is_exact_and_shapes_move() -> None:
    source = PatternSource(320, 180, frame_count=60)
    frames = list(source.frames())
    assert len(frames) == source.info.frame_count == 60
    first, last = frames[0], frames[-1]
    assert first.disparity is not None
    assert last.disparity is not None
    assert first.disparity.dtype == np.float32
    assert first.disparity.shape == (180, 320)
    assert set(np.unique(first.disparity[first.disparity > 0.45])) == {np.float32(v) for v in (0.55, 0.75, 0.95)}
    assert first.disparity.min() == 0
    nearest = [np.argwhere(frame.disparity == np.float32(0.95))[:, 1].mean() for frame in (first, last)]
    assert abs(nearest[0] - nearest[1]) > 10


def test_two_runs_are_the_same() -> None:
    one, two = PatternSource(128, 72).frame(17), PatternSource(128, 72).frame(17)
    for first, second in zip(one.planes, two.planes, strict=True):
        np.testing.assert_array_equal(first, second)


def test_spec_sets_size_and_rate() -> None:
    info = PatternSource.from_spec("pattern:640x360@24000/1001", duration_s=2).info
    assert (info.width, info.height, info.frame_rate) == (640, 360, Fraction(24000, 1001))
    assert info.frame_count == 48
    assert PatternSource.from_spec("pattern").info.width == 1280


@pytest.mark.parametrize("spec", ["pattern:", "pattern:640", "pattern:10x10", "pattern:640x360@0"])
def test_bad_specs_are_usage_errors(spec: str) -> None:
    with pytest.raises(UsageError, match="pattern"):
        PatternSource.from_spec(spec)


def test_a_pattern_that_is_late_goes_on_with_the_frame_that_is_due() -> None:
    source = PatternSource(64, 64, frame_rate=Fraction(30), frame_count=20)
    indices = []
    for frame in source.frames():
        indices.append(frame.index)
        source.hurry({5: 0.1, 12: 0.03, 17: 9.0}.get(frame.index, 0.0))
    assert indices == [0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19]
    assert source.drops == {SOURCE_LATE: 4}
