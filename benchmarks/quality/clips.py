"""Films whose depth and camera are known: drawn by the scene generator, or recorded with a depth camera.

Drawn clips come from seeds that no network is trained on, and are filmed with grain, so that depth that is estimated
frame by frame flickers. They need off-screen OpenGL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from training.evaluation.rgbd_frames import read_rgbd

if TYPE_CHECKING:
    from training.data.renderer import Renderer

Floats = NDArray[np.float32]

SIZE = (640, 384)
_GRAIN = 5.0
"""Standard deviation in code values of 255: a film that one sees the grain of."""
_GRAIN_SIZE = 0.8
_SEED = 1_000_000
"""Base seeds from here on are held out by the generator."""
_FRAME_S = 1 / 30
_STILL = (("room", 3), ("street", 1), ("table", 2), ("landscape", 1))
_MOVING = (
    *(("room", 1), ("room", 5), ("street", 2), ("table", 4), ("layers", 1)),
    *(
        (kind, index)
        for kind in ("room", "still_life", "table", "portrait", "street", "landscape", "layers")
        for index in (11, 12)
    ),
)
"""(kind, index of its seed)."""
_PRIMESENSE = (525.0, 525.0, 320.0, 240.0)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ClipFrame:
    """A picture and its truth."""

    image: NDArray[np.uint8]
    """(H, W, 3) RGB."""
    inverse_depth: Floats
    """(H, W) 1 / metres, 0 = infinitely far."""
    known: NDArray[np.bool_]
    """(H, W) where the depth is known."""
    pose: Floats
    """(3, 4) world to camera; x right, y down, z forward."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Clip:
    """Frames in order."""

    name: str
    frames: tuple[ClipFrame, ...]
    intrinsics: tuple[float, float, float, float]
    """fx, fy, cx, cy in pixels; the centre of the first pixel is at 0.5."""
    cuts: tuple[int, ...] = (0,)
    """Where shots begin."""
    is_still: bool = False
    """Neither the camera nor anything else moves."""

    @property
    def shots(self) -> tuple[slice, ...]:
        """The frames of every shot."""
        ends = (*self.cuts[1:], len(self.frames))
        return tuple(slice(start, end) for start, end in zip(self.cuts, ends, strict=True))


def drawn_clips(frame_count: int = 24, size: tuple[int, int] = SIZE) -> Iterator[Clip]:
    """Still shots, moving shots, and a cut between two of each, with grain.

    Args:
        frame_count: of every shot.
        size: (width, height) in pixels.

    Raises:
        OSError: there is no off-screen OpenGL (training.data.renderer.NoContextError says what is missing).
    """
    from training.data.assets import load_assets
    from training.data.renderer import Renderer

    renderer = Renderer(load_assets(None))
    try:
        still = [_drawn(renderer, kind, index, frame_count, size, moves=False) for kind, index in _STILL]
        moving = [_drawn(renderer, kind, index, frame_count, size, moves=True) for kind, index in _MOVING]
    finally:
        renderer.release()
    yield from still
    yield from moving
    half = frame_count // 2
    for number, (first, second) in enumerate(((still[0], still[1]), (moving[0], moving[2]), (still[2], moving[3]))):
        yield joined(f"cut-{number}", first, second, half)


def joined(name: str, first: Clip, second: Clip, frame_count: int) -> Clip:
    """A hard cut: so many frames of the one, then as many of the other; neither may have a cut of its own."""
    frames = (*first.frames[:frame_count], *second.frames[:frame_count])
    return Clip(name=name, frames=frames, intrinsics=first.intrinsics, cuts=(0, frame_count))


def recorded_clip(folder: Path) -> Clip | None:
    """RGB-D frames with the camera's path beside them; None where no path is.

    Paths are `frame-*.pose.txt` (one 4x4 matrix each, camera to world) with `camera-intrinsics.txt`, or
    `trajectory.log` (the same matrices below a line of three numbers; PrimeSense intrinsics).

    Raises:
        FileNotFoundError, ValueError: pictures or poses cannot be read.
    """
    poses, intrinsics = _camera_path(folder)
    if poses is None:
        return None
    frames = []
    for read, pose in zip(read_rgbd(folder), poses, strict=False):
        known = read.depth_m > 0
        inverse = np.where(known, 1 / np.maximum(read.depth_m, 1e-3), 0).astype(np.float32)
        frames.append(ClipFrame(image=read.image, inverse_depth=inverse, known=known, pose=pose))
    return Clip(name=folder.name, frames=tuple(frames), intrinsics=intrinsics)


