"""One module per sub-command: ``run(options) -> exit status``. Imported only when the command is given."""
