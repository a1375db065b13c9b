"""One module per sub-command: ``run(options) -> exit status``. Imported only when the command is given."""

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells expect it."""
