"""Everything Wheatstone raises on purpose.

    WheatstoneError                 one line for a person; exit status 1
    |-- UsageError                  the command or an option is wrong; exit status 2
    |-- InputError                  a source cannot be read, or holds no picture
    |-- OutputError                 a sink cannot be written
    |-- ModelError                  an artifact is missing, damaged or of the wrong kind
    `-- UnavailableError            a device, runtime or display was asked for and is not there

Messages name the file or option, say what was expected, and what to do. They never need a traceback to be understood.
"""

from __future__ import annotations


class WheatstoneError(Exception):
    """A failure that is explained by its message alone."""

    exit_status = 1


class UsageError(WheatstoneError):
    """The command line or configuration asks for something that makes no sense."""

    exit_status = 2


class InputError(WheatstoneError):
    """A source is missing, empty, damaged, or has no picture in it."""


class OutputError(WheatstoneError):
    """A sink cannot be created or written."""


class ModelError(WheatstoneError):
    """A network artifact is missing, damaged, or not of the kind that was asked for."""


class UnavailableError(WheatstoneError):
    """A device, runtime, encoder or display that was asked for does not exist on this machine."""
