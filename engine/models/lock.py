"""What was fetched, from where, and which bytes it was: models.lock.json in this user's settings folder.

    {"wheatstone": 1, "models": {"NAME": {"repository": ..., "revision": ..., "files": {"PATH": {"sha256": ...}}}}}

For files whose hash nobody published this is the only memory of what was got first: trust on first use.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.errors import ModelError, OutputError
from engine.settings_folder import settings_folder

_MARK, _VERSION = "wheatstone", 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFile:
    """One file as it was fetched."""

    sha256: str
    size: int
    where: Path
    """On this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """One network as it was fetched."""

    repository: str
    revision: str
    files: Mapping[str, LockedFile]
    """By path in the repository."""


def lock_file() -> Path:
    """Where the lock of this user lies."""
    return settings_folder() / "models.lock.json"


def read_lock(path: Path) -> dict[str, Locked]:
    """Everything that was fetched, by name; empty without a lock.

    Raises:
        ModelError: the file may not be read, or is damaged. It is not begun anew: it is what later downloads are
            checked against.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content[_MARK] != _VERSION:
            raise ModelError(f"{path}: written by another version of Wheatstone; update it, or move the file away")
        return {name: _locked(entry) for name, entry in content["models"].items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ModelError(f"{path}: the record of fetched networks cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"{path}: the record of fetched networks is damaged ({error}); repair or remove it") from error


def write_lock(path: Path, name: str, locked: Locked) -> None:
    """Add or replace one network; the file is replaced in one step.

    Raises:
        OutputError: it cannot be written.
        ModelError: the lock that is there is damaged.
    """
    models = read_lock(path) | {name: locked}
    content = {_MARK: _VERSION, "models": {name: _plain(entry) for name, entry in sorted(models.items())}}
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def _locked(entry: Mapping[str, Any]) -> Locked:
    files = {
        path: LockedFile(sha256=str(file["sha256"]), size=int(file["size"]), where=Path(file["where"]))
        for path, file in entry["files"].items()
    }
    return Locked(repository=str(entry["repository"]), revision=str(entry["revision"]), files=files)


def _plain(locked: Locked) -> dict[str, Any]:
    files = {path: asdict(file) | {"where": str(file.where)} for path, file in locked.files.items()}
    return {"repository": locked.repository, "revision": locked.revision, "files": files}
