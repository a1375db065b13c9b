"""Things of a wanted height for pictures taken from near: toys, vessels, books, boards, plants and cloth."""

from __future__ import annotations

import math

from training.data.builder import Builder
from training.data.scene import Material

_TOYS = (
    "person", "sitter", "pet", "beast", "car", "truck", "bicycle", "house", "boat", "tree", "food", "trinket", "gadget",
    "dungeon", "dungeon_small", "small_plant", "plant", "table_lamp", "vase", "bin", "chair", "armchair", "books",
    "stool", "yard", "tower", "rock", "flower", "cone", "column", "floor_lamp",
)  # fmt: skip
_SOLIDS = ("cone", "sphere", "cylinder", "vase", "bottle", "bowl", "cup", "frustum", "prism", "box", "cone", "sphere")


def ornament(b: Builder, tall: float) -> None:
    """Anything about `tall` metres high, standing on the frame's origin."""
    dice = b.rng.random()
    if dice < 0.24 and b.model(b.pick(_TOYS), (0, 0, 0), tall=tall * b.between(0.7, 1.0)):
        return
    makers = (_solid, _solid, _carton, _carton, _books, _row, _board, _plant, _cloth, _lump, _lump, _pile, _bundle)
    b.pick(makers)(b, tall)


def _stuff(b: Builder, tall: float) -> Material:
    """What small things are made of; patterns are as fine as the thing is small."""
    dice = b.rng.random()
    if dice < 0.25:
        return b.lacquer(stain=b.between(0, 0.5))
    if dice < 0.45:
        return b.photo(share=b.between(0.1, 0.5))
    use = b.pick(("stone", "cover", "wood", "fabric", "plain", "metal", "fabric"))
    tint = b.paint() if b.chance(0.4) else b.tint(0.5, 1.1, 0.1)
    return b.tiled(use, repeats=b.between(0.4, 2.0) / max(tall, 0.05), tint=tint)


def _solid(b: Builder, tall: float) -> None:
    mesh = b.pick(_SOLIDS)
    wide = tall if mesh == "sphere" else tall * b.between(0.3, 0.8)
    b.box((0, 0, 0), (wide, tall, wide), _stuff(b, tall), mesh=mesh, yaw=b.between(0, 6.28))
    if b.chance(0.15):
        ring = tall * b.between(0.5, 1.0)
        b.put(
            "torus",
            (b.between(-0.4, 0.4) * tall, ring * 0.5, 0),
            (ring, ring, ring),
            _stuff(b, tall),
            pitch=1.4,
            yaw=b.between(-1, 1),
        )


def _carton(b: Builder, tall: float) -> None:
    size = (tall * b.between(0.5, 1.6), tall * b.between(0.6, 1.0), tall * b.between(0.3, 1.0))
    b.box((0, 0, 0), size, b.cover() if b.chance(0.6) else _stuff(b, tall), yaw=b.between(-0.8, 0.8))
    if b.chance(0.4):
        with b.at(0, size[1], 0):
            _solid(b, tall * b.between(0.2, 0.5))


def _books(b: Builder, tall: float) -> None:
    """A stack of books, each turned a little."""
    y, wide = 0.0, tall * b.between(0.8, 1.6)
    while y < tall * 0.9:
        thick = wide * b.between(0.06, 0.22)
        b.box(
            (0, y, 0),
            (wide * b.between(0.8, 1), thick, wide * b.between(0.55, 0.8)),
            b.cover(),
            yaw=b.rng.normal(0, 0.2),
        )
        y += thick


def _row(b: Builder, tall: float) -> None:
    """Books side by side, the last ones leaning."""
    x = -tall * b.between(0.3, 0.9)
    end = -x
    with b.at(0, 0, 0, b.between(-0.5, 0.5)):
        while x < end:
            thick, high = tall * b.between(0.06, 0.25), tall * b.between(0.7, 1.0)
            lean = -b.between(0.1, 0.3) if x > 0.5 * end and b.chance(0.4) else 0.0
            lift = high / 2 * math.cos(lean) + thick / 2 * abs(math.sin(lean))
            b.put(
                "box", (x + thick / 2, lift, 0), (thick * 0.96, high, tall * b.between(0.5, 0.75)), b.cover(), roll=lean
            )
            x += thick


