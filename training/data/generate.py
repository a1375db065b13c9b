"""`python -m training.data.generate`: writes shards of procedural stereo scenes."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from training.data.assets import Assets, load_assets
from training.data.renderer import Renderer
from training.data.shards import shard_name, sweep_unfinished, write_shard
from training.data.synthesis import GENERATOR, KINDS, Sample, render_scene

HELD_OUT = 1_000_000
"""Base seeds from here on are for tests and benchmarks; networks that ship are never trained on them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to write. Everything but `out`, `workers` and the range decides what the samples look like."""

    out: Path
    seed: int = 0
    first: int = 0
    shards: int = 10
    samples: int = 64
    width: int = 384
    height: int = 224
    assets: Path | None = None
    kind: str | None = None
    clean: bool = False
    workers: int = 1


def sample_seed(base: int, index: int) -> int:
    """The scene seed of sample `index` of a base seed: any sample can be made again alone."""
    low, high = np.random.SeedSequence([base, index]).generate_state(2, np.uint32)
    return int(low) | int(high) << 32


def write_shards(job: Job, part: int = 0, parts: int = 1) -> int:
    """Writes every shard of a job that is not there yet and falls to worker `part` of `parts`.

    Returns:
        How many samples were drawn.

    Raises:
        NoContextError: no off-screen OpenGL.
        ValueError, OSError: assets cannot be read, or the folder cannot be written.
    """
    wanted = range(job.first + part, job.first + job.shards, parts)
    missing = [k for k in wanted if not (job.out / shard_name(job.seed, k) / "meta.json").exists()]
    if not missing:
        return 0
    job.out.mkdir(parents=True, exist_ok=True)
    assets = load_assets(job.assets)
    renderer = Renderer(assets)
    try:
        _write_missing(job, missing, assets, renderer)
    finally:
        renderer.release()
    return len(missing) * job.samples


def _write_missing(job: Job, missing: list[int], assets: Assets, renderer: Renderer) -> None:
    for k in missing:
        started = time.perf_counter()
        seeds = [sample_seed(job.seed, k * job.samples + row) for row in range(job.samples)]
        drawn = [
            render_scene(seed, job.width, job.height, assets=assets, renderer=renderer, kind=job.kind, clean=job.clean)
            for seed in seeds
        ]
        write_shard(job.out, shard_name(job.seed, k), drawn, _meta(job, k, seeds, drawn))
        rate = job.samples / (time.perf_counter() - started)
        sys.stderr.write(f"{shard_name(job.seed, k)}: {job.samples} samples, {rate:.1f} a second\n")
        sys.stderr.flush()


def _meta(job: Job, index: int, seeds: list[int], drawn: list[Sample]) -> dict[str, object]:
    return {
        "generator": GENERATOR,
        "seed": job.seed,
        "index": index,
        "seeds": seeds,
        "kinds": [sample.kind for sample in drawn],
        "baseline_m": [round(sample.baseline, 6) for sample in drawn],
        "focal_px": [round(sample.focal_px, 3) for sample in drawn],
        "assets": job.assets is not None,
        "clean": job.clean,
    }


def run(job: Job) -> int:
    """Writes a job's shards with as many processes as it asks for.

    Returns:
        0 when everything is there, 1 when a worker failed.
    """
    sweep_unfinished(job.out)
    if job.workers <= 1:
        write_shards(job)
        return 0
    # One renderer thread a process: two processes share two cores better than two threads of one renderer do.
    os.environ.setdefault("LP_NUM_THREADS", "1")
    context = multiprocessing.get_context("spawn")
    started = [context.Process(target=_work, args=(asdict(job), k), name=f"scenes-{k}") for k in range(job.workers)]
    for process in started:
        process.start()
    try:
        for process in started:
            process.join()
    except KeyboardInterrupt:
        for process in started:
            process.terminate()
            process.join()
        raise
    return int(any(process.exitcode for process in started))


def _work(fields: dict[str, object], part: int) -> None:
    job = Job(**fields)  # type: ignore[arg-type]
    try:
        write_shards(job, part, job.workers)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(1) from error
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def main(argv: list[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m training.data.generate",
        description="Write shards of procedural stereo scenes with exact disparity. Shards that exist are kept, so an "
        "interrupted run can be called again.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("out", type=Path, metavar="OUT", help="folder to write shards to")
    add(
        "--assets",
        type=Path,
        default=None,
        metavar="DIR",
        help="folder with models3d, materials and photos; none: primitives",
    )
    add("--seed", type=int, default=0, help=f"base seed; {HELD_OUT} and above are held out for tests and benchmarks")
    add("--shards", type=int, default=10, help="how many shards")
    add("--first", type=int, default=0, help="number of the first shard")
    add("--samples", type=int, default=64, help="stereo pairs in a shard")
    add("--width", type=int, default=384, help="pixels")
    add("--height", type=int, default=224, help="pixels")
    add("--kind", choices=sorted(KINDS), default=None, help="draw one kind of scene only; none: a mixture")
    add("--clean", action="store_true", help="sharp pictures, without noise, blur of the lens or compression")
    add("--workers", type=int, default=1, help="processes; one for each core")
    options = vars(parser.parse_args(argv))
    for name in ("shards", "samples", "workers", "width", "height"):
        least = 16 if name in ("width", "height") else 1
        if options[name] < least:
            parser.error(f"--{name} must be at least {least}, not {options[name]}")
    for name in ("seed", "first"):
        if options[name] < 0:
            parser.error(f"--{name} must not be negative")
    try:
        return run(Job(**options))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
    except KeyboardInterrupt:
        sys.stderr.write("stopped; call again to go on where this left off\n")
        return 130
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
