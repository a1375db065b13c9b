"""What can be exported: one entry for each kind of network the engine plays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from engine.inference.artifact import Port, SizeRule, Tolerance
from training.models import depth, infill

Float32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """How one kind of network becomes an artifact."""

    kind: str
    default_name: str
    build: Callable[[Mapping[str, Any]], nn.Module]
    """Network from the config of a checkpoint."""
    input: Port
    output: Port
    size: SizeRule
    tolerance: Mapping[str, Tolerance]
    shapes: tuple[tuple[int, int, int], ...]
    """(N, H, W) of the parity runs; more than one, to prove that all three are free."""
    probe: Callable[[np.random.Generator, int, int, int], Float32]
    """A picture-like input from (rng, n, height, width)."""
    limits: str
    """What the network cannot do, for the card."""


def _picture(rng: np.random.Generator, count: int, height: int, width: int) -> Float32:
    """(N, 3, H, W): smooth shading, a few flat things with sharp outlines, a little noise."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / max(height, width)
    pictures = np.empty((count, 3, height, width), np.float32)
    for picture in pictures:
        waves = rng.uniform(1, 9, (3, 2))
        picture[:] = [0.5 + 0.3 * np.sin(a * x + rng.uniform(0, 6)) * np.cos(b * y) for a, b in waves]
        for _ in range(6):
            top, left = int(rng.integers(height - 4)), int(rng.integers(width - 4))
            window = np.s_[:, top : top + int(rng.integers(4, height)), left : left + int(rng.integers(4, width // 2))]
            picture[window] = rng.random((3, 1, 1))
    noise = rng.normal(0, 0.02, pictures.shape)
    return np.clip(pictures + noise, 0, 1).astype(np.float32)


def _guide(rng: np.random.Generator, count: int, height: int, width: int) -> Float32:
    """(N, 8, H, W): a picture with upright holes beside things, normals in them, disparity around them."""
    guide = np.zeros((count, 8, height, width), np.float32)
    guide[:, :3] = _picture(rng, count, height, width)
    guide[:, 7] = np.linspace(0.1, 0.7, height, dtype=np.float32)[:, None]
    for one in guide:
        for _ in range(4):
            top, left = int(rng.integers(height // 2)), int(rng.integers(width - 12))
            window = np.s_[:, top : top + height // 3, left : left + int(rng.integers(2, 12))]
            one[window][3] = 1
            one[window][4:7] = np.array([0.2, 0.5, 0.8], np.float32)[:, None, None]
            one[window][7] = 0
    return guide


def _build_depth(config: Mapping[str, Any]) -> nn.Module:
    return depth.DepthNet(depth.DepthConfig(**config))


def _build_infill(config: Mapping[str, Any]) -> nn.Module:
    options = infill.InfillConfig(**config)
    if options.target != "rgb":
        raise ValueError(f"this network paints {options.target} into holes; the engine plays those that paint rgb")
    return infill.infill_network(options)


TARGETS: dict[str, Target] = {
    "depth": Target(
        kind="depth",
        default_name="depth-small",
        build=_build_depth,
        input=Port(name="image", shape=("N", 3, "H", "W"), meaning="RGB 0..1"),
        output=Port(
            name="disparity",
            shape=("N", 1, "H", "W"),
            meaning="relative inverse depth up to scale and shift, larger is nearer",
        ),
        size=SizeRule(multiple=depth.SIZE_MULTIPLE, area=depth.WORKING_SIZE[0] * depth.WORKING_SIZE[1]),
        tolerance={"f32": Tolerance(mean=0.002, worst=0.02), "bf16": Tolerance(mean=0.015, worst=0.2)},
        shapes=((1, 192, 320), (2, 160, 96)),
        probe=_picture,
        limits=(
            "Depth is relative: no metres, and the scale may change from frame to frame. It was taught by drawn scenes"
            " only, so mirrors, glass, pictures on walls, crowds and close-ups of unusual things are often wrong; thin"
            " things such as wires are lost at its working size of about 320 x 192."
        ),
    ),
    "infill": Target(
        kind="infill",
        default_name="infill-small",
        build=_build_infill,
        input=Port(
            name="guide",
            shape=("N", 8, "H", "W"),
            meaning="RGB 0..1 with the background in holes, hole mask, normals in holes, disparity outside holes",
        ),
        output=Port(name="image", shape=("N", 3, "H", "W"), meaning="RGB 0..1, known pixels unchanged"),
        size=SizeRule(multiple=infill.SIZE_MULTIPLE),
        tolerance={"f32": Tolerance(mean=0.001, worst=0.02), "bf16": Tolerance(mean=0.005, worst=0.1)},
        shapes=((2, 64, 96), (1, 128, 64)),
        probe=_guide,
        limits=(
            "It continues what is around a hole; it does not invent things. Holes wider than about 60 pixels, and"
            " texture with a long period, come out blurred. It does not know neighbouring frames."
        ),
    ),
}
