"""Whose a place in the output tree is, by the ledger and by the source."""

from pathlib import Path

from gpend.dispatch.outputs import Ownership
from tests.dispatch.conftest import Bench
from tests.world import BLURRED

A, B = Path("a.jpg"), Path("b.jpg")


def test_a_place_belongs_to_the_photo_whose_output_stands_there(bench: Bench) -> None:
    row = bench.done("a.jpg", BLURRED)
    ownership = Ownership(bench.ledger)
    holder = ownership.holder(bench.pair, A)
    assert holder is not None
    assert holder.id == row.id
    assert ownership.holder(bench.pair, B) is None


def test_a_place_is_free_only_where_no_output_and_no_other_photo_has_the_name(bench: Bench) -> None:
    row = bench.done("a.jpg", BLURRED)
    other = bench.sight("b.heic", BLURRED + b" another")
    ownership = Ownership(bench.ledger)
    assert not ownership.is_free(other, bench.pair, A)
    assert ownership.is_free(other, bench.pair, B)
    bench.world.put("b.jpg")
    assert not ownership.is_free(other, bench.pair, B)
    assert ownership.is_taken(other, bench.pair, B)
    assert not ownership.is_taken(row, bench.pair, A)
    assert not ownership.is_taken(other, bench.pair, A, moved_from=row.id)


def test_copies_of_one_photo_share_no_file_on_a_disk_where_each_name_is_its_own(bench: Bench) -> None:
    first, second = bench.done("a.jpg", BLURRED), bench.done("b.jpg", BLURRED)
    ownership = Ownership(bench.ledger)
    for row in (first, second):
        assert row.written is not None
        assert not ownership.is_shared(bench.pair.id, bench.pair.mirror, row.written, row.id)


def test_another_row_with_the_very_same_file_shares_it(bench: Bench) -> None:
    first, second = bench.done("a.jpg", BLURRED), bench.done("b.jpg", BLURRED)
    assert first.written is not None
    bench.ledger.photos.rehome(second.id, first.written)
    ownership = Ownership(bench.ledger)
    assert ownership.is_shared(bench.pair.id, bench.pair.mirror, first.written, first.id)
    assert not ownership.is_shared(bench.pair.id, bench.pair.mirror, first.written, first.id, second.id)
