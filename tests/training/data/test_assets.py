from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.data.assets import USES, Assets, allowed_photos, load_assets, read_sheet
from training.data.roles import ROLES


def test_without_a_folder_there_are_textures_for_every_use(plain_assets: Assets) -> None:
    assert set(plain_assets.uses) == set(USES)
    assert all(plain_assets.uses.values())
    assert max(max(numbers) for numbers in plain_assets.uses.values()) < len(plain_assets.tiles)
    assert len(plain_assets.photos) > 4
    assert set(plain_assets.roles) == set(ROLES)
    assert not any(plain_assets.roles.values())


def test_a_folder_adds_models_tiles_and_photographs(tiny_folder: Path, plain_assets: Assets) -> None:
    assets = load_assets(tiny_folder)
    assert assets.roles["chair"] == ["chair__pack"]
    assert assets.roles["person"] == ["male_standing__pack"]
    assert "unheard_of__pack" not in assets.meshes
    assert len(assets.tiles) == len(plain_assets.tiles) + 2
    assert len(plain_assets.tiles) in assets.uses["wood"]
    assert len(assets.photos) == 1


def test_the_extent_of_a_mesh_is_its_box(plain_assets: Assets) -> None:
    centre, half = plain_assets.extent("box")
    np.testing.assert_allclose(centre, 0)
    np.testing.assert_allclose(half, 0.5)


def test_small_tiles_of_a_sheet_are_repeated(tiny_folder: Path) -> None:
    tiles = read_sheet(tiny_folder / "materials" / "Wood.webp")
    assert [tile.shape for tile in tiles] == [(128, 128, 4)] * 2
    assert np.abs(tiles[1][..., :3].astype(int) - (30, 120, 10)).max() < 12


def test_photographs_from_other_sources_are_left_out(tiny_folder: Path) -> None:
    assert [p.name for p in allowed_photos(tiny_folder / "photos" / "wallpapers")] == ["Good_One.jpg"]


def test_only_what_a_listing_calls_free_stays(tmp_path: Path) -> None:
    listing = """Unsplash photos published before June 8, 2017 are CC0 (public domain):

Plain Heading <https://example.org/1>

Deviantart:

Doubtful <http://example.org/art/2>
Twice <http://example.org/art/3>
Twice <https://unsplash.com/photos/3>
Paweł Czerwiński Leaves <https://unsplash.com/photos/4>
“A Long Title” by Somebody <https://www.pexels.com/photo/5>
Poly created by Somebody, licensed CC0 (public domain) <https://example.org/6>
Fake <https://example.org/unsplash.jpg>
"""
    free = ("A_Long_Title", "Pawe_Czerwinski_Leaves", "Plain_Heading", "Poly")
    for name in (*free, "Doubtful", "Twice", "Fake", "Not_Listed"):
        (tmp_path / f"{name}.jpg").touch()
    assert len(allowed_photos(tmp_path)) == 8
    (tmp_path / "COPYRIGHT").write_text(listing, encoding="utf-8")
    assert tuple(p.stem for p in allowed_photos(tmp_path)) == free


def test_a_missing_folder_and_a_damaged_sheet_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_assets(tmp_path / "nowhere")
    (tmp_path / "materials").mkdir()
    (tmp_path / "materials" / "Bad.webp").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"Bad\.webp"):
        load_assets(tmp_path)


def test_vehicles_that_stand_on_their_nose_are_laid_down(tmp_path: Path, write_glb) -> None:
    folder = tmp_path / "models3d" / "vehicles"
    folder.mkdir(parents=True)
    points = np.array([[-0.2, 0, -0.1], [0.2, 0, -0.1], [0, 0, 0.1], [0, 1, 0]])
    faces = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])
    (folder / "taxi__pack.glb").write_bytes(write_glb(points, faces))
    position = load_assets(tmp_path).meshes["taxi__pack"]["position"]
    extent = position.max(0) - position.min(0)
    np.testing.assert_allclose(extent, (0.4, 0.2, 1.0), atol=1e-6)
    assert position[:, 1].min() == pytest.approx(0)
