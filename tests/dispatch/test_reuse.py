"""What needs no engine: met before, moved, swapped, gpend's own, or left as somebody wants it."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.dispatch.dispatcher import load_job
from gpend.dispatch.reuse import may_have_swapped, moved_from, reusable_results
from gpend.ledger import Fingerprint, FoundBy, Row, State, Written
from gpend.stamp import Stamp
from tests.dispatch.conftest import Bench
from tests.world import BLURRED, RESTORED, SHARP

HERE = Fingerprint("fake", "d1", "0.1.0")
BEFORE = Fingerprint("fake", "before", "0.1.0")
WRITTEN = Written(Path("a.jpg"), Stamp(1, 2, 3), "b" * 64)


def row_of(number: int, state: State, fingerprint: Fingerprint = HERE) -> Row:
    return Row(
        id=number,
        folder=1,
        source=Path("/in"),
        output_root=Path("/out"),
        relative=Path(f"{number}.jpg"),
        is_sidecar=False,
        stamp=Stamp(1, 2, 3),
        state=state,
        prior=None,
        reason="",
        content="a" * 64,
        picture=None,
        outcome=None,
        written=WRITTEN if state is State.RESTORED else None,
        fingerprint=fingerprint,
        first_seen=0,
        updated=0,
        found_by=FoundBy.SCAN,
        attempts=0,
        deaths=0,
        delays=0,
        next_attempt=None,
        held=False,
        forced=False,
        changed_since=None,
        counted=None,
        recheck=False,
        missing_since=None,
        camera=None,
        taken=None,
        rejudged=False,
        earlier=None,
    )


def test_a_restoration_counts_whatever_the_settings_were_and_a_verdict_only_under_the_same_ones() -> None:
    photo = row_of(1, State.WAITING)
    restored, kept = row_of(2, State.RESTORED, BEFORE), row_of(3, State.KEPT, BEFORE)
    assert reusable_results(photo, [kept, restored], HERE) == [restored]
    assert reusable_results(photo, [kept], HERE) == []
    assert reusable_results(photo, [row_of(3, State.KEPT)], HERE) != []


def test_a_photo_s_own_outcome_comes_first_and_what_a_person_asked_for_afresh_has_none() -> None:
    own = replace(row_of(1, State.WAITING), prior=State.KEPT)
    other = row_of(2, State.RESTORED)
    assert reusable_results(own, [other, own], HERE) == [own]
    assert reusable_results(replace(own, forced=True), [other, own], HERE) == []


@given(states=st.lists(st.sampled_from(list(State)), max_size=6))
def test_all_that_may_be_reused_ended_alike_and_none_of_it_failed(states: list[State]) -> None:
    found = reusable_results(row_of(0, State.WAITING), [row_of(n, state) for n, state in enumerate(states, 1)], HERE)
    assert len({row.finished for row in found}) <= 1
    assert not {row.finished for row in found} & {State.FAILED, State.INCOMPLETE, State.WAITING, State.WORKING}


def swapped(number: int) -> Row:
    """A restored photo that waits to be looked at."""
    written = replace(WRITTEN, path=Path(f"{number}.jpg"))
    return replace(row_of(number, State.WAITING), prior=State.RESTORED, written=written)


def test_photos_have_swapped_only_where_each_output_has_the_name_that_the_other_would_have() -> None:
    one = swapped(1)
    other = swapped(2)
    assert may_have_swapped(one, other)
    assert not may_have_swapped(one, one)
    assert not may_have_swapped(one, replace(other, folder=2))
    assert not may_have_swapped(one, replace(other, held=True))
    assert not may_have_swapped(one, replace(other, written=replace(WRITTEN, path=Path("sub/2.jpg"))))


def test_a_copy_of_a_restored_photo_gets_a_copy_of_its_output(bench: Bench) -> None:
    bench.done("a.jpg", BLURRED)
    bench.done("copy.jpg", BLURRED)
    assert bench.world.outputs() == {"a.jpg": RESTORED, "copy.jpg": RESTORED}
    assert bench.world.engine.given.total() == 1


def test_a_moved_photo_takes_its_output_with_it_and_leaves_no_row(bench: Bench) -> None:
    before = bench.done("a.jpg", BLURRED)
    (bench.world.source / "a.jpg").rename(bench.world.source / "b.jpg")
    row = bench.sight("b.jpg")
    bench.work()
    assert bench.world.outputs() == {"b.jpg": RESTORED}
    assert (bench.row(row.id).state, bench.ledger.photos.row(before.id)) == (State.RESTORED, None)
    assert bench.world.engine.given.total() == 1


def test_a_photo_whose_file_is_still_there_has_not_moved(bench: Bench) -> None:
    before = bench.done("a.jpg", BLURRED)
    job = load_job(bench.sight("b.jpg", BLURRED), bench.pair, 1 << 30, bench.now)
    assert not moved_from(job, before)
    (bench.world.source / "a.jpg").unlink()
    assert moved_from(job, before)
    assert not moved_from(job, replace(before, folder=before.folder + 1))  # another source may be away as a whole


def test_gpend_s_own_work_that_comes_in_again_is_not_restored_twice(bench: Bench) -> None:
    bench.done("a.jpg", BLURRED)
    row = bench.done("elsewhere.jpg", RESTORED)
    assert (row.state, "restored this photo itself" in row.reason) == (State.KEPT, True)


def test_an_output_that_the_ledger_has_lost_is_found_in_place(bench: Bench) -> None:
    row = bench.done("a.jpg", BLURRED)
    bench.ledger.photos.forget(row.id)
    row = bench.sight("a.jpg")
    bench.work()
    assert (bench.row(row.id).state, bench.world.engine.given.total()) == (State.RESTORED, 1)
    assert "found in place" in bench.row(row.id).reason


@pytest.mark.parametrize("photo", [BLURRED, SHARP])
def test_only_other_bytes_are_a_change_that_the_brake_counts(bench: Bench, photo: bytes) -> None:
    row = bench.done("a.jpg", photo)
    bench.sight("a.jpg", photo)
    bench.dispatcher.feed(bench.now)
    assert not bench.pair.has_new_changes
    bench.sight("a.jpg", photo + b", edited")
    bench.dispatcher.feed(bench.now)
    is_mirrored = row.written is not None
    assert bench.pair.has_new_changes is is_mirrored
    assert (bench.row(row.id).counted is not None) is is_mirrored


def test_a_counted_change_waits_until_the_brake_has_had_its_look(bench: Bench) -> None:
    row = bench.done("a.jpg", BLURRED)
    bench.sight("a.jpg", BLURRED + b", edited")
    for _ in range(3):
        bench.dispatcher.feed(bench.now)
    assert (bench.row(row.id).state, bench.in_flight(), bench.pair.has_new_changes) == (State.WAITING, [], True)
    bench.work()
    assert bench.row(row.id).state is State.RESTORED
    assert bench.world.engine.given.total() == 2
