"""What was measured of infill, as tables: the methods of a set, its scenes, and whether goals are reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from benchmarks.quality.comparison import GAIN_DB, PERCEPTUAL_PERCENT, WORST_DB
from benchmarks.quality.fillers import BASELINES
from benchmarks.record import Record

PREFIX = "quality/infill/"
_COLUMNS = {
    "psnr_hole": ("PSNR", "dB", ".2f"),
    "ssim_hole": ("SSIM", "", ".3f"),
    "lpips_hole": ("LPIPS", "", ".4f"),
    "gradient_hole": ("gradient", "", ".4f"),
    "seam": ("seam", "codes", ".2f"),
    "static_change": ("still", "codes", ".3g"),
    "grain_change": ("grain", "codes", ".2f"),
    "psnr_whole": ("PSNR", "whole", ".2f"),
    "ssim_whole": ("SSIM", "whole", ".3f"),
    "lpips_whole": ("LPIPS", "whole", ".4f"),
    "gradient_whole": ("gradient", "whole", ".4f"),
}


def report(records: Sequence[Record]) -> Iterator[Table | Text]:
    """Tables of the records of `bench quality` about infill, then what was left out and why."""
    sets: dict[str, dict[tuple[str, ...], Record]] = {}
    for record in records:
        if record.name.startswith(PREFIX):
            name, *rest = record.name.removeprefix(PREFIX).split("/")
            sets.setdefault(name, {})[tuple(rest)] = record
    left_out: dict[str, None] = {}
    for name, found in sets.items():
        yield _methods(name, found)
        yield _scenes(found)
        yield Text("\n".join(_goals(name, found)))
        left_out |= dict.fromkeys(next(iter(found.values())).context.get("left_out", ()))
    if left_out:
        yield Text("\n".join(left_out))


def _methods(name: str, found: dict[tuple[str, ...], Record]) -> Table:
    share = found["scored_holes",]
    title = f"{name}: {share.n} eyes, holes are {100 * share.value:.1f} % of the picture"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("method")
    shown = [metric for metric in _COLUMNS if metric != "lpips_whole" or _has(found, metric)]
    for metric in shown:
        heading, unit, _ = _COLUMNS[metric]
        table.add_column(f"{heading}\n{unit}", justify="right")
    for method in dict.fromkeys(key[0] for key in found if len(key) == 2):
        cells = [found.get((method, metric)) for metric in shown]
        numbers = (
            "" if cell is None else format(cell.value, _COLUMNS[m][2]) for m, cell in zip(shown, cells, strict=True)
        )
        table.add_row(method, *numbers)
    return table


def _has(found: dict[tuple[str, ...], Record], metric: str) -> bool:
    return any(key[-1] == metric for key in found)


def _scenes(found: dict[tuple[str, ...], Record]) -> Table:
    """PSNR in the holes of every scene."""
    by_method = {key[0]: r.context["pictures"] for key, r in found.items() if key[1:] == ("psnr_hole",)}
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("PSNR in holes, dB")
    for method in by_method:
        table.add_column(method, justify="right")
    if "net" in by_method:
        table.add_column("net - best", justify="right")
    for case in next(iter(by_method.values())):
        values = {method: pictures[case] for method, pictures in by_method.items()}
        cells = [f"{value:.2f}" for value in values.values()]
        if "net" in values:
            cells.append(f"{values['net'] - max(values[b] for b in BASELINES):+.2f}")
        table.add_row(case, *cells)
    return table


def _goals(name: str, found: dict[tuple[str, ...], Record]) -> Iterator[str]:
    lines = {
        "gain_over_best_baseline": f"PSNR in holes over {{best_baseline}}: {{value:+.2f}} dB (goal {GAIN_DB:+} dB)",
        "lpips_change": f"LPIPS in holes against {{best_baseline}}: {{value:+.1f}} % (goal {PERCEPTUAL_PERCENT} %)",
        "gradient_change": f"gradient against {{best_baseline}}: {{value:+.1f}} % (goal {PERCEPTUAL_PERCENT} %)",
        "worst_scene_gain": f"worst scene, {{scene}}: {{value:+.2f}} dB (goal {WORST_DB} dB or more)",
    }
    for baseline in BASELINES:
        lines[f"worst_scene_gain/{baseline}"] = f"worst scene against {baseline}, {{scene}}: {{value:+.2f}} dB"
    for key, line in lines.items():
        record = found.get(("net", *key.split("/")))
        if record is not None:
            said = line.format_map({**record.context, "value": record.value})
            yield f"{name}: {said}: {_verdict(record.context['reached'])}"
    still = found.get(("net", "static_change"))
    if still is not None:
        change = max(still.context["pictures"].values())
        yield f"{name}: static holes without grain change by {change:g} code values (goal 0): {_verdict(change == 0)}"


def _verdict(reached: bool) -> str:
    return "reached" if reached else "NOT reached"
