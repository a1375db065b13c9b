"""From a .cu file to a queued kernel, and what is said where a piece is missing."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from kernels._cuda import launch
from kernels._cuda.arrays import require_device_array

SOURCE = Path(__file__).parent / "reverse.cu"


class ReverseArgs(ctypes.Structure):
    _fields_ = (
        ("source", ctypes.c_void_p),
        ("target", ctypes.c_void_p),
        ("maximum", ctypes.c_void_p),
        ("width", ctypes.c_int),
        ("reach", ctypes.c_int),
        ("skip", ctypes.c_int),
    )


class Stream:
    handle = 0x55


def test_a_kernel_is_loaded_once_and_queued_on_the_stream(pretend_gpu, rng: np.random.Generator) -> None:
    gpu = pretend_gpu(SOURCE)
    values = rng.normal(0, 9, (3, 20)).astype(np.float16)
    source, maximum = gpu.array(values), gpu.array(np.zeros(1, np.int32))
    target = launch.new_device_array((3, 20), np.float32)
    pointers = [array.__cuda_array_interface__["data"][0] for array in (source, target, maximum)]
    stream = Stream()
    for _ in range(2):
        kernel = launch.load_kernel(SOURCE, "reverse_rows", ReverseArgs)
        kernel.launch(ReverseArgs(*pointers, 20), blocks=3, threads=32, shared_bytes=80, stream=stream)
    np.testing.assert_array_equal(target.get(), values[:, ::-1].astype(np.float32))
    assert gpu.loads == 1
    assert gpu.launches == [{"name": "reverse_rows", "blocks": 3, "threads": 32, "stream": stream}] * 2


def test_streams() -> None:
    assert launch.stream_handle(None) == 0
    assert launch.stream_handle(Stream()) == 0x55
    with pytest.raises(TypeError, match=r"stream must be a pycuda\.driver\.Stream or None, got int"):
        launch.stream_handle(7)


def test_another_gpu_is_named(pretend_gpu) -> None:
    gpu = pretend_gpu(SOURCE)
    array = require_device_array("near", gpu.array(np.zeros(3)), ndim=1, dtypes=(np.float64,))
    launch.require_current_device("near", array)
    here, there = (SimpleNamespace(device=number, pointer=4096) for number in (0, 1))
    launch.require_current_device("near", here)
    with pytest.raises(ValueError, match="near must be on the current GPU, got an array on GPU 1"):
        launch.require_current_device("near", there)


def test_another_gpu_is_named_where_only_the_driver_tells(pretend_gpu, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = pretend_gpu(SOURCE)
    array = require_device_array("near", gpu.array(np.zeros(3)), ndim=1, dtypes=(np.float64,))
    assert array.device is None

    def answer(ordinal: int, status: int):
        def get(result, attribute: int, pointer: ctypes.c_uint64) -> int:
            assert (attribute, pointer.value) == (9, array.pointer)
            result._obj.value = ordinal
            return status

        monkeypatch.setattr(launch, "_cuda_library", lambda: SimpleNamespace(cuPointerGetAttribute=get))

    answer(0, 0)
    launch.require_current_device("near", array)
    answer(1, 1)  # an error: the driver does not know the address
    launch.require_current_device("near", array)
    answer(1, 0)
    with pytest.raises(ValueError, match="near must be on the current GPU, got an array on GPU 1"):
        launch.require_current_device("near", array)


def test_arrays_are_bound_by_name(pretend_gpu) -> None:
    class Args(ctypes.Structure):
        _fields_ = (
            ("near", ctypes.c_void_p),
            ("out_far", ctypes.c_void_p),
            ("near_pitch", ctypes.c_longlong),
            ("out_far_pitch", ctypes.c_longlong),
        )

    gpu = pretend_gpu(SOURCE)
    arrays = {
        name: require_device_array(name, gpu.array(np.zeros((2, size), np.float32)), ndim=2, dtypes=(np.float32,))
        for name, size in (("near", 3), ("out.far", 5))
    }
    args = Args()
    launch.bind_arrays(args, arrays)
    assert (args.near, args.near_pitch) == (arrays["near"].pointer, 12)
    assert (args.out_far, args.out_far_pitch) == (arrays["out.far"].pointer, 20)


def test_no_pycuda_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    launch._driver.cache_clear()
    monkeypatch.setitem(sys.modules, "pycuda", None)
    with pytest.raises(OSError, match=r"wheatstone\[gpu\]"):
        launch.require_context()


def test_no_driver_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    launch._driver.cache_clear()
    package = tmp_path / "pycuda"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "driver.py").write_text("raise ImportError('libcuda.so.1: cannot open shared object file')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "pycuda", raising=False)
    monkeypatch.delitem(sys.modules, "pycuda.driver", raising=False)
    with pytest.raises(OSError, match=r"no NVIDIA driver on this machine: libcuda\.so\.1"):
        launch.require_context()
    sys.modules.pop("pycuda", None)


def test_no_context_says_how_to_make_one(pretend_gpu, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = pretend_gpu(SOURCE)
    monkeypatch.setattr(gpu, "get_current", lambda: None)
    with pytest.raises(OSError, match=r"import pycuda\.autoprimaryctx"):
        launch.load_kernel(SOURCE, "reverse_rows", ReverseArgs)


def test_a_driver_that_refuses_the_code_is_told(pretend_gpu, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = pretend_gpu(SOURCE)

    def refuse(cubin: bytes) -> None:
        raise gpu.Error("device kernel image is invalid")

    monkeypatch.setattr(gpu, "module_from_buffer", refuse)
    with pytest.raises(
        OSError, match=r"refuses reverse\.cu as nv\S+ [^:]+ made it for sm_90: device kernel image is inv"
    ):
        launch.load_kernel(SOURCE, "reverse_rows", ReverseArgs)
