"""A file that gets its name only when it is whole."""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import OutputError
from engine.sinks.faults import reason


class Destination:
    """Keeps the rules of OUTPUT: never the input, never over an existing file unasked, never half a file.

    Args:
        path: the final name.
        overwrite: may an existing file be replaced?
        input_path: the file being read, which must never be written.

    Raises:
        OutputError: one of the rules is broken, or the folder is missing or read-only.
    """

    def __init__(self, path: Path, *, overwrite: bool, input_path: Path | None) -> None:
        self.path = path
        self._overwrite = overwrite
        if input_path is not None and _same_file(path, input_path):
            raise OutputError(f"{path}: this is the input itself; choose another name for the output")
        if path.is_dir():
            raise OutputError(f"{path}: this is a folder; name a file in it")
        self._check_free()
        folder = path.parent
        if not folder.is_dir():
            raise OutputError(f"{path}: the folder {folder} does not exist")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise OutputError(f"{path}: the folder {folder} may not be written to (permission denied)")
        self.partial = path.with_name(f".{path.stem}.partial{path.suffix}")

    def commit(self) -> None:
        """Give the finished file its name.

        Raises:
            OutputError: the disk failed, or another file took the name in the meantime.
        """
        try:
            self._check_free()
            # Without this a power cut could leave a whole name over an empty file.
            descriptor = os.open(self.partial, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self.partial.replace(self.path)
        except OSError as error:
            self.discard()
            raise OutputError(f"{self.path}: {reason(error)}") from error

    def discard(self) -> None:
        """Remove what was written so far."""
        self.partial.unlink(missing_ok=True)

    def _check_free(self) -> None:
        if not self._overwrite and os.path.lexists(self.path):
            raise OutputError(f"{self.path}: the file exists already; add --overwrite to replace it")


def _same_file(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return first.absolute() == second.absolute()
