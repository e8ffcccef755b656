"""While a person has paused gpend, or it is not the hour, photos are found and none is begun."""

from datetime import datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gpend.core.report import Outcome
from gpend.daemon.loop import Loop
from gpend.dispatch import Now
from gpend.errors import TransientError
from gpend.ledger import Ledger, Request, State
from tests.fakes import FakeWatcher
from tests.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def at(world: World, hour: int) -> None:
    """Set the clock of this machine to an hour of the day."""
    moment = datetime(2027, 3, 3, hour, 30).astimezone()
    world.clock.moment = Now(int(moment.timestamp()), world.clock.moment.steady)


def work(loop: Loop, world: World) -> None:
    for _ in range(40):
        loop.step()
        world.clock.pass_by(3)


def states(ledger: Ledger) -> tuple[int, int]:
    counts = ledger.counts()
    return counts[State.WAITING], counts[State.RESTORED]


def test_nothing_is_begun_until_the_hour_comes(world: World) -> None:
    world.knobs["schedule"] = "22:00-07:00"
    world.put("a.jpg")
    at(world, 12)
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = world.loop(ledger)
        loop.begin(lambda *_: FakeWatcher(), crashed=False)
        work(loop, world)
        assert states(ledger) == (1, 0)
        assert ledger.resting() == (None, "By its schedule gpend works again from 22:00 on.")
        assert ledger.folders()[0].watching == "events"
        at(world, 23)
        work(loop, world)
        assert states(ledger) == (0, 1)
        assert ledger.resting() == (None, None)
        loop.end()
        assert ledger.folders()[0].watching is None


def test_a_pause_holds_over_restarts_until_a_person_ends_it(world: World) -> None:
    world.once()
    Ledger.request(world.settings.ledger, Request.PAUSE)
    world.put("a.jpg")
    for _ in range(2):
        with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
            loop = world.loop(ledger)
            loop.begin(lambda *_: FakeWatcher(every=60.0), crashed=False)
            work(loop, world)
            assert states(ledger) == (1, 0)
            assert ledger.resting()[1] == "Paused by you; `gpend resume` ends that."
            assert ledger.folders()[0].watching == "polling"
            loop.end()
    Ledger.request(world.settings.ledger, Request.RESUME)
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = world.loop(ledger)
        loop.begin(lambda *_: FakeWatcher(), crashed=False)
        work(loop, world)
        assert states(ledger) == (0, 1)
        loop.end()


def test_while_all_waits_the_log_tells_so_once_and_wakes_no_disk(world: World) -> None:
    world.once()
    Ledger.request(world.settings.ledger, Request.PAUSE)
    world.put("a.jpg")
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger, capture_logs() as logged:
        loop = world.loop(ledger)
        loop.begin(lambda *_: FakeWatcher(), crashed=False)
        for _ in range(1800):
            loop.step()
            world.clock.pass_by(1)
        loop.end()
    told = [line["how_far"] for line in logged if line["event"] == "progress"]
    assert told[-1] == "found 1, 0 done (0 restored)"
    assert len(told) == len(set(told))


def test_one_pass_that_a_person_asks_for_is_done_at_any_hour(world: World) -> None:
    world.knobs["schedule"] = "22:00-07:00"
    world.put("a.jpg")
    at(world, 12)
    world.once()
    assert world.row("a.jpg").state is State.RESTORED


def test_that_nothing_can_be_restored_is_told_for_as_long_as_it_is_so(world: World) -> None:
    def fail(_: bytes) -> Outcome:
        raise TransientError("There is no worker.")

    well, world.engine.process = world.engine.process, fail
    world.put("a.jpg")
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = world.loop(ledger)
        loop.begin(lambda *_: FakeWatcher(), crashed=False)
        work(loop, world)
        assert ledger.resting()[1] == (
            "No photo can be restored at the moment: There is no worker. gpend tries again by itself."
        )
        world.engine.process = well
        for _ in range(10):
            work(loop, world)
        assert states(ledger) == (0, 1)
        assert ledger.resting() == (None, None)
        loop.end()


def test_that_nothing_can_be_restored_is_not_told_once_nothing_waits_for_it(world: World) -> None:
    def fail(_: bytes) -> Outcome:
        raise TransientError("There is no worker.")

    world.engine.process = fail
    world.put("a.jpg")
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = world.loop(ledger)
        loop.begin(lambda *_: FakeWatcher(), crashed=False)
        work(loop, world)
        assert ledger.resting()[1] is not None
        (world.source / "a.jpg").unlink()
        for _ in range(400):
            work(loop, world)
            if not ledger.backlog():
                break
        work(loop, world)
        assert ledger.resting() == (None, None)
        loop.end()
