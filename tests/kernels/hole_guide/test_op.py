"""Contract of hole_guide: channels, signs, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels import hole_guide


def _arguments() -> dict[str, Any]:
    return {
        "rgb": np.full((4, 6, 3), 51, np.uint8),
        "hole": np.zeros((4, 6), np.uint8),
        "stretched_px": np.zeros((4, 6), np.float32),
        "disparity": np.full((4, 6), 0.25, np.float32),
    }


def test_without_holes_only_colour_and_disparity_are_left() -> None:
    guide = hole_guide(**_arguments())
    assert guide.shape == (8, 4, 6)
    np.testing.assert_allclose(guide[:3], 0.2, atol=1e-6)
    assert not guide[3:7].any()
    assert (guide[7] == 0.25).all()


def test_normal_leans_away_from_the_nearer_side() -> None:
    arguments = _arguments()
    arguments["hole"][1, 2:4] = 1
    arguments["stretched_px"][:] = np.arange(6)  # nearer to the right: slope 1
    guide = hole_guide(**arguments)
    root = np.sqrt(0.5)
    np.testing.assert_allclose(guide[4:7, 1, 2], [(1 - root) / 2, 0.5, (1 + root) / 2], atol=1e-6)
    assert guide[7, 1, 2] == 0
    assert guide[3].sum() == 2


def test_out_is_used_and_bool_holes_are_taken() -> None:
    arguments = _arguments()
    batch = np.empty((2, 8, 4, 6), np.float32)
    assert hole_guide(**arguments | {"hole": np.ones((4, 6), bool)}, out=batch[1]) is not None
    assert (batch[1, 3] == 1).all()


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("rgb", np.zeros((4, 6, 4), np.uint8), ValueError),
        ("rgb", np.zeros((4, 6, 3), np.float64), TypeError),
        ("hole", np.zeros((4, 5), np.uint8), ValueError),
        ("stretched_px", np.zeros((4, 6), np.float16), TypeError),
        ("disparity", [[0.0]], TypeError),
        ("out", np.zeros((7, 4, 6), np.float32), ValueError),
        ("stream", object(), TypeError),
    ],
)
def test_wrong_arguments_are_named(name: str, value: object, error: type[Exception]) -> None:
    with pytest.raises(error, match=name):
        hole_guide(**_arguments() | {name: value})


def test_out_must_not_overlap() -> None:
    arguments = _arguments()
    memory = np.zeros((9, 4, 6), np.float32)
    arguments["disparity"] = memory[7]
    with pytest.raises(ValueError, match="overlap"):
        hole_guide(**arguments, out=memory[:8])
