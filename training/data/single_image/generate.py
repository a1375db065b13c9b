"""`python -m training data infill`: shards of infill samples from the user's own pictures, written by chunks of them.

A chunk of pictures is one shard and one line of accounts, `done-SEED-INDEX.json`, written last: what has it is done.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from training.data.shards import shard_name, sweep_unfinished, write_shard
from training.data.single_image.depth_maps import DepthMaps, agreement, open_depth, relative_map
from training.data.single_image.images import ImageFolder, RejectedError
from training.data.single_image.return_trip import MAX_WIDTH
from training.data.single_image.samples import SingleImagePair, WindowOptions, draw_pairs

GENERATOR = 1
"""Version of the samples; chunks of another one are refused."""


@dataclass(frozen=True, kw_only=True)
class SingleImageJob:
    """Make infill samples of single pictures: to the other eye and back, the picture itself is the truth."""

    images: Path
    """Folder (with sub-folders) or zip file of pictures."""
    depth: Path
    """An .onnx depth network, a .pt checkpoint, or a folder of maps named like the pictures (larger is nearer)."""
    out: Path
    """Folder to write shards to. What is done stays: call again to go on."""
    second: Path | None = None
    """A second opinion, like --depth; pictures whose two maps differ are left out."""
    agreement: float = 0.72
    """Least structural similarity of the two maps."""
    per_image: int = 16
    """Windows tried in each picture."""
    chunk: int = 4
    """Pictures in a shard."""
    seed: int = 0
    """Draws windows, strengths and eyes."""
    workers: int = 1
    """Processes; one for each core."""
    window: WindowOptions = field(default_factory=WindowOptions)

    def __post_init__(self) -> None:
        if min(self.per_image, self.chunk, self.workers) < 1 or self.seed < 0:
            raise ValueError("--per-image, --chunk and --workers must be at least 1, --seed not negative")
        width, height = self.window.size
        if min(width, height) < 64 or width > MAX_WIDTH:
            raise ValueError(
                f"--window.size must be at least 64 x 64 and at most {MAX_WIDTH} wide, got {width} x {height}"
            )


@dataclass(frozen=True, slots=True)
class _Chunk:
    index: int
    names: tuple[str, ...]


def generate(job: SingleImageJob) -> Counter[str]:
    """Do what is not done yet, and count it all: `pictures`, `samples`, and every reason for leaving a picture out.

    Raises:
        FileNotFoundError: the pictures or the depth maps do not exist.
        ValueError: they cannot be read, there are none, or the folder holds chunks of other pictures or options.
        OSError: the folder cannot be written.
    """
    with ImageFolder(job.images) as folder:
        names = folder.names
    if not names:
        raise ValueError(f"{job.images}: no pictures in it (they end in .jpg, .png, .webp, .bmp or .tif)")
    open_depth(job.depth)
    job.out.mkdir(parents=True, exist_ok=True)
    sweep_unfinished(job.out)
    chunks = [_Chunk(k, tuple(names[at : at + job.chunk])) for k, at in enumerate(range(0, len(names), job.chunk))]
    accounts = [(chunk, _read_account(job, chunk)) for chunk in chunks]
    total: Counter[str] = Counter()
    for _, account in accounts:
        total.update(account or {})
    missing = [chunk for chunk, account in accounts if account is None]
    with _progress(len(names)) as bar:
        bar.update(len(names) - sum(len(chunk.names) for chunk in missing))
        for chunk, account in _made(job, missing):
            total.update(account)
            bar.update(len(chunk.names))
    return total


def _made(job: SingleImageJob, chunks: list[_Chunk]) -> Iterator[tuple[_Chunk, Counter[str]]]:
    if job.workers == 1 or len(chunks) < 2:
        worker = _Worker(job)
        for chunk in chunks:
            yield chunk, worker.make(chunk)
        return
    yield from _made_in_processes(job, chunks, min(job.workers, len(chunks)))


def _made_in_processes(job: SingleImageJob, chunks: list[_Chunk], parts: int) -> Iterator[tuple[_Chunk, Counter[str]]]:
    context = multiprocessing.get_context("spawn")
    running: dict[Connection, SpawnProcess] = {}
    try:
        for part in range(parts):
            reader, writer = context.Pipe(duplex=False)
            process = context.Process(target=_work, args=(job, chunks[part::parts], writer), daemon=True)
            process.start()
            # Only the worker holds this end now, so its death ends the conversation.
            writer.close()
            running[reader] = process
        while running:
            for ready in wait(list(running)):
                assert isinstance(ready, Connection)
                try:
                    message = ready.recv()
                except EOFError:
                    process = running.pop(ready)
                    process.join()
                    if process.exitcode:
                        raise OSError(f"a worker ended with status {process.exitcode}; call again to go on") from None
                    continue
                if isinstance(message, str):
                    raise ValueError(message)
                yield message
    finally:
        for process in running.values():
            process.terminate()
            process.join()


def _work(job: SingleImageJob, chunks: list[_Chunk], sender: Connection) -> None:
    """What a worker process does: sends (chunk, counts) for each chunk, or the text of the error that ended it."""
    # Ctrl-C reaches the whole group of processes; the parent ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        worker = _Worker(job)
        for chunk in chunks:
            sender.send((chunk, worker.make(chunk)))
    except (OSError, ValueError) as error:
        sender.send(str(error))


class _Worker:
    """Opens the networks once and makes chunks."""

    def __init__(self, job: SingleImageJob) -> None:
        cv2.setNumThreads(1)
        self._job = job
        self._depth = open_depth(job.depth)
        self._second: DepthMaps | None = None if job.second is None else open_depth(job.second)

    def make(self, chunk: _Chunk) -> Counter[str]:
        """Write one chunk's shard, if any of its pictures gives samples, then its account."""
        counts: Counter[str] = Counter(pictures=len(chunk.names))
        pairs: list[SingleImagePair] = []
        origin: list[str] = []
        with ImageFolder(self._job.images) as folder:
            for name in chunk.names:
                try:
                    found = self._samples(folder, name)
                except RejectedError as error:
                    counts[error.reason] += 1
                    continue
                pairs += found
                origin += [name] * len(found)
        counts["samples"] = len(pairs)
        job = self._job
        if pairs:
            meta = _settings(job, chunk) | {"kinds": ["single image"] * len(pairs), "origin": origin}
            meta["true_eyes"] = [pair.true_eye for pair in pairs]
            write_shard(job.out, shard_name(job.seed, chunk.index), pairs, meta)
        _write_account(job, chunk, counts)
        return counts

    def _samples(self, folder: ImageFolder, name: str) -> list[SingleImagePair]:
        picture = folder.read(name)
        if any(side < wanted for side, wanted in zip(picture.shape[:2], self._job.window.size[::-1], strict=True)):
            raise RejectedError("too small")
        small = self._depth.small(name, picture)
        disparity = relative_map(small, picture)
        if self._second is not None and agreement(small, self._second.small(name, picture)) < self._job.agreement:
            raise RejectedError("depths disagree")
        # A picture's samples depend on its name alone, not on what else is in the folder.
        rng = np.random.default_rng((self._job.seed, zlib.crc32(name.encode())))
        return draw_pairs(picture, disparity, self._job.per_image, self._job.window, rng)


