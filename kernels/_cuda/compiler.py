"""A .cu file to a cubin: by NVRTC (the nvidia-cuda-nvrtc wheel or a CUDA toolkit), or by nvcc where only that is."""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.metadata
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

SHARED_HEADERS = Path(__file__).parent
OPTIONS = ("--std=c++17", "--fmad=false", "--prec-div=true", "--prec-sqrt=true", "--ftz=false", "-Xptxas=-v")
"""Every operation rounds once, in the order written, as in the references. The last makes the log tell of spills."""

_NVRTC_WHEELS = ("nvidia-cuda-nvrtc", "nvidia-cuda-nvrtc-cu12")
_NVRTC_FILE = re.compile(r"(libnvrtc\.so(\.\d+)*|nvrtc64_\w+\.dll)$")
_BUILD = re.compile(r"\bV\d+\.\d+\.\d+|\bCL-\d+")
"""How the head of a PTX file, and nvcc --version, tell which build wrote them."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """Machine code for one architecture, and what the assembler said about registers and spills."""

    cubin: bytes
    log: str


class Compiler(Protocol):
    """Turns CUDA C++ into machine code."""

    @property
    def version(self) -> str:
        """Name and version, part of the cache key."""

    def compile(self, source: Path, architecture: str) -> Compiled:
        """Compile one .cu file for an architecture such as "sm_90".

        Raises:
            OSError: the compiler refuses the file or the architecture; the text is its log.
        """


def read_sources(source: Path) -> dict[str, str]:
    """The .cu file and the headers it may include (ours and those beside it), by file name."""
    headers = [*sorted(SHARED_HEADERS.glob("*.h")), *sorted(source.parent.glob("*.h"))]
    return {path.name: path.read_text(encoding="utf-8") for path in [source, *headers]}


def find_compiler() -> Compiler:
    """NVRTC where it is installed, else nvcc.

    Raises:
        OSError: neither is there; says what to install.
    """
    library = find_nvrtc()
    if library is not None:
        return Nvrtc(library)
    nvcc = shutil.which("nvcc")
    if nvcc is not None:
        return Nvcc(nvcc)
    raise OSError(
        "no CUDA compiler: install the extra wheatstone[gpu] (nvidia-cuda-nvrtc), or a CUDA toolkit with nvcc"
    )


def find_nvrtc() -> str | None:
    """Where libnvrtc is, from a wheel or the system; None where it is not."""
    for wheel in _NVRTC_WHEELS:
        try:
            files = importlib.metadata.files(wheel) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        for file in files:
            if _NVRTC_FILE.match(file.name) and "builtins" not in file.name and Path(str(file.locate())).exists():
                return str(file.locate())
    return ctypes.util.find_library("nvrtc")


class Nvrtc:
    """The compiler as a library; needs no header, no host compiler and no GPU."""

    def __init__(self, library: str) -> None:
        self._library = ctypes.CDLL(library)
        self._library.nvrtcGetErrorString.restype = ctypes.c_char_p
        self.version = f"nvrtc {self._find_build()}"

    def compile(self, source: Path, architecture: str) -> Compiled:
        """See `Compiler.compile`."""
        program = self._new_program(read_sources(source), source.name)
        try:
            options = [option.encode() for option in (f"--gpu-architecture={architecture}", *OPTIONS)]
            failed = self._library.nvrtcCompileProgram(
                program, len(options), (ctypes.c_char_p * len(options))(*options)
            )
            log = self._read(program, "ProgramLog").rstrip(b"\0").decode(errors="replace")
            if failed:
                raise OSError(f"{source}: {self.version} cannot compile it for {architecture}: {log.strip()}")
            return Compiled(self._read(program, "CUBIN"), log)
        finally:
            self._call("nvrtcDestroyProgram", ctypes.byref(program))

    def _find_build(self) -> str:
        """The build, such as V13.0.88 CL-36424714: asked of what it writes, because it tells only its release."""
        major, minor = ctypes.c_int(), ctypes.c_int()
        self._call("nvrtcVersion", ctypes.byref(major), ctypes.byref(minor))
        program = self._new_program({"nothing.cu": ""}, "nothing.cu")
        try:
            self._call("nvrtcCompileProgram", program, 0, None)
            said = _BUILD.findall(self._read(program, "PTX").decode(errors="replace"))
        finally:
            self._call("nvrtcDestroyProgram", ctypes.byref(program))
        return " ".join([f"{major.value}.{minor.value}", *said])

    def _new_program(self, sources: Mapping[str, str], name: str) -> ctypes.c_void_p:
        texts = {name: text.encode() for name, text in sources.items()}
        main = texts.pop(name)
        names = [name.encode() for name in texts]
        strings = ctypes.c_char_p * len(texts)
        program = ctypes.c_void_p()
        self._call(
            "nvrtcCreateProgram",
            ctypes.byref(program),
            main,
            name.encode(),
            len(texts),
            strings(*texts.values()),
            strings(*names),
        )
        return program

    def _read(self, program: ctypes.c_void_p, what: str) -> bytes:
        size = ctypes.c_size_t()
        self._call(f"nvrtcGet{what}Size", program, ctypes.byref(size))
        text = ctypes.create_string_buffer(size.value)
        self._call(f"nvrtcGet{what}", program, text)
        return text.raw[: size.value]

    def _call(self, name: str, *args: object) -> None:
        status = getattr(self._library, name)(*args)
        if status:
            raise OSError(f"{name} failed: {self._library.nvrtcGetErrorString(status).decode()}")


class Nvcc:
    """The compiler as a command; needs a CUDA toolkit and its host compiler, but no GPU."""

    def __init__(self, command: str) -> None:
        self._command = command
        said = subprocess.run([command, "--version"], capture_output=True, text=True, check=False).stdout
        self.version = f"nvcc {' '.join(_BUILD.findall(said)) or said.strip()}"

    def compile(self, source: Path, architecture: str) -> Compiled:
        """See `Compiler.compile`."""
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "kernel.cubin"
            done = subprocess.run(
                [self._command, "--cubin", f"--gpu-architecture={architecture}", *OPTIONS,
                 f"-I{SHARED_HEADERS}", f"-I{source.parent}", "-o", str(target), str(source)],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            log = done.stdout + done.stderr
            if done.returncode:
                raise OSError(f"{source}: {self.version} cannot compile it for {architecture}: {log.strip()}")
            return Compiled(target.read_bytes(), log)
