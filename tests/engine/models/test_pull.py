"""Fetching from a hub on this machine: whole, interrupted, wrong, refused, and what is remembered."""

from __future__ import annotations

import hashlib
import importlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ModelError, OutputError, UnavailableError
from engine.models import load, pulled
from engine.models.lock import read_lock
from engine.models.pull import pull
from engine.models.registry import REGISTRY, Entry

huggingface_hub = pytest.importorskip("huggingface_hub", reason="the extra `models` is not installed")
constants = importlib.import_module("huggingface_hub.constants")

V2, DA3 = REGISTRY["depth-anything-v2-small"], REGISTRY["depth-anything-3-small"]
UNKNOWN_HASH = REGISTRY["depth-anything-3-base"]


class Puller:
    """Pulls into a folder of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.lock, self.cache, self.url = folder / "lock.json", folder / "hub", url
        self.told: list[str] = []

    def __call__(self, entry: Entry) -> dict[str, Path]:
        return pull(entry, self.lock, tell=self.told.append, endpoint=self.url, cache=self.cache)

    def kept(self) -> list[Path]:
        """Everything in the cache that has a name a network could be opened by."""
        return list(self.cache.rglob("*.onnx*"))

    def partials(self) -> list[Path]:
        """What has arrived of files that are not whole."""
        return list(self.cache.rglob("*.incomplete"))


@pytest.fixture
def puller(tmp_path: Path, hub: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Puller]:
    """Give something that pulls from the hub, with nobody's tokens."""
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    # The library writes ten megabytes at a time; stand-ins are smaller than that.
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 250)
    yield Puller(tmp_path, hub.url)
    huggingface_hub.close_session()


def test_every_network_is_fetched_verified_and_remembered(
    entry: Entry, hub: Any, puller: Puller, tmp_path: Path
) -> None:
    published = hub.publish(entry, tmp_path / "made")
    files = puller(published)
    assert list(files) == [file.path for file in entry.files]
    for path, where in files.items():
        assert where.read_bytes() == hub.files[f"{entry.repository}/{path}"]
        assert where.is_relative_to(puller.cache / f"models--{entry.repository.replace('/', '--')}" / "snapshots")
    locked = read_lock(puller.lock)[entry.name]
    assert locked.revision == hub.commits[entry.repository]
    assert {path: file.sha256 for path, file in locked.files.items()} == {
        path: hashlib.sha256(where.read_bytes()).hexdigest() for path, where in files.items()
    }
    assert pulled(published, puller.lock) == locked


def test_what_is_here_is_not_asked_for_again(hub: Any, puller: Puller, tmp_path: Path) -> None:
    published = hub.publish(V2, tmp_path / "made")
    first = puller(published)
    hub.requests.clear()
    assert puller(published) == first
    assert hub.requests == []
    assert puller.told[-1] == f"{V2.name}: already here"


def test_the_library_finds_it_too(hub: Any, puller: Puller, tmp_path: Path) -> None:
    published = hub.publish(V2, tmp_path / "made")
    (where,) = puller(published).values()
    found = huggingface_hub.try_to_load_from_cache(
        V2.repository, V2.files[0].path, cache_dir=puller.cache, revision=V2.revision
    )
    assert Path(found) == where


def test_a_break_is_bridged_at_once(hub: Any, puller: Puller, tmp_path: Path) -> None:
    published = hub.publish(V2, tmp_path / "made")
    hub.cut_after = 1000
    (where,) = puller(published).values()
    assert hub.bodies() == [None, "bytes=1000-"]
    assert where.stat().st_size == published.files[0].size


def test_the_next_pull_goes_on_where_the_last_one_was_lost(hub: Any, puller: Puller, tmp_path: Path) -> None:
    published = hub.publish(V2, tmp_path / "made")
    hub.cut_after, hub.fail_after_cut = 1000, 503
    with pytest.raises(UnavailableError, match=r"model\.onnx cannot be fetched: .* answers 503"):
        puller(published)
    assert [path.stat().st_size for path in puller.partials()] == [1000]
    assert puller.kept() == []
    hub.fail = None
    hub.requests.clear()
    (where,) = puller(published).values()
    assert hub.bodies() == ["bytes=1000-"]
    assert hashlib.sha256(where.read_bytes()).hexdigest() == published.files[0].sha256
    assert puller.partials() == []


def test_a_partial_file_with_wrong_bytes_is_found_out(hub: Any, puller: Puller, tmp_path: Path) -> None:
    published = hub.publish(V2, tmp_path / "made")
    hub.cut_after, hub.fail_after_cut = 1000, 503
    with pytest.raises(UnavailableError):
        puller(published)
    (partial,) = puller.partials()
    partial.write_bytes(b"x" * 1000)
    hub.fail = None
    with pytest.raises(ModelError, match="was not kept"):
        puller(published)
    assert puller.kept() == puller.partials() == []
    puller(published)


