"""Where this user's settings are: what was chosen on a display, which networks were fetched."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def settings_folder() -> Path:
    """The folder that the system wants the settings of this program to be in; it need not exist."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        wish = Path(os.environ.get("XDG_CONFIG_HOME", ""))
        # The rules of the desktop say that a relative path is to be ignored.
        base = wish if wish.is_absolute() else home / ".config"
    return base / "wheatstone"
