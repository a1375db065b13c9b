"""`python -m training RECIPE ...` trains a network; `python -m training data scenes|infill ...` makes its data."""

from __future__ import annotations

import sys

import tyro

from training.progress import Progress
from training.recipes import RECIPES
from training.trainer import Trainer


def main(argv: list[str] | None = None) -> int:
    """Run one recipe or one maker of data; returns the exit status (0 done, 1 failed, 2 usage, 130 interrupted)."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stdout.write(_overview())
        return 0 if arguments else 2
    name, rest = arguments[0], arguments[1:]
    if name == "data":
        return _make_data(rest)
    if name == "import-infill":
        from training.models.published_infill import main as import_infill

        return import_infill(rest)
    if name not in RECIPES:
        known = ", ".join([*RECIPES, "data scenes", "data infill", "import-infill"])
        sys.stderr.write(f"unknown recipe {name!r}: choose from {known}\n")
        return 2
    recipe = RECIPES[name]
    options = tyro.cli(recipe.options, args=rest, prog=f"python -m training {name}", description=recipe.help)
    try:
        trainer = Trainer(recipe.build(options), options, Progress(name))
        path = trainer.run()
    except (OSError, ValueError, FloatingPointError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    word = "stopped" if trainer.was_stopped else "done"
    sys.stdout.write(f"{word} after {trainer.state.step} steps, {trainer.seconds / 60:.1f} min: {path}\n")
    return 130 if trainer.was_stopped else 0


def _make_data(arguments: list[str]) -> int:
    kind, rest = arguments[:1], arguments[1:]
    if kind == ["scenes"]:
        from training.data.generate import main as generate

        return generate(rest)
    if kind == ["infill"]:
        from training.data.single_image.generate import main as generate_infill

        return generate_infill(rest)
    asks = kind in (["-h"], ["--help"])
    (sys.stdout if asks else sys.stderr).write(
        "python -m training data: choose `scenes` or `infill`, for example `data scenes --help`\n"
    )
    return 0 if asks else 2


def _overview() -> str:
    commands = {name: recipe.help for name, recipe in RECIPES.items()} | {
        "data scenes": "make procedural training scenes",
        "data infill": "make infill samples of your own pictures",
        "import-infill": "make a checkpoint of a published infill network",
    }
    lines = ["usage: python -m training RECIPE [options]     (RECIPE --help lists them)", ""]
    return "\n".join([*lines, *(f"  {name:<14} {text}" for name, text in commands.items()), ""])


if __name__ == "__main__":
    sys.exit(main())
