"""From the queue to the engine: in turns, within the memory, and what cannot be read is seen to."""

import errno
import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from gpend.core.formats.unwritten import NEVER_WRITTEN
from gpend.dispatch import FolderPair, Now
from gpend.dispatch.dispatcher import load_job
from gpend.dispatch.outputs import OutputWriter
from gpend.dispatch.types import Job
from gpend.errors import PhotoError
from gpend.intake import reading
from gpend.intake.reading import ChangedError
from gpend.ledger import Fingerprint, Row, State, Written
from gpend.mirror import output_root
from tests.dispatch.conftest import Bench
from tests.world import BLURRED, RESTORED


def test_a_photo_larger_than_the_memory_is_not_read_and_says_what_to_do(bench: Bench) -> None:
    row = bench.sight("a.jpg", BLURRED)
    with pytest.raises(PhotoError, match="Raise memory_mb"):
        load_job(row, bench.pair, 10, bench.now)
    hardly = replace(row, stamp=replace(row.stamp, size=(8 << 20) + 1))
    with pytest.raises(PhotoError, match=r"has 9 MiB, more than memory_mb allows \(8 MiB\)"):
        load_job(hardly, bench.pair, 8 << 20, bench.now)


def test_a_photo_is_read_as_it_was_sighted_or_not_at_all(bench: Bench) -> None:
    row = bench.sight("a.jpg", BLURRED)
    job = load_job(row, bench.pair, 1 << 30, bench.now)
    assert (job.picture, job.before, job.origin.relative) == (BLURRED, None, row.relative)
    with pytest.raises(ChangedError):
        load_job(replace(row, stamp=replace(row.stamp, size=1)), bench.pair, 1 << 30, bench.now)


def test_a_photo_that_is_gone_when_its_turn_comes_is_dropped(bench: Bench) -> None:
    row = bench.sight("a.jpg", BLURRED)
    (bench.world.source / "a.jpg").unlink()
    bench.work()
    assert bench.ledger.photos.row(row.id) is None
    assert [each.id for each in bench.dispatcher.take_changed()] == [row.id]


def test_a_copy_is_not_given_to_the_engine_while_the_photo_is(bench: Bench) -> None:
    bench.world.engine.slow = True
    bench.sight("a.jpg", BLURRED)
    bench.sight("b.jpg", BLURRED)
    bench.dispatcher.feed(bench.now)
    assert (len(bench.in_flight()), bench.dispatcher.in_flight.passed_over) == (1, 1)
    bench.world.engine.finish()
    bench.work()
    assert bench.world.outputs() == {"a.jpg": RESTORED, "b.jpg": RESTORED}
    assert bench.world.engine.given.total() == 1


