"""Checkpoints: whole or not at all, refused when foreign, never executed."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from training.checkpoint import Checkpoint, load_checkpoint, load_weights, save_checkpoint


def _checkpoint(step: int = 3) -> Checkpoint:
    weights = {"weight": torch.arange(4.0)}
    return Checkpoint(
        recipe="depth",
        config={"stem": 16},
        network=weights,
        ema=weights,
        optimizer={},
        step=step,
        seconds=1.5,
        summary={"data": "x"},
    )


def test_round_trip(tmp_path: Path) -> None:
    save_checkpoint(_checkpoint(), tmp_path / "last.pt")
    found = load_checkpoint(tmp_path / "last.pt")
    assert (found.recipe, found.step, found.seconds, found.config) == ("depth", 3, 1.5, {"stem": 16})
    assert torch.equal(found.ema["weight"], torch.arange(4.0))
    assert [path.name for path in tmp_path.iterdir()] == ["last.pt"]


def test_a_failed_write_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last.pt"
    save_checkpoint(_checkpoint(step=1), path)

    def full_disk(content: object, file: object) -> None:
        file.write(b"half of it")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full_disk)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(_checkpoint(step=2), path)
    assert load_checkpoint(path).step == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["last.pt"]


def test_truncated_file_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    save_checkpoint(_checkpoint(), path)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(ValueError, match=r"last\.pt: damaged"):
        load_checkpoint(path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match=r"last\.pt: damaged"):
        load_checkpoint(path)
    with pytest.raises(FileNotFoundError, match="no such checkpoint"):
        load_checkpoint(tmp_path / "other.pt")


class _Trap:
    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (Path.write_text, (Path("trapped"), "code ran"))


def test_code_in_a_pickle_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, write in (
        ("plain.pt", lambda p: p.write_bytes(pickle.dumps(_Trap(), protocol=2))),
        ("torch.pt", _save_trap),
    ):
        write(tmp_path / name)
        with pytest.raises(ValueError, match="not a checkpoint of tensors and plain values"):
            load_checkpoint(tmp_path / name)
    assert not (tmp_path / "trapped").exists()


def _save_trap(path: Path) -> None:
    torch.save({"network": _Trap()}, path)


def test_other_dictionaries_and_formats_are_refused(tmp_path: Path) -> None:
    torch.save({"model_state": {}, "epoch": 3}, tmp_path / "foreign.pt")
    with pytest.raises(ValueError, match=r"foreign\.pt: not a checkpoint of `python -m training`"):
        load_checkpoint(tmp_path / "foreign.pt")
    save_checkpoint(_checkpoint(), tmp_path / "new.pt")
    content = torch.load(tmp_path / "new.pt", weights_only=True)
    torch.save(content | {"format": 99}, tmp_path / "new.pt")
    with pytest.raises(ValueError, match="format 99"):
        load_checkpoint(tmp_path / "new.pt")


def test_differing_tensors_are_listed() -> None:
    network = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    weights = {
        "0.weight": torch.zeros(5, 2),
        "0.bias": torch.zeros(3),
        "1.weight": torch.zeros(1, 3),
        "head": torch.ones(1),
    }
    with pytest.raises(ValueError, match="3 tensors differ from Sequential") as caught:
        load_weights(network, weights, "foreign.pt")
    message = str(caught.value)
    assert message.startswith("foreign.pt: ")
    for part in ("missing 1.bias (1,)", "unexpected head", "0.weight is (5, 2), expected (3, 2)"):
        assert part in message
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
