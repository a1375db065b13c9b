from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import engine.commands.doctor
from engine.__main__ import COMMANDS, main
from engine.errors import InputError, UnavailableError

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"]])
def test_help_names_every_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for name, command in COMMANDS.items():
        assert f"  {name} " in out
        assert command.summary in out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"wheatstone {importlib.metadata.version('wheatstone')}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"usage: wheatstone {name}")
    assert err == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["convrt"], "there is no command convrt; did you mean convert?"),
        (["--nonsense"], "there is no option --nonsense"),
        (["convert"], "missing: INPUT OUTPUT"),
        (["convert", "a.mp4"], "missing: OUTPUT"),
        (["convert", "a.mp4", "b.mp4", "c.mp4"], "c.mp4: one argument too many"),
        (["convert", "a.mp4", "b.mp4", "--bogus", "3"], "there is no option --bogus"),
        (["convert", "a.mp4", "b.mp4", "--layot", "sbs"], "perhaps you meant --layout"),
        (["convert", "a.mp4", "b.mp4", "--layout", "foo"], "--layout foo: choose one of sbs, half-sbs, ou,"),
        (["convert", "a.mp4", "b.mp4", "--crf"], "--crf needs a value"),
        (["convert", "a.mp4", "b.mp4", "--crf", "x"], "--crf x: expected a number"),
        (["convert", "a.mp4", "b.mp4", "--convergence", "x"], "--convergence x: "),
        (["convert", "a.mp4", "b.mp4", "--convergence", "2"], "--convergence must be auto or 0 to 1, got 2"),
        (["convert", "a.mp4", "b.mp4", "--depth-every", "0"], "--depth-every must be 1 or more"),
        (["bench", "nonsense"], "wheatstone: nonsense: choose one of kernels, pipeline"),
        (["models", "info"], "needs the name of a network"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("wheatstone: ")
    assert err.count("\n") == 1
    assert said in err


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (InputError("film.mp4: broken"), 1, ["wheatstone: film.mp4: broken"]),
        (OSError(28, "No space left on device", "out.mp4"), 1, ["wheatstone: out.mp4: no space left on device"]),
        (KeyboardInterrupt(), 130, ["wheatstone: interrupted"]),
        (
            ExceptionGroup("two", [InputError("a: x"), UnavailableError("b: y")]),
            1,
            ["wheatstone: a: x", "wheatstone: b: y"],
        ),
    ],
)
def test_failures_become_lines_and_a_status(
    error: BaseException,
    status: int,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr(engine.commands.doctor, "run", fail)
    assert main(["doctor"]) == status
    assert capsys.readouterr().err.splitlines() == said


def test_a_bug_says_so_and_debug_shows_where(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> int:
        error = ZeroDivisionError("division\nby zero")
        error.add_note("in stage 'depth'")
        raise error

    monkeypatch.setattr(engine.commands.doctor, "run", fail)
    assert main(["doctor"]) == 1
    quiet = capsys.readouterr().err
    assert quiet.startswith("wheatstone: internal error in stage 'depth': ZeroDivisionError: division by zero")
    assert quiet.count("\n") == 1
    assert main(["doctor", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_help_starts_quickly() -> None:
    """Whatever takes long to import is left alone until it is needed."""
    code = (
        "import sys; from engine.__main__ import main; main(['convert', '--help']); "
        "sys.exit(', '.join({'numba', 'openvino', 'onnxruntime', 'av', 'cv2', 'numpy', 'kernels'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.stderr == "\n"


def test_module_can_be_run() -> None:
    words = [sys.executable, "-m", "engine", "convert", "nowhere.mp4", "out.mp4"]
    result = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == "wheatstone: nowhere.mp4: there is no such file\n"


def test_a_reader_that_goes_away_is_no_failure_to_explain() -> None:
    words = f"{sys.executable} -m engine doctor --help | true"
    result = subprocess.run(["bash", "-c", words], capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.stderr == ""
