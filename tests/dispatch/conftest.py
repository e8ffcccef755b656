"""A dispatcher at work for one pair of folders, with a fake engine and a ledger that fails when it is told to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gpend.dispatch import Dispatcher, FolderPair, Now
from gpend.dispatch.in_flight import Submission
from gpend.intake.source import source_of
from gpend.ledger import Found, FoundBy, Result, Row, State
from gpend.mirror import Mirror
from gpend.stamp import Stamp
from tests.ledger.failing import FailingLedger
from tests.world import World


@dataclass
class Bench:
    """What the tests of the dispatcher work at. It is a Listener."""

    world: World
    ledger: FailingLedger
    pair: FolderPair
    told: list[str] = field(default_factory=list)
    dispatcher: Dispatcher = field(init=False)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Begin anew, as after a restart."""
        runtime = self.world.runtime
        self.dispatcher = Dispatcher(runtime, self.ledger, [self.pair], lambda: None, self)

    @property
    def now(self) -> Now:
        """This moment."""
        return self.world.clock.now()

    def finished(self, row: Row, result: Result) -> None:
        """As in Listener."""
        self.told.append(f"{row.relative} {result.state}")

    def paused(self, pair: FolderPair, reason: str) -> None:
        """As in Listener."""
        del pair
        self.told.append(f"paused: {reason}")

    def sight(self, name: str, photo: bytes | None = None) -> Row:
        """A photo has settled; with `photo`, it is written first."""
        path = self.world.source / name if photo is None else self.world.put(name, photo)
        found = Found(Path(name), Stamp.of(path.stat()), FoundBy.EVENT)
        return self.row(self.ledger.photos.sight(self.pair.id, found, self.now.utc))

    def row(self, photo: int) -> Row:
        """What the ledger says now."""
        row = self.ledger.photos.row(photo)
        assert row is not None
        return row

    def work(self) -> None:
        """Do all that can be done now."""
        busy = True
        while busy:
            busy = self.dispatcher.feed(self.now) or self.dispatcher.collect(self.now) > 0 or self.pair.has_new_changes
            self.pair.has_new_changes = False  # the brake has had its look

    def done(self, name: str, photo: bytes) -> Row:
        """A photo that was processed."""
        row = self.sight(name, photo)
        self.work()
        row = self.row(row.id)
        assert row.state in (State.RESTORED, State.KEPT), row.reason
        return row

    def in_flight(self) -> list[Submission]:
        """What the engine was given."""
        return list(self.dispatcher.in_flight)


def bench_of(world: World, ledger: FailingLedger) -> Bench:
    """A bench for a world."""
    settings = world.settings
    (row,) = ledger.sources.configure([(world.source, world.output)], world.clock.now().utc)
    mirror = Mirror(world.source, world.output)
    return Bench(world, ledger, FolderPair(row.id, source_of(settings.folders[0], settings), mirror))


@pytest.fixture
def knobs() -> dict[str, Any]:
    """Settings of the world, which a test module may name anew."""
    return {}


@pytest.fixture
def bench(tmp_path: Path, knobs: dict[str, Any]) -> Iterator[Bench]:
    world = World(tmp_path, knobs=knobs)
    with FailingLedger(world.settings.ledger, world.clock.now().utc) as ledger:
        yield bench_of(world, ledger)
