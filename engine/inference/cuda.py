"""Is there a CUDA device? Asked of the driver itself, so that no framework has to be installed to know."""

from __future__ import annotations

import ctypes
import sys


def device_count() -> int:
    """How many CUDA devices the driver reports; 0 without a driver."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value