def _board(b: Builder, tall: float) -> None:
    """A picture, a tray or a plank that leans back on nothing one sees."""
    wide, lean = tall * b.between(0.4, 1.7), b.between(0.05, 0.5)
    face = b.photo(aspect=wide / tall) if b.chance(0.5) else b.cover()
    size = (wide, tall / math.cos(lean), 0.03 * tall)
    b.put("box", (0, tall / 2, 0), size, face, pitch=-lean, yaw=b.between(-0.9, 0.9))


def _plant(b: Builder, tall: float) -> None:
    """A pot with long leaves, or with leaf clusters cut out of cards."""
    pot = tall * b.between(0.2, 0.4)
    b.box((0, 0, 0), (pot * 1.1, pot, pot * 1.1), _stuff(b, pot), mesh=b.pick(("cup", "bowl", "cylinder", "vase")))
    green = (b.between(0.03, 0.3), b.between(0.12, 0.45), b.between(0.02, 0.15))
    if b.chance(0.6):
        leaf = b.tiled(b.pick(("plain", "leaves", "fabric")), repeats=0.5 / tall, tint=green, cutout=False)
        for _ in range(b.count(5, 16)):
            long = (tall - pot * 0.8) * b.between(0.7, 1.3)
            wide = tall * b.between(0.15, 0.6)
            b.put(f"blade{b.count(0, 11)}", (0, pot * 0.8, 0), (wide, long, long), leaf, yaw=b.between(0, 6.28))
        return
    leaf = b.tiled("leaves", repeats=b.between(1.0, 3.0) / tall, cutout=True, tint=b.tint(0.5, 1.2, 0.2))
    for _ in range(b.count(4, 10)):
        wide = tall * b.between(0.3, 0.7)
        y = pot + (tall - pot) * b.between(0.1, 0.8)
        place = (b.between(-0.25, 0.25) * tall, y, b.between(-0.25, 0.25) * tall)
        turn = b.rng.uniform(-1.2, 1.2, 3)
        b.put(f"cutout{b.count(0, 47)}", place, (wide, wide, 1), leaf, yaw=turn[0], pitch=turn[1], roll=turn[2])


def _cloth(b: Builder, tall: float) -> None:
    """A heap of cloth, or cloth thrown over a box."""
    stuff = b.tiled(
        "fabric", repeats=b.between(0.5, 2.0) / max(tall, 0.05), tint=b.paint() if b.chance(0.5) else b.tint(0.5, 1.1)
    )
    high = tall * b.between(0.3, 0.7)
    wide = tall * b.between(0.9, 2.2)
    b.put(
        f"heap{b.count(0, 9)}", (0, high / 2, 0), (wide, high, wide * b.between(0.6, 1)), stuff, yaw=b.between(0, 6.28)
    )
    if b.chance(0.3):
        b.put(
            f"drape{b.count(0, 7)}",
            (0, tall * 0.6, -0.2 * wide),
            (wide * 0.8, tall * 1.2, 0.2 * tall),
            stuff,
            pitch=-0.25,
        )


