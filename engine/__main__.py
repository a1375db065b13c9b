"""The ``wheatstone`` command: which sub-command runs, and how failures are said.

Exit status: 0 done; 1 failed, with one line that says what and where; 2 wrong usage; 130 interrupted.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import io
import os
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from engine.commands import INTERRUPTED
from engine.errors import UsageError, WheatstoneError


@dataclass(frozen=True, slots=True)
class Command:
    """A sub-command: its options class in ``engine.config``, and what it does in a few words."""

    options: str
    summary: str


COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "demo": Command("DemoOptions", "turn a bundled clip into stereo, and say where it is"),
        "convert": Command("ConvertOptions", "turn a video, an image or a folder of images into stereo"),
        "play": Command("PlayOptions", "show a video, a camera, a screen or a stream in stereo while it plays"),
        "probe": Command("ProbeOptions", "say what is in an input, and what convert would do"),
        "bench": Command("BenchOptions", "measure this machine: kernels, pipeline, quality"),
        "models": Command("ModelsOptions", "list the networks that come with Wheatstone, and fetch others"),
        "doctor": Command("DoctorOptions", "say what this machine offers, and what is missing"),
    }
)
"""Each is a module of the same name in ``engine.commands`` with ``run(options) -> int``."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after the program's name; None takes those of this process.

    Returns:
        The exit status.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    # The AV1 encoder talks a lot unless it is told to report errors only.
    os.environ.setdefault("SVT_LOG", "1")
    try:
        return _dispatch(words)
    except KeyboardInterrupt:
        sys.stderr.write("wheatstone: interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone; Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 -- the outermost edge: whatever happened becomes one line for a person
        if "--debug" in words:
            traceback.print_exc()
        for line in _lines(error):
            sys.stderr.write(f"wheatstone: {line}\n")
        return error.exit_status if isinstance(error, WheatstoneError) else 1


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        sys.stdout.write(_help())
        return 0
    if words[0] == "--version":
        sys.stdout.write(f"wheatstone {_version()}\n")
        return 0
    name, rest = words[0], words[1:]
    if name not in COMMANDS:
        raise UsageError(_unknown_command(name))
    config = importlib.import_module("engine.config")
    options = parse(name, getattr(config, COMMANDS[name].options), rest)
    if options is None:
        return 0
    status = importlib.import_module(f"engine.commands.{name}").run(options)
    return int(status)


def parse(name: str, options: type[Any], words: Sequence[str]) -> Any | None:
    """Options of a command from its words; None if help was asked for and printed.

    Raises:
        UsageError: unknown option, missing value, value out of range.
    """
    import tyro

    with _captured_error() as error:
        try:
            return tyro.cli(
                options, args=list(words), prog=f"wheatstone {name}", config=(tyro.conf.FlagCreatePairsOff,)
            )
        except SystemExit as end:
            if not end.code:
                return None
    raise UsageError(f"{_one_line(error.getvalue(), name)} (wheatstone {name} --help lists the options)")


@contextlib.contextmanager
def _captured_error() -> Iterator[io.StringIO]:
    """Catch what the option parser draws on standard error: a box, where one line is promised."""
    drawn = io.StringIO()
    with contextlib.redirect_stderr(drawn):
        yield drawn


def _one_line(box: str, name: str) -> str:
    # The first row is a title; rules part the message from hints. Where a terminal knows no box characters the parser
    # draws the same with minus signs.
    text = re.sub(r"\x1b\[[0-9;]*m", "", box)
    rows = [row.strip(" │╭╰╮╯|+") for row in text.splitlines()][1:]
    sections: list[list[str]] = [[]]
    for row in rows:
        if row and not row.strip("─-"):
            sections.append([])
        elif row:
            sections[-1].append(row)
    sections = [section for section in sections if section] or [[]]
    first = sections[0]
    if first[:1] == [f"Missing from wheatstone {name}:"]:
        return f"missing: {' '.join(row for row in first[1:] if re.fullmatch(r'[A-Z{-][^ a-z]*|{.*}', row))}"
    message = _in_our_words(" ".join(first))
    hints = [row.split()[0] for section in sections for row in section[1:2] if section[0] == "Perhaps you meant:"]
    return f"{message}; perhaps you meant {hints[0]}" if hints else message


def _in_our_words(message: str) -> str:
    for pattern, ours in _REWORDED:
        match = re.match(pattern, message)
        if match:
            return match.expand(ours).replace("', '", ", ")
    return message[:1].lower() + message[1:].rstrip(".") or "the options make no sense"


_REWORDED = (
    (r"invalid choice '(.*?)' for argument '(--.*?)'. Expected one of \('(.*?)',?\)\.?$", r"\2 \1: choose one of \3"),
    (r"invalid choice '(.*?)' for argument '.*?'. Expected one of \('(.*?)',?\)\.?$", r"\1: choose one of \2"),
    (r"Missing value for argument '(.*?)'.*", r"\1 needs a value"),
    (r"Error parsing (\S+): no type matching .* from \['(.*?)'\]\..*", r"\1 \2: this is no value that it can take"),
    (
        r"Error parsing (\S+): (?:invalid literal|could not convert).*: '(.*)'$",
        r"\1 \2: expected a number, whole where counts are meant",
    ),
    (r"Unrecognized options: (-\S*?)(?:, .*)?$", r"there is no option \1"),
    (r"Unrecognized options: (\S+?)(?:, .*)?$", r"\1: one argument too many"),
)
"""What the option parser says, and how we say it; whatever is not listed is passed on."""


def _unknown_command(name: str) -> str:
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    hint = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(COMMANDS)}"
    what = "option" if name.startswith("-") else "command"
    return f"there is no {what} {name}; {hint}"


def _lines(error: BaseException) -> list[str]:
    """What to tell a person: one line for each failure."""
    if isinstance(error, BaseExceptionGroup):
        return [line for one in error.exceptions for line in _lines(one)]
    text = " ".join(str(error).split())
    if isinstance(error, WheatstoneError):
        return [text]
    if isinstance(error, OSError) and error.strerror:
        return [f"{f'{error.filename}: ' if error.filename else ''}{error.strerror[:1].lower()}{error.strerror[1:]}"]
    where = "".join(f" {note}" for note in getattr(error, "__notes__", []))
    kind = type(error).__name__
    return [f"internal error{where}: {kind}: {text} (add --debug to see where; this is a bug, please report it)"]


def _help() -> str:
    width = max(map(len, COMMANDS))
    table = "".join(f"  {name:<{width}}  {command.summary}\n" for name, command in COMMANDS.items())
    return (
        "usage: wheatstone COMMAND ...\n\n"
        "Ordinary video in, stereo 3D out.\n\n"
        f"commands:\n{table}\n"
        "  wheatstone COMMAND --help   the options of a command\n"
        "  wheatstone --version        which version this is\n"
    )


def _version() -> str:
    from importlib.metadata import version

    return version("wheatstone")


if __name__ == "__main__":
    sys.exit(main())
