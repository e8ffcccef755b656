"""Where the report goes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gpend.errors import FatalError
from gpend.preview import saving

PAGE = "<!doctype html><title>gpend preview</title>"


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        assert os.umask(before) == mask  # as it was


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_a_report_is_as_open_as_any_file_that_the_user_makes(mask: int, mode: int, tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    with umask(mask):
        saving.save(PAGE, place)
    assert place.stat().st_mode & 0o777 == mode


def test_a_report_over_an_older_one_is_as_open_as_that_was(tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    saving.save(PAGE, place)
    place.chmod(0o600)
    with umask(0o022):
        saving.save(PAGE + "again", place)
    assert place.stat().st_mode & 0o777 == 0o600


def test_a_report_replaces_an_older_one_and_leaves_nothing_else(tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    saving.save(PAGE, place)
    saving.save(PAGE + "again", place)
    assert place.read_text() == PAGE + "again"
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_a_report_is_known_by_its_beginning_where_the_file_system_keeps_no_attributes(tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    place.write_text(PAGE)
    saving.save(PAGE + "again", place)
    assert place.read_text() == PAGE + "again"


@pytest.mark.parametrize("kind", ["file", "folder", "pipe"])
def test_what_is_no_report_is_left_alone(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "other"
    match kind:
        case "file":
            place.touch()
        case "folder":
            place.mkdir()
        case _:
            os.mkfifo(place)
    with pytest.raises(FatalError, match="left alone"):
        saving.save(PAGE, place)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="There is no folder"):
        saving.save(PAGE, tmp_path / "none" / "report.html")
