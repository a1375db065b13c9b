"""The command that makes infill samples of single pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from training.data.shards import ShardFolder
from training.data.single_image.generate import SingleImageJob, generate, main
from training.data.single_image.return_trip import MAX_WIDTH
from training.data.single_image.samples import WindowOptions

SMALL = ["--per-image", "6", "--window.size", "128", "96", "--window.strength", "4", "6"]
COUNTS = {"too small": 1, "grayscale": 2, "alpha": 1, "broken": 2, "flat depth": 1}


def _arguments(album: Path, maps: Path, out: Path, *more: str) -> list[str]:
    return ["--images", str(album), "--depth", str(maps), "--out", str(out), *SMALL, *more]


def _written(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in out.glob("shard-*/left.npy")} | {
        path.name: path.stat().st_mtime_ns for path in out.glob("done-*.json")
    }


def test_samples_are_made_counted_and_kept(
    album: Path, maps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(_arguments(album, maps, tmp_path)) == 0
    text = capsys.readouterr().out
    assert "samples of 9 pictures; left out: " in text
    for reason, count in COUNTS.items():
        assert f"{count} {reason}" in text
    folder = ShardFolder(tmp_path)
    assert 4 <= len(folder) <= 12
    assert {folder[k].true_eye for k in range(len(folder))} <= {"left", "right"}
    meta = json.loads(next(tmp_path.glob("shard-*/meta.json")).read_text())
    assert set(meta["origin"]) <= {"b.png", "more/d.png"}
    before = _written(tmp_path)
    assert main(_arguments(album, maps, tmp_path)) == 0
    assert capsys.readouterr().out == text
    assert _written(tmp_path) == before


def test_an_interrupted_run_goes_on_and_workers_do_not_matter(album: Path, maps: Path, tmp_path: Path) -> None:
    once, twice = tmp_path / "once", tmp_path / "twice"
    assert main(_arguments(album, maps, once, "--chunk", "2")) == 0
    assert main(_arguments(album, maps, twice, "--chunk", "2")) == 0
    for path in (twice / "done-0-000000.json", twice / "done-0-000003.json"):
        path.unlink()
    half = twice / f".shard-0-000000.{2**22 + 1}.tmp"
    half.mkdir()
    total = generate(
        SingleImageJob(
            images=album,
            depth=maps,
            out=twice,
            per_image=6,
            chunk=2,
            workers=2,
            window=WindowOptions(size=(128, 96), strength=(4, 6)),
        )
    )
    assert total["pictures"] == 9
    assert not half.exists()
    first, second = ShardFolder(once), ShardFolder(twice)
    assert len(first) == len(second) == total["samples"]
    for k in range(len(first)):
        np.testing.assert_array_equal(first[k].left, second[k].left)
        np.testing.assert_array_equal(first[k].disparity_right, second[k].disparity_right)


def test_other_options_or_pictures_are_not_mixed_in(
    album: Path, maps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(_arguments(album, maps, tmp_path)) == 0
    assert main(_arguments(album, maps, tmp_path, "--window.strength", "1", "2")) == 1
    assert "holds samples of another run (window differ)" in capsys.readouterr().err
    (tmp_path / "done-0-000000.json").write_text("{")
    assert main(_arguments(album, maps, tmp_path)) == 1
    assert "damaged" in capsys.readouterr().err


def test_a_second_opinion_counts(album: Path, maps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other"
    other.mkdir()
    disparity = np.load(maps / "b.npy")
    np.save(other / "b.npy", disparity)
    np.save(other / "d.npy", disparity.T.copy())
    assert main(_arguments(album, maps, tmp_path / "out", "--second", str(other))) == 0
    assert "1 depths disagree" in capsys.readouterr().out


def test_nothing_to_do_is_said(album: Path, maps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for images, depth, words in (
        (tmp_path / "none", maps, "no such folder or zip file"),
        (empty, maps, "no pictures in it"),
        (album, tmp_path / "none.onnx", "no such network"),
    ):
        assert main(_arguments(images, depth, tmp_path / "out")) == 1
        text = capsys.readouterr().err
        assert words in text
        assert text.count("\n") == 1


@pytest.mark.parametrize("size", [(63, 64), (64, 63), (MAX_WIDTH + 1, 64)])
def test_windows_that_cannot_be_carried_are_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=rf"--window\.size .*at most {MAX_WIDTH} wide, got {size[0]} x {size[1]}"):
        SingleImageJob(images=tmp_path, depth=tmp_path, out=tmp_path, window=WindowOptions(size=size))
