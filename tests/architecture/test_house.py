"""The house rules that a linter cannot see: sizes, names, mirrored tests, and what an import may load."""

from __future__ import annotations

import ast
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("engine", "kernels", "export", "training", "benchmarks")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
EMPTY_NAMES = {"utils.py", "helpers.py", "misc.py", "common.py"}


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_modules_were_found() -> None:
    assert len(MODULES) > 50


@pytest.mark.parametrize("path", MODULES, ids=_relative)
def test_module_is_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_MODULE_LINES


@pytest.mark.parametrize("path", MODULES, ids=_relative)
def test_functions_are_short(path: Path) -> None:
    long = [
        f"{node.name} ({node.end_lineno - node.lineno + 1} lines)"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION_LINES
    ]
    assert not long


def test_names_say_something() -> None:
    assert [_relative(path) for path in MODULES if path.name in EMPTY_NAMES] == []


def test_every_test_mirrors_a_module() -> None:
    """tests/<pkg>/<path>/test_<module>.py belongs to <pkg>/<path>/<module>.py, or names a relation listed here.

    What would be too long for one file goes on in test_<module>_<subject>.py.
    """
    relations = {"test_parity", "test_bounds", "test_contract", "test_contracts", "test_op"}
    orphans = []
    for package in PACKAGES:
        for test in (ROOT / "tests" / package).rglob("test_*.py"):
            folder = ROOT / test.parent.relative_to(ROOT / "tests")
            words = test.stem.removeprefix("test_").split("_")
            stems = ["_".join(words[: end + 1]) for end in range(len(words))]
            names = [name for stem in stems for name in (f"{stem}.py", f"_{stem}.py", stem, f"__{stem}__.py")]
            candidates = [folder / name for name in names]
            if test.stem not in relations and not any(path.exists() for path in candidates):
                orphans.append(_relative(test))
    assert orphans == []


def test_kernels_belongs_to_us_alone() -> None:
    """`kernels` is also an unrelated distribution that transformers can pull in; then imports would go astray."""
    assert set(importlib.metadata.packages_distributions()["kernels"]) == {"wheatstone"}


@pytest.mark.parametrize(
    "package", ["engine", "kernels", "engine.__main__", "engine.assemble", "benchmarks.quality", "benchmarks.kernels"]
)
def test_import_loads_nothing_heavy(package: str) -> None:
    """Importing never builds, loads a model, or touches a GPU; torch stays out of the engine altogether."""
    code = f"import sys, {package}; print(*sorted({{'torch', 'pycuda', 'tensorrt', 'moderngl'}} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.strip() == ""


def test_tracked_files_are_small() -> None:
    listing = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, cwd=ROOT, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git checkout: nothing says which files are tracked")
    sizes = {
        name: (ROOT / name).stat().st_size for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()
    }
    assert {name: size for name, size in sizes.items() if size > 10 * 2**20} == {}
    models = sum(size for name, size in sizes.items() if name.startswith("engine/models/"))
    assert models <= 16 * 2**20
