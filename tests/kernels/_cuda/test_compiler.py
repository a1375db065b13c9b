"""Every compiler that is there makes machine code for every architecture, rounding each operation once."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from kernels._cuda.compiler import Compiler, Nvcc, Nvrtc, find_compiler, find_nvrtc

SOURCE = Path(__file__).parent / "reverse.cu"


@pytest.fixture(params=["nvrtc", "nvcc"])
def compiler(request: pytest.FixtureRequest) -> Compiler:
    where = find_nvrtc() if request.param == "nvrtc" else shutil.which("nvcc")
    if where is None:
        pytest.skip(f"{request.param} is not installed")
    return Nvrtc(where) if request.param == "nvrtc" else Nvcc(where)


def test_compiles(compiler: Compiler) -> None:
    result = compiler.compile(SOURCE, "sm_90")
    assert result.cubin[:4] == b"\x7fELF"
    assert "0 bytes spill stores" in result.log


def test_the_version_tells_builds_of_one_release_apart(compiler: Compiler) -> None:
    """It is part of the key of the cache, and builds that differ in the last number make different machine code."""
    assert re.search(r"^nv\S+ .*V\d+\.\d+\.\d+", compiler.version), compiler.version


def test_compiles_for_every_architecture(compile_everywhere) -> None:
    cubins = {result.cubin for result in compile_everywhere(SOURCE).values()}
    assert len(cubins) == 5


def test_multiply_and_add_round_twice(compiler: Compiler, tmp_path: Path) -> None:
    """With and without the option the machine code differs: the option is what keeps the parity with the CPU."""
    text = '#include "device.h"\nextern "C" __global__ void f(float* a) { a[0] = a[1] * a[2] + a[3]; }'
    fused = text.replace("a[1] * a[2] + a[3]", "__fmaf_rn(a[1], a[2], a[3])")
    apart = text.replace("a[1] * a[2] + a[3]", "__fadd_rn(__fmul_rn(a[1], a[2]), a[3])")
    cubins = []
    for variant in (text, apart, fused):
        path = tmp_path / "f.cu"
        path.write_text(variant)
        cubins.append(compiler.compile(path, "sm_90").cubin)
    assert code_of(cubins[0]) == code_of(cubins[1])
    assert code_of(cubins[0]) != code_of(cubins[2])


def code_of(cubin: bytes) -> bytes:
    """The instructions: section .text.f of the ELF file."""
    number = lambda at, size: int.from_bytes(cubin[at : at + size], "little")  # noqa: E731
    table, count, names = number(40, 8), number(60, 2), number(62, 2)
    strings = number(table + 64 * names + 24, 8)
    for index in range(count):
        header = table + 64 * index
        name = strings + number(header, 4)
        if cubin[name : cubin.index(b"\0", name)] == b".text.f":
            start, size = number(header + 24, 8), number(header + 32, 8)
            return cubin[start : start + size]
    raise AssertionError("no section .text.f")


def test_an_error_is_told_with_its_line(compiler: Compiler, tmp_path: Path) -> None:
    path = tmp_path / "wrong.cu"
    path.write_text('#include "device.h"\nDEVICE int f() { return nothing; }\n')
    with pytest.raises(OSError, match=r"(?s)wrong\.cu.*sm_90.*wrong\.cu\(2\).*nothing"):
        compiler.compile(path, "sm_90")


def test_an_unknown_architecture_is_refused(compiler: Compiler) -> None:
    with pytest.raises(OSError, match="sm_10"):
        compiler.compile(SOURCE, "sm_10")


def test_no_compiler_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernels._cuda.compiler.find_nvrtc", lambda: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OSError, match=r"wheatstone\[gpu\]"):
        find_compiler()
