"""Every network of the registry plays a film, in every runtime: stand-ins of the same signature, the whole way."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from engine import models
from engine.__main__ import main
from engine.inference import RUNTIMES
from engine.inference.artifact import digest
from engine.models.lock import Locked, LockedFile, lock_file, write_lock
from engine.models.registry import Entry
from export.signature import write_signature


@pytest.fixture
def here(entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Entry:
    """Give an entry as if it had been pulled, with the stand-in's hashes in place of the real ones."""
    for name in ("XDG_CONFIG_HOME", "APPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    hub = request.getfixturevalue("hub")
    published = hub.publish(entry, tmp_path / "files")
    monkeypatch.setattr(models, "REGISTRY", MappingProxyType({entry.name: published}))
    files = {file.path: tmp_path / "files" / file.path for file in entry.files}
    held = {path: LockedFile(sha256=digest(one), size=one.stat().st_size, where=one) for path, one in files.items()}
    write_lock(lock_file(), entry.name, Locked(repository=entry.repository, revision="1" * 40, files=held))
    return published


def _maps(folder: Path) -> np.ndarray:
    import cv2

    pictures = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted(folder.glob("*.png"))]
    return np.stack([picture if picture.ndim == 2 else picture[..., 0] for picture in pictures]).astype(np.float32)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_it_converts(here: Entry, runtime: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "maps"
    out.mkdir()
    words = ["convert", "pattern:192x112@12", f"{out}/%03d.png", "--duration", "0.25", "--layout", "depth"]
    assert main([*words, "--depth", here.name, "--runtime", runtime, "--device", "cpu", "--threads", "1"]) == 0
    assert capsys.readouterr().err.count("Traceback") == 0
    maps = _maps(out)
    assert maps.shape == (3, 112, 192)
    # Stand-ins hold what is lower for nearer, whatever they give and however they are fed.
    assert maps[:, -10:].mean() > maps[:, :10].mean() + 0.2 * np.ptp(maps)


def test_a_file_without_a_description_converts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from engine.models.registry import REGISTRY

    path = write_signature(REGISTRY["depth-anything-v2-small"], tmp_path)["onnx/model.onnx"]
    words: list[Any] = ["convert", "pattern:160x96@12", tmp_path / "o.mp4", "--duration", "0.25", "--depth", path]
    assert main([*map(str, words), "--infill", "stretch", "--device", "cpu"]) == 0
    assert (tmp_path / "o.mp4").stat().st_size > 1000
