"""Where a gpend of before put that a photo was deleted in the place of its reason, that is told from what is known."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gpend import reports
from gpend.ledger import Ledger, Request, State
from gpend.ledger.rows import told_again
from gpend.settings import Keep, OnDelete
from tests.world import BLURRED, RESTORED, SHARP, World

DAY = 90_000
LOST = "the photo was deleted"


def lose(world: World, *states: State) -> None:
    """Make the reasons of photos what they were after such a gpend."""
    with closing(sqlite3.connect(world.settings.ledger)) as connection, connection:
        connection.executemany("UPDATE photo SET reason = ? WHERE state = ?", [(LOST, state) for state in states])


def told(world: World, name: str) -> str:
    """What people are told of a photo."""
    history = reports.history(world.settings.ledger, world.source / name)
    assert history is not None
    return f"{history.state}: {history.reason}"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path, knobs={"keep": Keep.COPY})
    world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.put("c.jpg", SHARP + b" and another")
    world.once()
    return world


def test_a_photo_that_had_come_back_is_told_by_what_became_of_its_faces(world: World) -> None:
    lose(world, State.RESTORED, State.KEPT)
    assert told(world, "a.jpg") == "restored: 1 face: 1 restored"
    assert told(world, "b.jpg") == "kept: kept before"
    (world.source / "a.jpg").touch()
    Ledger.request(world.settings.ledger, Request.DECIDE, [world.source / "b.jpg"], {"decision": "leave"})
    world.once()
    world.clock.pass_by(DAY)
    world.once()
    with closing(sqlite3.connect(world.settings.ledger)) as connection:
        on_record = dict(connection.execute("SELECT CAST(path AS TEXT), reason FROM photo"))
    assert on_record == {"a.jpg": "1 face: 1 restored", "b.jpg": "left alone, as you decided", "c.jpg": LOST}


@pytest.mark.parametrize("on_delete", [OnDelete.TRASH, OnDelete.KEEP])
@pytest.mark.parametrize("comes_as", ["a.jpg", "d.jpg"])
def test_a_photo_that_comes_back_from_then_is_told_so_too(world: World, on_delete: OnDelete, comes_as: str) -> None:
    world.knobs["on_delete"] = on_delete
    (world.source / "a.jpg").unlink()
    for _ in range(2):
        world.once()
        world.clock.pass_by(DAY)
    lose(world, State.GONE)
    assert told(world, "a.jpg") == f"gone: {LOST}"
    world.put(comes_as)
    for _ in range(2):
        world.once()
        world.clock.pass_by(DAY)
    assert told(world, comes_as) == "restored: 1 face: 1 restored"
    assert world.outputs()[comes_as] == RESTORED
    assert world.engine.given[BLURRED] == 1


def test_a_photo_that_goes_again_is_told_so_once(world: World) -> None:
    lose(world, State.RESTORED)
    (world.source / "a.jpg").unlink()
    for _ in range(2):
        world.once()
        world.clock.pass_by(DAY)
    assert told(world, "a.jpg") == f"gone: {LOST}"


def test_an_output_that_is_removed_then_is_told_after_it(world: World) -> None:
    lose(world, State.RESTORED)
    (world.output / "a.jpg").unlink()
    (world.source / "a.jpg").touch()
    for _ in range(2):
        world.once()
        world.clock.pass_by(DAY)
    assert told(world, "a.jpg") == "restored: 1 face: 1 restored; you removed the output; it is not made again"


@pytest.mark.parametrize(
    ("state", "outcome", "words"),
    [
        (State.RESTORED, None, "restored before"),
        (State.RESTORED, {"faces": [{"verdict": "of a later gpend"}]}, "restored before"),
        (State.KEPT, {"faces": [], "notes": []}, "kept before"),  # a screenshot has none either
        (State.KEPT, {"faces": [{"verdict": "sharp"}, {"verdict": "small"}]}, "2 faces: 1 sharp enough, 1 too small"),
    ],
)
def test_what_is_known_still_is_told(state: State, outcome: dict[str, object] | None, words: str) -> None:
    assert told_again(state, outcome) == words
