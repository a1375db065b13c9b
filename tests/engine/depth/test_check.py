"""A network that cannot be right is refused when it is opened, in one line that says what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from engine import models
from engine.depth.check import check_depth, corridor
from engine.errors import ModelError
from engine.inference import open_session
from engine.inference.artifact import Artifact


@dataclass
class Network:
    """Whatever a function of the picture (3, h, w) gives."""

    answer: Callable[[np.ndarray], np.ndarray]
    shape: tuple[int, ...] = (1, 3, 64, 96)
    runs: int = 0

    def run(self, image: np.ndarray) -> np.ndarray:
        self.runs += 1
        assert image.shape == self.shape
        assert image.dtype == np.float32
        assert image.flags.c_contiguous
        return self.answer(image[0])[None, None]


def _true(image: np.ndarray) -> np.ndarray:
    return corridor(image.shape[2], image.shape[1])[1]


@pytest.mark.parametrize("shape", [(1, 3, 64, 96), (1, 3, 160, 96), (1, 3, 32, 256), (1, 3, 32, 32)])
def test_a_network_that_sees_depth_passes_in_any_scale(shape: tuple[int, ...]) -> None:
    network = Network(lambda image: 300 * _true(image) - 7000, shape)
    check_depth(network, "mine")
    assert network.runs == 1


def test_a_small_relief_on_a_large_offset_is_depth() -> None:
    check_depth(Network(lambda image: 4000 + _true(image)), "mine")


def test_whoever_mistakes_light_for_depth_is_poor_but_not_inverted() -> None:
    check_depth(Network(lambda image: image.mean(axis=0)), "bright is near")
    check_depth(Network(lambda image: 1 - image.mean(axis=0)), "dark is near")
    noise = np.random.default_rng(1).random((64, 96), np.float32)
    check_depth(Network(lambda _image: noise), "noise")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda image: np.full(image.shape[1:], 0.25, np.float32), "mine: constant: it gives 0.25 for all"),
        (lambda image: np.float32(4000) + 1e-3 * image[0], "mine: constant: it gives 4000 for all"),
        (lambda image: np.zeros(image.shape[1:], np.float32), "mine: constant: it gives 0 for all"),
        (lambda image: np.full(image.shape[1:], np.nan, np.float32), "mine: broken: 6144 of 6144 values"),
        (lambda image: np.where(_true(image) > 0.4, np.inf, 1), "mine: broken: "),
        (lambda image: _true(image)[::2], "mine: wrong output size: (1, 1, 64, 96) was expected"),
        (lambda image: 1 / _true(image), "mine: inverted: "),
        (lambda image: -_true(image), "mine: inverted: "),
    ],
)
def test_what_cannot_be_depth_is_refused(answer: Callable[[np.ndarray], np.ndarray], words: str) -> None:
    with pytest.raises(ModelError) as caught:
        check_depth(Network(answer), "mine")
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


def test_the_picture_is_a_picture() -> None:
    for is_lit_from_afar in (False, True):
        picture, inverse = corridor(96, 64, is_lit_from_afar=is_lit_from_afar)
        assert picture.shape == (1, 3, 64, 96)
        assert picture.dtype == inverse.dtype == np.float32
        assert 0 <= picture.min() < 0.3 < 0.6 < picture.max() <= 1
        assert 1 / 14 <= inverse.min() < 0.08
        assert inverse.max() > 0.45
        brightness = np.corrcoef(picture[0].mean(axis=0).ravel(), inverse.ravel())[0, 1]
        assert (brightness < -0.3) if is_lit_from_afar else (brightness > 0.3)


def test_the_embedded_network_passes() -> None:
    artifact = Artifact.load(models.find("depth-small"))
    for height, width in ((192, 320), (320, 192)):
        check_depth(open_session(artifact, (1, 3, height, width), threads=1), artifact.name)
