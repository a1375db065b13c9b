"""A name is given only to a whole file, and never taken from another."""

from __future__ import annotations

import os

import pytest

from engine.errors import OutputError
from engine.sinks.destination import Destination


def test_commit_gives_the_name(tmp_path) -> None:
    place = Destination(tmp_path / "film.mp4", overwrite=False, input_path=None)
    assert place.partial == tmp_path / ".film.partial.mp4"
    place.partial.write_bytes(b"whole")
    place.commit()
    assert [entry.name for entry in tmp_path.iterdir()] == ["film.mp4"]


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path) -> None:
    place = Destination(tmp_path / "film.mp4", overwrite=False, input_path=None)
    place.partial.write_bytes(b"ours")
    (tmp_path / "film.mp4").write_bytes(b"theirs")
    with pytest.raises(OutputError, match="exists already"):
        place.commit()
    assert (tmp_path / "film.mp4").read_bytes() == b"theirs"


def test_a_dangling_link_counts_as_existing(tmp_path) -> None:
    (tmp_path / "film.mp4").symlink_to(tmp_path / "elsewhere.mp4")
    with pytest.raises(OutputError, match="exists already"):
        Destination(tmp_path / "film.mp4", overwrite=False, input_path=None)


def test_a_folder_is_no_file(tmp_path) -> None:
    with pytest.raises(OutputError, match="this is a folder"):
        Destination(tmp_path, overwrite=True, input_path=None)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_told(tmp_path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="may not be written to"):
        Destination(tmp_path / "film.mp4", overwrite=False, input_path=None)
