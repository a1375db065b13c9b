"""Stand-ins have the signature of the real networks."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from engine.models import artifact_of
from engine.models.registry import REGISTRY
from export.signature import main, shrunk, write_signature


def _shape(value: onnx.ValueInfoProto) -> tuple[int | str, ...]:
    return tuple(side.dim_param or side.dim_value for side in value.type.tensor_type.shape.dim)


@pytest.mark.parametrize("name", REGISTRY)
def test_names_shapes_and_files(name: str, tmp_path: Path) -> None:
    entry = REGISTRY[name]
    files = write_signature(entry, tmp_path)
    assert list(files) == [file.path for file in entry.files]
    assert all(path == tmp_path / remote and path.stat().st_size < 100_000 for remote, path in files.items())
    first = onnx.load(files[entry.files[0].path]).graph
    last = onnx.load(files[entry.head or entry.files[0].path]).graph
    assert _shape(first.input[0]) == entry.input_shape
    assert entry.input in (None, first.input[0].name)
    assert _shape(last.output[0]) == entry.output_shape
    assert entry.output in (None, last.output[0].name)
    assert artifact_of(entry, files).name == name


def test_full_size_windows_are_declared(tmp_path: Path) -> None:
    entry = REGISTRY["video-depth-anything-small"]
    head = onnx.load(write_signature(entry, tmp_path)[str(entry.head)]).graph
    assert [_shape(one)[:2] for one in head.input] == [(32, 2405)] * 4


def test_a_smaller_one(tmp_path: Path) -> None:
    entry = shrunk(REGISTRY["video-depth-anything-small"], 42, 28, window=4)
    assert (entry.input_shape, entry.output_shape, entry.feed.window) == ((1, 3, 28, 42), (4, 1, 28, 42), 4)
    artifact_of(entry, write_signature(entry, tmp_path))
    free = REGISTRY["depth-anything-v2-small"]
    assert shrunk(free, 42, 28) is free


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["midas-small", "--out", str(tmp_path)]) == 0
    assert str(tmp_path / "onnx" / "midas_v21_small_256.onnx") in capsys.readouterr().out
    assert main(["midas", "--out", str(tmp_path)]) == 1
    assert "midas: not in the registry" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["midas-small", "--out", str(tmp_path / "file")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