def test_wrong_bytes_are_refused_named_and_not_kept(hub: Any, puller: Puller, tmp_path: Path) -> None:
    published = hub.publish(V2, tmp_path / "made")
    name = f"{V2.repository}/{V2.files[0].path}"
    content = bytearray(hub.files[name])
    content[len(content) // 2] ^= 1
    hub.files[name] = bytes(content)
    found = hashlib.sha256(content).hexdigest()
    expected = published.files[0].sha256
    with pytest.raises(ModelError, match=rf"{V2.name}: model\.onnx .* sha256 {found}, expected {expected}"):
        puller(published)
    assert puller.kept() == puller.partials() == []
    assert read_lock(puller.lock) == {}


def test_a_wrong_size_is_refused_before_anything_is_fetched(hub: Any, puller: Puller, tmp_path: Path) -> None:
    hub.publish(V2, tmp_path / "made")
    with pytest.raises(ModelError, match=r"has \d,\d+ bytes at .*, expected 99,060,839; nothing was fetched"):
        puller(V2)
    assert hub.bodies() == []


def test_an_unpublished_hash_is_trusted_once(hub: Any, puller: Puller, tmp_path: Path) -> None:
    published = hub.publish(UNKNOWN_HASH, tmp_path / "made")
    assert all(file.sha256 is None for file in published.files)
    files = puller(published)
    for where in files.values():
        sha256 = hashlib.sha256(where.read_bytes()).hexdigest()
        assert any("nobody published" in line and sha256 in line and str(puller.lock) in line for line in puller.told)
    # The commit of the first pull is kept, whatever `main` becomes, and so are its hashes.
    locked = read_lock(puller.lock)[UNKNOWN_HASH.name]
    assert locked.revision == hub.commits[UNKNOWN_HASH.repository]
    graph = files["onnx/model.onnx"]
    same_size = bytes(graph.stat().st_size)
    graph.unlink()
    hub.files[f"{UNKNOWN_HASH.repository}/onnx/model.onnx"] = same_size
    with pytest.raises(ModelError, match=rf"expected {locked.files['onnx/model.onnx'].sha256}; it was not kept"):
        puller(published)
    hub.commits[UNKNOWN_HASH.repository] = "f" * 40
    with pytest.raises(ModelError, match="knows no such revision"):
        puller(published)


def test_outside_data_lies_beside_its_graph_without_links(hub: Any, puller: Puller, tmp_path: Path) -> None:
    files = puller(hub.publish(DA3, tmp_path / "made"))
    assert {path.name for path in files.values()} == {"model.onnx", "model.onnx_data"}
    assert not any(path.is_symlink() for path in files.values())


def test_a_file_that_is_not_what_the_hub_calls_it_is_not_even_trusted_once(
    hub: Any, puller: Puller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = hub.publish(UNKNOWN_HASH, tmp_path / "made")
    monkeypatch.setattr(hub, "etag", "0" * 64)
    with pytest.raises(ModelError, match=rf"model\.onnx .* expected {'0' * 64}; it was not kept"):
        puller(published)
    assert puller.kept() == puller.partials() == []
    assert read_lock(puller.lock) == {}


def test_a_hub_that_sends_more_than_it_announced(
    hub: Any, puller: Puller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = hub.publish(V2, tmp_path / "made")
    size = published.files[0].size
    monkeypatch.setattr(hub, "surplus", 100_000)
    with pytest.raises(ModelError, match=f"sends more than the {size:,} bytes it announced"):
        puller(published)
    assert all(path.stat().st_size <= size for path in puller.partials())
    monkeypatch.setattr(hub, "surplus", 0)
    puller(published)


def test_two_pulls_at_once(hub: Any, puller: Puller, tmp_path: Path) -> None:
    entries = [hub.publish(V2, tmp_path / "a"), hub.publish(V2, tmp_path / "a"), hub.publish(DA3, tmp_path / "b")]
    with ThreadPoolExecutor(3) as pool:
        first, second, other = pool.map(puller, entries)
    assert first == second
    assert len(hub.bodies()) == 1 + len(DA3.files)
    assert set(read_lock(puller.lock)) == {V2.name, DA3.name}
    assert all(path.is_file() for path in other.values())


def test_a_pull_says_that_it_waits_for_another(hub: Any, puller: Puller, tmp_path: Path) -> None:
    published = hub.publish(V2, tmp_path / "made")
    with ThreadPoolExecutor(1) as pool:
        with huggingface_hub.utils.WeakFileLock(puller.lock.with_name(".lock.json.pull")):
            second = pool.submit(puller, published)
            while "another pull is at work; this one waits for it" not in puller.told:
                assert not second.done()
                time.sleep(0.01)
        assert second.result(timeout=30)


def test_places_that_cannot_be_written_are_named_before_anything_is_fetched(
    hub: Any, puller: Puller, tmp_path: Path
) -> None:
    published = hub.publish(V2, tmp_path / "made")
    (tmp_path / "lost").symlink_to("nowhere")
    for lock, cache in ((tmp_path / "lost" / "lock.json", puller.cache), (puller.lock, tmp_path / "lost")):
        puller.lock, puller.cache = lock, cache
        with pytest.raises(OutputError, match=r"lost/.*: cannot be written: .*; nothing was fetched"):
            puller(published)
    assert hub.requests == []


def test_a_place_inside_the_cache_that_cannot_be_written(hub: Any, puller: Puller, tmp_path: Path) -> None:
    published = hub.publish(V2, tmp_path / "made")
    puller.cache.mkdir()
    (puller.cache / f"models--{V2.repository.replace('/', '--')}").touch()
    with pytest.raises(
        OutputError, match=r"cannot be fetched: .*models--.*: (Not a directory|File exists); .* HF_HOME"
    ):
        puller(published)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"fail": 503}, "cannot be fetched: .* (answers 503|stopped answering)"),
        ({"commits": {}}, "has no public repository onnx-community/depth-anything-v2-small"),
        ({"commits": {V2.repository: "f" * 40}}, "knows no such revision"),
        ({"files": {}}, "has no onnx/model.onnx"),
        ({"commits": {V2.repository: "../../x"}, "revision": None}, "does not answer like a hub"),
    ],
    ids=["down", "no repository", "no revision", "no file", "a path for a commit"],
)
def test_a_failing_hub_is_one_line(
    wrong: dict[str, Any], message: str, hub: Any, puller: Puller, tmp_path: Path
) -> None:
    published = hub.publish(V2, tmp_path / "made")
    if "revision" in wrong:
        published = replace(published, revision=wrong["revision"])
    for name, value in wrong.items():
        if name != "revision":
            setattr(hub, name, value)
    with pytest.raises((ModelError, UnavailableError), match=message) as caught:
        puller(published)
    assert "\n" not in str(caught.value)
    assert puller.kept() == []


