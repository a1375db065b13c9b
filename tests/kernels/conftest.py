"""What tests of .cu files need: kernels run on the CPU, compiled for every architecture, and a GPU if there is one."""

from __future__ import annotations

import ctypes
import importlib
import os
import re
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from kernels._cuda.compiler import SHARED_HEADERS, Compiled, find_compiler

ARCHITECTURES = ("sm_75", "sm_80", "sm_89", "sm_90", "sm_120")
_FLAGS = ["-std=c++17", "-O1", "-g1", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas"]
_CHECKS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


@dataclass(frozen=True, slots=True)
class Buffer:
    """Memory a kernel sees through a pointer argument: `base` is copied there and back.

    field: name of the pointer in the parameter struct, or its byte offset. lead: bytes from the start of base to where
    the pointer points.
    """

    field: str | int
    base: np.ndarray
    lead: int = 0


class Emulator:
    """The kernels of one .cu file, compiled as C++ with address and undefined-behaviour checks.

    A message: length of the kernel's name (1 byte), name, then int64: blocks, threads, shared bytes, seed, bytes of the
    parameter struct (twice), the struct, int64 number of buffers, and of each its byte offset in the struct, lead, size
    and content. The answer is the content of each buffer.
    """

    def __init__(self, program: Path) -> None:
        self._program = program
        self._start()

    def _start(self) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([self._program], stdin=pipe, stdout=pipe, stderr=pipe)

    def run(
        self, name: str, args: ctypes.Structure, buffers: list[Buffer], *, blocks: int, threads: int, shared_bytes: int,
        seed: int = 1,
    ) -> None:  # fmt: skip
        """Run every block, threads and blocks in an order drawn from the seed; writes what the kernel wrote.

        Raises:
            RuntimeError: what the checks found; the emulator starts anew.
        """
        size = ctypes.sizeof(args)
        parts = [bytes([len(name)]), name.encode(), struct.pack("<6q", blocks, threads, shared_bytes, seed, size, size)]
        parts += [bytes(args), struct.pack("<q", len(buffers))]
        for buffer in buffers:
            assert buffer.base.flags.c_contiguous
            at = getattr(type(args), buffer.field).offset if isinstance(buffer.field, str) else buffer.field
            parts += [struct.pack("<3q", at, buffer.lead, buffer.base.nbytes), buffer.base.tobytes()]
        try:
            self._process.stdin.write(b"".join(parts))
            self._process.stdin.flush()
        except BrokenPipeError:
            self._give_up()
        for buffer in buffers:
            content = self._process.stdout.read(buffer.base.nbytes)
            if len(content) < buffer.base.nbytes:
                self._give_up()
            if buffer.base.flags.writeable:
                buffer.base.reshape(-1).view(np.uint8)[:] = np.frombuffer(content, np.uint8)

    def _give_up(self) -> NoReturn:
        said = self._process.communicate()[1].decode()
        self._start()
        raise RuntimeError(said[:4000])

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Emulator]]:
    """Give a maker of emulators: of a .cu file, built once."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("no C++ compiler (g++ or clang++): device code is not run on the CPU")
    made: dict[Path, Emulator] = {}

    def make(source: Path) -> Emulator:
        if source not in made:
            program = tmp_path_factory.mktemp("emulator") / source.stem
            main = Path(__file__).parent / "_cuda" / "emulate.cpp"
            command = [compiler, *_FLAGS, *_CHECKS, f"-I{SHARED_HEADERS}", f"-I{source.parent}"]
            done = subprocess.run(
                [*command, f'-DSOURCE="{source}"', str(main), "-o", str(program)],
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr[:4000]
            made[source] = Emulator(program)
        return made[source]

    yield make
    for one in made.values():
        one.close()


@pytest.fixture
def make_buffer() -> type[Buffer]:
    """Give the maker of buffers for an emulator."""
    return Buffer


@pytest.fixture(scope="session")
def compile_everywhere() -> Callable[[Path], dict[str, Compiled]]:
    """Give a compiler of a .cu file for every architecture we ship to; it fails on spills."""
    try:
        compiler = find_compiler()
    except OSError as error:
        pytest.skip(str(error))

    def compile_all(source: Path) -> dict[str, Compiled]:
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda name: compiler.compile(source, name), ARCHITECTURES))
        for name, result in zip(ARCHITECTURES, results, strict=True):
            spills = re.findall(r"(\d+) bytes spill stores, (\d+) bytes spill loads", result.log)
            assert spills, f"{name}: the log does not tell of spills: {result.log}"
            assert set(spills) == {("0", "0")}, f"{name}: {result.log}"
            assert result.cubin[:4] == b"\x7fELF"
        return dict(zip(ARCHITECTURES, results, strict=True))

    return compile_all


@pytest.fixture
def gpu() -> Iterator[Any]:
    """Give pycuda.driver with a current context; skips without a GPU, fails with REQUIRE_CUDA=1."""
    try:
        importlib.import_module("pycuda.autoprimaryctx")
    except Exception as error:  # noqa: BLE001 - PyCUDA raises its own errors, which cannot be named where it is absent
        if os.environ.get("REQUIRE_CUDA") == "1":
            pytest.fail(f"REQUIRE_CUDA=1, but there is no usable GPU: {error}")
        pytest.skip(f"no usable GPU: {error}")
    driver = importlib.import_module("pycuda.driver")
    yield driver
    driver.Context.synchronize()
