"""How many photos are in memory, and which have to wait."""

from concurrent.futures import Future
from dataclasses import replace

from gpend.core.report import Outcome
from gpend.dispatch.dispatcher import load_job
from gpend.dispatch.in_flight import InFlight, Submission
from gpend.dispatch.types import Job
from gpend.settings import EngineKind, EngineSettings, Settings
from tests.dispatch.conftest import Bench


def submitted(job: Job, since: float = 0.0) -> Submission:
    return Submission(job, Future[Outcome](), since)


def job_of(bench: Bench, name: str, photo: bytes) -> Job:
    return load_job(bench.sight(name, photo), bench.pair, 1 << 30, bench.now)


def test_there_are_two_for_each_slot(bench: Bench) -> None:
    in_flight = InFlight(Settings(slots=1))
    jobs = [job_of(bench, f"{number}.jpg", b"photo %d" % number) for number in range(3)]
    for job in jobs[:2]:
        assert in_flight.has_room(job.row)
        in_flight.add(submitted(job))
    assert not in_flight.has_room(jobs[2].row)


def test_they_are_not_larger_together_than_the_memory_allows_but_one_may_always_be(bench: Bench) -> None:
    in_flight = InFlight(Settings(slots=8, memory_mb=64))
    job = job_of(bench, "a.jpg", b"photo")
    large = replace(job.row, stamp=replace(job.row.stamp, size=in_flight.limit))
    assert in_flight.has_room(large)
    in_flight.add(submitted(job))
    assert not in_flight.has_room(large)


def test_a_photo_in_which_gpend_ended_has_the_engine_to_itself(bench: Bench) -> None:
    in_flight = InFlight(Settings(slots=8))
    job, suspect = job_of(bench, "a.jpg", b"photo"), job_of(bench, "b.jpg", b"suspect")
    suspect = replace(suspect, row=replace(suspect.row, attempts=1))
    in_flight.add(submitted(suspect))
    assert not in_flight.has_room(job.row)
    in_flight.remove(next(iter(in_flight)))
    in_flight.add(submitted(job))
    assert not in_flight.has_room(suspect.row)


def test_a_photo_of_the_same_content_waits_until_the_other_is_done(bench: Bench) -> None:
    in_flight = InFlight(Settings(slots=8))
    job, duplicate = job_of(bench, "a.jpg", b"photo"), job_of(bench, "b.jpg", b"photo")
    submission = submitted(job)
    in_flight.add(submission)
    assert in_flight.is_working_on(duplicate.photo.content)
    in_flight.wait_on_duplicate(duplicate)
    assert (in_flight.holds(duplicate.row), in_flight.passed_over) == (True, 1)
    in_flight.remove(submission)
    assert (in_flight.holds(duplicate.row), in_flight.passed_over, len(in_flight)) == (False, 0, 0)


def test_only_what_the_engine_still_works_on_counts_as_long_running(bench: Bench) -> None:
    in_flight = InFlight(Settings())
    assert in_flight.longest(9.0) == 0.0
    submission = submitted(job_of(bench, "a.jpg", b"photo"), since=1.0)
    in_flight.add(submission)
    assert in_flight.longest(9.0) == 8.0
    submission.future.cancel()
    assert in_flight.longest(9.0) == 0.0


def test_what_waits_its_turn_for_a_slow_machine_does_not_count_while_that_finishes_others(bench: Bench) -> None:
    in_flight = InFlight(Settings())
    in_flight.add(submitted(job_of(bench, "a.jpg", b"photo"), since=1.0))
    in_flight.note_answer(7.0)
    assert in_flight.longest(9.0) == 2.0
    in_flight.add(submitted(job_of(bench, "b.jpg", b"other"), since=8.0))
    assert in_flight.longest(9.0) == 2.0


def test_on_their_way_to_other_machines_there_are_as_many_as_the_window_holds_with_their_answers(bench: Bench) -> None:
    cluster = EngineSettings(kind=EngineKind.CLUSTER, window_mb=64)
    in_flight = InFlight(Settings(slots=1, engine=cluster))
    job = job_of(bench, "a.jpg", b"photo")
    large = replace(job.row, stamp=replace(job.row.stamp, size=32 << 20))
    for _ in range(10):
        assert in_flight.has_room(job.row)
        in_flight.add(submitted(job))
    assert not in_flight.has_room(large)
