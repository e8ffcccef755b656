"""Outputs whose photos were deleted: kept for a while under the day, found there again, and deleted when it is over."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gpend.intake.reading import Appearance
from gpend.ledger import Fingerprint, Written
from gpend.mirror import Mirror, Origin, trash

DAY = 86_400
NOON = 1_700_000_000  # 2023-11-14
LIKE = Appearance(0o640, os.geteuid(), os.getegid(), NOON * 10**9, NOON * 10**9)


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    return Mirror(tmp_path / "in", tmp_path / "out")


def put(mirror: Mirror, name: str = "Trip/a.jpg", photo: bytes = b"restored") -> Written:
    origin = Origin(Path(name), "0" * 64, LIKE)
    return mirror.write(Path(name), photo, origin, Fingerprint("gpen", "d", "1"), None)


def names(mirror: Mirror) -> list[str]:
    return sorted(path.relative_to(mirror.output).as_posix() for path in mirror.output.rglob("*") if path.is_file())


def test_an_output_goes_into_the_trash_of_the_day_under_its_own_path(mirror: Mirror) -> None:
    kept = trash.discard(mirror, put(mirror), NOON)
    assert names(mirror) == [".gpend-trash/2023-11-14/Trip/a.jpg"]
    assert kept is not None
    assert trash.is_in_trash(kept.path)
    assert mirror.stands(kept)


def test_two_of_one_path_and_day_are_both_kept(mirror: Mirror) -> None:
    for photo in (b"one", b"other"):
        trash.discard(mirror, put(mirror, photo=photo), NOON)
    assert names(mirror) == [".gpend-trash/2023-11-14.2/Trip/a.jpg", ".gpend-trash/2023-11-14/Trip/a.jpg"]


@pytest.mark.parametrize("harm", [lambda path: path.write_bytes(b"edited"), lambda path: path.unlink()])
def test_what_is_not_as_gpend_wrote_it_is_not_gpends_to_move(mirror: Mirror, harm: Callable[[Path], object]) -> None:
    written = put(mirror)
    harm(mirror.output / written.path)
    before = names(mirror)
    assert trash.discard(mirror, written, NOON) is None
    assert names(mirror) == before


def test_a_move_into_the_trash_that_was_interrupted_is_found_done(mirror: Mirror) -> None:
    written = put(mirror)
    kept = trash.discard(mirror, written, NOON)
    assert trash.discard(mirror, written, NOON + DAY) == kept
    assert trash.whereabouts(mirror, written) == kept


def test_only_days_that_are_over_are_emptied_and_links_in_them_are_not_followed(mirror: Mirror, tmp_path: Path) -> None:
    trash.discard(mirror, put(mirror), NOON - 40 * DAY)
    trash.discard(mirror, put(mirror, "b.jpg"), NOON)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/mine.jpg").write_bytes(b"mine")
    (mirror.output / trash.TRASH / "my own notes").mkdir()
    (old,) = [part for part in trash.parts(mirror) if not trash.is_young(part, NOON, 30)]
    (mirror.output / old / "link").symlink_to(tmp_path / "precious")
    list(trash.empty(mirror, old))
    assert names(mirror) == [".gpend-trash/2023-11-14/b.jpg"]
    assert (tmp_path / "precious/mine.jpg").read_bytes() == b"mine"
    assert (mirror.output / trash.TRASH / "my own notes").is_dir()


def test_a_part_is_young_by_its_date_unless_that_is_to_come() -> None:
    parts = {days_ago: trash.today_of(NOON - days_ago * DAY) for days_ago in (31, 30, 0, -1, -2)}
    assert [ago for ago, part in parts.items() if trash.is_young(part, NOON, 30)] == [30, 0, -1]


def test_where_there_is_no_trash_it_has_no_parts(mirror: Mirror) -> None:
    assert trash.parts(mirror) == []
