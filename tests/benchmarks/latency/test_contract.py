"""What the README says about latency is what the records say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RECORDS = sorted((ROOT / "benchmarks" / "results").glob("*-latency-*.json"))


def rows() -> list[str]:
    return [line for line in README.splitlines() if line.startswith("| ") and "`bench latency " in line]


def kept(path: Path) -> tuple[str, dict[str, Any]]:
    """The command of a record, and its latencies by the end of their names."""
    document = json.loads(path.read_text(encoding="utf-8"))
    by_name = {record["name"].split("/", 2)[2]: record for record in document["records"]}
    return document["command"].removeprefix("wheatstone "), by_name


def figures(record: dict[str, Any]) -> tuple[str, str, str]:
    """p50, p99, and frames lost, as the README writes them."""
    facts = record["context"]
    lost = sum(facts["dropped"].values())
    return f"{record['p50']:.1f} ms", f"{record['p99']:.1f} ms", f"{lost:,} of {facts['frames_due']:,}"


def test_there_is_a_row_for_every_record_and_a_record_for_every_row() -> None:
    commands = [f"`{kept(path)[0]}`" for path in RECORDS]
    assert len(RECORDS) >= 2
    for command in commands:
        assert any(command in row for row in rows()), command
    for row in rows():
        assert any(command in row for command in commands), row


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_row_says_what_its_record_says(path: Path) -> None:
    command, by_name = kept(path)
    (row,) = [row for row in rows() if f"`{command}`" in row]
    drawn = by_name["arrival_to_drawn"]
    facts = drawn["context"]
    if "p50_by_tenth" in facts:
        first, last = facts["p50_by_tenth"][0], facts["p50_by_tenth"][-1]
        assert f"p50 {first:.0f} ms in the first tenth, {last:.0f} ms in the last" in row
        assert f"at most {facts['most_waiting_frames']} frame" in row
        assert f"memory {facts['rss_mb'][0]} to {facts['rss_mb'][-1]} MiB" in row
        return
    assert ", ".join(figures(drawn)) in row
    if "plain player" in row:
        assert f"plain player: {', '.join(figures(by_name['player/arrival_to_drawn']))}" in row
    if "busy process" in row:
        assert f"beside a busy process: {', '.join(figures(by_name['arrival_to_drawn/neighbour']))}" in row


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_frames_of_a_record_add_up(path: Path) -> None:
    for record in kept(path)[1].values():
        facts = record["context"]
        if "frames_due" in facts:
            assert facts["frames_shown"] + sum(facts["dropped"].values()) == facts["frames_due"]
            assert facts["misread"] == 0
