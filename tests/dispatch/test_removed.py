"""An output that somebody has deleted is not made again, in whichever folder outputs go from then on."""

import shutil
from pathlib import Path

import pytest

from gpend.ledger import REMOVED, Ledger, Request
from gpend.settings import Keep
from tests.dispatch.test_others import DAY, Sources, blurred, gone, restored
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


def others(*names: str) -> dict[str, bytes]:
    """The outputs of the other photos."""
    return {f"b/{name}.jpg": restored(name) for name in names}


@pytest.mark.parametrize("is_noticed", [True, False])
def test_what_somebody_has_deleted_is_not_made_again_where_the_output_is_switched(
    world: Sources, *, is_noticed: bool
) -> None:
    if is_noticed:
        (world.root / "a/b/1.jpg").touch()
        gone(world)
        assert world.reason(world.root / "a/b/1.jpg") == TOLD
    for output in "231":
        world.run(a=output)
        assert world.standing(output) == others("2", "3", "4")
        assert world.engine.given.total() == 0
        assert world.reason(world.root / "a/b/1.jpg") == TOLD
        (world.root / "a/b/1.jpg").touch()
        gone(world)
        assert world.standing(output) == others("2", "3", "4")
    Ledger.request(world.settings.ledger, Request.RETRY, [world.root / "a/b/1.jpg"])
    world.once()
    assert world.standing("1") == others("1", "2", "3", "4")


def test_copies_and_sidecars_that_somebody_has_deleted_are_not_made_again_either(world: Sources) -> None:
    world.knobs["keep"] = Keep.COPY
    for name in ("s.jpg", "t.jpg"):
        world.put_in("a", f"b/{name}", SHARP + name.encode())
        world.put_in("a", f"b/{name}.xmp", b"an edit of " + name.encode())
    world.once()
    for name in ("s.jpg", "s.jpg.xmp"):
        (world.root / "1/b" / name).unlink()
    world.run(a="2")
    kept = {"b/t.jpg": SHARP + b"t.jpg", "b/t.jpg.xmp": b"an edit of t.jpg"}
    assert world.standing("2") == others("2", "3", "4") | kept
    assert world.reason(world.root / "a/b/s.jpg").endswith(REMOVED)


def test_a_photo_that_is_moved_while_its_output_is_switched_is_not_made_again(world: Sources) -> None:
    (world.root / "a/b/1.jpg").rename(world.root / "a/b/moved.jpg")
    world.run(a="2")
    gone(world)
    assert world.standing("2") == others("2", "3", "4")
    assert world.engine.given.total() == 0
    assert world.reason(world.root / "a/b/moved.jpg") == TOLD


def test_a_source_that_was_not_named_for_a_while_remembers_too(world: Sources) -> None:
    world.put_in("c", "c.jpg", blurred("c"))
    world.run(c="3")
    world.run(a="2")
    assert world.standing("2") == others("2", "3", "4")


def test_what_somebody_puts_back_is_taken_for_the_output_that_it_is(world: Sources) -> None:
    (world.root / "a/b/1.jpg").touch()
    gone(world)
    shutil.copytree(world.root / "1", world.root / "2")
    (world.root / "2/b/1.jpg").write_bytes(restored("1"))
    world.run(a="2")
    assert world.standing("2") == others("1", "2", "3", "4")
    assert world.reason(world.root / "a/b/1.jpg") == "restored: one face was restored"


@pytest.mark.parametrize("how", ["emptied", "away", "another"])
def test_an_output_of_which_nothing_is_left_is_made_again_elsewhere(world: Sources, how: str) -> None:
    if how == "emptied":
        shutil.rmtree(world.root / "1/b")
    else:
        shutil.rmtree(world.root / "1")
    if how == "another":
        (world.root / "1").mkdir()
    world.run(a="2")
    Ledger.request(world.settings.ledger, Request.CONFIRM)
    for _ in range(2):
        world.once()
        world.clock.pass_by(DAY)
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
    Ledger.request(world.settings.ledger, Request.CONFIRM)
    for _ in range(2):
        world.once()
        world.clock.pass_by(DAY)
    assert world.standing("3") == others("1", "2", "3", "4")


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
