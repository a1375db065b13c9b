"""Compiled kernels on disk, by what they were made from; a damaged entry is made anew."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

from kernels._cuda.compiler import OPTIONS, Compiler, read_sources


def cache_folder() -> Path:
    """Where this user's compiled kernels are: the platform's cache folder, then wheatstone/cuda."""
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "wheatstone" / "cuda"


def cached_cubin(source: Path, architecture: str, compiler: Compiler, *, folder: Path | None = None) -> bytes:
    """The machine code of a .cu file, from disk where the same text was compiled before with the same compiler.

    Args:
        source: the .cu file.
        architecture: such as "sm_90".
        compiler: from `find_compiler`.
        folder: where entries lie; `cache_folder()` if None. A folder that cannot be written costs a compilation each
            time, nothing else.

    Raises:
        OSError: the source does not compile.
    """
    try:
        folder = folder or cache_folder()
    except RuntimeError:  # a user without a home
        return compiler.compile(source, architecture).cubin
    entry = folder / f"{source.stem}-{architecture}-{_key(source, architecture, compiler)}.cubin"
    cubin = _read(entry)
    if cubin is None:
        cubin = compiler.compile(source, architecture).cubin
        _write(entry, cubin)
    return cubin


def _key(source: Path, architecture: str, compiler: Compiler) -> str:
    digest = hashlib.sha256()
    for part in (compiler.version, architecture, *OPTIONS, *(x for item in read_sources(source).items() for x in item)):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:32]


def _read(entry: Path) -> bytes | None:
    try:
        content = entry.read_bytes()
    except OSError:
        return None
    digest, cubin = content[:32], content[32:]
    return cubin if cubin and hashlib.sha256(cubin).digest() == digest else None


def _write(entry: Path, cubin: bytes) -> None:
    """Under another name first: whoever reads meanwhile sees the whole entry or none."""
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=entry.parent, prefix=f"{entry.name}.")
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(cubin).digest() + cubin)
        Path(name).replace(entry)
    except OSError:
        Path(name).unlink(missing_ok=True)
