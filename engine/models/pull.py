"""Fetches networks of the registry: through huggingface_hub, into its cache, verified before anything is kept.

huggingface_hub 2 throws a download away when the process ends. Here what has arrived stays beside its place in the
cache, the next pull goes on from there, and only a file with the right hash gets its name.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import ModelError, UnavailableError
from engine.inference.artifact import digest
from engine.models.lock import Locked, LockedFile, read_lock, write_lock
from engine.models.registry import Entry, RemoteFile

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Remote:
    """One file as the hub describes it now."""

    url: str
    commit: str
    etag: str
    size: int


def pull(
    entry: Entry, lock: Path, *, tell: Tell, endpoint: str | None = None, cache: Path | None = None
) -> dict[str, Path]:
    """Fetch all files of a network, or find them fetched.

    Args:
        entry: of the registry.
        lock: the file that remembers what was fetched.
        tell: is called with a line for people.
        endpoint: of the hub; None is HF_ENDPOINT, or the usual one.
        cache: folder of huggingface_hub; None is where it wants it (HF_HUB_CACHE, HF_HOME).

    Returns:
        Where each file lies, by its path in the repository.

    Raises:
        UnavailableError: huggingface_hub is not installed, or the hub cannot be reached.
        ModelError: a file is not what was published, or not what was fetched before; it is not kept.
    """
    hub = _hub()
    known = read_lock(lock).get(entry.name)
    known = known if known is not None and known.repository == entry.repository else None
    folder = cache or Path(hub.constants.HF_HUB_CACHE)
    where = endpoint or hub.constants.ENDPOINT
    if known is not None and _is_whole(entry, known):
        tell(f"{entry.name}: already here")
        return {path: file.where for path, file in known.files.items()}
    revision = entry.revision or (known.revision if known else None)
    got: dict[str, LockedFile] = {}
    for file in entry.files:
        expected = _expected(file, known)
        with _in_words(hub, entry, file, where):
            remote = _look(hub, entry, expected, revision, endpoint)
            # All files of a network come from one commit, whatever happens at the hub meanwhile.
            revision = remote.commit
            path, sha256 = _fetch(hub, entry, expected, remote, endpoint, folder)
        if len(entry.files) > 1:
            path = _without_link(path)
        if file.sha256 is None and (known is None or file.path not in known.files):
            tell(
                f"{entry.name}: nobody published a hash of {file.name}; got sha256 {sha256}, recorded in {lock}: "
                "from now on it must be this one"
            )
        got[file.path] = LockedFile(sha256=sha256, size=path.stat().st_size, where=path)
    write_lock(lock, entry.name, Locked(repository=entry.repository, revision=revision or "", files=got))
    return {path: file.where for path, file in got.items()}


def _hub() -> Any:
    try:
        hub: Any = importlib.import_module("huggingface_hub")
        for part in ("constants", "errors", "file_download", "utils"):
            importlib.import_module(f"huggingface_hub.{part}")
    except ImportError:
        raise UnavailableError(
            "models pull needs huggingface_hub, which is not installed: pip install 'wheatstone[models]'"
        ) from None
    if not sys.stderr.isatty():
        hub.utils.disable_progress_bars()
    return hub


def _is_whole(entry: Entry, known: Locked) -> bool:
    """Whether all files are here and what they must be."""
    for file in entry.files:
        held = known.files.get(file.path)
        if held is None or not held.where.is_file() or digest(held.where) != (file.sha256 or held.sha256):
            return False
    return entry.revision in (None, known.revision)


def _expected(file: RemoteFile, known: Locked | None) -> RemoteFile:
    """What a file must be: as published, else as it was when it was fetched first."""
    before = None if known is None else known.files.get(file.path)
    if before is None:
        return file
    return RemoteFile(path=file.path, size=file.size or before.size, sha256=file.sha256 or before.sha256)


def _look(hub: Any, entry: Entry, file: RemoteFile, revision: str | None, endpoint: str | None) -> _Remote:
    url = hub.hf_hub_url(entry.repository, file.path, revision=revision, endpoint=endpoint)
    found = hub.get_hf_file_metadata(url, library_name="wheatstone", endpoint=endpoint)
    # The answer becomes part of paths.
    is_hub = re.fullmatch(r"[0-9a-f]{40}", found.commit_hash or "") and re.fullmatch(
        r"\w[\w-]{7,127}", found.etag or ""
    )
    if not is_hub or found.size is None:
        raise ModelError(f"{entry.name}: {url} does not answer like a hub: no commit, ETag or size; check HF_ENDPOINT")
    if file.size is not None and found.size != file.size:
        raise ModelError(
            f"{entry.name}: {file.name} has {found.size:,} bytes at {url}, expected {file.size:,}; nothing was fetched"
        )
    return _Remote(url=url, commit=found.commit_hash, etag=found.etag, size=found.size)


def _fetch(
    hub: Any, entry: Entry, file: RemoteFile, remote: _Remote, endpoint: str | None, folder: Path
) -> tuple[Path, str]:
    """Where a verified file lies in the cache, and its sha256."""
    repository = folder / hub.file_download.repo_folder_name(repo_id=entry.repository, repo_type="model")
    blob = repository / "blobs" / remote.etag
    sha256 = None
    if not blob.exists():
        partial = blob.with_name(f"{blob.name}.wheatstone.incomplete")
        _download(hub, remote, partial)
        sha256 = _verified(entry, file, partial)
        partial.replace(blob)
    # The library finds the blob in its place and only gives it a name.
    path = Path(
        hub.hf_hub_download(
            entry.repository,
            file.path,
            revision=remote.commit,
            cache_dir=folder,
            endpoint=endpoint,
            library_name="wheatstone",
        )
    )
    return path, sha256 or _verified(entry, file, path)


def _download(hub: Any, remote: _Remote, partial: Path) -> None:
    partial.parent.mkdir(parents=True, exist_ok=True)
    begun = partial.stat().st_size if partial.exists() else 0
    if begun > remote.size:
        partial.unlink()
        begun = 0
    missing = remote.size - begun
    if shutil.disk_usage(partial.parent).free < missing:
        raise ModelError(
            f"{partial.parent}: {missing / 1e6:.0f} MB are needed and not free; HF_HOME names another place"
        )
    with partial.open("ab") as out:
        hub.file_download.http_get(
            remote.url,
            out,
            resume_size=begun,
            headers=hub.utils.build_hf_headers(library_name="wheatstone"),
            expected_size=remote.size,
            displayed_filename=remote.url.rsplit("/", 1)[-1],
        )


def _verified(entry: Entry, file: RemoteFile, path: Path) -> str:
    """The sha256 of a file, which is refused and removed unless it is what it must be."""
    found = digest(path)
    if file.sha256 in (None, found):
        return found
    if path.is_symlink():
        path.resolve().unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    raise ModelError(
        f"{entry.name}: {file.name} of {entry.repository} has sha256 {found}, expected {file.sha256}; it was not kept"
    )


def _without_link(path: Path) -> Path:
    """A file under its own name: OpenVINO follows no link to values that lie outside a network's folder."""
    if not path.is_symlink():
        return path
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        os.link(path.resolve(), temporary)
    except OSError:
        shutil.copyfile(path, temporary)
    temporary.replace(path)
    return path


