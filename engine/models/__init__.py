"""The networks that come with Wheatstone or can be fetched, and how a name on the command line becomes one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

from engine.errors import ModelError
from engine.inference.artifact import Artifact, Port, digest
from engine.inference.foreign import TOLERANCE, describe, is_notes, matching_picture, normalisation
from engine.inference.safety import inspect
from engine.models.lock import Locked, lock_file, read_lock
from engine.models.registry import REGISTRY, Entry

FOLDER = Path(__file__).parent

DEFAULT_DEPTH = "depth-base"
LIVE_DEPTH = "depth-small"
DEFAULT_INFILL = "infill-small"


def embedded(folder: Path = FOLDER) -> tuple[str, ...]:
    """The names of the networks in the folder, sorted: those with both a network and its sidecar."""
    return tuple(sorted(path.stem for path in folder.glob("*.onnx") if path.with_suffix(".json").is_file()))


def find(name_or_path: str | Path, *, folder: Path = FOLDER) -> Path:
    """Where a network lies that is described by a sidecar.

    Args:
        name_or_path: the name of an embedded network, or the path of an .onnx file with its sidecar beside it.
        folder: where the embedded networks are.

    Returns:
        The .onnx file.

    Raises:
        ModelError: there is no such network, or its sidecar is missing.
    """
    text = str(name_or_path)
    if text in embedded(folder):
        return folder / f"{text}.onnx"
    path = Path(name_or_path)
    if path.suffix.lower() != ".onnx":
        raise unknown(text, embedded(folder))
    if not path.is_file():
        raise ModelError(f"{text}: there is no such file")
    if not path.with_suffix(".json").is_file():
        raise ModelError(
            f"{text}: its sidecar {path.with_suffix('.json').name} is missing; `python -m export` writes both"
        )
    return path


def load(name_or_path: str | Path, *, folder: Path = FOLDER, lock: Path | None = None) -> Artifact:
    """The network of a name or path, checked and ready to be opened. Nothing is ever downloaded here.

    Args:
        name_or_path: an embedded network, one of the registry that was pulled, or the path of an .onnx file.
        folder: where the embedded networks are.
        lock: the record of pulled networks; None is this user's.

    Raises:
        ModelError: there is no such network, it was not pulled yet, is damaged, or is refused as unsafe.
    """
    text = str(name_or_path)
    if text in embedded(folder):
        return Artifact.load(folder / f"{text}.onnx")
    if text in REGISTRY:
        return _pulled(REGISTRY[text], lock or lock_file())
    path = Path(name_or_path)
    if path.suffix.lower() != ".onnx":
        if path.is_file():
            inspect(path)
        raise unknown(text, (*embedded(folder), *REGISTRY))
    if not path.is_file():
        raise ModelError(f"{text}: there is no such file")
    sidecar = path.with_suffix(".json")
    if sidecar.is_file() and not is_notes(sidecar):
        inspect(path)
        return Artifact.load(path)
    return describe(path)


def _pulled(entry: Entry, lock: Path) -> Artifact:
    found = pulled(entry, lock)
    if found is None:
        raise ModelError(
            f"{entry.name}: not on this machine yet; `wheatstone models pull {entry.name}` fetches it "
            f"({megabytes(entry)}, {entry.licence})"
        )
    for remote in entry.files:
        held = found.files[remote.path]
        actual = digest(held.where)
        if actual != (remote.sha256 or held.sha256):
            raise ModelError(
                f"{held.where}: damaged or replaced: its sha256 is {actual[:12]}..., {entry.name} is "
                f"{(remote.sha256 or held.sha256)[:12]}...; pull it again"
            )
    first = entry.files[0]
    return artifact_of(
        entry,
        {path: file.where for path, file in found.files.items()},
        sha256=first.sha256 or found.files[first.path].sha256,
    )


def pulled(entry: Entry, lock: Path) -> Locked | None:
    """What was fetched of a network; None if anything of it is missing."""
    found = read_lock(lock).get(entry.name)
    if found is None or found.repository != entry.repository:
        return None
    is_whole = all(file.path in found.files and found.files[file.path].where.is_file() for file in entry.files)
    return found if is_whole else None


def artifact_of(entry: Entry, files: dict[str, Path], *, sha256: str | None = None) -> Artifact:
    """The artifact of a registry entry whose files lie on this machine.

    Args:
        entry: what is known of the network.
        files: where each file lies, by its path in the repository.
        sha256: of the first file, where it was just computed.

    Raises:
        ModelError: a graph is refused as unsafe, or is not the one that the entry describes.
    """
    path = files[entry.files[0].path]
    found = inspect(path)
    picture = matching_picture(path, found, entry.input, entry.input_shape)
    last, head = found, None
    if entry.head is not None:
        head = files[entry.head]
        last = inspect(head)
    names = [one.name for one in last.outputs]
    if entry.output is not None and entry.output not in names:
        raise ModelError(f"{head or path}: has no output {entry.output!r}; it has {', '.join(names)}")
    if head is not None and len(last.inputs) != len(found.outputs):
        raise ModelError(f"{head}: takes {len(last.inputs)} inputs, but {path.name} gives {len(found.outputs)} outputs")
    if head is not None and entry.output not in (None, names[0]):
        raise ModelError(f"{head}: its first output is {names[0]!r}, expected {entry.output!r}")
    # A first graph with a head has features to give; `run` is never asked for one of them.
    output = (entry.output or names[0]) if head is None else found.outputs[0].name
    return Artifact(
        name=entry.name,
        kind=entry.task,
        path=path,
        sha256=sha256 or digest(path),
        opset=found.opset,
        inputs=(Port(name=picture.name, shape=entry.input_shape, meaning="pictures"),),
        outputs=(Port(name=output, shape=entry.output_shape, meaning=entry.feed.gives),),
        size=entry.size,
        normalisation=normalisation(entry.feed),
        tolerance=TOLERANCE if head is None else {},
        licence=entry.licence,
        feed=entry.feed,
        head=head,
    )


def megabytes(entry: Entry) -> str:
    """How much there is to fetch, in words."""
    return "size not published" if entry.bytes is None else f"{entry.bytes / 1e6:.0f} MB"


def unknown(text: str, known: Iterable[str]) -> ModelError:
    """The error for a name that nobody knows, with those that are like it."""
    names = tuple(known)
    near = difflib.get_close_matches(text, names, n=3, cutoff=0.5)
    hint = (
        f"did you mean {' or '.join(near)}?"
        if near
        else f"known are: {', '.join(names) or 'none'}; a file ends in .onnx"
    )
    return ModelError(f"{text}: there is no such network; {hint}")
