"""Carrying what is known into holes: directions, opacities, reach, shares."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from training.models.transport import WAYS, blend, carried, diffused

RIGHT, BELOW, ABOVE = ((1, 0), (0, 1), (0, -1))


def _layer(height: int = 9, width: int = 64) -> Tensor:
    """Transparent, but for two opaque places in the middle row, and one above and one below a column of its own."""
    layer = torch.zeros(1, 2, height, width)
    _put(layer, 4, 20, value=0.3)
    _put(layer, 4, 40, value=0.7)
    _put(layer, 1, 50, value=0.1)
    _put(layer, 7, 50, value=0.9)
    return layer


def _put(layer: Tensor, row: int, column: int, value: float, opacity: float = 1.0) -> None:
    layer[0, :, row, column] = torch.tensor([value * opacity, opacity])


@pytest.mark.parametrize(
    ("direction", "row", "column", "expected"),
    [
        (RIGHT, 4, 5, 0.3),
        (RIGHT, 4, 20, 0.3),
        (RIGHT, 4, 21, 0.7),
        (BELOW, 4, 50, 0.9),
        (ABOVE, 4, 50, 0.1),
        ((-1, 0), 4, 30, 0.3),
    ],
)
def test_the_first_opaque_place_in_a_direction_is_carried(
    direction: tuple[int, int], row: int, column: int, expected: float
) -> None:
    found = carried(_layer(), *direction)[0, :, row, column]
    assert torch.allclose(found, torch.tensor([expected, 1.0]), atol=1e-6)


@pytest.mark.parametrize(("column", "arrives"), [(9, 1.0), (8, 0.0), (41, 0.0)])
def test_nothing_comes_from_beyond_31_places_or_from_behind(column: int, arrives: float) -> None:
    layer = torch.zeros(1, 2, 1, 64)
    _put(layer, 0, 40, value=0.5)
    assert carried(layer, *RIGHT)[0, 1, 0, column] == arrives


def test_half_transparent_places_let_half_of_what_is_behind_through() -> None:
    layer = torch.zeros(1, 2, 1, 16)
    _put(layer, 0, 4, value=0.2, opacity=0.5)
    _put(layer, 0, 9, value=0.8, opacity=0.5)
    value, opacity = carried(layer, *RIGHT)[0, :, 0, 1]
    assert opacity == pytest.approx(0.75)
    assert value == pytest.approx(0.5 * 0.2 + 0.25 * 0.8)


def test_carrying_is_what_compositing_one_by_one_gives() -> None:
    torch.manual_seed(0)
    opacity = torch.rand(1, 1, 3, 24)
    layer = torch.cat([torch.rand(1, 3, 3, 24) * opacity, opacity], dim=1)
    expected = layer.clone()
    for column in reversed(range(23)):
        expected[..., column] += (1 - layer[:, -1:, :, column]) * expected[..., column + 1]
    assert torch.allclose(carried(layer, *RIGHT), expected, atol=1e-5)


def test_diffusion_reaches_everywhere_and_keeps_what_is_opaque() -> None:
    layer = torch.zeros(1, 2, 32, 32)
    layer[0, :, :, :4] = torch.tensor([0.25, 1.0])[:, None, None]
    value, opacity = diffused(layer)[0]
    assert torch.equal(value[:, :2], torch.full((32, 2), 0.25))
    assert (opacity[:, :17] > 0.9).all()
    assert torch.allclose((value / opacity)[:, :17], torch.tensor(0.25), atol=1e-3)


def _scene() -> tuple[Tensor, Tensor]:
    """First guess 0.9 in the hole, a stick of 0.6 beside it, 0.2 behind; (picture, hole)."""
    hole = torch.zeros(1, 1, 16, 48)
    hole[..., 8:20] = 1
    picture = torch.full((1, 3, 16, 48), 0.2)
    picture[..., 20:24] = 0.6
    picture[..., 8:20] = 0.9
    return picture, hole


def _shares(which: int) -> Tensor:
    shares = torch.zeros(1, 1 + WAYS, 8, 24)
    shares[:, which] = 1
    return shares


def test_transparent_things_are_looked_through() -> None:
    picture, hole = _scene()
    opaque = torch.ones(1, WAYS, 8, 24)
    through = opaque.clone()
    through[..., 10:12] = 0
    inside = hole.expand_as(picture) > 0
    assert torch.allclose(blend(picture, hole, opaque, _shares(1))[inside], torch.tensor(0.6), atol=2e-3)
    assert torch.allclose(blend(picture, hole, through, _shares(1))[inside], torch.tensor(0.2), atol=2e-3)


def test_the_first_guess_has_its_share_and_steps_in_where_nothing_arrives() -> None:
    picture, hole = _scene()
    nothing = torch.zeros(1, WAYS, 8, 24)
    assert torch.allclose(blend(picture, hole, torch.ones(1, WAYS, 8, 24), _shares(0)), picture, atol=1e-6)
    for way in range(WAYS):
        assert torch.allclose(blend(picture, hole, nothing, _shares(1 + way)), picture, atol=1e-6)


def test_what_is_known_is_not_touched() -> None:
    torch.manual_seed(0)
    picture, hole = torch.rand(2, 3, 16, 24), (torch.rand(2, 1, 16, 24) > 0.6).float()
    shares = torch.softmax(torch.rand(2, 1 + WAYS, 8, 12), dim=1)
    found = blend(picture, hole, torch.rand(2, WAYS, 8, 12), shares)
    outside = (hole == 0).expand_as(picture)
    assert torch.equal(found[outside], picture[outside])
    assert picture.min() <= found.min() <= found.max() <= picture.max()
