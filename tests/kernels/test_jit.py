"""Compiled loops: nothing compiles on import, and the code on disk is tied to the whole folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(code: str, folder: Path) -> str:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    return result.stdout.strip()


def test_import_compiles_nothing() -> None:
    code = """
import kernels, sys
from kernels.forward_splat.cpu import render_band
from kernels.joint_upsample.cpu import upsample_rows
print(len(render_band.signatures) + len(upsample_rows.signatures))
"""
    assert run(code, ROOT) == "0"


def test_a_change_of_a_neighbour_file_makes_the_code_stale(tmp_path: Path) -> None:
    (tmp_path / "inner.py").write_text(
        "from kernels._jit import compiled\n@compiled\ndef inner(x):\n    return x + 1\n"
    )  # fmt: skip
    (tmp_path / "outer.py").write_text(
        "from inner import inner\nfrom kernels._jit import compiled\n@compiled\ndef outer(x):\n    return inner(x)\n"
    )
    code = f"import sys; sys.path[:0] = ['.', {str(ROOT)!r}]; from outer import outer; print(outer(1), end=' ')"
    code += "; print(sum(outer.stats.cache_hits.values()))"
    assert run(code, tmp_path) == "2 0"
    assert run(code, tmp_path) == "2 1"
    (tmp_path / "inner.py").write_text(
        "from kernels._jit import compiled\n@compiled\ndef inner(x):\n    return x + 100\n"
    )  # fmt: skip
    assert run(code, tmp_path) == "101 0"
