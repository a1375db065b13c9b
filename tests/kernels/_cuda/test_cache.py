"""Machine code on disk: found again, made anew when anything changed or an entry is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernels._cuda import cache
from kernels._cuda.compiler import Compiled


class CountingCompiler:
    """Gives a new cubin each time."""

    def __init__(self, version: str = "counting 1") -> None:
        self.version = version
        self.runs = 0

    def compile(self, source: Path, architecture: str) -> Compiled:
        self.runs += 1
        return Compiled(f"{source.read_text()} {architecture} {self.runs}".encode(), "")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source" / "a.cu"
    path.parent.mkdir()
    path.write_text("one")
    return path


def test_the_same_text_is_compiled_once(source: Path, tmp_path: Path) -> None:
    compiler, folder = CountingCompiler(), tmp_path / "cache"
    first = cache.cached_cubin(source, "sm_90", compiler, folder=folder)
    assert cache.cached_cubin(source, "sm_90", compiler, folder=folder) == first
    assert compiler.runs == 1
    assert len(list(folder.iterdir())) == 1


def test_another_text_header_architecture_or_compiler_is_compiled(source: Path, tmp_path: Path) -> None:
    compiler, folder = CountingCompiler(), tmp_path / "cache"
    cache.cached_cubin(source, "sm_90", compiler, folder=folder)
    cache.cached_cubin(source, "sm_80", compiler, folder=folder)
    source.write_text("two")
    cache.cached_cubin(source, "sm_90", compiler, folder=folder)
    (source.parent / "a.h").write_text("three")
    cache.cached_cubin(source, "sm_90", compiler, folder=folder)
    compiler.version = "counting 2"
    cache.cached_cubin(source, "sm_90", compiler, folder=folder)
    assert compiler.runs == len(list(folder.iterdir())) == 5


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 100])
def test_a_damaged_entry_is_made_anew(source: Path, tmp_path: Path, damage: bytes) -> None:
    compiler, folder = CountingCompiler(), tmp_path / "cache"
    cache.cached_cubin(source, "sm_90", compiler, folder=folder)
    (entry,) = folder.iterdir()
    entry.write_bytes(damage)
    second = cache.cached_cubin(source, "sm_90", compiler, folder=folder)
    assert compiler.runs == 2
    assert cache.cached_cubin(source, "sm_90", compiler, folder=folder) == second
    assert compiler.runs == 2


def test_a_folder_that_cannot_be_made_only_costs_time(source: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    compiler = CountingCompiler()
    assert cache.cached_cubin(source, "sm_90", compiler, folder=blocked / "cache") == b"one sm_90 1"


@pytest.mark.parametrize(
    ("platform", "variable", "tail"),
    [
        ("linux", "XDG_CACHE_HOME", ("wheatstone", "cuda")),
        ("win32", "LOCALAPPDATA", ("wheatstone", "cuda")),
    ],
)
def test_the_folder_is_the_platforms(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, variable: str, tail: tuple[str, ...]
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert cache.cache_folder() == tmp_path.joinpath(*tail)


def test_a_user_without_a_home_costs_a_compilation_each_time(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    compiler = CountingCompiler()
    assert cache.cached_cubin(source, "sm_90", compiler) == b"one sm_90 1"
    assert cache.cached_cubin(source, "sm_90", compiler) == b"one sm_90 2"