def _lump(b: Builder, tall: float) -> None:
    """A stuffed toy: a body, mostly with a head, limbs and eyes; or a cushion, bag or ball."""
    stuff = (
        b.tiled("fabric", repeats=b.between(0.5, 2) / max(tall, 0.05), tint=b.paint())
        if b.chance(0.7)
        else _stuff(b, tall)
    )
    if b.chance(0.35):
        wide = tall * b.between(0.8, 1.6)
        b.box(
            (0, 0, 0),
            (wide, tall * 0.8, wide * b.between(0.5, 1)),
            stuff,
            mesh=f"blob{b.count(0, 11)}",
            yaw=b.between(0, 6.28),
        )
        return
    body, head = tall * b.between(0.45, 0.6), tall * b.between(0.35, 0.5)
    other = stuff if b.chance(0.4) else b.lacquer(tint=b.tint(0.4, 0.95, 0.2))
    black = b.lacquer(tint=(0.02, 0.02, 0.02), specular=0.5)
    with b.at(0, 0, 0, b.between(-0.8, 0.8)):
        b.box((0, 0, 0), (body * 0.9, body * 1.1, body * 0.8), stuff, mesh=f"blob{b.count(0, 11)}")
        middle = tall - head / 2
        b.put("sphere", (0, middle, 0.02 * tall), (head, head, head * 0.9), other)
        for side in (-1, 1):
            b.put("sphere", (side * head * 0.17, middle + head * 0.08, head * 0.42), (head * 0.13,) * 3, black)
            ear = head * b.between(0.2, 0.5)
            b.put("sphere", (side * head * 0.42, middle + head * 0.4, 0), (ear, ear, ear * 0.5), stuff)
            hand = (side * body * b.between(0.5, 0.9), body * b.between(0.3, 1.2), body * b.between(0.1, 0.6))
            b.rod((side * body * 0.35, body * 0.8, 0), hand, body * 0.25, stuff)
            foot = (side * body * b.between(0.25, 0.6), body * 0.14, body * b.between(0.5, 0.9))
            b.rod((side * body * 0.25, body * 0.2, 0), foot, body * 0.28, stuff)
            b.put("sphere", foot, (body * 0.3,) * 3, other)
        if b.chance(0.4):
            b.put(
                b.pick(("cone", "shade", "cylinder")),
                (0, tall, 0),
                (head * 1.1, head * 0.5, head * 1.1),
                _stuff(b, tall),
            )
        elif b.chance(0.5):
            b.put(
                "sphere",
                (0, middle + head * 0.12, -head * 0.1),
                (head * 1.12, head, head),
                b.tiled("carpet", tint=b.paint()),
            )


def _pile(b: Builder, tall: float) -> None:
    """A box with something on it."""
    base = tall * b.between(0.3, 0.6)
    wide = tall * b.between(0.7, 1.5)
    b.box(
        (0, 0, 0),
        (wide, base, wide * b.between(0.5, 0.9)),
        b.cover() if b.chance(0.5) else _stuff(b, tall),
        yaw=b.between(-0.5, 0.5),
    )
    with b.at(b.between(-0.2, 0.2) * wide, base, 0):
        b.pick((_solid, _lump, _books, _board, _plant))(b, tall - base)


def _bundle(b: Builder, tall: float) -> None:
    """Brushes in a cup, or a lattice of laths."""
    if b.chance(0.6):
        cup = tall * b.between(0.3, 0.5)
        b.box((0, 0, 0), (cup * 0.8, cup, cup * 0.8), _stuff(b, cup), mesh="cup")
        for _ in range(b.count(2, 7)):
            dx, dz = (float(v) for v in b.rng.normal(0, 0.2, 2) * tall)
            end = (dx, tall * b.between(0.7, 1.0), dz)
            b.rod(
                (0, cup * 0.2, 0), end, tall * b.between(0.015, 0.05), b.lacquer() if b.chance(0.5) else b.tiled("wood")
            )
        return
    lath, bars = b.tiled("wood"), b.count(3, 7)
    wide = tall * b.between(0.8, 2)
    lean = -b.between(0.0, 0.25) * tall
    for k in range(bars):
        part = (k + 0.5) / bars - 0.5
        b.rod((part * wide, 0, 0), (part * wide, tall, lean), 0.03 * tall, lath)
        high = (part + 0.5) * tall
        b.rod((-wide / 2, high, lean * (part + 0.5)), (wide / 2, high, lean * (part + 0.5)), 0.03 * tall, lath)
