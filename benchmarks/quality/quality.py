"""Depth and infill of the engine against truth, on the test sets in a folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

from benchmarks.quality.depth import DepthEngine, rgbd_records, stereo_records
from benchmarks.quality.fillers import FREE_FILLERS, Filler, network_fillers
from benchmarks.quality.infill import infill_records
from benchmarks.record import Record, machine
from engine.errors import InputError
from engine.inference.artifact import Artifact
from engine.report import versions
from training.evaluation.rgbd_frames import read_rgbd
from training.evaluation.stereo_scenes import read_stereo

Read = TypeVar("Read")
Part = Literal["depth", "infill"]
LAYOUT = (
    "expected rgbd/SET/ (frame-*.color.jpg with frame-*.depth.png, or image/ beside depth/; millimetres) and "
    "stereo_gt/SET/SCENE/ (Middlebury files: im0.png, im1.png, disp0GT.pfm, ...)"
)


def measure(
    data: Path | str,
    *,
    depth: Artifact | None = None,
    infill: Artifact | None = None,
    what: Collection[Part] = ("depth", "infill"),
    pictures: Path | None = None,
    threads: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Record]:
    """Score networks, and what needs none, on every test set below a folder.

    Args:
        data: holds rgbd/ and stereo_gt/.
        depth: network to score; None scores the baselines only.
        infill: likewise.
        what: depth, infill, or both.
        pictures: folder for sheets to look at; None writes none.
        threads: of the networks; None leaves it to the runtime.
        tell: is told what happens, one line at a time.

    Returns:
        Records `quality/depth/SET/METHOD/METRIC` and `quality/infill/SET/METHOD/METRIC`; the value is the mean over
        pictures.

    Raises:
        InputError: it has no test set, or one that cannot be read.
        ModelError: a network cannot be played.
        OutputError: a sheet cannot be written.
    """
    rgbd, stereo = _folders(Path(data), "rgbd"), _folders(Path(data), "stereo_gt")
    if not stereo and ("depth" not in what or not rgbd):
        raise InputError(f"{data}: no test set in it; {LAYOUT}")
    records: list[Record] = []
    if "depth" in what:
        records += _depth(rgbd, stereo, depth, pictures, threads, tell)
    if "infill" in what:
        if not stereo:
            tell(f"infill: left out, {data} has no stereo_gt folder")
        records += _infill(stereo, infill, pictures, threads, tell)
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


def _infill(
    stereo: list[Path],
    artifact: Artifact | None,
    pictures: Path | None,
    threads: int | None,
    tell: Callable[[str], None],
) -> list[Record]:
    fillers: dict[str, Filler] = {} if artifact is None else network_fillers(artifact, threads)
    fillers |= FREE_FILLERS
    records = []
    for folder in stereo:
        scenes = _readable(read_stereo(folder))
        records += infill_records(folder.name, scenes, fillers, context=_context(artifact), sheets=pictures, tell=tell)
    return records


def _folders(data: Path, kind: str) -> list[Path]:
    folder = data / kind
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _readable(pictures: Iterator[Read]) -> Iterator[Read]:
    """The same pictures; what is wrong with their files is said to the person who named the folder."""
    try:
        yield from pictures
    except (OSError, ValueError) as error:
        raise InputError(f"{error}; {LAYOUT}") from error


def _context(artifact: Artifact | None) -> dict[str, Any]:
    network = None if artifact is None else {"name": artifact.name, "sha256": artifact.sha256}
    return {**machine(), "network": network, "versions": versions()}
