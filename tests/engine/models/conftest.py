"""A hub on this machine that speaks what huggingface_hub asks for, and stand-ins for the networks of the registry."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine.models.registry import REGISTRY, Entry, RemoteFile
from export.signature import shrunk, write_signature

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """Repositories to fetch from, and what the server is to do wrong."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    """Content by repository/path."""
    commits: dict[str, str] = field(default_factory=dict)
    """Commit by repository; what `main` is."""
    cut_after: int | None = None
    """Break the next bodies off after this many bytes; the one request with a range that follows is served whole."""
    cuts: int = 1
    """How many bodies break off."""
    fail: int | None = None
    """Answer everything with this status."""
    fail_after_cut: int | None = None
    """And with this one as soon as a body was cut."""
    etag: str | None = None
    """What content is called; None is its hash."""
    storage: str | None = None
    """Where content is said to be; None is this server under another name."""
    surplus: int = 0
    """Send so many bytes more than were announced."""
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    """(method, path, range) of everything asked for."""

    def publish(self, entry: Entry, folder: Path) -> Entry:
        """Put a stand-in up; returns the entry with its sizes and hashes where the real ones are known."""
        paths = write_signature(entry, folder)
        self.commits[entry.repository] = entry.revision or COMMIT
        files = []
        for file in entry.files:
            content = paths[file.path].read_bytes()
            self.files[f"{entry.repository}/{file.path}"] = content
            known = replace(file, size=len(content), sha256=hashlib.sha256(content).hexdigest())
            files.append(known if file.sha256 else RemoteFile(path=file.path))
        return replace(entry, files=tuple(files))

    def bodies(self) -> list[str | None]:
        """The ranges of all requests for content."""
        return [span for method, path, span in self.requests if method == "GET" and path.startswith("/content/")]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing on standard error."""

    def _answer(self, *, with_body: bool) -> None:
        hub = self.hub
        hub.requests.append((self.command, self.path, self.headers["Range"]))
        if hub.fail is not None:
            self._status(hub.fail)
        elif self.path.startswith("/content/"):
            self._content(hub.files[self.path.removeprefix("/content/")] + bytes(hub.surplus), with_body)
        else:
            self._resolve()

    def _resolve(self) -> None:
        """As the real one does for large files: where the content is, and what it is, in headers of a redirection."""
        repository, _, rest = self.path.lstrip("/").partition("/resolve/")
        revision, _, path = rest.partition("/")
        commit = self.hub.commits.get(repository)
        if commit is None:
            self._status(404, {"X-Error-Code": "RepoNotFound"})
        elif revision not in ("main", commit):
            self._status(404, {"X-Error-Code": "RevisionNotFound"})
        elif (content := self.hub.files.get(f"{repository}/{path}")) is None:
            self._status(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit})
        else:
            headers = {
                "X-Repo-Commit": commit,
                "X-Linked-ETag": f'"{self.hub.etag or hashlib.sha256(content).hexdigest()}"',
                "X-Linked-Size": str(len(content)),
                # Another host, as the real one's storage is.
                "Location": f"{self.hub.storage or self.hub.url.replace('127.0.0.1', 'localhost')}"
                f"/content/{repository}/{path}",
            }
            self._status(302, headers)

    def _content(self, content: bytes, with_body: bool) -> None:
        hub, start = self.hub, 0
        if span := self.headers["Range"]:
            start = int(span.removeprefix("bytes=").partition("-")[0])
        self.send_response(206 if span else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        if span:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if not with_body:
            return
        end = len(content)
        if hub.cut_after is not None and hub.cuts > 0:
            hub.cuts -= 1
            end, self.close_connection = min(end, start + hub.cut_after), True
            hub.fail = hub.fail_after_cut
        self.wfile.write(content[start:end])

    def _status(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def hub() -> Iterator[Hub]:
    """Give a hub with nothing in it."""
    found = Hub()
    handler = type("Handler", (_Handler,), {"hub": found})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(params=sorted(REGISTRY))
def entry(request: pytest.FixtureRequest) -> Entry:
    """Give every network of the registry in turn, small where its size is fixed."""
    found = REGISTRY[request.param]
    return shrunk(found, 70, 42, window=4) if found.head else shrunk(found, 96, 64)