def test_nobody_there_is_one_line(puller: Puller) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        puller.url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(UnavailableError, match="no connection to http://127") as caught:
            puller(V2)
    assert "\n" not in str(caught.value)


def test_a_storage_that_cannot_be_reached_is_named_and_nothing_is_called_recorded(
    hub: Any, puller: Puller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = hub.publish(UNKNOWN_HASH, tmp_path / "made")
    puller(replace(published, files=published.files[:1], name="half"))
    puller.told.clear()
    monkeypatch.setattr(hub, "storage", "mailto://elsewhere")
    with pytest.raises(
        UnavailableError, match=r"onnx_data cannot be fetched: no connection to mailto://elsewhere: .*[^.];"
    ):
        puller(published)
    assert puller.told == []


def test_offline_is_said(hub: Any, puller: Puller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = hub.publish(V2, tmp_path / "made")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UnavailableError, match="HF_HUB_OFFLINE is set"):
        puller(published)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    puller(published)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert puller(published)


def test_without_the_library_the_extra_is_named(puller: Puller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(UnavailableError, match=r"pip install 'wheatstone\[models\]'"):
        pull(V2, puller.lock, tell=puller.told.append)
    # What was pulled before needs no library, and what was not says how to get it.
    with pytest.raises(ModelError, match="wheatstone models pull depth-anything-v2-small` fetches it"):
        load(V2.name, lock=puller.lock)


def test_pull_as_a_user_does(hub: Any, tmp_path: Path) -> None:
    hub.publish(UNKNOWN_HASH, tmp_path / "made")
    folders = {"HF_HOME": str(tmp_path / "hf"), "XDG_CONFIG_HOME": str(tmp_path / "config"), "COLUMNS": "300"}

    def run(**environment: str) -> str:
        command = [sys.executable, "-m", "engine", "models", "pull", UNKNOWN_HASH.name]
        own = {**os.environ, **folders, **environment}
        done = subprocess.run(command, env=own, capture_output=True, text=True, check=False, timeout=200)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    out = run(HF_ENDPOINT=hub.url)
    assert "licence Apache-2.0" in out
    assert out.count("nobody published a hash") == 2
    assert f"use it with --depth {UNKNOWN_HASH.name}" in out
    assert list((tmp_path / "hf" / "hub").glob("models--onnx-community--depth-anything-v3-base/snapshots/*/onnx/*"))
    assert "already here" in run(HF_ENDPOINT="http://127.0.0.1:9", HF_HUB_OFFLINE="1")
