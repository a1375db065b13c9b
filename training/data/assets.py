"""Everything scenes are built from: tiles, photographs and meshes, from a folder or made from nothing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from training.data.glb import read_glb
from training.data.primitives import Vertices, primitive_meshes
from training.data.roles import ROLES, role_of
from training.data.scene import Floats
from training.data.textures import PHOTO, TILE, TILE_FAMILIES, make_photo, make_tile

Image = npt.NDArray[np.uint8]

_PROCEDURAL_PER_FAMILY = 12
_PROCEDURAL_PHOTOS = 24
_MAX_CORNERS = 12_000
"""Meshes with more corners than this cost more time than they add variety."""
_FREE = re.compile(r"<https?://([\w-]+\.)*(unsplash|pexels|pixabay)\.|\bCC0\b|public domain")

USES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "wall": (("Plaster", "Paint", "Wallpaper", "Concrete", "Bricks", "Tiles"), ("cloud", "stripes")),
    "plain": (("Plaster", "Paint", "Paper", "Plastic", "Porcelain", "Clay"), ("cloud",)),
    "ceiling": (("OfficeCeiling", "Plaster", "Paint"), ("cloud", "checks")),
    "floor": (("WoodFloor", "Carpet", "Tiles", "Planks", "Marble", "Terrazzo", "Tatami"), ("planks", "checks")),
    "carpet": (("Carpet", "Fabric", "Tatami"), ("stripes", "speckle", "checks")),
    "wood": (("Wood", "Planks", "Chipboard", "Bamboo", "WoodFloor"), ("grain", "planks")),
    "fabric": (("Fabric", "Carpet", "Wallpaper"), ("stripes", "checks", "speckle")),
    "metal": (("Metal", "CorrugatedSteel", "DiamondPlate", "Rust", "Foil"), ("cloud", "grain")),
    "stone": (("Rock", "Granite", "Marble", "Onyx", "Travertine", "Concrete"), ("cloud", "speckle")),
    "ground": (("Ground", "Grass", "Gravel", "Moss", "Rocks", "ScatteredLeaves", "Snow"), ("speckle", "cloud")),
    "road": (("Asphalt", "Road", "PavingStones", "Concrete"), ("speckle", "bricks")),
    "facade": (("Bricks", "Plaster", "WoodSiding", "Concrete", "Tiles"), ("bricks", "cloud", "planks")),
    "roof": (("RoofingTiles", "ThatchedRoof", "CorrugatedSteel", "SolarPanel"), ("bricks", "stripes")),
    "bark": (("Bark", "Wood", "Logs"), ("grain", "cloud")),
    "cover": (("Plastic", "Cardboard", "Paper", "Fabric", "Wallpaper"), ("text", "stripes", "checks", "cloud")),
    "page": (("Paper",), ("text",)),
    "leaves": ((), ("leaves",)),
    "cloud": ((), ("cloud",)),
}
"""use: (kinds of material sheets, families of procedural tiles)."""


@dataclass(slots=True)
class Assets:
    """What a renderer uploads once.

    tiles: (N, TILE, TILE, 4) uint8. photos: (M, PHOTO, PHOTO, 4) uint8. uses: use to tile numbers, see USES.
    meshes: name to vertices. roles: role to mesh names, see roles.ROLES; empty lists where there are no models.
    """

    tiles: Image
    photos: Image
    uses: dict[str, list[int]]
    meshes: dict[str, Vertices]
    roles: dict[str, list[str]] = field(default_factory=dict)
    stain_layer: int = 0
    _extents: dict[str, Floats] = field(default_factory=dict, repr=False)

    def extent(self, mesh: str | Vertices) -> Floats:
        """(2, 3) float32: centre and half size of a mesh in its own units."""
        if not isinstance(mesh, str):
            return _extent(mesh)
        if mesh not in self._extents:
            self._extents[mesh] = _extent(self.meshes[mesh])
        return self._extents[mesh]


def _extent(vertices: Vertices) -> Floats:
    low, high = vertices["position"].min(0), vertices["position"].max(0)
    return np.stack([(low + high) / 2, (high - low) / 2])


def load_assets(folder: Path | None) -> Assets:
    """Reads models3d/*/*.glb, materials/*.webp and photos/*/* below a folder; any of them may be missing.

    Photographs whose listed source is not free for this use are left out (see `allowed_photos`).

    Args:
        folder: None for procedural textures and primitives alone.

    Raises:
        FileNotFoundError: the folder does not exist.
        ValueError: a file in it cannot be read.
    """
    tiles, families = _procedural_tiles()
    kinds: dict[str, list[int]] = {}
    photos: list[Image] = []
    meshes = primitive_meshes()
    roles: dict[str, list[str]] = {role: [] for role in ROLES}
    if folder is not None:
        if not folder.is_dir():
            raise FileNotFoundError(f"--assets {folder}: no such folder; leave the option out to use no assets")
        for sheet in sorted((folder / "materials").glob("*.webp")):
            found = read_sheet(sheet)
            kinds[sheet.stem] = list(range(len(tiles), len(tiles) + len(found)))
            tiles += found
        for directory in sorted(p for p in (folder / "photos").glob("*") if p.is_dir()):
            photos += [_read_photo(path) for path in allowed_photos(directory)]
        for path in sorted((folder / "models3d").glob("*/*.glb")):
            role = role_of(path.parent.name, path.stem.split("__")[0])
            vertices = read_glb(path) if role else None
            if role and vertices is not None and len(vertices) <= _MAX_CORNERS:
                meshes[path.stem] = _laid_down(vertices) if role in ("car", "truck", "boat") else vertices
                roles[role].append(path.stem)
    if not photos:
        rng = np.random.default_rng(11)
        photos = [make_photo(rng) for _ in range(_PROCEDURAL_PHOTOS)]
    uses = {}
    for use, (sheets, makers) in USES.items():
        own = [k for family in makers for k in families[family]]
        given = [k for kind in sheets for k in kinds.get(kind, [])]
        # Photographed materials are the bulk where there are any; a few synthetic ones keep variety up.
        uses[use] = given + own[: max(4, len(given) // 12)] if len(given) > 3 else given + own
    return Assets(np.stack(tiles), np.stack(photos), uses, meshes, roles, families["cloud"][0])


def _laid_down(vertices: Vertices) -> Vertices:
    """Some vehicles stand on their nose: the longest side belongs along z, the base at y = 0."""
    points = vertices["position"]
    extent = points.max(0) - points.min(0)
    if extent[1] < extent[[0, 2]].max():
        return vertices
    turned = vertices.copy()
    turned["position"] = points[:, [0, 2, 1]] * np.array([1, 1, -1], np.float32)
    turned["position"][:, 1] -= turned["position"][:, 1].min()
    turned["normal"][:, :3] = vertices["normal"][:, [0, 2, 1]]
    turned["normal"][:, 2] = 255 - turned["normal"][:, 2]
    turned["normal"][:, 3] = np.array([0, 2, 1], np.uint8)[vertices["normal"][:, 3]]
    return turned


def read_sheet(path: Path) -> list[Image]:
    """The tiles of a contact sheet: 128 x 128 at x = 16 + 144 i, y = 16 + 176 j; white beside smaller ones."""
    sheet = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if sheet is None:
        raise ValueError(f"{path.name}: cannot be read as a picture")
    found = []
    for y in range(16, sheet.shape[0] - 16, 176):
        for x in range(16, sheet.shape[1] - 16, 144):
            tile = _trimmed(np.asarray(sheet[y : y + TILE, x : x + TILE], np.uint8))
            if tile is not None:
                opaque = np.full((TILE, TILE, 4), 255, np.uint8)
                opaque[..., :3] = tile
                found.append(opaque)
    return found


def _trimmed(tile: Image) -> Image | None:
    inked = tile.min(axis=2) < 250
    if inked.mean() < 0.02:
        return None
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    tile = tile[: rows[-1] + 1, : columns[-1] + 1]
    if min(tile.shape[:2]) < 24:
        return None
    repeats = (-(-TILE // tile.shape[0]), -(-TILE // tile.shape[1]), 1)
    return np.ascontiguousarray(np.tile(tile, repeats)[:TILE, :TILE])


def allowed_photos(directory: Path) -> list[Path]:
    """Photographs of a folder that may be used for weights that ship.

    Where COPYRIGHT* files say where pictures come from, only those stay that are named there as free: with an address
    at Unsplash, Pexels or Pixabay, or as CC0 or public domain, in their line or in the heading above it. Pictures that
    are not named, or are also named without any of this (CC BY and CC BY-SA ones among them), are left out. In a folder
    without such a file everything stays.
    """
    paths = sorted(p for p in directory.iterdir() if p.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))
    listings = sorted(directory.glob("COPYRIGHT*"))
    if not listings:
        return paths
    free: set[str] = set()
    barred: set[str] = set()
    for listing in listings:
        heading = ""
        for line in listing.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.rstrip().endswith(":"):
                heading = line
            elif line.strip():
                is_free = any(_FREE.search(text) for text in (line, heading))
                (free if is_free else barred).update(_names(line))
    return [p for p in paths if _plain(p.stem) in free - barred]


def _names(line: str) -> set[str]:
    """What a line `NAME <ADDRESS>`, `NAME by SOMEBODY <ADDRESS>` or the like may call its picture."""
    full = line.split("<")[0]
    return {_plain(full), _plain(re.split(r" (?:created )?by ", full)[0])}


def _plain(name: str) -> str:
    """Without case, accents and punctuation, in which files and listings differ."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", name).lower())


def _read_photo(path: Path) -> Image:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise ValueError(f"{path.name}: cannot be read as a picture")
    out = np.full((PHOTO, PHOTO, 4), 255, np.uint8)
    out[..., :3] = cv2.resize(picture, (PHOTO, PHOTO), interpolation=cv2.INTER_AREA)[::-1]
    return out


def _procedural_tiles() -> tuple[list[Image], dict[str, list[int]]]:
    rng = np.random.default_rng(5)
    tiles: list[Image] = []
    families: dict[str, list[int]] = {}
    for family in TILE_FAMILIES:
        families[family] = list(range(len(tiles), len(tiles) + _PROCEDURAL_PER_FAMILY))
        tiles += [make_tile(family, rng) for _ in range(_PROCEDURAL_PER_FAMILY)]
    return tiles, families
