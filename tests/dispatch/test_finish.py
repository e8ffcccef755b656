"""How photos end: mirror, then ledger, then whoever listens; and how they wait where that is not possible now."""

import pytest

from gpend.core.report import Outcome
from gpend.dispatch.finish import facts_of, interval, state_of
from gpend.errors import FatalError, IncompleteError, PhotoError, TransientError, UnsupportedError
from gpend.ledger import State
from tests.dispatch.conftest import Bench
from tests.fakes import restored_if_blurred
from tests.world import BLURRED, RESTORED


def test_a_listener_hears_of_an_outcome_once_and_after_it_is_on_record(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[State] = []
    row = bench.sight("a.jpg", BLURRED)
    monkeypatch.setattr(bench, "finished", lambda *_: heard.append(bench.row(row.id).state))
    bench.work()
    assert heard == [State.RESTORED]
    assert bench.world.outputs() == {"a.jpg": RESTORED}


def test_where_the_ledger_fails_the_photo_stays_in_flight_and_is_ended_later_without_the_engine(bench: Bench) -> None:
    row = bench.sight("a.jpg", BLURRED)
    bench.dispatcher.feed(bench.now)
    bench.ledger.failing = True
    with pytest.raises(TransientError):
        bench.dispatcher.collect(bench.now)
    assert (bench.told, bench.row(row.id).state, len(bench.in_flight())) == ([], State.WORKING, 1)
    assert bench.dispatcher.collect(bench.now) == 1
    assert bench.told == ["a.jpg restored"]
    assert (bench.row(row.id).state, bench.in_flight()) == (State.RESTORED, [])
    assert bench.world.engine.given.total() == 1


def test_an_outcome_of_a_photo_that_has_changed_meanwhile_is_dropped(bench: Bench) -> None:
    bench.world.engine.slow = True
    row = bench.sight("a.jpg", BLURRED)
    bench.dispatcher.feed(bench.now)
    bench.world.put("a.jpg", BLURRED + b" and edited")
    bench.world.engine.finish()
    bench.dispatcher.collect(bench.now)
    assert bench.world.outputs() == {}
    assert [changed.id for changed in bench.dispatcher.take_changed()] == [row.id]
    assert bench.dispatcher.take_changed() == []


def test_a_photo_that_was_moved_while_the_engine_had_it_is_not_given_to_it_again(bench: Bench) -> None:
    bench.world.engine.slow = True
    bench.sight("a.jpg", BLURRED)
    bench.dispatcher.feed(bench.now)
    (bench.world.source / "a.jpg").rename(bench.world.source / "b.jpg")
    bench.world.engine.finish()
    bench.dispatcher.collect(bench.now)
    row = bench.sight("b.jpg")
    bench.work()
    assert bench.row(row.id).state is State.RESTORED
    assert bench.world.outputs() == {"b.jpg": RESTORED}
    assert bench.world.engine.given == {BLURRED: 1}


def test_only_few_outcomes_are_held_for_files_that_were_moved(bench: Bench) -> None:
    for number in range(4):
        photo = BLURRED + str(number).encode()
        bench.world.engine.slow = True
        bench.sight(f"{number}.jpg", photo)
        bench.dispatcher.feed(bench.now)
        (bench.world.source / f"{number}.jpg").rename(bench.world.source / f"moved-{number}.jpg")
        bench.world.engine.finish()
        bench.dispatcher.collect(bench.now)
    bench.world.engine.slow = False
    for number in range(4):
        bench.sight(f"moved-{number}.jpg")
    bench.work()
    assert sorted(bench.world.engine.given.values()) == [1, 1, 2, 2]


def test_an_engine_that_cannot_now_costs_the_photo_no_attempt_and_the_delay_doubles(bench: Bench) -> None:
    def fail(photo: bytes) -> Outcome:
        del photo
        raise TransientError("not now")

    bench.world.engine.process = fail
    row = bench.sight("a.jpg", BLURRED)
    waits = []
    for _ in range(3):
        bench.work()
        waited = bench.row(row.id)
        assert (waited.state, waited.attempts) == (State.WAITING, 0)
        waits.append((waited.next_attempt or 0) - bench.now.utc)
        bench.world.clock.pass_by(100)
    assert waits == [5, 10, 20]


def test_an_engine_that_can_never_ends_gpend_and_the_photo_waits_as_before(bench: Bench) -> None:
    def fail(photo: bytes) -> Outcome:
        del photo
        raise FatalError("no weights")

    bench.world.engine.process = fail
    row = bench.sight("a.jpg", BLURRED)
    bench.dispatcher.feed(bench.now)
    with pytest.raises(FatalError):
        bench.dispatcher.collect(bench.now)
    waiting = bench.row(row.id)
    assert (waiting.state, waiting.attempts, waiting.next_attempt) == (State.WAITING, 0, None)


def test_what_the_engine_had_not_finished_at_the_end_waits_and_no_attempt_is_used_up(bench: Bench) -> None:
    bench.world.engine.slow = True
    row = bench.sight("a.jpg", BLURRED)
    bench.dispatcher.feed(bench.now)
    assert bench.row(row.id).attempts == 1  # on record before it can do harm
    bench.dispatcher.stop(bench.now)
    assert (bench.row(row.id).state, bench.row(row.id).attempts) == (State.WAITING, 0)
    assert bench.in_flight() == []


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (PhotoError(""), State.FAILED),
        (IncompleteError(""), State.INCOMPLETE),
        (UnsupportedError(""), State.UNSUPPORTED),
    ],
)
def test_an_error_says_where_its_photo_stands(error: PhotoError, state: State) -> None:
    assert state_of(error) is state


def test_a_wait_doubles_up_to_a_day() -> None:
    assert [interval(5, times) for times in (0, 1, 2, 99)] == [5, 10, 20, 86_400]


def test_the_facts_of_an_outcome_are_what_json_can_hold() -> None:
    facts = facts_of(restored_if_blurred(BLURRED))
    assert [face["verdict"] for face in facts["faces"]] == ["restored"]
    assert facts["notes"] == []


def test_a_photo_whose_end_was_away_for_a_while_is_on_record_as_before(bench: Bench) -> None:
    before = bench.done("a.jpg", BLURRED)
    bench.sight("a.jpg", BLURRED[:20])
    bench.dispatcher.set_aside_incomplete(before.id, bench.now)
    bench.sight("a.jpg", BLURRED)
    bench.work()
    after = bench.row(before.id)
    assert (after.state, after.reason, after.outcome) == (before.state, before.reason, before.outcome)
    assert (after.fingerprint, after.output, after.earlier) == (before.fingerprint, before.output, None)
    assert bench.world.engine.given[BLURRED] == 1


def test_a_photo_that_became_another_while_it_was_set_aside_is_looked_at(bench: Bench) -> None:
    before = bench.done("a.jpg", BLURRED)
    bench.sight("a.jpg", BLURRED[:20])
    bench.dispatcher.set_aside_incomplete(before.id, bench.now)
    bench.sight("a.jpg", BLURRED + b" another")
    bench.work()
    assert bench.world.engine.given == {BLURRED: 1, BLURRED + b" another": 1}
    assert bench.world.outputs() == {"a.jpg": RESTORED + b" another"}
