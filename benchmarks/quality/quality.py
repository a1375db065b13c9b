"""Depth and infill of the engine against truth, on the test sets in a folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

from benchmarks.quality.clips import Clip, drawn_clips, recorded_clip
from benchmarks.quality.depth import DepthEngine, rgbd_records, stereo_records
from benchmarks.quality.fillers import FREE_FILLERS, network_fillers
from benchmarks.quality.gltf import GLTF
from benchmarks.quality.infill import infill_records
from benchmarks.quality.lpips import Lpips
from benchmarks.quality.over_time import Player, over_time_records, set_of
from benchmarks.quality.strips import write_strips
from benchmarks.record import Record, machine
from engine.errors import InputError, UnavailableError
from engine.inference.artifact import Artifact
from engine.report import versions
from training.evaluation.rgbd_frames import read_rgbd
from training.evaluation.stereo_scenes import StereoScene, read_stereo

Read = TypeVar("Read")
Part = Literal["depth", "infill"]
LAYOUT = (
    "expected rgbd/SET/ (frame-*.color.jpg with frame-*.depth.png, or image/ beside depth/; millimetres) and "
    "stereo_gt/SET/SCENE/ (Middlebury files: im0.png, im1.png, disp0GT.pfm, ...)"
)


def measure(
    data: Path | str | None,
    *,
    depth: Artifact | None = None,
    infill: Artifact | None = None,
    what: Collection[Part] = ("depth", "infill"),
    scenes: int = 0,
    pictures: Path | None = None,
    threads: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Record]:
    """Score networks, and what needs none, on every test set below a folder and on scenes that are drawn here.

    Args:
        data: holds rgbd/ and stereo_gt/; None leaves only what is drawn here.
        depth: network to score; None scores the baselines only.
        infill: likewise.
        what: depth, infill, or both.
        scenes: how many procedural scenes infill is scored on; 0 also leaves out the drawn clips of depth.
        pictures: folder for sheets to look at; None writes none.
        threads: of the networks; None leaves it to the runtime.
        tell: is told what happens, one line at a time.

    Returns:
        Records `quality/depth/SET/METHOD/METRIC` and `quality/infill/SET/METHOD/METRIC`; the value is the mean over
        pictures.

    Raises:
        InputError: there is no test set, or one that cannot be read.
        ModelError: a network cannot be played.
        OutputError: a sheet cannot be written.
    """
    folder = None if data is None else Path(data)
    rgbd, stereo = _folders(folder, "rgbd"), _folders(folder, "stereo_gt")
    has_depth, has_gltf = "depth" in what and bool(rgbd), "infill" in what and _gltf_folder(folder) is not None
    is_missing = folder is not None and not folder.is_dir()
    if is_missing or not (stereo or has_depth or has_gltf or scenes > 0):
        raise InputError(f"{data}: no test set in it; {LAYOUT}")
    records: list[Record] = []
    if "depth" in what:
        records += _depth(rgbd, stereo, depth, pictures, threads, tell)
        records += _depth_over_time(rgbd, depth, pictures, threads, tell, draws=scenes > 0)
    if "infill" in what:
        records += _Infill(folder, infill, pictures, threads, tell).records(stereo, scenes)
    return records


def _depth(
    rgbd: list[Path],
    stereo: list[Path],
    artifact: Artifact | None,
    pictures: Path | None,
    threads: int | None,
    tell: Callable[[str], None],
) -> list[Record]:
    engine = None if artifact is None else DepthEngine(artifact, threads)
    records = []
    for folder in rgbd:
        tell(f"depth: {folder.name}")
        records += rgbd_records(
            folder.name, _readable(read_rgbd(folder)), engine, context=_context(artifact), sheets=pictures
        )
    for folder in stereo:
        tell(f"depth: {folder.name}")
        records += stereo_records(
            folder.name, _readable(read_stereo(folder)), engine, context=_context(artifact), sheets=pictures
        )
    return records


def _depth_over_time(
    rgbd: list[Path],
    artifact: Artifact | None,
    pictures: Path | None,
    threads: int | None,
    tell: Callable[[str], None],
    *,
    draws: bool,
) -> list[Record]:
    if artifact is None:
        tell("depth over time: left out, there is no network to steady")
        return []
    engine = DepthEngine(artifact, threads)

    def look(clip: Clip, player: Player) -> None:
        if pictures is not None:
            write_strips(pictures / f"depth-over-time-{clip.name}.png", clip, player)

    records = []
    for folder in rgbd:
        try:
            clip = recorded_clip(folder)
        except (OSError, ValueError) as error:
            raise InputError(f"{error}; {LAYOUT}") from error
        if clip is None:
            tell(f"depth over time: {folder.name}: left out, no camera path (frame-*.pose.txt, trajectory.log) in it")
            continue
        tell(f"depth over time: {folder.name}")
        records += over_time_records([(folder.name, clip)], engine.network, context=_context(artifact), look=look)
    if draws:
        tell("depth over time: drawn clips")
        try:
            clips = ((set_of(clip), clip) for clip in drawn_clips())
            context = _context(artifact) | {"generator": _generator()}
            records += over_time_records(clips, engine.network, context=context, look=look)
        except UnavailableError as error:
            tell(f"depth over time: drawn clips: left out, {error}")
    return records


class _Infill:
    """One measurement of infill on several sets."""

    def __init__(
        self,
        data: Path | None,
        artifact: Artifact | None,
        pictures: Path | None,
        threads: int | None,
        tell: Callable[[str], None],
    ) -> None:
        self._data = data
        self._pictures = pictures
        self._tell = tell
        self._fillers = ({} if artifact is None else network_fillers(artifact, threads)) | dict(FREE_FILLERS)
        self._left_out: list[str] = []
        self._lpips = self._open_lpips(threads or 1)
        # Records share this context; what is left out later is in it, too.
        self._context = _context(artifact) | {"left_out": self._left_out}

    def records(self, stereo: list[Path], scenes: int) -> list[Record]:
        # Loaded here, because it draws: importing benchmarks is to load no OpenGL.
        from benchmarks.quality.exact_scenes import gltf_scenes, procedural_scenes

        found = []
        if not stereo:
            self._leave_out("measured stereo pairs", f"{self._data} has no stereo_gt folder")
        for folder in stereo:
            found += self._score(folder.name, _readable(read_stereo(folder)))
        if scenes > 0:
            self._context["generator"] = _generator()
            found += self._drawn("procedural", procedural_scenes(scenes, self._data))
        gltf = _gltf_folder(self._data)
        if gltf is not None:
            found += self._drawn(gltf.name, gltf_scenes(gltf, self._leave_out))
        return found

    def _drawn(self, name: str, scenes: Iterator[StereoScene]) -> list[Record]:
        try:
            return self._score(name, scenes)
        except UnavailableError as error:
            self._leave_out(name, str(error))
            return []

    def _score(self, name: str, scenes: Iterator[StereoScene]) -> list[Record]:
        return infill_records(
            name,
            scenes,
            self._fillers,
            context=self._context,
            lpips=self._lpips,
            sheets=self._pictures,
            tell=self._tell,
        )

    def _open_lpips(self, threads: int) -> Lpips | None:
        if self._data is None:
            self._leave_out("lpips", "without --data there are no weights for it")
            return None
        try:
            return Lpips.open(self._data, threads=threads)
        except InputError as error:
            self._leave_out("lpips", str(error))
            return None

    def _leave_out(self, what: str, why: str) -> None:
        self._left_out.append(f"{what}: left out, {why}")
        self._tell(f"infill: {self._left_out[-1]}")


def _generator() -> int:
    """The version of the scene generator; it is loaded only where it draws, and OpenGL with it."""
    from training.data.synthesis import GENERATOR

    return GENERATOR


def _gltf_folder(data: Path | None) -> Path | None:
    return data / GLTF if data is not None and (data / GLTF).is_dir() else None


def _folders(data: Path | None, kind: str) -> list[Path]:
    if data is None or not (data / kind).is_dir():
        return []
    return sorted(path for path in (data / kind).iterdir() if path.is_dir())


def _readable(pictures: Iterator[Read]) -> Iterator[Read]:
    """The same pictures; what is wrong with their files is said to the person who named the folder."""
    try:
        yield from pictures
    except (OSError, ValueError) as error:
        raise InputError(f"{error}; {LAYOUT}") from error


def _context(artifact: Artifact | None) -> dict[str, Any]:
    network = None if artifact is None else {"name": artifact.name, "sha256": artifact.sha256}
    return {**machine(), "network": network, "versions": versions()}
