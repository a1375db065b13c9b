"""Windows of photographs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from training.data.single_image.photos import Photos


def _plain(folder: Path, count: int, write: Callable[..., None]) -> Path:
    """Photographs of one colour each, so that a window tells whose it is."""
    for k in range(count):
        picture = np.empty((300, 500, 3), np.uint8)
        picture[:] = (20 * k, 255 - 20 * k, 10)
        write(folder / f"{k:02d}.png", picture)
    return folder


def test_held_back_photographs_are_never_drawn_for_training(tmp_path: Path, write_picture: Callable[..., None]) -> None:
    photos = Photos([_plain(tmp_path, 9, write_picture)])
    assert (photos.num_training, photos.num_held) == (8, 1)
    rng = np.random.default_rng(0)
    seen = {tuple(photos.window((96, 64), rng)[5, 5].tolist()) for _ in range(200)}
    held = {tuple(photos.window((96, 64), rng, held=True)[5, 5].tolist()) for _ in range(20)}
    assert len(seen) == 8
    assert held == {(140, 115, 10)}


def test_windows_have_the_size_asked_for_at_every_zoom(album: Path) -> None:
    photos = Photos([album])
    assert photos.rejected == {"too small": 1, "grayscale": 2, "alpha": 1, "broken": 2}
    for size in ((64, 48), (320, 208), (640, 100)):
        window = photos.window(size, np.random.default_rng(1))
        assert window.shape == (size[1], size[0], 3)
        assert window.std() > 5
        np.testing.assert_array_equal(window, photos.window(size, np.random.default_rng(1)))


def test_no_photograph_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no usable photograph \(no picture files\)"):
        Photos([tmp_path])
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"no usable photograph \(1 broken\)"):
        Photos([tmp_path])
