"""Networks: artifacts, the runtimes that play them, and how one is chosen."""

from __future__ import annotations

from engine.inference.runtimes import RUNTIMES, DeviceName, RuntimeName, installed_runtimes, open_session
from engine.inference.session import Session

__all__ = ["RUNTIMES", "DeviceName", "RuntimeName", "Session", "installed_runtimes", "open_session"]
