"""Every operator of kernels/ is whole: contract, definition, both twins, their tests, and what they cost."""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path

import pytest

import kernels
from benchmarks import kernels as bench
from benchmarks.kernels.table import YARDSTICKS

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = sorted(
    path for path in (ROOT / "kernels").iterdir() if path.is_dir() and not path.name.startswith(("_", "."))
)
OPERATORS = [path.name for path in FOLDERS]

FILES = {
    "contract": "kernels/{operator}/op.py",
    "what may be imported": "kernels/{operator}/__init__.py",
    "definition": "kernels/{operator}/reference.py",
    "CPU twin": "kernels/{operator}/cpu.py",
    "CUDA twin": "kernels/{operator}/cuda.py",
    "device code": "kernels/{operator}/{operator}.cu",
    "tests of the contract": "tests/kernels/{operator}/test_op.py",
    "parity of the CPU twin": "tests/kernels/{operator}/test_parity.py",
    "parity of the CUDA twin": "tests/kernels/{operator}/test_cuda.py",
    "benchmark": "benchmarks/kernels/{operator}.py",
    "benchmark on a GPU": "benchmarks/kernels/{operator}_cuda.py",
    "test of the benchmark": "tests/benchmarks/kernels/test_{operator}.py",
}
CONTRACT = ("Args:", "Returns:", "Raises:", "Cost and ordering:", "Deterministic:", "Differentiable:", "GPU")
"""What the docstring of an operator tells."""


def test_operators_were_found() -> None:
    assert {"forward_splat", "hole_guide", "joint_upsample", "point_splat"} <= set(OPERATORS)


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_file_is_there(operator: str) -> None:
    paths = {what: path.format(operator=operator) for what, path in FILES.items()}
    assert {what: path for what, path in paths.items() if not (ROOT / path).is_file()} == {}


@pytest.mark.parametrize("operator", OPERATORS)
def test_the_package_offers_it(operator: str) -> None:
    assert operator in kernels.__all__
    assert getattr(kernels, operator).__module__ == f"kernels.{operator}.op"


@pytest.mark.parametrize("operator", OPERATORS)
def test_the_contract_is_told(operator: str) -> None:
    function = getattr(kernels, operator)
    text = inspect.getdoc(function) or ""
    assert [word for word in CONTRACT if word not in text] == []
    options = {
        name for name, given in inspect.signature(function).parameters.items() if given.kind is given.KEYWORD_ONLY
    }
    assert {"out", "stream"} <= options


@pytest.mark.parametrize("operator", OPERATORS)
def test_device_code_is_compiled_run_on_the_cpu_and_on_a_gpu(operator: str) -> None:
    """The twin names its source, and its tests ask for all three fixtures of tests/kernels/conftest.py."""
    source = importlib.import_module(f"kernels.{operator}.cuda").SOURCE
    assert source == ROOT / "kernels" / operator / f"{operator}.cu"
    tests = (ROOT / FILES["parity of the CUDA twin"].format(operator=operator)).read_text()
    asked = set(re.findall(r"\b(compile_everywhere|pretend_gpu|emulator|gpu)\b", tests))
    assert {"compile_everywhere", "gpu"} <= asked
    assert asked & {"pretend_gpu", "emulator"}
    assert "pytest.mark.cuda" in tests


@pytest.mark.parametrize("operator", OPERATORS)
def test_it_is_measured_beside_something(operator: str) -> None:
    assert bench._OPERATORS[operator].__name__ == f"benchmarks.kernels.{operator}"
    assert bench._ON_GPU[operator].__name__ == f"benchmarks.kernels.{operator}_cuda"
    assert YARDSTICKS[operator]
