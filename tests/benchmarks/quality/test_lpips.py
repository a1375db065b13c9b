from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from benchmarks.quality.lpips import HEADS, Lpips, read_heads
from engine.errors import InputError

PICTURE = np.random.default_rng(2).integers(0, 255, (90, 130, 3), dtype=np.uint8)


def distance_map(lpips: Lpips, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    size = (first.shape[1], first.shape[0])
    return lpips.distance_map(lpips.features(first), lpips.features(second), size)


def test_heads_are_read_without_unpickling(lpips_data: Path) -> None:
    heads = read_heads(lpips_data / HEADS)
    assert [len(head) for head in heads] == [4, 4, 4, 4, 4, 4, 4]
    # What torch reads from the same file, in the order of the layers.
    expected = torch.load(lpips_data / HEADS, weights_only=True)
    for number, head in enumerate(heads):
        assert np.array_equal(head, expected[f"lin{number}.model.1.weight"].numpy().ravel())


def test_distance_is_zero_for_equals_and_grows_with_the_error(lpips_data: Path) -> None:
    lpips = Lpips.open(lpips_data)
    assert distance_map(lpips, PICTURE, PICTURE).max() == 0
    distances = [
        float(distance_map(lpips, cv2.GaussianBlur(PICTURE, (0, 0), sigma), PICTURE).mean()) for sigma in (0.5, 1, 3)
    ]
    assert 0 < distances[0] < distances[1] < distances[2]


def test_pictures_of_any_size_and_errors_in_their_place(lpips_data: Path) -> None:
    lpips = Lpips.open(lpips_data)
    wide = np.tile(PICTURE, (1, 4, 1))
    spoilt = wide.copy()
    spoilt[30:60, 400:430] = 128
    distance = distance_map(lpips, spoilt, wide)
    assert distance.shape == wide.shape[:2]
    assert distance[30:60, 400:430].mean() > 10 * distance[:, :200].mean()


def test_small_pictures_are_refused(lpips_data: Path) -> None:
    with pytest.raises(ValueError, match="64 pixels a side"):
        Lpips.open(lpips_data).features(PICTURE[:60])


def test_missing_files_are_named(lpips_data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"squeezenet/\*\.onnx: no such file"):
        Lpips.open(tmp_path)
    (lpips_data / HEADS).unlink()
    with pytest.raises(InputError, match=r"squeeze\.pth: no such file"):
        Lpips.open(lpips_data)


def test_other_files_are_refused(lpips_data: Path) -> None:
    heads, network = lpips_data / HEADS, lpips_data / "weights/squeezenet/small.onnx"
    good = heads.read_bytes()
    for bad in (b"", b"PK\x03\x04 a zip", good[: len(good) // 2], good[:-40]):
        heads.write_bytes(bad)
        with pytest.raises(InputError, match=r"squeeze\.pth: not the LPIPS heads") as error:
            Lpips.open(lpips_data)
        assert "\n" not in str(error.value)
    heads.write_bytes(good)
    model = network.read_bytes()
    for bad in (b"", b"no network", model[: len(model) // 2]):
        network.write_bytes(bad)
        with pytest.raises(InputError, match="not the SqueezeNet"):
            Lpips.open(lpips_data)


def test_heads_of_another_network_are_refused(lpips_data: Path) -> None:
    state = {f"lin{k}.model.1.weight": torch.ones(1, 5, 1, 1) for k in range(7)}
    torch.save(state, lpips_data / HEADS, _use_new_zipfile_serialization=False)
    with pytest.raises(InputError, match="heads for"):
        Lpips.open(lpips_data)
