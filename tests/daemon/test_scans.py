"""What is scanned when: everything by the calendar, folders that news ask for, and never at the cost of all else."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gpend.daemon.deletions import DeletionDetector
from gpend.daemon.scans import ScanSchedule
from gpend.dispatch import Dispatcher, FolderPair, Now
from gpend.intake.source import Source
from gpend.ledger import Ledger
from gpend.mirror import Mirror
from tests.fakes import FakeWatcher
from tests.world import World

RESCAN = 3600.0


@dataclass
class Calendar:
    """A schedule in a small world."""

    world: World
    schedule: ScanSchedule

    @property
    def now(self) -> Now:
        """This moment."""
        return self.world.clock.now()

    def walk(self) -> set[str] | None:
        """The names that the next scan shows; None: none may begin now."""
        walk = self.schedule.walk(self.now)
        if walk is None:
            return None
        names = {sighting.path.name for sighting in walk}
        self.schedule.end(self.now)
        return names

    def after(self, seconds: float) -> set[str] | None:
        """As walk, some time later."""
        self.world.clock.pass_by(seconds)
        return self.walk()


@pytest.fixture
def calendar(tmp_path: Path) -> Iterator[Calendar]:
    world = World(tmp_path)
    for name in ("a.jpg", "2020/b.jpg", "2021/c.jpg"):
        world.put(name)
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        folder = ledger.sources.configure([(world.source, world.output)], 0)[0].id
        pair = FolderPair(folder, Source(world.source), Mirror(world.source, world.output))
        dispatcher = Dispatcher(world.runtime, ledger, [pair], lambda: None)
        deletions = DeletionDetector(pair, dispatcher, ledger, world.settings)
        yield Calendar(world, ScanSchedule(pair, deletions, world.clock, RESCAN))


ALL = {"a.jpg", "b.jpg", "c.jpg"}


def test_everything_is_scanned_at_first_and_then_by_the_calendar(calendar: Calendar) -> None:
    assert calendar.walk() == ALL
    assert calendar.after(RESCAN - 1) is None
    assert calendar.after(1) == ALL
    assert calendar.schedule.finished == 2


def test_a_folder_that_is_wanted_is_scanned_alone_and_once(calendar: Calendar) -> None:
    calendar.walk()
    calendar.schedule.want_part(calendar.world.source / "2020", calendar.now)
    calendar.schedule.want_part(calendar.world.source / "2020", calendar.now)
    assert calendar.walk() == {"b.jpg"}
    assert calendar.walk() is None


def test_where_very_many_folders_are_wanted_everything_is_scanned_once(calendar: Calendar) -> None:
    calendar.walk()
    for number in range(1001):
        calendar.schedule.want_part(calendar.world.source / str(number), calendar.now)
    assert calendar.walk() == ALL
    assert calendar.walk() is None


def test_a_scan_of_everything_answers_for_the_folders_that_were_wanted(calendar: Calendar) -> None:
    calendar.walk()
    calendar.schedule.want_part(calendar.world.source / "2020", calendar.now)
    calendar.schedule.want_all(calendar.now)
    assert calendar.walk() == ALL
    assert calendar.walk() is None


def test_something_that_has_gone_is_looked_for_soon_but_not_at_once(calendar: Calendar) -> None:
    calendar.walk()
    calendar.schedule.want_all_soon(calendar.now)
    assert calendar.walk() is None
    assert calendar.after(5) == ALL


def test_a_folder_that_is_not_there_leads_to_a_scan_of_everything(calendar: Calendar) -> None:
    calendar.walk()
    calendar.schedule.want_part(calendar.world.source / "none", calendar.now)
    assert calendar.walk() == set()
    assert calendar.after(5) == ALL


@pytest.mark.parametrize(("every", "until"), [(30.0, 30), (None, RESCAN)])
def test_how_often_is_what_the_watcher_says_or_the_calendar(
    calendar: Calendar, every: float | None, until: float
) -> None:
    calendar.schedule.watch = FakeWatcher(every=every)
    calendar.walk()
    assert calendar.after(until - 1) is None
    assert calendar.after(1) == ALL


def test_asking_when_the_next_scan_is_changes_nothing(calendar: Calendar) -> None:
    asked: list[Callable[[], object]] = [
        calendar.schedule.next_scan,
        lambda: calendar.schedule.is_under_way,
    ]
    before = dict(vars(calendar.schedule))
    for question in asked * 3:
        question()
    assert vars(calendar.schedule) == before
