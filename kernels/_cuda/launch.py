"""Kernels on the current GPU: PyCUDA is imported at the first call, because it can be only where a driver is."""

from __future__ import annotations

import ctypes
import functools
import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kernels._cuda.arrays import DeviceArray
from kernels._cuda.cache import cached_cubin
from kernels._cuda.compiler import find_compiler

_DEVICE_ORDINAL = 9
"""CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A loaded kernel of the current CUDA context."""

    function: Any
    """pycuda.driver.Function, prepared to take one struct."""

    def launch(self, args: ctypes.Structure, *, blocks: int, threads: int, shared_bytes: int, stream: Any) -> None:
        """Queue the kernel on a pycuda stream (None: the default stream); waits for nothing and allocates nothing.

        Args:
            args: the kernel's parameters; copied before this returns.
            blocks: blocks in the grid.
            threads: threads of a block.
            shared_bytes: dynamic shared memory of a block.
            stream: pycuda.driver.Stream or None.
        """
        self.function.prepared_async_call(
            (blocks, 1), (threads, 1, 1), stream, bytes(args), shared_size=shared_bytes
        )  # fmt: skip


def load_kernel(source: Path, name: str, args_type: type[ctypes.Structure]) -> Kernel:
    """A kernel of a .cu file for the current context: compiled at the first call, from then on remembered.

    Args:
        source: the .cu file.
        name: as written in its KERNEL line.
        args_type: layout of its parameter struct.

    Raises:
        OSError: PyCUDA, the compiler or a current context is missing, or the driver refuses the machine code.
    """
    require_context()
    return _loader()(source, name, ctypes.sizeof(args_type))


def require_context() -> None:
    """Raise OSError unless PyCUDA can be imported and this thread has a current CUDA context."""
    if _driver().Context.get_current() is None:
        raise OSError(
            "no CUDA context is current in this thread: `import pycuda.autoprimaryctx` makes one that other "
            "libraries share, or push your own pycuda.driver.Context"
        )


def stream_handle(stream: object) -> int:
    """The handle of a pycuda stream, 0 for None (the default stream)."""
    if stream is None:
        return 0
    handle = getattr(stream, "handle", None)
    if not isinstance(handle, int):
        raise TypeError(f"stream must be a pycuda.driver.Stream or None, got {type(stream).__name__}")
    return handle


def max_shared_bytes() -> int:
    """Dynamic shared memory a block may use at most on the current device."""
    driver = _driver()
    optin = driver.device_attribute.MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
    return int(driver.Context.get_device().get_attribute(optin))


def require_current_device(name: str, array: DeviceArray) -> None:
    """Raise ValueError if the array is known to lie on another GPU than the current one."""
    device = _device_at(array.pointer) if array.device is None else array.device
    if device is None:
        return
    driver = _driver()
    if driver.Device(device) != driver.Context.get_device():
        raise ValueError(f"{name} must be on the current GPU, got an array on GPU {device}")


def bind_arrays(args: ctypes.Structure, arrays: Mapping[str, DeviceArray]) -> None:
    """Write where arrays lie into the fields `<name>` (address) and `<name>_pitch` (bytes from row to row) of args.

    Names are those of the operator's arguments, which messages use; a dot becomes an underscore in fields.

    Raises:
        ValueError: an array is on another GPU than the current one.
    """
    for name, array in arrays.items():
        require_current_device(name, array)
        field = name.replace(".", "_")
        setattr(args, field, array.pointer)
        setattr(args, f"{field}_pitch", array.strides[0])


def new_device_array(shape: Sequence[int], dtype: Any) -> Any:
    """An uninitialised pycuda.gpuarray.GPUArray; it offers `__cuda_array_interface__`."""
    return importlib.import_module("pycuda.gpuarray").empty(tuple(shape), np.dtype(dtype))


def _device_at(pointer: int) -> int | None:
    """Ordinal of the GPU that an address belongs to: `__cuda_array_interface__` does not tell, the driver does."""
    library = _cuda_library()
    if library is None:
        return None
    ordinal = ctypes.c_int()
    unknown = library.cuPointerGetAttribute(ctypes.byref(ordinal), _DEVICE_ORDINAL, ctypes.c_uint64(pointer))
    return None if unknown else ordinal.value


@functools.cache
def _cuda_library() -> Any:
    """The driver's own interface, for what PyCUDA does not pass on; None where there is no driver."""
    try:
        return ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return None


@functools.cache
def _driver() -> Any:
    try:
        return importlib.import_module("pycuda.driver")
    except ModuleNotFoundError as error:
        raise OSError("arrays on a GPU need PyCUDA: install the extra wheatstone[gpu]") from error
    except ImportError as error:
        raise OSError(f"PyCUDA finds no NVIDIA driver on this machine: {error}") from error


@functools.cache
def _loader() -> Callable[[Path, str, int], Kernel]:
    """`_load`, remembered per CUDA context by PyCUDA, which also knows when contexts end."""
    memoize = importlib.import_module("pycuda.tools").context_dependent_memoize
    loader: Callable[[Path, str, int], Kernel] = memoize(_load)
    return loader


def _load(source: Path, name: str, args_size: int) -> Kernel:
    driver = _driver()
    major, minor = driver.Context.get_device().compute_capability()
    compiler = find_compiler()
    cubin = cached_cubin(source, f"sm_{major}{minor}", compiler)
    try:
        function = driver.module_from_buffer(cubin).get_function(name)
        # A permission, not a reservation: each launch says what it takes.
        function.set_attribute(driver.function_attribute.MAX_DYNAMIC_SHARED_SIZE_BYTES, max_shared_bytes())
    except driver.Error as error:
        raise OSError(
            f"the NVIDIA driver refuses {source.name} as {compiler.version} made it for sm_{major}{minor}: {error}; "
            "most often it is older than the compiler: update the driver, or install nvidia-cuda-nvrtc-cu12 instead"
        ) from error
    return Kernel(function.prepare([f"{args_size}s"]))
