"""Cuts are found; motion, fades and noise are not cuts."""

from __future__ import annotations

import numpy as np

from engine.depth.cuts import CutDetector


def _scene(seed: int) -> np.ndarray:
    """A blotchy picture, uint8, with a brightness distribution of its own."""
    rng = np.random.default_rng(seed)
    blotches = rng.integers(20, 236, (5, 8)) * rng.uniform(0.4, 1.0)
    return np.kron(blotches, np.ones((32, 40))).astype(np.uint8)


def _found(frames: list[np.ndarray], epochs: list[int] | None = None) -> list[int]:
    detector = CutDetector()
    epochs = epochs or [0] * len(frames)
    return [i for i, (f, e) in enumerate(zip(frames, epochs, strict=True)) if detector.is_cut(f, 255, e)]


def test_the_first_frame_of_every_shot() -> None:
    shots = [_scene(seed) for seed in (1, 2, 3)]
    assert _found([shots[0]] * 4 + [shots[1]] * 4 + [shots[2]] * 4) == [0, 4, 8]


def test_a_pan_is_not_a_cut() -> None:
    wide = np.hstack([_scene(1), _scene(1)[:, ::-1]])
    assert _found([np.ascontiguousarray(wide[:, 8 * i : 8 * i + 320]) for i in range(30)]) == [0]


def test_a_fade_is_not_a_cut() -> None:
    scene = _scene(1)
    assert _found([(scene * (1 - i / 25)).astype(np.uint8) for i in range(26)]) == [0]


def test_noise_is_not_a_cut(rng: np.random.Generator) -> None:
    scene = _scene(1).astype(float)
    frames = [np.clip(scene + rng.normal(0, 12, scene.shape), 0, 255).astype(np.uint8) for _ in range(12)]
    assert _found(frames) == [0]


def test_a_seek_begins_anew() -> None:
    assert _found([_scene(1)] * 4, [0, 0, 1, 1]) == [0, 2]


def test_bit_depth_does_not_matter() -> None:
    frames = [_scene(1)] * 3 + [_scene(2)] * 3
    detector = CutDetector()
    assert [detector.is_cut(frame.astype(np.uint16) * 257, 65535) for frame in frames] == [True] + [False] * 2 + [
        True
    ] + [False] * 2
