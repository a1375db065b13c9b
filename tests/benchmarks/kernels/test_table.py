"""Ratios are of what took turns on the same arrays, and the table shows them."""

from __future__ import annotations

import pytest
from rich.console import Console

from benchmarks.kernels.table import ratio, tables
from benchmarks.record import Record


def record(name: str, ms: float, run: str = "forward_splat") -> Record:
    return Record.of(f"kernels/{name}", [ms], "ms", {"run": run})


RECORDS = [
    record("memcpy_two_eyes/yuv420p/1080p/threads=1", 0.5),
    record("cv2_remap_linear_two_eyes/yuv420p/1080p/threads=1", 10),
    record("cv2_remap_linear_two_eyes/yuv420p/1080p/noisy/threads=1", 20),
    record("forward_splat/yuv420p/1080p/threads=1", 11),
    record("forward_splat/yuv420p/1080p/threads=2", 6),
    record("forward_splat/yuv420p/1080p/noisy/threads=1", 30),
    record("forward_splat/yuv420p/1080p/fill=surface/threads=1", 12),
    record("forward_splat/rgb24/1080p/threads=1", 13),
    record("cv2_resize_cubic/384x224/1080p/threads=1", 1, run="joint_upsample"),
    record("joint_upsample/384x224/1080p/threads=1", 3, run="joint_upsample"),
    record("memcpy_two_eyes/rgb24/1080p/threads=1", 1, run="another"),
]


@pytest.mark.parametrize(
    ("number", "peer", "times"),
    [
        (3, "cv2_remap_linear_two_eyes", 1.1),
        (4, "cv2_remap_linear_two_eyes", 0.6),
        (5, "cv2_remap_linear_two_eyes", 1.5),
        (5, "memcpy_two_eyes", 60),
        (6, "cv2_remap_linear_two_eyes", 1.2),
        (7, "cv2_remap_linear_two_eyes", None),
        # The only memcpy of this format belongs to another run.
        (7, "memcpy_two_eyes", None),
    ],
)
def test_ratio_is_to_the_peer_of_the_same_run_and_arrays(number: int, peer: str, times: float | None) -> None:
    assert ratio(RECORDS[number], peer, RECORDS) == (None if times is None else pytest.approx(times))


def shown_lines(records: list[Record], width: int) -> list[str]:
    console = Console(width=width)
    with console.capture() as shown:
        for heading, table in tables(records):
            console.print(heading)
            console.print(table)
    return [line.rstrip() for line in shown.get().splitlines()]


@pytest.mark.parametrize("width", [80, 120])
def test_cases_come_first_and_peers_are_marked(width: int) -> None:
    shown = shown_lines(RECORDS[:-1], width)
    assert shown[0] == "forward_splat, 1080p: ms, each timed 1 times in turns"
    assert shown[1].split() == ["p50", "p95", "p99", "x", "memcpy", "x", "remap", "linear"]
    assert shown[2].split() == ["yuv420p", "11.0", "11.0", "11.0", "22.0", "1.10"]
    assert shown[3].split() == ["yuv420p", "threads=2", "6.00", "6.00", "6.00", "12.0", "0.60"]
    assert shown[6].split() == ["rgb24", "13.0", "13.0", "13.0"]
    assert shown[7] == "peers"
    assert shown[8].split() == ["memcpy", "yuv420p", "0.50", "0.50", "0.50", "1.00", "0.05"]
    assert "joint_upsample, 1080p: ms, each timed 1 times in turns" in shown


def test_a_gpu_is_named_and_compared_with_its_own_copies() -> None:
    context = {"run": "forward_splat/cuda", "card": "Card 9000"}
    names = [f"kernels/{what}/rgb24/1080p/device=cuda/timed=each" for what in ("forward_splat", "memcpy_dtod")]
    records = [Record.of(name, [us, us], "us", context) for name, us in zip(names, (12.0, 10.0), strict=True)]
    shown = shown_lines(records, 80)
    assert shown[0] == "forward_splat on Card 9000, 1080p: us, each timed 2 times in turns"
    assert shown[2].split() == ["rgb24", "timed=each", "12.0", "12.0", "12.0", "1.20"]
