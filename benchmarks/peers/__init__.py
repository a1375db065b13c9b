"""What others would use for the same job, on the same arrays.

Of `benchmarks` only the modules in here may import torch, and they are imported only where torch is installed.
"""

from __future__ import annotations

import importlib.util


def has_torch() -> bool:
    """True if torch is installed; it is not imported for the answer."""
    return importlib.util.find_spec("torch") is not None
