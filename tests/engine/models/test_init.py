"""Names become files and artifacts."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from engine import models
from engine.errors import ModelError
from engine.inference.artifact import digest
from engine.models import artifact_of, embedded, find, load
from engine.models.lock import Locked, LockedFile, write_lock
from engine.models.registry import REGISTRY, Entry
from export.signature import shrunk, write_signature

V2 = REGISTRY["depth-anything-v2-small"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with two whole networks and one without a sidecar."""
    for name in ("b", "a"):
        (tmp_path / f"{name}.onnx").write_bytes(b"x")
        (tmp_path / f"{name}.json").write_text("{}")
    (tmp_path / "orphan.onnx").write_bytes(b"x")
    return tmp_path


def test_whole_networks_are_listed(folder: Path) -> None:
    assert embedded(folder) == ("a", "b")


def test_what_is_embedded_stays_small() -> None:
    sizes = [path.stat().st_size for path in models.FOLDER.glob("*.onnx")]
    assert len(sizes) == 3
    assert max(sizes) < 10e6
    assert sum(sizes) < 16e6


def test_by_name_and_by_path(folder: Path) -> None:
    assert find("a", folder=folder) == folder / "a.onnx"
    assert find(str(folder / "b.onnx")) == folder / "b.onnx"
    assert find(folder / "b.onnx") == folder / "b.onnx"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("c", "known are: a, b"),
        ("missing.onnx", "no such file"),
        ("orphan.onnx", "its sidecar orphan.json is missing"),
    ],
)
def test_what_is_missing_is_said(folder: Path, name: str, message: str) -> None:
    asked = str(folder / name) if name.endswith(".onnx") else name
    with pytest.raises(ModelError, match=message):
        find(asked, folder=folder)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("depth-anything-v2", "depth-anything-v2-small"),
        ("depth-smal", "depth-small"),
        ("midas", "midas-small"),
        ("video-depth-anything", "video-depth-anything-small"),
    ],
)
def test_unknown_names_say_what_is_like_them(name: str, near: str) -> None:
    with pytest.raises(ModelError, match=rf"{name}: there is no such network; did you mean .*{near}"):
        load(name)


def test_embedded_networks_load_as_before() -> None:
    artifact = load(models.DEFAULT_DEPTH)
    assert artifact.name == models.DEFAULT_DEPTH
    assert artifact.is_plain


def _locked(entry: Entry, files: dict[str, Path], lock: Path) -> None:
    held = {
        path: LockedFile(sha256=digest(where), size=where.stat().st_size, where=where) for path, where in files.items()
    }
    write_lock(lock, entry.name, Locked(repository=entry.repository, revision="1" * 40, files=held))


def test_what_was_pulled_loads_by_name_and_damage_is_noticed(tmp_path: Path) -> None:
    entry, lock = REGISTRY["depth-anything-3-base"], tmp_path / "lock.json"
    files = write_signature(entry, tmp_path / "files")
    _locked(entry, files, lock)
    artifact = load(entry.name, lock=lock)
    assert (artifact.feed.gives, artifact.inputs[0].name, artifact.outputs[0].name) == (
        "depth",
        "pixel_values",
        "predicted_depth",
    )
    data = files["onnx/model.onnx_data"]
    content = bytearray(data.read_bytes())
    content[7] ^= 1
    data.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.onnx_data: damaged or replaced: .*pull it again"):
        load(entry.name, lock=lock)
    data.unlink()
    with pytest.raises(ModelError, match=r"not on this machine yet; `wheatstone models pull depth-anything-3-base`"):
        load(entry.name, lock=lock)


def test_a_published_hash_outranks_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock.json"
    _locked(V2, write_signature(V2, tmp_path / "files"), lock)
    with pytest.raises(ModelError, match=r"damaged or replaced: .*depth-anything-v2-small is afb6a5c28f3b"):
        load(V2.name, lock=lock)


def test_never_pulled_says_how_to(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"`wheatstone models pull depth-anything-v2-small` .*\(99 MB, Apache-2\.0\)"):
        load(V2.name, lock=tmp_path / "none.json")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input": "image"}, "expected one input 'image'; its inputs are: pixel_values"),
        ({"input_shape": ("N", "F", 3, "H", "W")}, "input 'pixel_values' is N x 3 x H x W, expected N x F x 3 x H x W"),
        ({"output": "depth"}, "has no output 'depth'; it has predicted_depth"),
    ],
)
def test_a_file_of_another_signature_is_refused(changes: dict[str, object], message: str, tmp_path: Path) -> None:
    files = write_signature(V2, tmp_path)
    with pytest.raises(ModelError, match=message):
        artifact_of(replace(V2, **changes), files)  # type: ignore[arg-type]


def test_a_path_with_an_exported_sidecar(tmp_path: Path) -> None:
    for suffix in (".onnx", ".json"):
        shutil.copy(models.FOLDER / f"{models.DEFAULT_DEPTH}{suffix}", tmp_path / f"mine{suffix}")
    assert load(tmp_path / "mine.onnx").is_plain


def test_a_path_without_one_and_with_notes(tmp_path: Path) -> None:
    path = write_signature(V2, tmp_path)["onnx/model.onnx"]
    bare = load(path)
    assert bare.size.multiple == 14
    assert any("patches of 14" in line for line in bare.assumed)
    path.with_suffix(".json").write_text(json.dumps({"feed": {"gives": "metric depth"}, "size": {"multiple": 28}}))
    noted = load(str(path))
    assert (noted.feed.gives, noted.size.multiple) == ("metric depth", 28)


@pytest.mark.parametrize("name", ["net.pth", "net.ckpt"])
def test_checkpoints_are_not_unpickled(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x80\x04cos\nsystem\n")
    with pytest.raises(ModelError, match="would run code when opened"):
        load(path)


def test_two_graphs_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    video = shrunk(REGISTRY["video-depth-anything-small"], 42, 28, window=4)
    assert video.head is not None
    files = write_signature(video, tmp_path) | {video.head: write_signature(V2, tmp_path)[V2.files[0].path]}
    with pytest.raises(ModelError, match=r"model\.onnx: takes 1 inputs, but vda\w+\.onnx gives 4 outputs"):
        artifact_of(replace(video, output=None), files)
