"""What people asked for through the ledger is carried out: for a photo, for a folder, for all that failed."""

from collections import Counter
from pathlib import Path

import pytest

from gpend.daemon.requests import RequestHandler
from gpend.ledger import Fingerprint, Found, FoundBy, Ledger, Request, Result, State
from gpend.stamp import Stamp
from tests.world import BLURRED, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    for number, name in enumerate(("a/1.jpg", "a/b/2.jpg", "a.jpg", "ab/3.jpg")):
        world.put(name, BLURRED + str(number).encode())
    world.once()
    world.engine.given = Counter()
    return world


def done_again(world: World) -> set[bytes]:
    world.once()
    return {photo.removeprefix(BLURRED) for photo in world.engine.given}


def test_a_folder_stands_for_all_photos_below_it_and_for_no_other(world: World) -> None:
    Ledger.request(world.settings.ledger, Request.RETRY, [world.source / "a"])
    assert done_again(world) == {b"0", b"1"}


def test_what_was_set_aside_of_other_files_in_a_folder_is_meant_too(world: World) -> None:
    with Ledger.open(world.settings.ledger) as ledger:
        folder = ledger.folders()[0].id
        for name in ("a/1.mp4", "a/2.mp4", "b/3.mp4"):
            found = Found(Path(name), Stamp(5, 1, 8), FoundBy.SCAN, is_sidecar=True)
            state = State.KEPT if "2" in name else State.FAILED
            row = ledger.photos.sight(folder, found, 0)
            ledger.photos.finish(row, Result(state, "there is no room", "b" * 64, Fingerprint()), 0)
    Ledger.request(world.settings.ledger, Request.RETRY, [world.source / "a"])
    with Ledger.open(world.settings.ledger) as ledger:
        RequestHandler(ledger, [], world.fingerprint).answer(world.clock.now())
        films = {name: ledger.photo(world.source / name) for name in ("a/1.mp4", "a/2.mp4", "b/3.mp4")}
    assert [film.state for film in films.values() if film] == [State.WAITING, State.KEPT, State.FAILED]


def test_the_source_itself_stands_for_all_of_them(world: World) -> None:
    Ledger.request(world.settings.ledger, Request.RETRY, [world.source])
    assert done_again(world) == {b"0", b"1", b"2", b"3"}


def test_without_a_name_what_failed_is_meant(world: World) -> None:
    world.put("c.jpg", b"broken, as large as this")
    world.once()
    world.engine.given = Counter()
    Ledger.request(world.settings.ledger, Request.RETRY)
    world.once()
    assert set(world.engine.given) == {b"broken, as large as this"}
    assert world.row("c.jpg").state is State.FAILED


def test_a_request_is_carried_out_once(world: World) -> None:
    Ledger.request(world.settings.ledger, Request.RETRY, [world.source / "a.jpg"])
    assert done_again(world) == {b"2"}
    assert world.once().done == 0
