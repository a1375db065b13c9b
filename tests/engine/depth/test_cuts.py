"""Cuts are found; motion, fades and noise are not cuts."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

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


def test_a_pan_that_quickly_crosses_the_picture_is_not_a_cut() -> None:
    wide = cv2.GaussianBlur(np.hstack([_scene(seed) for seed in range(6)]), (0, 0), 6)
    assert _found([np.ascontiguousarray(wide[:, 36 * i : 36 * i + 320]) for i in range(30)]) == [0]


@pytest.mark.parametrize("light", [1.6, 2.5, 0.3, 100.0])
def test_a_flash_is_not_a_cut(light: float) -> None:
    scene = _scene(1) // 2
    flash = np.clip(scene * light, 0, 255).astype(np.uint8)
    assert _found([scene] * 4 + [flash] + [scene] * 4 + [flash] * 3 + [scene] * 4) == [0]


def test_what_comes_out_of_black_is_compared_with_what_went_into_it() -> None:
    fade = np.concatenate([np.linspace(1, 0, 8), np.zeros(5), np.linspace(0, 1, 8)])
    same = [(_scene(1) * level).astype(np.uint8) for level in fade]
    assert _found(same) == [0]
    other = same[:13] + [(_scene(2) * level).astype(np.uint8) for level in fade[13:]]
    cuts = _found(other)
    assert len(cuts) == 2
    assert 13 <= cuts[1] <= 15


def test_what_comes_out_of_black_at_the_start_begins_a_shot() -> None:
    black = np.full((160, 320), 16, np.uint8)
    assert _found([black] * 5 + [_scene(1)] * 3) == [0, 5]


def test_half_of_a_split_screen_is_enough() -> None:
    still = _scene(9)

    def split(seed: int, *, line: int) -> np.ndarray:
        picture = still.copy()
        picture[:, :160] = _scene(seed)[:, :160]
        picture[:, 200 + line] = 0
        return picture

    frames = [split(seed, line=20 * seed) for seed in (1, 2, 3) for _ in range(4)]
    assert _found(frames) == [0, 4, 8]


def test_letterbox_bars_have_no_say() -> None:
    def boxed(seed: int) -> np.ndarray:
        return np.pad(_scene(seed), ((60, 60), (0, 0)))

    assert _found([boxed(1)] * 4 + [boxed(2)] * 4) == [0, 4]


def test_a_frame_that_mixes_two_shots_hides_no_cut() -> None:
    first, second = _scene(1), _scene(2)
    mixed = ((first.astype(int) + second) // 2).astype(np.uint8)
    found = _found([first] * 4 + [mixed] + [second] * 4)
    assert len(found) == 2
    assert found[1] in (4, 5)


def test_something_large_and_fast_is_not_a_cut(rng: np.random.Generator) -> None:
    frames = []
    for step in range(20):
        picture = _scene(1).copy()
        cv2.circle(picture, (60 + 40 * (step % 6), 80), 45, 250, -1)
        frames.append(picture)
    assert _found(frames) == [0]


def test_dark_shots_are_told_apart() -> None:
    dark = [(16 + 0.12 * _scene(seed)).astype(np.uint8) for seed in (1, 2)]
    assert _found([dark[0]] * 4 + [dark[1]] * 4) == [0, 4]


def test_a_seek_begins_anew() -> None:
    assert _found([_scene(1)] * 4, [0, 0, 1, 1]) == [0, 2]


def test_bit_depth_does_not_matter() -> None:
    frames = [_scene(1)] * 3 + [_scene(2)] * 3
    detector = CutDetector()
    assert [detector.is_cut(frame.astype(np.uint16) * 257, 65535) for frame in frames] == [True] + [False] * 2 + [
        True
    ] + [False] * 2
