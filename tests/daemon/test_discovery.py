"""Looking for photos: nothing is missed between scans and hints, and little is held in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gpend.daemon.discovery import FolderDiscovery
from gpend.dispatch import Dispatcher, FolderPair
from gpend.intake.source import Source
from gpend.intake.watch.watches import Hint
from gpend.ledger import Ledger, State
from gpend.mirror import Mirror
from tests.fakes import FakeWatcher
from tests.world import BLURRED, SHARP, World


@dataclass
class Scene:
    """The discovery of one folder in a small world."""

    world: World
    ledger: Ledger
    discovery: FolderDiscovery

    def settle(self) -> None:
        """Let everything settle that is there."""
        self.steps()
        self.world.clock.pass_by(11)
        self.steps()

    def steps(self) -> None:
        """Look until there is nothing to look at now."""
        while self.discovery.step(self.world.clock.now()):
            pass

    def hear(self, place: str | Path = "", *, is_directory: bool = False, is_whole: bool = False) -> None:
        """An event has drawn attention to a place; "": to all of them."""
        path = self.world.source / place if place else None
        self.discovery.follow(Hint(self.world.source, path, is_directory, is_whole), self.world.clock.now())


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    world = World(tmp_path)
    settings = world.settings
    with Ledger.open(settings.ledger, world.clock.now().utc) as ledger:
        folder = ledger.sources.configure([(world.source, world.output)], 0)[0].id
        pair = FolderPair(folder, Source(world.source), Mirror(world.source, world.output))
        dispatcher = Dispatcher(world.runtime, ledger, [pair], lambda: None)
        yield Scene(world, ledger, FolderDiscovery(pair, dispatcher, ledger, settings, world.clock))


def test_a_hint_that_comes_during_a_scan_leads_to_another(scene: Scene) -> None:
    root = scene.world.source
    hints = [Hint(root)]
    scene.discovery.scans.watch = FakeWatcher(
        meanwhile=lambda: scene.discovery.follow(hints.pop(), scene.world.clock.now()) if hints else None
    )
    scene.steps()
    assert scene.discovery.scans.finished == 2


def test_what_an_event_names_is_found_without_a_scan_and_counted_so(scene: Scene) -> None:
    scene.steps()
    photo = scene.world.put("a.jpg")
    scene.hear(photo)
    scene.settle()
    assert scene.discovery.scans.finished == 1
    assert scene.ledger.counts_by_finder() == {"event": 1, "scan": 0}


def test_a_photo_that_got_its_name_from_a_temporary_one_need_not_be_quiet(scene: Scene) -> None:
    scene.steps()
    photo = scene.world.put("a.jpg")
    scene.hear(photo, is_whole=True)
    scene.world.clock.pass_by(0.02)  # a step of the clock that gave the photo its time
    scene.steps()
    assert scene.ledger.counts()[State.WAITING] == 1


def test_a_new_folder_is_looked_through_alone(scene: Scene) -> None:
    scene.steps()
    scene.world.put("new/a.jpg")
    scene.world.put("b.jpg", BLURRED + b"2")
    scene.discovery.follow(
        Hint(scene.world.source, scene.world.source / "new", is_directory=True), scene.world.clock.now()
    )
    scene.settle()
    assert scene.ledger.counts()[State.WAITING] == 1


def test_a_folder_that_is_gone_leads_to_a_scan_of_everything_soon(scene: Scene) -> None:
    scene.steps()
    scene.discovery.follow(
        Hint(scene.world.source, scene.world.source / "x", is_directory=True), scene.world.clock.now()
    )
    scene.settle()
    assert scene.discovery.scans.finished == 2


def test_too_many_hints_become_one_scan(scene: Scene) -> None:
    scene.steps()
    for number in range(1500):
        scene.hear(str(number), is_directory=True)
    watch = FakeWatcher()
    scene.discovery.scans.watch = watch
    scene.steps()
    assert len(watch.visited) < 1000
    assert scene.discovery.scans.finished == 2


def test_a_source_that_tells_little_is_scanned_often(scene: Scene) -> None:
    scene.discovery.scans.watch = FakeWatcher(every=30.0)
    for _ in range(4):
        scene.steps()
        scene.world.clock.pass_by(30)
    assert scene.discovery.scans.finished == 4


def test_a_source_that_is_away_is_looked_for_often(scene: Scene) -> None:
    scene.steps()
    scene.world.source.rename(scene.world.root / "away")
    scene.hear()
    scene.steps()
    scans = scene.discovery.scans.finished
    scene.world.clock.pass_by(10)
    scene.steps()
    assert scene.discovery.scans.finished == scans + 1


def test_more_photos_than_may_settle_at_once_pass_through_all_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene.discovery._stability._queue, "_capacity", 3)  # noqa: SLF001  # twenty thousand take long
    for number in range(10):
        scene.world.put(f"{number}.jpg", BLURRED + bytes([48 + number]))
    for _ in range(5):
        scene.settle()
    assert scene.ledger.counts()[State.WAITING] == 10


def test_what_vanishes_before_it_settles_is_remembered_nowhere(scene: Scene) -> None:
    scene.steps()
    photo = scene.world.put("a.jpg")
    scene.hear(photo)
    photo.unlink()
    scene.settle()
    assert scene.discovery.unsettled == 0
    assert scene.discovery._by_event == set()  # noqa: SLF001  # that nothing grows is the point


def test_unchanged_photos_cost_no_reading(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.world.put("a.jpg")
    scene.settle()

    def forbidden(*_: object) -> int:
        raise AssertionError("an unchanged photo was opened")

    monkeypatch.setattr("os.open", forbidden)
    scene.world.clock.pass_by(3601)
    scene.settle()
    assert scene.discovery.scans.finished == 2


@pytest.mark.parametrize("years", [0, 100], ids=["", "though it was on record while the clock was ahead"])
def test_who_may_read_a_photo_is_followed_by_its_output_without_work(tmp_path: Path, years: int) -> None:
    world = World(tmp_path)
    photo = world.put("Trip/a.jpg")
    world.clock.jump(years * 365 * 86_400)
    world.once()
    world.clock.jump(-years * 365 * 86_400)
    output = world.output / "Trip/a.jpg"
    photo.chmod(0o600)
    photo.parent.chmod(0o700)
    world.once()
    assert (output.stat().st_mode & 0o777, output.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert list(world.engine.given.values()) == [1]
    assert world.row("Trip/a.jpg").state is State.RESTORED


@pytest.mark.parametrize("keep", ["hardlink", "copy"])
def test_a_second_name_of_a_photo_is_not_looked_after_at_every_scan_and_a_copy_is(tmp_path: Path, keep: str) -> None:
    world = World(tmp_path, knobs={"keep": keep})
    world.put("a.jpg", SHARP)
    world.once()
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        known = ledger.photos.known(1, Path("a.jpg"))
    assert known is not None
    assert known.mirrored == (keep == "copy")