def _account_path(job: SingleImageJob, chunk: _Chunk) -> Path:
    return job.out / f"done-{job.seed}-{chunk.index:06d}.json"


def _settings(job: SingleImageJob, chunk: _Chunk) -> dict[str, Any]:
    """What decides the samples of a chunk."""
    w = job.window
    return {
        "generator": GENERATOR,
        "seed": job.seed,
        "depth": [place.name for place in (job.depth, job.second) if place is not None],
        "agreement": job.agreement,
        "per_image": job.per_image,
        "window": [*w.size, *w.strength, w.max_parallax_px, w.tear_px, w.least_hole],
        "pictures": list(chunk.names),
    }


def _read_account(job: SingleImageJob, chunk: _Chunk) -> Counter[str] | None:
    """The counts of a chunk that is done; None where it is not."""
    path = _account_path(job, chunk)
    if not path.is_file():
        return None
    try:
        account = json.loads(path.read_text(encoding="utf-8"))
        settings, counts = account["settings"], Counter({str(k): int(v) for k, v in account["counts"].items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: damaged; delete it and its shard to make the chunk again ({error})") from error
    expected = _settings(job, chunk)
    differing = [name for name in expected if settings.get(name) != expected[name]]
    if differing:
        raise ValueError(
            f"{job.out}: holds samples of another run ({', '.join(differing)} differ): "
            "use another --out, another --seed, or the former options"
        )
    return counts


def _write_account(job: SingleImageJob, chunk: _Chunk, counts: Counter[str]) -> None:
    path = _account_path(job, chunk)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    content = {"settings": _settings(job, chunk), "counts": dict(counts)}
    temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


class _Bar:
    def __init__(self, bar: Progress, total: int) -> None:
        self._bar, self._task = bar, bar.add_task("pictures", total=total)

    def update(self, count: int) -> None:
        self._bar.update(self._task, advance=count)


@contextmanager
def _progress(total: int) -> Iterator[_Bar]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        yield _Bar(bar, total)


def summary(total: Counter[str]) -> str:
    """One line: samples, pictures, and why pictures were left out."""
    reasons: Iterable[tuple[str, int]] = [(k, n) for k, n in total.most_common() if k not in ("pictures", "samples")]
    left_out = ", ".join(f"{count} {reason}" for reason, count in reasons)
    text = f"{total['samples']} samples of {total['pictures']} pictures"
    return f"{text}; left out: {left_out}" if left_out else text


def main(argv: list[str] | None = None) -> int:
    """The command; returns its exit status."""
    job = tyro.cli(SingleImageJob, args=argv, prog="python -m training data infill")
    try:
        total = generate(job)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped; call again to go on where this left off\n")
        return 130
    sys.stdout.write(f"{job.out}: {summary(total)}\n")
    return 0 if total["samples"] else 1
