"""Small stereo scenes with exact disparity, written as shards, so that training can be tested without the renderer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def _texture(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    coarse = rng.integers(0, 256, (4, 6, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)


def draw_pair(rng: np.random.Generator, height: int, width: int) -> dict[str, NDArray]:
    """Textured upright cards in front of a wall, each at one whole-pixel disparity; lower in the picture is nearer."""
    margin = 32
    wall = _texture(rng, height, width + 2 * margin)
    pair = {"left": wall[:, margin:-margin].copy(), "right": wall[:, margin + 1 : width + margin + 1].copy()}
    pair |= {f"disparity_{eye}": np.ones((height, width), np.float16) for eye in ("left", "right")}
    for disparity in sorted(rng.integers(3, 14, 4)):
        h, w = int(rng.integers(12, height // 2)), int(rng.integers(12, width // 3))
        top = int(np.clip(disparity / 14 * height - h // 2, 0, height - h))
        start = int(rng.integers(14, width - w))
        card = _texture(rng, h, w)
        for eye, shift in (("left", 0), ("right", -int(disparity))):
            x = start + shift
            pair[eye][top : top + h, x : x + w] = card
            pair[f"disparity_{eye}"][top : top + h, x : x + w] = disparity
    return pair


def write_shard(folder: Path, index: int, count: int, size: tuple[int, int] = (128, 96)) -> Path:
    rng = np.random.default_rng((7, index))
    pairs = [draw_pair(rng, size[1], size[0]) for _ in range(count)]
    shard = folder / f"shard-7-{index:04d}"
    shard.mkdir(parents=True)
    for name in pairs[0]:
        np.save(shard / f"{name}.npy", np.stack([pair[name] for pair in pairs]))
    (shard / "meta.json").write_text(json.dumps({"seed": 7, "version": 1, "kinds": ["cards"], "count": count}))
    return shard


@pytest.fixture
def make_shard() -> Callable[..., Path]:
    return write_shard


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shards")
    for index in range(2):
        write_shard(folder, index, 16)
    return folder
