"""An output of which gpend has noticed that somebody deleted it is in no other output folder either; others are."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from gpend.ledger import LEFT_SO, REMOVED, Ledger, Request
from gpend.settings import Keep, OnDelete
from tests.dispatch.test_others import Sources, blurred, gone, restored
from tests.world import SHARP

TOLD = f"restored: one face was restored; {REMOVED}"


@pytest.fixture
def world(tmp_path: Path) -> Sources:
    """A source with outputs, of which somebody has deleted one."""
    world = Sources(tmp_path)
    for name in "1234":
        world.put_in("a", f"b/{name}.jpg", blurred(name))
    world.run(a="1")
    (world.root / "1/b/1.jpg").unlink()
    return world


def notice(world: Sources, *names: str) -> None:
    """Have gpend look at photos whose outputs somebody has deleted."""
    for name in names:
        (world.root / "a/b" / name).touch()
    gone(world)
    assert all(world.reason(world.root / "a/b" / name).endswith(REMOVED) for name in names)


def others(*names: str) -> dict[str, bytes]:
    """The outputs of the other photos."""
    return {f"b/{name}.jpg": restored(name) for name in names}


def confirm(world: Sources) -> None:
    Ledger.request(world.settings.ledger, Request.CONFIRM)
    gone(world)


def test_what_somebody_was_seen_to_delete_is_not_made_again_where_the_output_is_switched(world: Sources) -> None:
    notice(world, "1.jpg")
    for output in "231":
        world.run(a=output)
        assert world.standing(output) == others("2", "3", "4")
        assert world.engine.given.total() == 0
        assert world.reason(world.root / "a/b/1.jpg") == TOLD
        notice(world, "1.jpg")
        assert world.standing(output) == others("2", "3", "4")
    Ledger.request(world.settings.ledger, Request.RETRY, [world.root / "a/b/1.jpg"])
    world.once()
    assert world.standing("1") == others("1", "2", "3", "4")


def test_what_was_missing_unnoticed_is_made_again(world: Sources) -> None:
    world.run(a="2")
    assert world.standing("2") == others("1", "2", "3", "4")
    assert world.engine.given.total() == 1
    assert world.reason(world.root / "a/b/1.jpg") == "restored: one face was restored"


def test_copies_and_sidecars_that_somebody_was_seen_to_delete_are_not_made_again_either(world: Sources) -> None:
    world.knobs["keep"] = Keep.COPY
    for name in ("s.jpg", "t.jpg"):
        world.put_in("a", f"b/{name}", SHARP + name.encode())
        world.put_in("a", f"b/{name}.xmp", b"an edit of " + name.encode())
    world.once()
    names = ("s.jpg", "s.jpg.xmp")
    for name in names:
        (world.root / "1/b" / name).unlink()
    notice(world, "1.jpg", *names)
    world.run(a="2")
    kept = {"b/t.jpg": SHARP + b"t.jpg", "b/t.jpg.xmp": b"an edit of t.jpg"}
    assert world.standing("2") == others("2", "3", "4") | kept
    assert world.reason(world.root / "a/b/s.jpg").endswith(REMOVED)


def test_a_photo_that_is_moved_while_its_output_is_switched_is_not_made_again(world: Sources) -> None:
    notice(world, "1.jpg")
    (world.root / "a/b/1.jpg").rename(world.root / "a/b/moved.jpg")
    world.run(a="2")
    gone(world)
    assert world.standing("2") == others("2", "3", "4")
    assert world.engine.given.total() == 0
    assert world.reason(world.root / "a/b/moved.jpg") == TOLD


def test_a_source_that_was_not_named_for_a_while_remembers_too(world: Sources) -> None:
    notice(world, "1.jpg")
    world.put_in("c", "c.jpg", blurred("c"))
    world.run(c="3")
    world.run(a="2")
    assert world.standing("2") == others("2", "3", "4")


def test_what_somebody_puts_back_is_taken_for_the_output_that_it_is(world: Sources) -> None:
    notice(world, "1.jpg")
    shutil.copytree(world.root / "1", world.root / "2")
    (world.root / "2/b/1.jpg").write_bytes(restored("1"))
    world.run(a="2")
    assert world.standing("2") == others("1", "2", "3", "4")
    assert world.reason(world.root / "a/b/1.jpg") == "restored: one face was restored"


@pytest.mark.parametrize("keep", [Keep.NONE, Keep.COPY])
def test_outputs_that_are_back_are_brought_along_whatever_was_told_of_them(world: Sources, keep: Keep) -> None:
    world.knobs["keep"] = keep
    world.put_in("a", "b/1.jpg", SHARP)
    world.once()
    Ledger.request(world.settings.ledger, Request.DECIDE, [world.root / "a/b/1.jpg"], {"decision": "original"})
    world.once()
    before = world.standing("1")
    (world.root / "1/b").rename(world.root / "away")  # a disk that is mounted there
    (world.root / "1/b").mkdir()
    notice(world, *(["1.jpg"] if keep is Keep.COPY else []), "2.jpg")
    (world.root / "1/b").rmdir()
    (world.root / "away").rename(world.root / "1/b")
    world.run(a="2")
    assert world.standing("2") == before
    assert world.engine.given.total() == 0


@pytest.mark.parametrize("how", ["half", "emptied", "away", "another"])
def test_outputs_that_are_missing_at_the_switch_are_made_again_there(world: Sources, how: str) -> None:
    match how:
        case "half":
            (world.root / "1/b/2.jpg").unlink()
        case "emptied":
            shutil.rmtree(world.root / "1/b")
        case _:
            shutil.rmtree(world.root / "1")
    if how == "another":
        (world.root / "1").mkdir()
    world.run(a="2")
    confirm(world)
    assert world.standing("2") == others("1", "2", "3", "4")


def test_a_nested_folder_that_is_away_at_the_switch_is_made_again(world: Sources) -> None:
    for name in "567":
        world.put_in("a", f"c/{name}.jpg", blurred(name))
    world.once()
    (world.root / "1/b").rename(world.root / "away")  # a disk that is mounted there
    (world.root / "1/b").mkdir()
    world.run(a="2")
    confirm(world)
    made = others("1", "2", "3", "4") | {f"c/{name}.jpg": restored(name) for name in "567"}
    assert world.standing("2") == made
    (world.root / "1/b").rmdir()
    (world.root / "away").rename(world.root / "1/b")
    for output in "12":
        world.run(a=output)
        gone(world)
        assert world.standing(output) == made


def test_the_only_output_of_a_source_is_made_again(tmp_path: Path) -> None:
    world = Sources(tmp_path)
    world.put_in("a", "b/1.jpg", blurred("1"))
    world.run(a="1")
    shutil.rmtree(world.root / "1/b")
    world.run(a="2")
    confirm(world)
    assert world.standing("2") == others("1")


@pytest.mark.parametrize("output", "12")
@pytest.mark.parametrize("is_renamed", [True, False])
def test_what_gpend_has_removed_itself_while_a_source_was_not_named_is_made_again(
    tmp_path: Path, output: str, *, is_renamed: bool
) -> None:
    world = Sources(tmp_path)
    world.knobs["on_delete"] = OnDelete.DELETE
    for name in "1234":
        for source in "ac":
            world.put_in(source, f"b/{name}.jpg", blurred(name))
        world.put_in("a", f"more/{name}.jpg", SHARP)  # else the one would be taken for the other, moved
    world.run(a="1")
    world.run(c="1")
    (world.root / "a/b").rename(world.root / "away")
    if is_renamed:
        (world.root / "c/b/1.jpg").rename(world.root / "c/b/one.jpg")
    else:
        (world.root / "c/b/1.jpg").unlink()
    gone(world)
    (world.root / "away").rename(world.root / "a/b")
    moved = {"b/one.jpg": restored("1")} if is_renamed else {}
    assert world.standing("1") == others("2", "3", "4") | moved
    world.run(a=output)
    (world.root / "a/b/1.jpg").touch()
    gone(world)
    assert not world.reason(world.root / "a/b/1.jpg").endswith(REMOVED)
    world.run(a="3")
    assert world.standing("3") == others("1", "2", "3", "4")


def test_what_a_person_asks_for_and_finds_no_place_at_once_has_one_in_the_next_folder(world: Sources) -> None:
    notice(world, "1.jpg")
    world.put_in("z", "b/1.jpg", blurred("z"))
    world.run(z="1")
    world.run(a="1")
    Ledger.request(world.settings.ledger, Request.RETRY, [world.root / "a/b/1.jpg"])
    world.once()
    assert world.reason(world.root / "a/b/1.jpg").startswith("failed: The output of ")
    world.run(a="2")
    gone(world)
    assert world.standing("2") == others("1", "2", "3", "4")


def test_where_a_person_confirms_that_a_folder_is_filled_anew_everything_is_made_again(world: Sources) -> None:
    notice(world, "1.jpg")
    (world.root / "a").rename(world.root / "away")
    (world.root / "a").mkdir()  # where its disk is mounted
    world.run(a="2")
    for output in "12":
        shutil.rmtree(world.root / output)
    (world.root / "2").mkdir()
    world.once()
    confirm(world)
    (world.root / "a").rmdir()
    (world.root / "away").rename(world.root / "a")
    gone(world)
    assert world.standing("2") == others("1", "2", "3", "4")


def test_what_was_not_brought_along_yet_is_not_taken_for_deleted(world: Sources) -> None:
    (world.root / "1/b/1.jpg").write_bytes(restored("1"))
    (world.root / "a").rename(world.root / "away")
    (world.root / "a").mkdir()  # where its disk is mounted
    world.run(a="2")
    assert world.standing("2") == {}
    (world.root / "a").rmdir()
    (world.root / "away").rename(world.root / "a")
    world.run(a="3")
    confirm(world)
    assert world.standing("3") == others("1", "2", "3", "4")


def test_what_somebody_has_edited_stays_in_the_earlier_folder_and_is_restored_anew_in_the_new_one(
    world: Sources,
) -> None:
    (world.root / "1/b/2.jpg").write_bytes(b"an edit")
    world.run(a="2")
    assert world.standing("1")["b/2.jpg"] == b"an edit"
    assert world.standing("2") == others("1", "2", "3", "4")


@pytest.mark.parametrize("said", [LEFT_SO, f"{REMOVED}; {LEFT_SO}", f"{LEFT_SO}; {REMOVED}"])
def test_the_bare_reason_says_nothing_of_what_was_left_so(world: Sources, said: str) -> None:
    with Ledger.read_only(world.settings.ledger) as records:
        row = records.photo(world.root / "a/b/2.jpg")
    assert row is not None
    assert replace(row, reason=f"{row.reason}; {said}").reason_bare == "one face was restored"


def test_what_a_person_wants_left_so_is_brought_along(world: Sources) -> None:
    Ledger.request(world.settings.ledger, Request.DECIDE, [world.root / "a"], {"decision": "leave"})
    world.once()
    world.run(a="2")
    assert world.standing("2") == others("2", "3", "4")
    assert world.engine.given.total() == 0
    assert world.reason(world.root / "a/b/2.jpg") == "restored: one face was restored; left so, as you decided"


def test_what_a_person_wants_left_so_comes_out_of_the_trash_with_its_photo(world: Sources) -> None:
    Ledger.request(world.settings.ledger, Request.DECIDE, [world.root / "a/b/2.jpg"], {"decision": "leave"})
    world.once()
    (world.root / "a/b/2.jpg").unlink()
    gone(world)
    assert world.standing("1") == others("3", "4")
    world.put_in("a", "b/2.jpg", blurred("2"))
    gone(world)
    assert world.standing("1") == others("2", "3", "4")
    assert world.reason(world.root / "a/b/2.jpg") == "restored: one face was restored; left so, as you decided"
