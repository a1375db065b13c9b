"""The parity tests once more with every index of the compiled loops checked.

Numba checks indices where the environment asks for it, and keeps that out of the key of its cache: code compiled so
needs a cache of its own. An index below zero counts from the end, as in NumPy, and is no error to Numba; what it would
write or read wrongly is for parity to find.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OPERATORS = sorted(path.parent.name for path in (ROOT / "kernels").glob("*/cpu.py"))
TESTS = {"test_parity", "test_op"}

OVERRUN = """
import numpy as np
from kernels._jit import compiled, compiled_inline

@compiled_inline
def inlined(row, count):
    for n in range(count):
        row[n] = 1

@compiled
def called(row, count):
    for n in range(count):
        row[n] = 1

@compiled
def through_both(row, count, inline):
    piece = row[1:]
    if inline:
        inlined(piece, count)
    else:
        called(piece, count)

room = np.zeros(64, np.float32)
for inline in (True, False):
    through_both(room[:9], 8, inline)
    try:
        through_both(room[:9], 9, inline)
    except IndexError:
        print("found", end=" ")
    else:
        print("missed", end=" ")
"""


def run(command: list[str], folder: Path, checks: str) -> subprocess.CompletedProcess[str]:
    """A Python process with a code cache of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NUMBA"))}
    environment |= {
        "NUMBA_BOUNDSCHECK": checks,
        "NUMBA_CACHE_DIR": str(folder / checks),
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=False, cwd=ROOT, env=environment
    )


@pytest.mark.timeout(240)
def test_checks_are_on_where_they_are_asked_for(tmp_path: Path) -> None:
    """Or the test below would prove nothing: the same overrun passes unseen without them."""
    script = tmp_path / "overrun.py"
    script.write_text(OVERRUN)
    assert run([str(script)], tmp_path, "1").stdout.split() == ["found", "found"]
    assert run([str(script)], tmp_path, "0").stdout.split() == ["missed", "missed"]


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("operator", OPERATORS)
def test_no_loop_leaves_its_arrays(operator: str, tmp_path: Path) -> None:
    tests = [str(path) for path in (ROOT / "tests" / "kernels" / operator).glob("test_*.py") if path.stem in TESTS]
    options = ["-q", "-m", "not slow and not cuda", "--timeout", "600", "-p", "no:cacheprovider"]
    result = run(["-m", "pytest", *options, *tests], tmp_path, "1")
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]
    assert any(tmp_path.rglob("*.nbc")), "nothing was compiled with checks"
