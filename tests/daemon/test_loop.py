"""One configuration at work: when it works, and when it waits."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gpend.core.report import Outcome
from gpend.daemon import Daemon, Environment
from gpend.dispatch import FolderPair, Nobody
from gpend.errors import FatalError, TransientError
from gpend.ledger import Ledger, State
from gpend.ledger.database import Database, open_for_writing
from tests.fakes import FakeWatcher, restored_if_blurred
from tests.world import BLURRED, RESTORED, World


def test_after_a_pause_is_over_it_waits_for_the_photo_without_turning_in_circles(tmp_path: Path) -> None:
    world = World(tmp_path, knobs={"settle_seconds": 0.0})
    world.put("a.jpg")
    tries: list[bytes] = []

    def fail(photo: bytes) -> Outcome:
        tries.append(photo)
        raise TransientError("not now")

    world.engine.process = fail
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        work(world, ledger, 1000)
        assert len(tries) > 3
        # A gpend that has just begun is patient with the engine for seconds only; the photo is due in many minutes.
        assert work(world, ledger, 5000) == pytest.approx(5000, rel=0.2)


def work(world: World, ledger: Ledger, seconds: float) -> int:
    """How many turns it takes in so many seconds."""
    loop = world.loop(ledger)
    loop.begin(None, crashed=False)
    turns, began = 0, world.clock.now().steady
    while world.clock.now().steady < began + seconds:
        turns += 1
        if not loop.turn():
            loop.rest()
    loop.end()
    return turns


def test_many_removals_that_have_to_wait_for_the_output_keep_nobody_busy(tmp_path: Path) -> None:
    world = World(tmp_path, knobs={"brake": {"photos": 1000}})
    for number in range(66):
        world.put(f"{number}.jpg", BLURRED + str(number).encode())
    world.once()
    for number in range(1, 66):
        (world.source / f"{number}.jpg").unlink()
    world.output.rename(world.root / "away")
    world.output.mkdir()
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        assert work(world, ledger, 60) < 100
    world.output.rmdir()
    (world.root / "away").rename(world.output)
    world.once()
    assert [name for name in world.outputs() if not name.startswith(".gpend")] == ["0.jpg"]


def test_the_engine_gets_ready_once_while_new_photos_settle(tmp_path: Path) -> None:
    world = World(tmp_path, knobs={"settle_seconds": 10.0})
    world.put("a.jpg")
    world.put("b.jpg", BLURRED + b"b")
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        work(world, ledger, 5)
        assert (world.engine.warmed, len(world.engine.given)) == (1, 0)
        work(world, ledger, 30)
        assert len(world.engine.given) == 2


def test_what_is_known_already_warms_no_engine(tmp_path: Path) -> None:
    world = World(tmp_path)
    photo = world.put("a.jpg")
    world.once()
    world.engine.warmed = 0
    photo.touch()
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        work(world, ledger, 60)
    assert world.engine.warmed == 0


def test_no_engine_gets_ready_while_a_person_has_paused_gpend(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.put("a.jpg")
    world.ask(lambda ledger: ledger.control.pause(1))
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = world.loop(ledger)
        loop.begin(lambda *_: FakeWatcher(), crashed=False)
        for _ in range(5):
            loop.turn()
        assert loop.unsettled == 1
        loop.end()
    assert world.engine.warmed == 0


@pytest.mark.parametrize("endings", [("", "-wal", "-shm"), ("-wal",)], ids=["all of it", "its log"])
def test_a_ledger_that_somebody_deletes_meanwhile_is_put_back_which_the_log_says(
    tmp_path: Path, endings: tuple[str, ...]
) -> None:
    world = World(tmp_path)
    world.put("a.jpg")

    def delete(photo: bytes) -> Outcome:
        for ending in endings:
            world.settings.ledger.with_name(world.settings.ledger.name + ending).unlink()
        return restored_if_blurred(photo)

    world.engine.process = delete
    beside: list[str] = []
    around = Environment(clock=world.clock, watching=None, beside=(lambda: beside.append("put back"),))
    with capture_logs() as logged, Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        Daemon(world.runtime, ledger, around).once()
    assert set(beside) == {"put back"}
    (told,) = [each for each in logged if each["event"] == "ledger_put_back"]
    assert "Somebody deleted ledger.sqlite" in told["reason"]
    assert world.row("a.jpg").state is State.RESTORED
    assert world.outputs()["a.jpg"] == RESTORED


def test_where_somebody_put_another_ledger_in_its_place_gpend_stops_and_says_so(tmp_path: Path) -> None:
    world, other = World(tmp_path / "world"), World(tmp_path / "other")
    other.once()
    world.put("a.jpg")

    def replace(photo: bytes) -> Outcome:
        other.settings.ledger.replace(world.settings.ledger)
        return restored_if_blurred(photo)

    world.engine.process = replace
    with pytest.raises(FatalError, match="Somebody put another file in the place of the ledger"):
        world.once()
    assert world.outputs()["a.jpg"] == RESTORED
    assert (world.root / "ledger.sqlite.rescued").exists()


def test_a_ledger_that_was_put_back_and_cannot_be_opened_yet_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, tries = World(tmp_path), list[Path]()
    world.put("a.jpg")
    world.put("b.jpg", BLURRED + b"b")

    def held_at_first(place: Path) -> Database:
        tries.append(place)
        if len(tries) < 4:
            raise TransientError("Another program holds it.")
        return open_for_writing(place)

    def delete(photo: bytes) -> Outcome:
        world.settings.ledger.unlink()
        world.clock.pass_by(10)
        monkeypatch.setattr("gpend.ledger.ledger.open_for_writing", held_at_first)
        world.engine.process = restored_if_blurred
        return restored_if_blurred(photo)

    world.engine.process = delete
    with capture_logs() as logged, Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        Daemon(world.runtime, ledger, Environment(clock=world.clock, watching=None)).once()
    assert len(tries) == 4
    events = [each["event"] for each in logged if each["event"].startswith("ledger_")]
    assert events == ["ledger_paused", "ledger_put_back", "ledger_resumed"]
    assert {world.row(name).state for name in ("a.jpg", "b.jpg")} == {State.RESTORED}
    assert len(world.engine.given) == 2


class Pauses(Nobody):
    """Notes what people are told of folders that wait."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def paused(self, pair: FolderPair, reason: str) -> None:
        """As in Listener."""
        del pair
        self.told.append(reason)


def test_photos_that_moved_and_settle_slowly_are_not_taken_for_a_mass_deletion(tmp_path: Path) -> None:
    world = World(tmp_path, knobs={"settle_seconds": 10.0, "brake": {"photos": 5}})
    for number in range(300):
        world.put(f"a/{number}.jpg", BLURRED + b"+" * number)
    world.once()
    (world.source / "a").rename(world.source / "b")
    pauses = Pauses()
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = world.loop(ledger, pauses)
        loop.begin(None, crashed=False)
        for _ in range(60):
            loop.turn()
            world.clock.pass_by(5.0)  # a slow disk: 64 ends of files in so many seconds
        loop.end()
    assert pauses.told == []
    assert {name for name in world.outputs() if not name.startswith(".gpend")} == {f"b/{n}.jpg" for n in range(300)}
