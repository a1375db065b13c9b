"""The one way this package compiles loops with Numba."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile

Function = TypeVar("Function", bound=Callable[..., Any])

# nogil: callers thread over rows.
# error_model: division by zero as in NumPy, without which no loop with a division is vectorised.
# _nrt: no reference counting, which costs more than the work on a short run of pixels; loops allocate nothing.
# No fastmath: every operation rounds once, in the order written, as the references do.
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}


class _FolderCache(FunctionCache):
    """Compiled code on disk, stale as soon as any file changes that it may be made of, not only its own."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        folders = {Path(function.__code__.co_filename).parent, Path(__file__).parent}
        sources = sorted(path for folder in folders for path in folder.glob("*.py"))
        stamps = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sources]
        self._cache_file = IndexDataCacheFile(
            cache_path=self._cache_path, filename_base=self._impl.filename_base, source_stamp=stamps
        )


def compiled(function: Function) -> Function:
    """Compile a loop over arrays at its first call."""
    return _compile(function)


def compiled_inline(function: Function) -> Function:
    """Like `compiled`, put into its callers' code: a call hands over every field of every array, on the stack."""
    return _compile(function, inline="always")


def _compile(function: Function, **more: Any) -> Function:
    dispatcher = numba.njit(**_OPTIONS, **more)(function)
    dispatcher._cache = _FolderCache(function)
    return cast(Function, dispatcher)