def test_where_each_photo_takes_long_to_read_a_turn_ends_before_the_next(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.done("a.jpg", BLURRED)
    copies = [bench.sight(f"copy{number}.jpg", BLURRED) for number in range(5)]
    passed = [0.0]

    def load_slowly(row: Row, pair: FolderPair, limit: int, now: Now) -> Job | None:
        passed[0] += 60.0  # as from a network's disk that is slow: whoever stops gpend waits for the end of a turn
        return load_job(row, pair, limit, now)

    monkeypatch.setattr("gpend.dispatch.dispatcher.load_job", load_slowly)
    monkeypatch.setattr("gpend.dispatch.dispatcher.time", SimpleNamespace(monotonic=lambda: passed[0]))
    for done in range(1, 6):
        assert bench.dispatcher.feed(bench.now)
        assert [bench.row(copy.id).state for copy in copies].count(State.RESTORED) == done


def test_a_photo_that_never_got_its_end_is_set_aside_and_looked_at_again(bench: Bench) -> None:
    row = bench.sight("a.jpg", BLURRED)
    bench.dispatcher.set_aside_incomplete(row.id, bench.now)
    row = bench.row(row.id)
    assert (row.state, row.next_attempt) == (State.INCOMPLETE, bench.now.utc + 600)


def test_a_photo_with_holes_is_asked_about_them_each_time_that_it_is_tried(bench: Bench) -> None:
    path = bench.world.source / "a.jpg"
    with path.open("wb") as file:
        file.write(BLURRED[:-2])
        file.truncate(100_000)
        file.seek(100_000)
        file.write(BLURRED[-2:])
    row = bench.sight("a.jpg")
    if reading.read(path).hole is None:
        pytest.skip("this file system does not tell unwritten space from data")
    bench.dispatcher.set_aside_incomplete(row.id, bench.now)
    for _ in range(3):
        bench.world.clock.pass_by(86_401)
        bench.ledger.upkeep.wake(bench.now.utc)
        bench.work()
        row = bench.row(row.id)
        assert (row.state, row.reason) == (State.INCOMPLETE, NEVER_WRITTEN)
    assert bench.world.engine.given == {}


def test_an_output_that_cannot_be_written_now_pauses_its_pair_and_the_photo_waits(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = bench.sight("a.jpg", BLURRED)
    bench.dispatcher.feed(bench.now)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        bench.dispatcher.collect(bench.now)
    assert (bench.row(row.id).state, bench.world.outputs()) == (State.WAITING, {})
    assert bench.dispatcher.health.is_paused(bench.pair, bench.now)
    bench.world.clock.pass_by(60)
    bench.work()
    assert (bench.row(row.id).state, bench.world.outputs()) == (State.RESTORED, {"a.jpg": RESTORED})


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Folders of the output that gpend may not write to, and files that it may not replace."""
    names, restored = list[str](), OutputWriter.write_restored
    try_folder, try_file = output_root.try_folder, output_root.try_file

    def refuse(place: Path) -> None:
        if place.name in names:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def write(writer: OutputWriter, job: Job, photo: bytes, suffix: str, fingerprint: Fingerprint) -> Written:
        refuse(job.row.relative.parent)
        if job.before is not None:
            refuse(job.before.path)
        return restored(writer, job, photo, suffix, fingerprint)

    def tried(root: Path, relative: Path) -> None:
        refuse(relative)
        try_folder(root, relative)

    def tried_file(root: Path, relative: Path) -> None:
        refuse(relative)
        try_file(root, relative)

    monkeypatch.setattr(OutputWriter, "write_restored", write)
    monkeypatch.setattr(output_root, "try_file", tried_file)
    monkeypatch.setattr(output_root, "try_folder", tried)
    return names


def test_a_folder_of_the_output_that_gpend_may_not_write_to_keeps_no_other_photo_waiting(
    bench: Bench, forbidden: list[str]
) -> None:
    forbidden.append("closed")
    closed = [bench.sight(f"closed/{number}.jpg", BLURRED + bytes([number])) for number in range(5)]
    bench.sight("open/a.jpg", BLURRED)
    bench.work()
    assert set(bench.world.outputs()) == {"open/a.jpg"}
    assert not [each for each in bench.told if each.startswith("paused")]
    rows = [bench.row(row.id) for row in closed]
    assert {row.state for row in rows} == {State.FAILED}
    assert "permission denied" in rows[0].reason
    forbidden.clear()
    bench.world.clock.pass_by(3601)
    bench.ledger.upkeep.wake(bench.now.utc)
    bench.work()
    assert len(bench.world.outputs()) == 6


def test_a_photo_whose_output_may_not_be_written_still_is_not_given_to_the_engine_again(
    bench: Bench, forbidden: list[str]
) -> None:
    forbidden.append("closed")
    closed = [bench.sight(f"closed/{number}.jpg", BLURRED + bytes([number])) for number in range(5)]
    bench.work()
    assert bench.world.engine.given.total() == 5
    for hours in (2, 3):
        bench.world.clock.pass_by(hours * 3600)
        bench.ledger.upkeep.wake(bench.now.utc)
        bench.work()
    assert bench.world.engine.given.total() == 5
    rows = [bench.row(row.id) for row in closed]
    assert {row.state for row in rows} == {State.FAILED}
    assert {row.next_attempt for row in rows} == {bench.now.utc + 4 * 3600}  # after one hour and two
    forbidden.clear()
    bench.world.clock.pass_by(4 * 3600)
    bench.ledger.upkeep.wake(bench.now.utc)
    bench.work()
    assert len(bench.world.outputs()) == 5


@pytest.mark.parametrize(("knobs", "given"), [({"keep": "copy"}, 1), ({"keep": "none"}, 4)])
def test_photos_of_a_folder_whose_outputs_may_not_be_written_wait_without_the_engine_where_each_has_an_output(
    bench: Bench, forbidden: list[str], given: int
) -> None:
    forbidden.append("closed")
    bench.sight("closed/first.jpg", BLURRED)
    bench.work()
    later = [bench.sight(f"closed/{number}.jpg", BLURRED + bytes([number])) for number in range(3)]
    bench.work()
    assert bench.world.engine.given.total() == given  # without an output, what is left alone needs no place
    assert {bench.row(row.id).state for row in later} == {State.FAILED}
    forbidden.clear()
    bench.world.clock.pass_by(3601)
    bench.ledger.upkeep.wake(bench.now.utc)
    bench.work()
    assert len(bench.world.outputs()) == 4


@pytest.mark.parametrize("knobs", [{"keep": "none"}])
def test_photos_that_have_outputs_in_a_folder_that_may_not_be_written_wait_without_the_engine_too(
    bench: Bench, forbidden: list[str]
) -> None:
    names = [f"closed/{number}.jpg" for number in range(4)]
    for number, name in enumerate(names):
        bench.done(name, BLURRED + bytes([number]))
    forbidden.append("closed")
    bench.world.engine.given.clear()
    changed = []
    for number, name in enumerate(names):
        changed.append(bench.sight(name, BLURRED + bytes([10 + number])))
        bench.work()
    assert bench.world.engine.given.total() == 1  # what they have there gives way, whatever they are found to be
    assert {bench.row(row.id).state for row in changed} == {State.FAILED}
    forbidden.clear()
    bench.world.clock.pass_by(3601)
    bench.ledger.upkeep.wake(bench.now.utc)
    bench.work()
    assert {bench.row(row.id).state for row in changed} == {State.RESTORED}


def test_photos_whose_outputs_may_not_be_replaced_are_not_given_to_the_engine_again_before_they_may(
    bench: Bench, forbidden: list[str]
) -> None:
    names = [f"{number}.jpg" for number in range(4)]
    for number, name in enumerate(names):
        bench.done(name, BLURRED + bytes([number]))
    forbidden.extend(names[:3])
    changed = [bench.sight(name, BLURRED + bytes([10 + number])) for number, name in enumerate(names)]
    bench.work()
    given = bench.world.engine.given.total()
    for hours in (2, 3):
        bench.world.clock.pass_by(hours * 3600)
        bench.ledger.upkeep.wake(bench.now.utc)
        bench.work()
    assert bench.world.engine.given.total() == given
    assert [bench.row(row.id).state for row in changed] == [*[State.FAILED] * 3, State.RESTORED]
    forbidden.clear()
    bench.world.clock.pass_by(4 * 3600)
    bench.ledger.upkeep.wake(bench.now.utc)
    bench.work()
    assert {bench.row(row.id).state for row in changed} == {State.RESTORED}


def test_an_output_that_gpend_may_not_write_to_at_all_pauses_its_pair(
    bench: Bench, forbidden: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forbidden.append("Trip")
    monkeypatch.setattr("gpend.mirror.output_root.can_be_written", lambda _: False)
    row = bench.sight("Trip/a.jpg", BLURRED)
    bench.work()
    assert bench.row(row.id).state is State.WAITING
    assert bench.dispatcher.health.is_paused(bench.pair, bench.now)


def test_whether_an_output_can_be_written_is_tried_and_leaves_nothing_there(bench: Bench) -> None:
    assert output_root.can_be_written(bench.world.output)
    output_root.try_folder(bench.world.output, Path("not/yet/there"))
    assert list(bench.world.output.iterdir()) == []
    assert not output_root.can_be_written(bench.world.output / "missing")


def test_a_pair_is_known_to_work_again_though_no_photo_waits(bench: Bench) -> None:
    bench.dispatcher.health.pause(bench.pair, "trouble", bench.now)
    bench.world.clock.pass_by(60)
    bench.dispatcher.feed(bench.now)
    assert bench.ledger.sources.row(bench.pair.id).paused_reason is None


def fail(descriptor: int) -> None:
    """A disk that is full."""
    raise OSError(28, "No space left on device", descriptor)