@contextmanager
def _in_words(hub: Any, entry: Entry, file: RemoteFile, endpoint: str) -> Iterator[None]:
    """What goes wrong on the way, as one line."""
    errors = hub.errors
    what = f"{entry.name}: {file.name} cannot be fetched"
    try:
        yield
    except errors.OfflineModeIsEnabled:
        raise UnavailableError(f"{what}: HF_HUB_OFFLINE is set; unset it to reach {endpoint}") from None
    except errors.LocalEntryNotFoundError:
        raise UnavailableError(f"{what}: {endpoint} stopped answering; pull it again to go on") from None
    except errors.RevisionNotFoundError:
        raise ModelError(f"{what}: {endpoint} knows no such revision of {entry.repository}") from None
    except errors.EntryNotFoundError:
        raise ModelError(f"{what}: {entry.repository} at {endpoint} has no {file.path}") from None
    except (errors.RepositoryNotFoundError, errors.GatedRepoError):
        raise ModelError(f"{what}: {endpoint} has no public repository {entry.repository}") from None
    except errors.HfHubHTTPError as error:
        raise UnavailableError(f"{what}: {endpoint} answers {error.response.status_code}; try again later") from None
    except errors.HTTPError as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnavailableError(f"{what}: no connection to {endpoint}: {reason}; what has arrived is kept") from None
    except OSError as error:
        reason = error.strerror or str(error).splitlines()[0]
        raise ModelError(f"{what}: {reason}; pull it again to go on") from None
