"""Files of named tensors that somebody else wrote."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from training.tensor_files import read_content

HEADER = {
    "__metadata__": {"format": "pt"},
    "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
    "b": {"dtype": "BF16", "shape": [2], "data_offsets": [24, 28]},
    "none": {"dtype": "F16", "shape": [0, 4], "data_offsets": [28, 28]},
}


def _write(path: Path, header: dict[str, Any], data: bytes) -> Path:
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def _data() -> bytes:
    return (
        torch.arange(6.0).numpy().tobytes() + torch.tensor([1.5, -2.0]).bfloat16().view(torch.int16).numpy().tobytes()
    )


def test_safetensors_are_read(tmp_path: Path) -> None:
    found = read_content(_write(tmp_path / "a.safetensors", HEADER, _data()))
    assert torch.equal(found["a"], torch.arange(6.0).reshape(2, 3))
    assert torch.equal(found["b"], torch.tensor([1.5, -2.0], dtype=torch.bfloat16))
    assert found["none"].shape == (0, 4)
    assert set(found) == {"a", "b", "none"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shape": [3, 3]}, "does not lie where"),
        ({"shape": [-2, -3]}, "does not lie where"),
        ({"data_offsets": [8, 32]}, "does not lie where"),
        ({"data_offsets": [-24, 0]}, "does not lie where"),
        ({"data_offsets": [0]}, "damaged"),
        ({"dtype": "Q4"}, "type Q4"),
        ({"dtype": None}, "type None"),
        ({"shape": None}, "damaged"),
    ],
)
def test_headers_that_lie_are_refused(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    path = _write(tmp_path / "a.safetensors", HEADER | {"a": HEADER["a"] | change}, _data())
    with pytest.raises(ValueError, match=words) as caught:
        read_content(path)
    assert "a.safetensors" in str(caught.value)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    whole = _write(tmp_path / "a.safetensors", HEADER, _data()).read_bytes()
    for name, data in (
        ("cut.safetensors", whole[:-5]),
        ("short.safetensors", whole[:5]),
        ("header.safetensors", whole[:40]),
        ("list.safetensors", (2).to_bytes(8, "little") + b"[]"),
        ("text.safetensors", b"not one of those at all"),
        ("empty.pt", b""),
        ("text.pt", b"not one of those at all"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match=f"{name}.*(damaged|not a)"):
            read_content(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="no such checkpoint"):
        read_content(tmp_path / "none.pt")


class _Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_nothing_is_executed(tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    torch.save({"model_state": _Bomb(mark)}, tmp_path / "bomb.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(_Bomb(mark), protocol=2))
    for name in ("bomb.pt", "plain.pt"):
        with pytest.raises(ValueError, match="not a checkpoint of tensors and plain values"):
            read_content(tmp_path / name)
    assert not mark.exists()


def test_the_outermost_thing_must_be_named(tmp_path: Path) -> None:
    torch.save([torch.zeros(2)], tmp_path / "list.pt")
    with pytest.raises(ValueError, match="expected named tensors, found list"):
        read_content(tmp_path / "list.pt")
