"""Small coloured pictures, some of them unusable, and what is known of their depth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray


def _colourful(seed: int, height: int = 260, width: int = 400) -> NDArray[np.uint8]:
    """(H, W, 3) RGB: coarse colours under fine grain."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.integers(0, 256, (5, 7, 3), dtype=np.uint8), (width, height))
    return np.clip(coarse + rng.normal(0, 12, coarse.shape), 0, 255).astype(np.uint8)


def _write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


@pytest.fixture(scope="session")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three good pictures, one of them in a sub-folder, and one of each that must be left out."""
    folder = tmp_path_factory.mktemp("album")
    for seed, name in enumerate(("b.png", "c.png", "more/d.png")):
        _write_picture(folder / name, _colourful(seed))
    _write_picture(folder / "small.png", _colourful(5, 100, 400))
    cv2.imwrite(str(folder / "gray.png"), _colourful(6)[..., 0])
    _write_picture(folder / "colourless.png", np.repeat(_colourful(6)[..., :1], 3, axis=2))
    alpha = np.dstack([_colourful(7), np.full((260, 400), 255, np.uint8)])
    alpha[:40, :, 3] = 0
    cv2.imwrite(str(folder / "see_through.png"), alpha)
    (folder / "cut_off.png").write_bytes((folder / "b.png").read_bytes()[:64])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "notes.txt").write_text("not a picture")
    return folder


@pytest.fixture(scope="session")
def maps(album: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A disparity map for each good picture: a box in front of a wall; that of `c` is flat."""
    folder = tmp_path_factory.mktemp("maps")
    for name in ("b", "d"):
        disparity = np.full((130, 200), 0.2, np.float32)
        disparity[30:110, 60:120] = 1.0
        np.save(folder / f"{name}.npy", disparity)
    cv2.imwrite(str(folder / "c.png"), np.full((130, 200), 900, np.uint16))
    return folder


@pytest.fixture(scope="session")
def colourful() -> Callable[..., NDArray[np.uint8]]:
    """(seed, height=, width=) to a picture."""
    return _colourful


@pytest.fixture(scope="session")
def write_picture() -> Callable[[Path, NDArray[np.uint8]], None]:
    return _write_picture
