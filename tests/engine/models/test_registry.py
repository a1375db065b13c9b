"""Every entry is whole, allowed, and told in the documentation as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.models import embedded
from engine.models.registry import REGISTRY, Entry

FREE = {"Apache-2.0", "MIT"}
GUIDE = Path(__file__).resolve().parents[3] / "docs" / "models.md"


def test_the_promised_networks_are_there() -> None:
    assert set(REGISTRY) >= {
        "depth-anything-v2-small",
        "depth-anything-3-small",
        "depth-anything-3-base",
        "video-depth-anything-small",
        "midas-small",
    }
    assert not set(REGISTRY) & set(embedded())


@pytest.mark.parametrize("name", REGISTRY)
def test_entries_are_whole(name: str) -> None:
    entry = REGISTRY[name]
    assert entry.name == name
    assert entry.licence in FREE
    assert re.fullmatch(r"[\w.-]+/[\w.-]+", entry.repository)
    assert entry.revision is None or re.fullmatch(r"[0-9a-f]{40}", entry.revision)
    for file in entry.files:
        assert file.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.size is None or file.size > 0
    assert entry.files[0].path.endswith(".onnx")
    assert entry.head is None or entry.head in {file.path for file in entry.files}
    assert entry.size.multiple in (14, 32)
    assert (entry.size.fixed is None) == (entry.size.area is not None)
    if entry.size.fixed is not None:
        assert [side % entry.size.multiple for side in entry.size.fixed] == [0, 0]
        assert entry.input_shape[-2:] == entry.size.fixed[::-1]
    assert entry.feed.window == 1 or entry.feed.window in entry.output_shape
    for text in (entry.summary, entry.limits, entry.evidence, entry.origin):
        assert text


def _row(entry: Entry) -> str:
    size = "not published" if entry.bytes is None else f"{entry.bytes / 1e6:.0f} MB"
    looks = (
        f"{entry.size.fixed[0]}x{entry.size.fixed[1]}" if entry.size.fixed else f"multiples of {entry.size.multiple}"
    )
    known = "published" if all(file.sha256 for file in entry.files) else "of the first pull"
    return (
        f"| `{entry.name}` | {size} | {entry.licence} | {looks} | {entry.feed.gives} | {entry.feed.window} | {known} |"
    )


@pytest.mark.parametrize("name", REGISTRY)
def test_the_guide_says_the_same(name: str) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert _row(REGISTRY[name]) in text.splitlines()
    assert REGISTRY[name].repository in text
