"""Drawing from shards: hold-out, growth, mirrors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from training.data.shards import ShardFolder
from training.samples import SampleFolder, mirrored


def _key(array: np.ndarray) -> bytes:
    return np.ascontiguousarray(array).tobytes()


def test_validation_samples_are_never_drawn(shards: Path, rng: np.random.Generator) -> None:
    folder = SampleFolder(shards)
    assert folder.num_training == 30
    held = {_key(sample.left) for sample in folder.validation(10)}
    assert len(held) == 2
    drawn = {_key(folder.draw(rng).left) for _ in range(600)}
    assert len(drawn) == 30
    assert not held & drawn


def test_no_picture_is_both_learned_from_and_validated_on(
    tmp_path: Path, make_shard: Callable[..., Path], rng: np.random.Generator
) -> None:
    """Its windows overlap; even a second shard of the same pictures keeps to the same side."""

    def add(index: int) -> None:
        meta = make_shard(tmp_path, index, 36, (64, 48)) / "meta.json"
        origin = [f"{picture}.jpg" for picture in range(9) for _ in range(4)]
        meta.write_text(json.dumps(json.loads(meta.read_text()) | {"origin": origin}))

    add(0)
    folder = SampleFolder(tmp_path)
    add(1)
    folder.rescan()
    assert folder.num_training == 64
    samples = ShardFolder(tmp_path)
    origin = {_key(samples[k].left): samples.origin(k) for k in range(len(samples))}
    assert {origin[_key(sample.left)] for sample in folder.validation(20)} == {"7.jpg"}
    drawn = {origin[_key(folder.draw(rng).left)] for _ in range(300)}
    assert drawn == {f"{picture}.jpg" for picture in (*range(7), 8)}


def test_the_same_generator_draws_the_same(shards: Path) -> None:
    folder = SampleFolder(shards)
    first, second = (folder.draw(np.random.default_rng(3)) for _ in range(2))
    assert _key(first.left) == _key(second.left)


def test_a_growing_folder_is_noticed(tmp_path: Path, make_shard: Callable[..., Path]) -> None:
    make_shard(tmp_path, 0, 16, (64, 48))
    folder = SampleFolder(tmp_path)
    assert folder.num_training == 15
    make_shard(tmp_path, 1, 16, (64, 48))
    folder.rescan()
    assert folder.num_training == 30


def test_folders_without_enough_samples_are_explained(tmp_path: Path, make_shard: Callable[..., Path]) -> None:
    with pytest.raises(FileNotFoundError, match="no such folder"):
        SampleFolder(tmp_path / "nothing")
    make_shard(tmp_path, 0, 3, (64, 48))
    with pytest.raises(FileNotFoundError, match="data scenes"):
        SampleFolder(tmp_path)


def test_a_mirrored_pair_is_a_rectified_pair(shards: Path) -> None:
    sample = SampleFolder(shards).validation(1)[0]
    for pair in (sample, mirrored(sample)):
        # Truth of docs/architecture.md section 7, on the nearest surface, which nothing hides.
        disparity = np.asarray(pair.disparity_left, np.float32)
        y, x = np.nonzero(disparity == disparity.max())
        inside = x >= disparity.max()
        y, x = y[inside], x[inside]
        assert len(y) > 50
        np.testing.assert_array_equal(pair.right[y, x - int(disparity.max())], pair.left[y, x])


def test_the_true_eye_changes_places_in_a_mirror(shards: Path) -> None:
    sample = SampleFolder(shards).validation(1)[0]
    assert mirrored(sample).true_eye == "both"
    single = sample._replace(true_eye="left")
    assert mirrored(single).true_eye == "right"
    np.testing.assert_array_equal(mirrored(single).right[:, ::-1], single.left)
