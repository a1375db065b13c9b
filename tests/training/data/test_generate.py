from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from training.data.generate import Job, main, sample_seed, write_shards
from training.data.renderer import Renderer
from training.data.shards import ShardFolder
from training.data.synthesis import KINDS, render_scene

SMALL = ["--samples", "3", "--width", "64", "--height", "48"]


def test_sample_seeds_do_not_collide() -> None:
    seeds = {sample_seed(base, index) for base in range(20) for index in range(200)}
    assert len(seeds) == 4000
    assert sample_seed(1, 2) == sample_seed(1, 2)


@pytest.mark.gl
def test_shards_are_written_described_and_kept(
    tmp_path: Path, renderer: Renderer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path), "--shards", "2", "--seed", "1000003", *SMALL]) == 0
    assert "3 samples" in capsys.readouterr().err
    folder = ShardFolder(tmp_path)
    assert len(folder) == 6
    meta = json.loads((tmp_path / "shard-1000003-000001" / "meta.json").read_text())
    assert meta["seed"] == 1000003
    assert set(meta["kinds"]) <= set(KINDS)
    again = render_scene(meta["seeds"][2], 64, 48, assets=renderer.assets, renderer=renderer)
    np.testing.assert_array_equal(folder[5].left, again.left)
    np.testing.assert_array_equal(folder[5].disparity_right, again.disparity_right)

    before = os.stat(tmp_path / "shard-1000003-000000" / "left.npy").st_mtime_ns
    job = Job(out=tmp_path, seed=1000003, shards=3, samples=3, width=64, height=48)
    assert write_shards(job) == 3
    assert os.stat(tmp_path / "shard-1000003-000000" / "left.npy").st_mtime_ns == before
    assert folder.rescan() == 9


@pytest.mark.gl
def test_clean_scenes_have_the_same_depth_without_what_a_camera_does(tmp_path: Path, renderer: Renderer) -> None:
    assert main([str(tmp_path), "--shards", "1", "--clean", "--seed", "1000005", *SMALL]) == 0
    meta = json.loads((tmp_path / "shard-1000005-000000" / "meta.json").read_text())
    assert meta["clean"]
    folder = ShardFolder(tmp_path)
    filmed = render_scene(meta["seeds"][0], 64, 48, assets=renderer.assets, renderer=renderer)
    clean = render_scene(meta["seeds"][0], 64, 48, assets=renderer.assets, renderer=renderer, clean=True)
    np.testing.assert_array_equal(folder[0].left, clean.left)
    # Not everywhere: the clean one is drawn with several samples a pixel, and outlines differ.
    assert np.median(np.abs(folder[0].disparity_left - filmed.disparity_left)) < 0.01
    assert (folder[0].left != filmed.left).any()


@pytest.mark.gl
def test_two_workers_share_the_work(tmp_path: Path, renderer: Renderer) -> None:
    assert main([str(tmp_path), "--shards", "2", "--workers", "2", "--seed", "1000004", *SMALL]) == 0
    assert len(ShardFolder(tmp_path)) == 6


def test_what_a_dead_run_left_is_swept(tmp_path: Path) -> None:
    dead = tmp_path / f".shard-0-000000.{2**22 + 1}.tmp"
    alive = tmp_path / f".shard-0-000001.{os.getpid()}.tmp"
    dead.mkdir()
    alive.mkdir()
    done = tmp_path / "shard-0-000000"
    done.mkdir()
    (done / "meta.json").write_text("{}")
    assert main([str(tmp_path), "--shards", "1"]) == 0
    assert not dead.exists()
    assert alive.exists()


def test_a_missing_asset_folder_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "out"), "--assets", str(tmp_path / "nope")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "nope" in error


@pytest.mark.parametrize("option", [["--shards", "0"], ["--width", "3"], ["--seed", "-1"], ["--kind", "space"]])
def test_senseless_options_are_refused(tmp_path: Path, option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([str(tmp_path), *option])
    assert stop.value.code == 2
    assert option[0] in capsys.readouterr().err
