"""The one way this package compiles loops with Numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

# nogil: callers thread over rows. cache: on disk, so that a second process starts quickly; nothing compiles on import.
# error_model: division by zero as in NumPy, without which no loop with a division is vectorised.
# _nrt: no reference counting, which costs more than the work on a short run of pixels; loops allocate nothing.
# No fastmath: every operation rounds once, in the order written, as the references do.
_OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy", "_nrt": False}


def compiled(function: Function) -> Function:
    """Compile a loop over arrays at its first call."""
    return cast(Function, numba.njit(**_OPTIONS)(function))


def compiled_inline(function: Function) -> Function:
    """Like `compiled`, put into its callers' code: for what an inner loop calls with many arrays."""
    return cast(Function, numba.njit(**_OPTIONS, inline="always")(function))
