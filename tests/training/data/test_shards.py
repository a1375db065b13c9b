from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from training.data.shards import ShardFolder, shard_name, sweep_unfinished, write_shard


def _samples(count: int, start: int = 0, width: int = 24) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(
            left=np.full((16, width, 3), start + k, np.uint8),
            right=np.full((16, width, 3), start + k + 100, np.uint8),
            disparity_left=np.full((16, width), start + k + 0.5, np.float16),
            disparity_right=np.full((16, width), start + k + 0.25, np.float16),
        )
        for k in range(count)
    ]


def test_what_is_written_is_read_back_as_mapped_views(tmp_path: Path) -> None:
    write_shard(tmp_path, shard_name(7, 0), _samples(3), {"seed": 7})
    write_shard(tmp_path, shard_name(7, 1), _samples(2, start=3), {"seed": 7})
    folder = ShardFolder(tmp_path)
    assert len(folder) == 5
    for k in range(5):
        sample = folder[k]
        assert sample.left[0, 0, 0] == k
        assert sample.right[0, 0, 0] == k + 100
        assert sample.disparity_left[0, 0] == k + 0.5
        assert sample.disparity_right[0, 0] == k + 0.25
        assert not sample.left.flags.owndata
    assert folder[-1].left[0, 0, 0] == 4
    with pytest.raises(IndexError):
        folder[5]


def test_a_folder_grows_while_it_is_read_and_old_numbers_stay(tmp_path: Path) -> None:
    write_shard(tmp_path, shard_name(7, 5), _samples(2), {})
    folder = ShardFolder(tmp_path)
    write_shard(tmp_path, shard_name(7, 1), _samples(2, start=50), {})
    assert len(folder) == 2
    assert folder.rescan() == 4
    assert folder[0].left[0, 0, 0] == 0
    assert folder[2].left[0, 0, 0] == 50


def test_a_shard_that_exists_is_kept(tmp_path: Path) -> None:
    write_shard(tmp_path, "shard-1-000000", _samples(2), {})
    write_shard(tmp_path, "shard-1-000000", _samples(2, start=9), {})
    assert ShardFolder(tmp_path)[0].left[0, 0, 0] == 0


def test_a_failed_shard_leaves_nothing_behind(tmp_path: Path) -> None:
    bad = _samples(2)
    bad[1].disparity_left = bad[1].disparity_left.astype(np.float64)
    with pytest.raises(ValueError, match="disparity_left must be float16"):
        write_shard(tmp_path, "shard-1-000000", bad, {})
    with pytest.raises(ValueError, match="at least one"):
        write_shard(tmp_path, "shard-1-000000", [], {})
    assert list(tmp_path.iterdir()) == []


def test_unfinished_shards_are_not_seen(tmp_path: Path) -> None:
    write_shard(tmp_path, "shard-1-000000", _samples(1), {})
    (tmp_path / ".shard-1-000001.99.tmp").mkdir()
    (tmp_path / "shard-1-000002").mkdir()
    assert len(ShardFolder(tmp_path)) == 1


def test_which_eyes_are_true_is_told(tmp_path: Path) -> None:
    write_shard(tmp_path, "shard-1-000000", _samples(2), {})
    write_shard(tmp_path, "shard-1-000001", _samples(2), {"true_eyes": ["left", "right"]})
    folder = ShardFolder(tmp_path)
    assert [folder[k].true_eye for k in range(4)] == ["both", "both", "left", "right"]
    write_shard(tmp_path, "shard-1-000002", _samples(2), {"true_eyes": ["left", "middle"]})
    with pytest.raises(ValueError, match=r"shard-1-000002.*true_eyes must be 2 of both, left, right"):
        folder.rescan()


def test_what_a_dead_process_left_is_swept(tmp_path: Path) -> None:
    for process in (2**22 + 1, os.getpid()):
        (tmp_path / f".shard-0-000000.{process}.tmp").mkdir()
    sweep_unfinished(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [f".shard-0-000000.{os.getpid()}.tmp"]


@pytest.mark.parametrize("damage", ["meta", "array", "count"])
def test_damaged_shards_are_named(tmp_path: Path, damage: str) -> None:
    shard = write_shard(tmp_path, "shard-1-000000", _samples(2), {})
    if damage == "meta":
        (shard / "meta.json").write_text("{")
    elif damage == "array":
        (shard / "left.npy").write_bytes(b"abc")
    else:
        meta = json.loads((shard / "meta.json").read_text())
        (shard / "meta.json").write_text(json.dumps({**meta, "count": 9}))
    with pytest.raises(ValueError, match="shard-1-000000"):
        ShardFolder(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing_here"):
        ShardFolder(tmp_path / "nothing_here")
