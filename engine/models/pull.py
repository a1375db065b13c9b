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
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from engine.errors import ModelError, OutputError, UnavailableError
from engine.inference.artifact import digest
from engine.models.lock import Locked, LockedFile, read_lock, write_lock
from engine.models.registry import Entry, RemoteFile

Tell = Callable[[str], None]
_PATIENCE_S = 0.2


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
        OutputError: the cache or the lock cannot be written.
    """
    hub = _hub()
    files = _here(entry, lock)
    if files is None:
        folder = cache or Path(hub.constants.HF_HUB_CACHE)
        with _alone(hub, (lock.with_name(f".{lock.name}.pull"), folder / ".locks" / "wheatstone.pull"), tell):
            # Whoever was waited for may have fetched the same.
            files = _here(entry, lock)
            if files is None:
                return _pull(hub, entry, lock, tell, endpoint, folder)
    tell(f"{entry.name}: already here")
    return files


def _pull(hub: Any, entry: Entry, lock: Path, tell: Tell, endpoint: str | None, folder: Path) -> dict[str, Path]:
    known = _known(entry, lock)
    where = endpoint or hub.constants.ENDPOINT
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
        got[file.path] = LockedFile(sha256=sha256, size=path.stat().st_size, where=path)
    write_lock(lock, entry.name, Locked(repository=entry.repository, revision=revision or "", files=got))
    for file in entry.files:
        if file.sha256 is None and (known is None or file.path not in known.files):
            tell(
                f"{entry.name}: nobody published a hash of {file.name}; got sha256 {got[file.path].sha256}, recorded "
                f"in {lock}: from now on it must be this one"
            )
    return {path: file.where for path, file in got.items()}


def _known(entry: Entry, lock: Path) -> Locked | None:
    found = read_lock(lock).get(entry.name)
    return found if found is not None and found.repository == entry.repository else None


def _here(entry: Entry, lock: Path) -> dict[str, Path] | None:
    """Where each file lies, if all are here and are what they must be."""
    known = _known(entry, lock)
    if known is None or entry.revision not in (None, known.revision):
        return None
    for file in entry.files:
        held = known.files.get(file.path)
        if held is None or not held.where.is_file() or digest(held.where) != (file.sha256 or held.sha256):
            return None
    return {path: file.where for path, file in known.files.items()}


@contextmanager
def _alone(hub: Any, guards: Sequence[Path], tell: Tell) -> Iterator[None]:
    """One pull at a time: two would write into the same files, and forget what the other one recorded."""
    with ExitStack() as stack:
        for guard in guards:
            try:
                guard.parent.mkdir(parents=True, exist_ok=True)
                try:
                    stack.enter_context(hub.utils.WeakFileLock(guard, timeout=_PATIENCE_S))
                except TimeoutError:
                    tell("another pull is at work; this one waits for it")
                    stack.enter_context(hub.utils.WeakFileLock(guard))
            except OSError as error:
                raise OutputError(
                    f"{guard}: cannot be written: {error.strerror or error}; nothing was fetched"
                ) from None
        yield


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


def _expected(file: RemoteFile, known: Locked | None) -> RemoteFile:
    """What a file must be: as published, else as it was when it was fetched first."""
    before = None if known is None else known.files.get(file.path)
    if before is None:
        return file
    return replace(file, size=file.size or before.size, sha256=file.sha256 or before.sha256)


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
        sha256 = _verified(entry, file, partial, remote.etag)
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
    return path, sha256 or _verified(entry, file, path, remote.etag)


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
            _Capped(out, remote),
            resume_size=begun,
            headers=hub.utils.build_hf_headers(library_name="wheatstone"),
            expected_size=remote.size,
            displayed_filename=remote.url.rsplit("/", 1)[-1],
        )


class _Capped:
    """The part of a file's interface that the library uses; takes no more bytes than were announced."""

    def __init__(self, file: BinaryIO, remote: _Remote) -> None:
        self._file, self._remote = file, remote
        self.tell, self.seek, self.truncate = file.tell, file.seek, file.truncate

    def write(self, content: bytes) -> int:
        if self._file.tell() + len(content) > self._remote.size:
            raise ModelError(f"{self._remote.url}: sends more than the {self._remote.size:,} bytes it announced")
        return self._file.write(content)


def _verified(entry: Entry, file: RemoteFile, path: Path, etag: str) -> str:
    """The sha256 of a file, which is refused and removed unless it is what it must be."""
    found = digest(path)
    # The hub's name for a large file is its hash: what does not even keep to that is never trusted, not even once.
    expected = file.sha256 or (etag if re.fullmatch(r"[0-9a-f]{64}", etag) else None)
    if expected in (None, found):
        return found
    if path.is_symlink():
        path.resolve().unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    raise ModelError(
        f"{entry.name}: {file.name} of {entry.repository} has sha256 {found}, expected {expected}; it was not kept"
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
        raise UnavailableError(
            f"{what}: no connection to {_asked(error) or endpoint}: {_first_line(error)}; what has arrived is kept"
        ) from None
    except OSError as error:
        if error.filename is not None:
            place = f"{error.filename}: {error.strerror}"
            raise OutputError(f"{what}: {place}; free or allow that place, or name another in HF_HOME") from None
        raise ModelError(f"{what}: {error.strerror or _first_line(error)}; pull it again to go on") from None


def _asked(error: Any) -> str | None:
    """Who did not answer: often not the hub itself, but the place where it keeps large files."""
    try:
        return f"{error.request.url.scheme}://{error.request.url.netloc.decode()}"
    except RuntimeError:
        # It was never sent.
        return None


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
