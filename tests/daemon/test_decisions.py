"""What people decide about single photos: carried out by the daemon, kept over restarts and a lost ledger."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gpend.core.wish import Wish
from gpend.daemon.decisions import _with_face
from gpend.daemon.loop import Loop
from gpend.ledger import Choice, Decision, DecisionKind, Ledger, Request, State
from gpend.ledger.decisions import Decisions, file_of
from tests.world import BLURRED, RESTORED, SHARP, World

BOX = (10.0, 10.0, 50.0, 60.0)
OTHER = (100.0, 10.0, 150.0, 60.0)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def decide(world: World, decision: str, name: str = "a.jpg", **detail: object) -> None:
    Ledger.request(world.settings.ledger, Request.DECIDE, [world.source / name], {"decision": decision} | detail)
    world.once()


def trash_of(world: World) -> list[bytes]:
    return [photo for name, photo in world.outputs().items() if name.startswith(".gpend-trash/")]


def begun(world: World, ledger: Ledger) -> Loop:
    """A loop that works on a photo."""
    loop = world.loop(ledger)
    loop.begin(None, crashed=False)
    while not world.engine.running:
        loop.step()
        world.clock.pass_by(5)
    return loop


def outside_trash(world: World) -> dict[str, bytes]:
    return {name: photo for name, photo in world.outputs().items() if not name.startswith(".gpend-trash/")}


def test_a_sharp_photo_is_restored_when_a_person_says_so(world: World) -> None:
    world.put("a.jpg", SHARP)
    world.once()
    assert world.row("a.jpg").state is State.KEPT
    decide(world, "restore")
    assert world.engine.wishes[SHARP] == Wish(every_face=True)
    assert outside_trash(world) == {"a.jpg": SHARP.replace(b"sharp", b"restored by gpend 0.1")}


@pytest.mark.parametrize("on_delete", ["trash", "keep", "delete"])
def test_the_original_is_used_and_what_was_restored_is_in_the_trash_and_stays_there(
    world: World, on_delete: str
) -> None:
    world.knobs["on_delete"] = on_delete
    photo = world.put("a.jpg")
    world.once()
    decide(world, "original")
    row = world.row("a.jpg")
    assert (row.state, row.reason) == (State.KEPT, "the original is used, as you decided")
    assert (outside_trash(world), trash_of(world)) == ({}, [RESTORED])
    os.utime(photo)
    world.clock.pass_by(60)
    world.once()
    assert (outside_trash(world), trash_of(world)) == ({}, [RESTORED])


def test_where_kept_photos_are_copied_the_original_takes_the_place_of_what_was_restored(world: World) -> None:
    world.knobs["keep"] = "copy"
    world.put("a.jpg")
    world.once()
    decide(world, "original")
    assert (outside_trash(world), trash_of(world)) == ({"a.jpg": BLURRED}, [RESTORED])


def test_an_output_that_somebody_edited_is_not_thrown_away(world: World) -> None:
    world.put("a.jpg")
    world.once()
    (world.output / "a.jpg").write_bytes(b"edited by hand")
    decide(world, "original")
    assert world.outputs() == {"a.jpg": b"edited by hand"}
    assert "changed by somebody" in world.row("a.jpg").reason


def test_a_photo_that_is_to_be_left_alone_is_never_shown_to_the_engine(world: World) -> None:
    world.put("a.jpg", SHARP)
    world.once()
    decide(world, "leave")
    world.put("a.jpg", BLURRED)
    world.clock.pass_by(60)
    world.once()
    assert BLURRED not in world.engine.given
    assert (world.row("a.jpg").state, world.row("a.jpg").reason) == (State.KEPT, "left alone, as you decided")


def test_what_was_restored_stays_where_a_person_wants_it_left_alone(world: World) -> None:
    world.put("a.jpg")
    world.once()
    decide(world, "leave")
    Ledger.request(world.settings.ledger, Request.RETRY, [world.source / "a.jpg"])
    world.once()
    assert world.outputs() == {"a.jpg": RESTORED}
    assert world.row("a.jpg").reason == "one face was restored; left so, as you decided"
    assert world.engine.given[BLURRED] == 1


def test_a_withdrawn_decision_is_as_if_it_had_never_been(world: World) -> None:
    world.put("a.jpg")
    world.once()
    decide(world, "original")
    decide(world, "automatic")
    assert world.row("a.jpg").state is State.RESTORED
    assert outside_trash(world) == {"a.jpg": RESTORED}
    with Ledger.read_only(world.settings.ledger) as records:
        assert records.decision(world.source / "a.jpg") is None


def test_a_decision_survives_the_loss_of_the_ledger(world: World) -> None:
    world.put("a.jpg")
    world.once()
    decide(world, "original")
    world.settings.ledger.unlink()
    world.once()
    assert (outside_trash(world), trash_of(world)) == ({}, [RESTORED])
    assert world.row("a.jpg").reason == "the original is used, as you decided"


def test_a_decision_follows_a_photo_that_is_moved(world: World) -> None:
    photo = world.put("a.jpg")
    world.once()
    decide(world, "original")
    photo.rename(world.source / "b.jpg")
    world.clock.pass_by(60)
    world.once()
    assert world.row("b.jpg").reason == "the original is used, as you decided"
    assert outside_trash(world) == {}


def test_another_photo_that_comes_under_the_name_of_a_deleted_one_is_judged_as_any(world: World) -> None:
    photo = world.put("a.jpg", SHARP)
    world.put("b.jpg", BLURRED + b"another")
    world.once()
    decide(world, "leave")
    photo.unlink()
    for _ in range(3):
        world.once()
        world.clock.pass_by(60)
    world.put("a.jpg", BLURRED)
    world.once()
    assert world.row("a.jpg").state is State.RESTORED


def test_photos_are_decided_upon_by_a_filter_and_no_other_is(world: World) -> None:
    for name in ("a.jpg", "b.jpg"):
        world.put(name, BLURRED + name.encode())
    world.put("c.jpg", SHARP)
    world.once()
    choice = Choice(state=State.RESTORED, text="A").as_data()
    detail = {"decision": "original", "choice": choice}
    Ledger.request(world.settings.ledger, Request.DECIDE, detail=detail)
    world.put("a2.jpg", BLURRED + b"later")
    world.once()
    world.once()
    assert set(outside_trash(world)) == {"b.jpg", "a2.jpg"}


@pytest.mark.parametrize(
    "detail", [{}, {"decision": "burn"}, {"decision": "leave"}, {"decision": "leave", "choice": 7}]
)
def test_a_request_that_is_not_understood_stops_nobody(world: World, detail: dict[str, Any]) -> None:
    world.put("a.jpg")
    world.once()
    Ledger.request(world.settings.ledger, Request.DECIDE, detail=detail)
    world.once()
    assert world.row("a.jpg").state is State.RESTORED


def test_what_is_worked_on_while_it_is_decided_upon_is_done_again(world: World) -> None:
    world.put("a.jpg")
    world.engine.slow = True
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = begun(world, ledger)
        Ledger.request(world.settings.ledger, Request.DECIDE, [world.source / "a.jpg"], {"decision": "original"})
        world.clock.pass_by(6)
        loop.step()
        world.engine.finish()
        for _ in range(6):
            world.clock.pass_by(6)
            loop.step()
        loop.end()
    assert outside_trash(world) == {}
    assert world.row("a.jpg").reason == "the original is used, as you decided"


@pytest.mark.parametrize("is_crash", [False, True])
def test_a_word_about_what_is_worked_on_survives_the_end_of_gpend(world: World, *, is_crash: bool) -> None:
    world.put("a.jpg")
    world.engine.slow = True
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = begun(world, ledger)
        Ledger.request(world.settings.ledger, Request.DECIDE, [world.source / "a.jpg"], {"decision": "original"})
        world.clock.pass_by(6)
        loop.step()
        world.engine.finish()
        loop.step()
        assert ledger.counts()[State.RESTORED] == 1
        if not is_crash:
            loop.end()
    world.engine.slow = False
    world.once()
    assert outside_trash(world) == {}
    assert world.row("a.jpg").reason == "the original is used, as you decided"


def test_what_is_to_be_done_again_and_is_worked_on_is_looked_at_once_in_a_while_and_done_again_once(
    world: World,
) -> None:
    world.put("a.jpg")
    world.engine.slow = True
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = begun(world, ledger)
        Ledger.request(world.settings.ledger, Request.RETRY, [world.source])
        seen: list[list[int]] = []
        for _ in range(3):
            world.clock.pass_by(6)
            loop.step()
            seen.append([each.id for each in ledger.requests.waiting()])
        assert len(seen[0]) == 1
        assert seen == [seen[0]] * 3
        for _ in range(6):
            world.engine.finish()
            world.clock.pass_by(6)
            loop.step()
        assert ledger.requests.waiting() == []
        loop.end()
    assert world.engine.given[BLURRED] == 2


def test_a_word_about_many_photos_waits_for_the_disk_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        world.put(f"{number}.jpg", BLURRED + bytes([number]))
    world.once()
    appended: list[int] = []
    append = Decisions._append  # noqa: SLF001 - each is an fsync

    def counted(decisions: Decisions, told: Sequence[Decision]) -> None:
        appended.append(len(told))
        append(decisions, told)

    monkeypatch.setattr(Decisions, "_append", counted)
    Ledger.request(world.settings.ledger, Request.DECIDE, [world.source], {"decision": "leave"})
    world.once()
    assert [count for count in appended if count] == [20]


def test_single_faces_are_decided_upon_one_after_the_other(world: World) -> None:
    world.put("a.jpg")
    world.once()
    decide(world, "restore", box=list(BOX))
    decide(world, "leave", box=list(OTHER))
    assert world.engine.wishes[BLURRED] == Wish(restore=(BOX,), leave=(OTHER,))


def test_a_word_about_one_face_changes_what_was_said_of_it_and_nothing_else() -> None:
    before = Decision(Path("/a"), DecisionKind.FACES, 1, None, Wish(restore=(BOX,), leave=(OTHER,)))
    near = (12.0, 10.0, 52.0, 60.0)
    assert _with_face(before, near, DecisionKind.LEAVE) == (DecisionKind.FACES, Wish(leave=(OTHER, near)))
    _, without = _with_face(before, OTHER, DecisionKind.AUTOMATIC)
    assert without == Wish(restore=(BOX,))
    only = Decision(Path("/a"), DecisionKind.FACES, 1, None, Wish(restore=(BOX,)))
    assert _with_face(only, BOX, DecisionKind.AUTOMATIC) == (DecisionKind.AUTOMATIC, Wish())
    everything = Decision(Path("/a"), DecisionKind.RESTORE, 1)
    assert _with_face(everything, BOX, DecisionKind.LEAVE) == (DecisionKind.RESTORE, Wish(leave=(BOX,)))


def test_whatever_is_torn_or_foreign_in_the_file_of_decisions_is_passed_over(world: World) -> None:
    world.put("a.jpg")
    world.once()
    decide(world, "original")
    file = file_of(world.settings.ledger)
    file.write_bytes(b'{"photo": "/x"}\nnull\n[1]\n\xff\xfe{"a\n' + file.read_bytes() + b'\n{"photo": "/half')
    world.settings.ledger.unlink()
    world.once()
    assert outside_trash(world) == {}


def test_the_later_word_wins_between_the_ledger_and_its_file(world: World) -> None:
    """A copy of the ledger from last week took its place; the file knows what was said since."""
    photo = Path(os.fsdecode(b"/photos/\xff.jpg"))
    early, late = (Decision(photo, DecisionKind.RESTORE, 10), Decision(photo, DecisionKind.LEAVE, 20))
    world.ask(lambda ledger: ledger.decisions.note(early))
    before = world.settings.ledger.read_bytes()
    world.ask(lambda ledger: ledger.decisions.note(late))
    world.settings.ledger.write_bytes(before)
    found: list[Decision | None] = []
    world.ask(lambda ledger: found.append(ledger.decisions.of(photo)))
    assert found == [late]


def test_what_a_person_removed_is_not_made_again_when_all_is_judged_anew(world: World) -> None:
    for name in ("a.jpg", "b.jpg"):
        world.put(name, BLURRED + name.encode())
    world.once()
    (world.output / "a.jpg").unlink()
    world.fingerprint = type(world.fingerprint)("fake", "d2", "0.1.0")
    Ledger.request(world.settings.ledger, Request.REJUDGE)
    world.once()
    assert set(world.outputs()) == {"b.jpg"}
    assert "you removed the output" in world.row("a.jpg").reason


@pytest.mark.parametrize("decision", ["leave", "original"])
def test_a_copy_that_somebody_edited_stays_so_whatever_is_decided(world: World, decision: str) -> None:
    world.knobs["keep"] = "copy"
    world.put("a.jpg", SHARP)
    world.once()
    (world.output / "a.jpg").write_bytes(b"edited by hand")
    decide(world, decision)
    assert world.outputs() == {"a.jpg": b"edited by hand"}
    assert world.row("a.jpg").state is State.KEPT
    assert "as you decided" in world.row("a.jpg").reason


@pytest.mark.parametrize("decision", ["leave", "original"])
def test_a_copy_that_somebody_deleted_is_not_made_again_whatever_is_decided(world: World, decision: str) -> None:
    world.knobs["keep"] = "copy"
    world.put("a.jpg", SHARP)
    world.once()
    (world.output / "a.jpg").unlink()
    decide(world, decision)
    assert (world.outputs(), world.row("a.jpg").state) == ({}, State.KEPT)


@pytest.mark.parametrize("decision", ["leave", "original"])
def test_the_copy_of_a_photo_that_is_decided_about_follows_it(world: World, decision: str) -> None:
    world.knobs["keep"] = "copy"
    photo = world.put("a.jpg", SHARP)
    world.put("other.jpg", SHARP + b"!")
    world.once()
    decide(world, decision)
    photo.unlink()
    for _ in range(3):
        world.clock.pass_by(7200)
        world.once()
    assert set(outside_trash(world)) == {"other.jpg"}
    world.put("a.jpg", SHARP)
    world.clock.pass_by(60)
    world.once()
    assert outside_trash(world)["a.jpg"] == SHARP