def _drawn(renderer: Renderer, kind: str, index: int, count: int, size: tuple[int, int], *, moves: bool) -> Clip:
    """One shot; a still one is drawn once."""
    # Whoever only reads recorded clips needs no OpenGL.
    from training.data.generate import sample_seed
    from training.data.synthesis import build_scene, teaches

    seed = sample_seed(_SEED, index)
    for attempt in range(12):
        scene = build_scene(seed, renderer.assets, kind=kind, attempt=attempt)
        renderer.load(scene)
        picture = renderer.draw(scene, scene.camera, size)
        if teaches(picture):
            break
    rng = np.random.default_rng(seed % 2**32)
    known = np.ones((size[1], size[0]), bool)
    frames = []
    for number in range(count):
        moved = scene.at(number * _FRAME_S if moves else 0.0)
        if moves and number:
            renderer.load(moved)
            picture = renderer.draw(moved, moved.camera, size)
        frames.append(
            ClipFrame(
                image=_with_grain(picture.colour, rng),
                inverse_depth=picture.inverse_depth,
                known=known,
                pose=_pose(moved.camera.axes(), moved.camera.position),
            )
        )
    focal = scene.camera.focal_px(size[0])
    name = f"{kind}-{index}-{'moving' if moves else 'still'}"
    intrinsics = (focal, focal, size[0] / 2, size[1] / 2)
    return Clip(name=name, frames=tuple(frames), intrinsics=intrinsics, is_still=not moves)


def _with_grain(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The same grain in all channels, a little larger than a pixel, strongest in the middle tones."""
    grain = cv2.GaussianBlur(rng.standard_normal(picture.shape[:2], np.float32), (0, 0), _GRAIN_SIZE)
    grain *= np.float32(_GRAIN) / grain.std()
    tone = picture.astype(np.float32)
    weight = np.sqrt(np.clip(tone * (255 - tone), 0, None)) / 127.5
    return np.asarray(np.clip(tone + weight * grain[..., None] + 0.5, 0, 255).astype(np.uint8))


def _pose(axes: Floats, position: tuple[float, float, float]) -> Floats:
    """From columns right, up, backward in the world to world-to-camera with x right, y down, z forward."""
    rotation = (axes * np.array([1, -1, -1], np.float32)).T
    return np.concatenate([rotation, -rotation @ np.asarray(position, np.float32)[:, None]], axis=1).astype(np.float32)


def _camera_path(folder: Path) -> tuple[list[Floats] | None, tuple[float, float, float, float]]:
    """World-to-camera poses in the order of the frames, and intrinsics with pixel centres at 0.5."""
    flat, log = sorted(folder.glob("frame-*.pose.txt")), folder / "trajectory.log"
    if flat:
        matrices = [_matrix(path, path.read_text(encoding="utf-8").split()) for path in flat]
        k = np.loadtxt(folder / "camera-intrinsics.txt")
        return matrices, (float(k[0, 0]), float(k[1, 1]), float(k[0, 2]) + 0.5, float(k[1, 2]) + 0.5)
    if log.is_file():
        lines = log.read_text(encoding="utf-8").splitlines()
        matrices = [_matrix(log, " ".join(lines[i + 1 : i + 5]).split()) for i in range(0, len(lines) - 4, 5)]
        return matrices, _PRIMESENSE
    return None, _PRIMESENSE


def _matrix(path: Path, words: list[str]) -> Floats:
    """World to camera (3, 4) from the sixteen numbers of camera to world."""
    try:
        matrix = np.array(words, np.float64).reshape(4, 4)
        return np.asarray(np.linalg.inv(matrix)[:3], np.float32)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise ValueError(f"{path}: expected a 4x4 matrix from camera to world: {error}") from error
