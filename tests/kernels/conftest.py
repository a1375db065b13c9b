"""What tests of .cu files need: kernels run on the CPU, compiled for every architecture, and a GPU if there is one."""

from __future__ import annotations

import ctypes
import importlib
import os
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np
import pytest

from kernels._cuda import launch
from kernels._cuda.compiler import SHARED_HEADERS, Compiled, find_compiler

ARCHITECTURES = ("sm_75", "sm_80", "sm_89", "sm_90", "sm_120")
_FLAGS = ["-std=c++17", "-O0", "-g1", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas"]
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
        self,
        name: str,
        args: ctypes.Structure | ctypes.Array,
        buffers: list[Buffer],
        *,
        blocks: int,
        threads: int,
        shared_bytes: int,
        seed: int = 1,
    ) -> None:
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


class PretendArray:
    """A device array whose memory is NumPy's: as pycuda.gpuarray.GPUArray, with a row pitch and an offset at will."""

    def __init__(self, values: np.ndarray, *, lead: int = 0, gap: int = 0, read_only: bool = False) -> None:
        rows, row = values.shape[0], values[0].nbytes
        self.base = np.full(lead + rows * row + (rows - 1) * gap, 0x5A, np.uint8)
        self.lead, self._read_only = lead, read_only
        strides = (row + gap, *values.strides[1:]) if values.flags.c_contiguous else None
        assert strides is not None
        self._view = np.ndarray(values.shape, values.dtype, self.base, lead, strides)
        self._view[...] = values

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        view = self._view
        return {
            "shape": view.shape,
            "typestr": view.dtype.str,
            "data": (self.base.ctypes.data + self.lead, self._read_only),
            "strides": view.strides,
            "stream": None,
            "version": 3,
        }

    def get(self) -> np.ndarray:
        """A copy, as GPUArray.get gives it."""
        return self._view.copy()

    def padding_is_untouched(self) -> bool:
        """True if every byte outside the rows is as it was made."""
        outside = np.ones(self.base.shape, bool)
        np.ndarray((*self._view.shape, self._view.itemsize), bool, outside, self.lead, (*self._view.strides, 1))[
            ...
        ] = False
        return bool((self.base[outside] == 0x5A).all())


class PretendGpu:
    """What kernels/_cuda asks of PyCUDA, with an emulator in place of the device; records each launch."""

    def __init__(self, emulator: Emulator, shared_bytes: int) -> None:
        self._emulator, self._shared_bytes = emulator, shared_bytes
        self._arrays: list[PretendArray] = []
        self.launches: list[dict[str, Any]] = []
        self.loads = 0
        self.Context = self.Device = self.module_from_buffer = self
        self.device_attribute = SimpleNamespace(MAX_SHARED_MEMORY_PER_BLOCK_OPTIN=97)
        self.function_attribute = SimpleNamespace(MAX_DYNAMIC_SHARED_SIZE_BYTES=8)
        self.Error = RuntimeError

    def array(self, values: np.ndarray, **options: Any) -> PretendArray:
        """Put an array on the device."""
        self._arrays.append(PretendArray(np.ascontiguousarray(values), **options))
        return self._arrays[-1]

    def modules(self) -> dict[str, Any]:
        """The modules of PyCUDA that are imported."""
        memory: dict[Any, Any] = {}

        def memoize(function: Callable[..., Any]) -> Callable[..., Any]:
            return lambda *args: memory[args] if args in memory else memory.setdefault(args, function(*args))

        def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> PretendArray:
            return self.array(np.full(shape, 0x77, dtype))

        return {
            "pycuda": SimpleNamespace(),
            "pycuda.driver": self,
            "pycuda.tools": SimpleNamespace(context_dependent_memoize=memoize),
            "pycuda.gpuarray": SimpleNamespace(empty=empty),
        }

    def get_current(self) -> object:
        return self

    def get_device(self) -> PretendGpu:
        return self

    def compute_capability(self) -> tuple[int, int]:
        return (9, 0)

    def get_attribute(self, attribute: int) -> int:
        assert attribute == 97
        return self._shared_bytes

    def __call__(self, argument: Any) -> Any:
        """Device(ordinal), and module_from_buffer(cubin)."""
        if isinstance(argument, int):
            return self if argument == 0 else None
        assert argument[:4] == b"\x7fELF"
        self.loads += 1
        return self

    def get_function(self, name: str) -> PretendFunction:
        return PretendFunction(self, name)

    def launch(self, name: str, packed: bytes, blocks: int, threads: int, shared_bytes: int, stream: Any) -> None:
        """Every word of the parameters that points into an array is that pointer."""
        assert shared_bytes <= self._shared_bytes
        buffers = []
        for offset in range(0, len(packed) - 7, 8):
            (word,) = struct.unpack_from("<Q", packed, offset)
            for array in self._arrays:
                lead = word - array.base.ctypes.data
                if 0 <= lead < array.base.nbytes:
                    buffers.append(Buffer(offset, array.base, lead))
        self.launches.append({"name": name, "blocks": blocks, "threads": threads, "stream": stream})
        args = (ctypes.c_char * len(packed)).from_buffer_copy(packed)
        seed = len(self.launches)
        self._emulator.run(
            name, args, buffers, blocks=blocks, threads=threads, shared_bytes=shared_bytes, seed=seed
        )  # fmt: skip


class PretendFunction:
    """pycuda.driver.Function as far as it is used."""

    def __init__(self, gpu: PretendGpu, name: str) -> None:
        self._gpu, self._name, self._format = gpu, name, ""

    def set_attribute(self, attribute: int, value: int) -> None:
        assert (attribute, value) == (8, self._gpu.get_attribute(97))

    def prepare(self, arg_types: list[str]) -> PretendFunction:
        self._format = "".join(arg_types)
        return self

    def prepared_async_call(
        self, grid: tuple[int, int], block: tuple[int, int, int], stream: Any, *args: Any, shared_size: int
    ) -> None:
        assert grid[1:] == (1,)
        assert block[1:] == (1, 1)
        self._gpu.launch(self._name, struct.pack(self._format, *args), grid[0], block[0], shared_size, stream)


@pytest.fixture
def pretend_gpu(
    emulator: Callable[[Path], Emulator], monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., PretendGpu]]:
    """Give a maker of a GPU on the CPU, for one .cu file: the whole way from an operator's arguments to its kernel."""

    def make(source: Path, *, shared_bytes: int = 227 * 1024) -> PretendGpu:
        gpu = PretendGpu(emulator(source), shared_bytes)
        for name, module in gpu.modules().items():
            monkeypatch.setitem(sys.modules, name, module)
        forget()
        return gpu

    def forget() -> None:
        launch._driver.cache_clear()
        launch._loader.cache_clear()

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cubins"))
    yield make
    forget()


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
