"""Who is next, who is to blame."""

from concurrent.futures import Future

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.core.report import Kept, Outcome
from gpend.engine.jobs import Job, Jobs
from gpend.errors import PhotoError, TransientError

_SHARP = Kept("sharp", ())


def _jobs(slots: int, count: int) -> tuple[Jobs, list[Future[Outcome]]]:
    jobs = Jobs(slots)
    futures: list[Future[Outcome]] = [Future() for _ in range(count)]
    for number, future in enumerate(futures):
        jobs.add(Job(number, b"photo", future))
    return jobs, futures


def _begin(jobs: Jobs, now: float = 0.0) -> list[int]:
    return [job.number for job in jobs.begin(now)]


def test_as_many_begin_as_there_are_slots_and_in_order() -> None:
    jobs, futures = _jobs(2, 3)
    assert _begin(jobs) == [0, 1]
    assert _begin(jobs) == []
    jobs.settle(0, _SHARP)
    assert futures[0].result() == _SHARP
    assert _begin(jobs) == [2]
    assert len(jobs) == 2


def test_a_photo_that_nobody_waits_for_any_more_is_dropped() -> None:
    jobs, futures = _jobs(1, 2)
    futures[0].cancel()
    assert _begin(jobs) == [1]
    assert len(jobs) == 1


def test_the_worker_must_die_twice_with_a_photo_before_it_is_set_aside() -> None:
    jobs, (future,) = _jobs(1, 1)
    for _ in range(2):
        assert not future.done()
        assert _begin(jobs) == [0]
        jobs.requeue_lost(jobs.begun.values(), "it was ended by SIGSEGV")
    with pytest.raises(PhotoError, match="twice, and was set aside: it was ended by SIGSEGV"):
        future.result()
    assert len(jobs) == 0


@given(slots=st.integers(1, 5), count=st.integers(1, 12), data=st.data())
def test_only_culprits_are_set_aside_whoever_was_with_them(slots: int, count: int, data: st.DataObject) -> None:
    culprits = data.draw(st.sets(st.integers(0, count - 1)))
    jobs, futures = _jobs(slots, count)
    for _ in range(10 * count):
        _begin(jobs)
        begun = set(jobs.begun)
        if begun & culprits:
            jobs.requeue_lost(jobs.begun.values(), "crash")
        elif begun:
            jobs.settle(data.draw(st.sampled_from(sorted(begun))), _SHARP)
    assert len(jobs) == 0
    assert {number for number, future in enumerate(futures) if future.exception()} == culprits


def test_suspects_run_alone() -> None:
    jobs, _ = _jobs(3, 4)
    assert _begin(jobs) == [0, 1, 2]
    jobs.requeue_lost(jobs.begun.values(), "crash")
    for number in (0, 1, 2):
        assert _begin(jobs) == [number]
        assert _begin(jobs) == []
        jobs.settle(number, _SHARP)
    assert _begin(jobs) == [3]


def test_a_stalled_photo_is_blamed_and_its_neighbour_goes_on() -> None:
    jobs, _ = _jobs(2, 2)
    _begin(jobs, now=0.0)
    jobs.beat((1, 99), now=8.0)
    stalled = jobs.stalled(now=10.0, seconds=10.0)
    assert [job.number for job in stalled] == [0]
    jobs.requeue_lost(stalled, "no headway")
    assert _begin(jobs, now=10.0) == [0]
    jobs.settle(0, _SHARP)
    assert _begin(jobs, now=11.0) == [1]


def test_abandoned_photos_all_hear_of_it() -> None:
    jobs, futures = _jobs(1, 3)
    _begin(jobs)
    futures[2].cancel()
    jobs.abandon(TransientError("stopped"))
    assert isinstance(futures[0].exception(), TransientError)
    assert isinstance(futures[1].exception(), TransientError)
    assert futures[2].cancelled()
    assert len(jobs) == 0
