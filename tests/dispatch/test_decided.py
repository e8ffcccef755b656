"""What a person has decided about a photo follows it, never falls upon another, and is carried out."""

from pathlib import Path

from gpend.ledger import Decision, DecisionKind, Row, State
from tests.dispatch.conftest import Bench
from tests.world import BLURRED, SHARP


def decide(bench: Bench, name: str, kind: DecisionKind, content: str | None = None) -> None:
    bench.ledger.decisions.note(Decision(bench.world.source / name, kind, bench.now.utc, content))


def afresh(bench: Bench, row: Row) -> Row:
    """The photo comes again, and is worked on."""
    bench.world.clock.pass_by(5)
    return bench.done(str(row.relative), (bench.world.source / row.relative).read_bytes())


def test_a_photo_that_is_to_be_left_never_meets_the_engine(bench: Bench) -> None:
    decide(bench, "a.jpg", DecisionKind.LEAVE)
    row = bench.done("a.jpg", BLURRED)
    assert (row.state, row.reason) == (State.KEPT, "left alone, as you decided")
    assert bench.world.engine.wishes == {}


def test_the_decision_is_about_what_the_file_holds_from_then_on(bench: Bench) -> None:
    decide(bench, "a.jpg", DecisionKind.LEAVE)
    row = bench.done("a.jpg", BLURRED)
    found = bench.ledger.decisions.of(bench.world.source / "a.jpg")
    assert found is not None
    assert found.content == row.content


def test_it_follows_a_photo_that_is_moved(bench: Bench) -> None:
    decide(bench, "a.jpg", DecisionKind.LEAVE)
    bench.done("a.jpg", BLURRED)
    (bench.world.source / "a.jpg").unlink()
    assert bench.done("b.jpg", BLURRED).reason.startswith("left alone, as you decided")
    found = bench.ledger.decisions.of(bench.world.source / "b.jpg")
    assert found is not None
    assert found.kind is DecisionKind.LEAVE


def test_it_does_not_fall_upon_another_photo_that_came_under_the_name(bench: Bench) -> None:
    decide(bench, "a.jpg", DecisionKind.LEAVE, content="f" * 64)
    assert bench.done("a.jpg", BLURRED).state is State.RESTORED


def test_automatic_is_as_if_nobody_had_decided(bench: Bench) -> None:
    decide(bench, "a.jpg", DecisionKind.AUTOMATIC)
    assert bench.done("a.jpg", BLURRED).state is State.RESTORED
    assert bench.done("b.jpg", SHARP).state is State.KEPT


def test_where_the_original_is_wanted_what_was_restored_is_in_the_trash(bench: Bench) -> None:
    row = bench.done("a.jpg", BLURRED)
    assert row.written is not None
    decide(bench, "a.jpg", DecisionKind.ORIGINAL, row.content)
    row = afresh(bench, row)
    assert (row.state, row.written, row.reason) == (State.KEPT, None, "the original is used, as you decided")
    assert "network" not in str(row.outcome)  # `gpend why` told of a face that is left alone with which network it is
    assert [Path(name).parts[0] for name in bench.world.outputs()] == [".gpend-trash"]
