"""What is on record about photos: sighted, compared, looked up, forgotten."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gpend.ledger import Fingerprint, Found, FoundBy, Ledger, Result, State, Written
from gpend.stamp import Stamp

NOW = 1_700_000_000
CONTENT, OUTPUT = "a" * 64, "b" * 64


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "ledger.sqlite", NOW) as opened:
        opened.sources.configure([(tmp_path / "photos", tmp_path / "restored")], NOW)
        yield opened


def sighted(ledger: Ledger, name: str, stamp: Stamp = Stamp(1, 2, 3)) -> int:  # noqa: B008  # frozen
    return ledger.photos.sight(1, Found(Path(name), stamp, FoundBy.SCAN), NOW)


def restored(ledger: Ledger, name: str, output: str = OUTPUT, inode: int = 9) -> int:
    photo = sighted(ledger, name)
    written = Written(Path(name), Stamp(1, 2, inode), output)
    ledger.photos.finish(photo, Result(State.RESTORED, "", CONTENT, Fingerprint("m"), None, written), NOW)
    return photo


def test_a_photo_that_is_sighted_again_keeps_its_row_and_its_outcome_so_far(ledger: Ledger) -> None:
    photo = restored(ledger, "a.jpg")
    assert sighted(ledger, "a.jpg", Stamp(5, 6, 7)) == photo
    row = ledger.photos.row(photo)
    assert row is not None
    assert (row.state, row.finished, row.stamp) == (State.WAITING, State.RESTORED, Stamp(5, 6, 7))


def test_names_that_are_no_utf8_are_names_like_others(ledger: Ledger) -> None:
    photo = sighted(ledger, "caf\udce9.jpg")
    known = ledger.photos.known(1, b"caf\xe9.jpg")
    assert known is not None
    assert known.id == photo


def test_where_inodes_are_made_up_a_copy_is_looked_after(ledger: Ledger) -> None:
    """What would be a second name elsewhere cannot be told from a copy."""
    photo = ledger.photos.sight(1, Found(Path("a.jpg"), Stamp(1, 2, 0), FoundBy.SCAN), NOW)
    written = Written(Path("a.jpg"), Stamp(1, 2, 0), CONTENT)
    ledger.photos.finish(photo, Result(State.KEPT, "sharp", CONTENT, Fingerprint(), None, written), NOW)
    known = ledger.photos.known(1, Path("a.jpg"))
    assert known is not None
    assert known.mirrored


@pytest.mark.parametrize(("output", "inode", "mirrored"), [(OUTPUT, 9, True), (CONTENT, 9, True), (CONTENT, 3, False)])
def test_a_second_name_of_the_photo_needs_no_looking_after(
    ledger: Ledger,
    output: str,
    inode: int,
    mirrored: bool,  # noqa: FBT001  # drawn
) -> None:
    restored(ledger, "a.jpg", output, inode)
    known = ledger.photos.known(1, Path("a.jpg"))
    assert known is not None
    assert known.mirrored == mirrored


def test_duplicates_are_told_the_photo_itself_first_then_those_that_are_missing(ledger: Ledger) -> None:
    first, second, third = (restored(ledger, name) for name in ("a.jpg", "b.jpg", "c.jpg"))
    ledger.absences.mark(third, NOW)
    assert [row.id for row in ledger.photos.duplicates(second, CONTENT)] == [second, third, first]


def test_gpend_s_own_work_is_known_by_its_bytes_and_a_copy_is_not_its_work(ledger: Ledger) -> None:
    photo = restored(ledger, "a.jpg")
    made = ledger.photos.made(OUTPUT)
    assert made is not None
    assert made.id == photo
    restored(ledger, "b.jpg", CONTENT)
    assert ledger.photos.made(CONTENT) is None


def test_what_is_forgotten_is_new_again(ledger: Ledger) -> None:
    ledger.photos.forget(restored(ledger, "a.jpg"))
    assert ledger.photos.known(1, Path("a.jpg")) is None
    assert ledger.photos.holder(1, Path("a.jpg")) is None
