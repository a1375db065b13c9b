"""How a network is fed, as written in a sidecar."""

from __future__ import annotations

from typing import Any

import pytest

from engine.inference.feed import IMAGENET_MEAN, IMAGENET_STD, Feed


def test_from_a_sidecar() -> None:
    assert Feed.from_json({}) == Feed()
    said = {"mean": list(IMAGENET_MEAN), "std": list(IMAGENET_STD), "gives": "metric depth", "window": 3}
    assert Feed.from_json(said) == Feed(mean=IMAGENET_MEAN, std=IMAGENET_STD, gives="metric depth", window=3)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"men": [0, 0, 0]}, "unknown men; known are channels, gives, mean, std, white, window"),
        ({"mean": [0, 0]}, "mean must be three numbers"),
        ({"mean": 3}, "mean must be three numbers"),
        ({"std": [1, 0, 1]}, "std must not be 0"),
        ({"std": [1, float("nan"), 1]}, "std must be three numbers"),
        ({"mean": [10**400, 0, 0]}, "mean must be three numbers"),
        ({"mean": [True, 0, 0]}, "mean must be three numbers"),
        ({"white": True}, "white must be 1 or 255"),
        ({"white": 0}, "white must be 1 or 255"),
        ({"channels": "gbr"}, "channels must be rgb or bgr"),
        ({"gives": "height"}, "gives must be one of disparity, depth, metric depth"),
        ({"window": 0}, "window must be 1 to 64 frames"),
        ({"window": 2.0}, "window must be 1 to 64 frames"),
    ],
)
def test_nonsense_is_named(said: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Feed.from_json(said)
