from __future__ import annotations

from pathlib import Path

import pytest

from engine.config_values import UsualNumber, UsualWord, check_folder, check_span, is_chosen
from engine.errors import UsageError


def test_a_usual_value_equals_a_chosen_one_but_is_none() -> None:
    for usual, chosen in ((UsualWord("h264"), "h264"), (UsualNumber(2.5), 2.5)):
        assert usual == chosen
        assert is_chosen(chosen)
        assert not is_chosen(usual)
    assert not is_chosen(None)


def test_spans() -> None:
    check_span(0.0, None)
    check_span(1.5, 0.1)
    for start_s, duration_s in ((-1.0, None), (float("inf"), None), (0.0, 0.0), (0.0, float("nan"))):
        with pytest.raises(UsageError, match=r"--start|--duration"):
            check_span(start_s, duration_s)


def test_folders(tmp_path: Path) -> None:
    check_folder("report", None)
    check_folder("report", tmp_path / "new.json")
    with pytest.raises(UsageError, match=r"--report .*the folder .* does not exist"):
        check_folder("report", tmp_path / "no" / "r.json")
    with pytest.raises(UsageError, match=r"--report .*this is a folder"):
        check_folder("report", tmp_path)
