from __future__ import annotations

import pytest

from training.data.roles import ROLES, role_of


@pytest.mark.parametrize(
    ("folder", "name", "role"),
    [
        ("furniture", "officechair", "office_chair"),
        ("furniture", "chaircushion", "chair"),
        ("furniture", "kitchencabinetdrawer_1", "kitchen"),
        ("people_animals", "female_sitting", "sitter"),
        ("people_animals", "male_standing_hips", "person"),
        ("buildings", "officechair", None),
        ("furniture", "wall", None),
    ],
)
def test_models_find_their_role(folder: str, name: str, role: str | None) -> None:
    assert role_of(folder, name) == role


def test_sizes_are_plausible() -> None:
    for role, (_, _, measure, least, most) in ROLES.items():
        assert measure in ("height", "longest"), role
        assert 0.05 < least < most <= 25, role
