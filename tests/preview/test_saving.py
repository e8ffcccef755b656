"""Where the report goes."""

import os
from pathlib import Path

import pytest

from gpend.errors import FatalError
from gpend.preview import saving

PAGE = "<!doctype html><title>gpend preview</title>"


def test_a_report_is_private_and_replaces_an_older_one(tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    saving.save(PAGE, place)
    saving.save(PAGE + "again", place)
    assert place.read_text() == PAGE + "again"
    assert place.stat().st_mode & 0o777 == 0o600
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
