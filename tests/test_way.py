"""How much a reader has to open to follow one photo: it must not creep up again."""

from pathlib import Path

from tests.way import Way, walk

FILES = 30
CHANGES = 150


def test_the_way_of_a_photo_from_event_to_ledger_row_leads_through_few_files(tmp_path: Path) -> None:
    way = walk(tmp_path)
    told = "\n".join(way.files)
    assert len(way.files) <= FILES, told
    assert way.changes <= CHANGES, told


def test_a_loop_between_two_files_is_counted_once_each_way_and_a_return_later_again() -> None:
    loop = [("a", "f"), ("b", "g")] * 5
    assert Way(loop).changes == 2
    assert Way([*loop, ("c", "h"), ("d", "i"), *loop]).changes == 7
