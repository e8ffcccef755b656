"""Photos that people have passed over: never restored, and what was made of them before stays."""

from pathlib import Path

import pytest

from gpend.ledger import Found, FoundBy, Ledger, State
from gpend.settings import FolderSettings, Keep
from gpend.stamp import Stamp
from tests.world import BLURRED, RESTORED, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def ignore(world: World, *patterns: str) -> None:
    world.knobs["folders"] = (FolderSettings(source=world.source, output=world.output, ignore=patterns),)


def test_what_is_ignored_is_neither_restored_nor_copied(world: World) -> None:
    world.knobs["keep"] = Keep.COPY
    ignore(world, "Scans/")
    world.put("Scans/a.jpg")
    world.put("2020/.nomedia", b"")
    world.put("2020/b.jpg")
    world.put("c.jpg", BLURRED + b"c")
    world.once()
    assert set(world.outputs()) == {"c.jpg"}


def test_a_library_leaves_out_what_is_ignored(world: World) -> None:
    world.knobs["keep"] = Keep.LIBRARY
    ignore(world, "*.tmp.mov")
    for name in ("a.mov", "b.tmp.mov", "2020/c.nef", "2020/hidden/d.mov", "2020/hidden/.nomedia"):
        world.put(name, b"not a photo at all")
    world.once()
    assert set(world.outputs()) == {"a.mov", "2020/c.nef"}


def test_what_was_made_before_a_photo_was_ignored_stays(world: World) -> None:
    for name in ("a/1.jpg", "a/2.jpg", "b/3.jpg"):
        world.put(name, BLURRED + name.encode())
    world.once()
    before = world.outputs()
    assert len(before) == 3
    ignore(world, "/b/")
    mark = world.put("a/.nomedia", b"")
    for _ in range(2):
        world.clock.pass_by(7200)
        world.once()
    assert world.outputs() == before
    assert world.row("a/1.jpg").state is State.RESTORED
    mark.unlink()
    (world.source / "a/1.jpg").unlink()
    world.once()
    assert "a/1.jpg" not in world.outputs()


def test_what_waits_and_is_ignored_before_its_turn_is_not_worked_on(world: World) -> None:
    world.put("a/1.jpg")
    world.put("a/2.jpg", BLURRED + b"2")
    world.once()
    restored = world.row("a/2.jpg").id

    def see(ledger: Ledger) -> None:
        pair = ledger.folders()[0].id
        new = world.put("a/new.jpg", BLURRED + b"new")
        found = Found(Path("a/new.jpg"), Stamp.of(new.stat()), FoundBy.EVENT)
        ledger.photos.sight(pair, found, world.clock.now().utc)
        ledger.requests.retry(restored, world.clock.now().utc)

    world.ask(see)
    world.put("a/.gpendignore", b"*.jpg")
    before = world.engine.given.total()
    world.once()
    assert world.engine.given.total() == before
    assert set(world.outputs()) == {"a/1.jpg", "a/2.jpg"}
    assert world.row("a/2.jpg").state is State.RESTORED
    with Ledger.read_only(world.settings.ledger) as records:
        assert records.photo(world.source / "a/new.jpg") is None
    assert world.outputs()["a/1.jpg"] == RESTORED


def test_screenshots_are_left_alone_also_when_they_are_tried_again_unless_a_person_wants_them(world: World) -> None:
    world.put("Screenshots/a.jpg", BLURRED + b"1")
    world.put("b/Screenshot_20240229.jpg", BLURRED + b"2")
    world.put("c.jpg")
    world.once()
    assert world.outputs() == {"c.jpg": RESTORED}
    row = world.row("b/Screenshot_20240229.jpg")
    assert (row.state, row.reason.split(";")[0]) == (State.KEPT, "a screenshot, by its name")
    world.ask(lambda ledger: ledger.requests.retry(row.id, world.clock.now().utc))
    world.once()
    assert world.engine.given.total() == 1
    world.knobs["triage"] = {"screenshots": "restore"}
    world.ask(lambda ledger: ledger.requests.retry(row.id, world.clock.now().utc))
    world.once()
    assert set(world.outputs()) == {"b/Screenshot_20240229.jpg", "c.jpg"}
