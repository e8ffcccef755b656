"""Looking for photos: nothing is missed between scans and hints, and little is held in memory."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gpend.daemon.lookout import Lookout
from gpend.dispatch import Dispatcher, FolderPair, Runtime
from gpend.intake.source import Source
from gpend.intake.watch.watches import Hint
from gpend.ledger import Ledger, State
from gpend.mirror import Mirror
from tests.daemon.world import BLURRED, World


@dataclass
class FakeWatch:
    """Does something in the middle of a scan, and says how often to scan."""

    meanwhile: Callable[[], None] = lambda: None
    every: float | None = None
    visited: list[Path] = field(default_factory=list)

    def scanning(self, root: Path) -> AbstractContextManager[Callable[[Path], None]]:
        """As in Watched."""
        return nullcontext(self.visit(root))

    def visit(self, root: Path) -> Callable[[Path], None]:
        """As in Watched."""
        del root

        def visit(folder: Path) -> None:
            self.visited.append(folder)
            self.meanwhile()

        return visit

    def poll_seconds(self, root: Path, last_scan_seconds: float = 0.0) -> float | None:
        """As in Watched."""
        del root, last_scan_seconds
        return self.every


@dataclass
class Scene:
    """A lookout in a small world."""

    world: World
    ledger: Ledger
    lookout: Lookout

    def settle(self) -> None:
        """Let everything settle that is there."""
        self.steps()
        self.world.clock.pass_by(11)
        self.steps()

    def steps(self) -> None:
        """Look until there is nothing to look at now."""
        while self.lookout.step(self.world.clock.now()):
            pass


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    world = World(tmp_path)
    settings = world.settings
    with Ledger.open(settings.ledger, world.clock.now().utc) as ledger:
        folder = ledger.sources.configure([(world.source, world.output)], 0)[0].id
        pair = FolderPair(folder, Source(world.source), Mirror(world.source, world.output))
        dispatcher = Dispatcher(Runtime(settings, world.engine, world.fingerprint), ledger, [pair], lambda: None)
        yield Scene(world, ledger, Lookout(pair, dispatcher, ledger, settings, world.clock))


def test_a_hint_that_comes_during_a_scan_leads_to_another(scene: Scene) -> None:
    root = scene.world.source
    hints = [Hint(root)]
    scene.lookout.rounds.watch = FakeWatch(
        meanwhile=lambda: scene.lookout.hear(hints.pop(), scene.world.clock.now()) if hints else None
    )
    scene.steps()
    assert scene.lookout.rounds.scans == 2


def test_what_an_event_names_is_found_without_a_scan_and_counted_so(scene: Scene) -> None:
    scene.steps()
    photo = scene.world.put("a.jpg")
    scene.lookout.hear(Hint(scene.world.source, photo), scene.world.clock.now())
    scene.settle()
    assert scene.lookout.rounds.scans == 1
    assert scene.ledger.counts_by_finder() == {"event": 1, "scan": 0}


def test_a_photo_that_got_its_name_from_a_temporary_one_need_not_be_quiet(scene: Scene) -> None:
    scene.steps()
    photo = scene.world.put("a.jpg")
    scene.lookout.hear(Hint(scene.world.source, photo, is_whole=True), scene.world.clock.now())
    scene.steps()
    assert scene.ledger.counts()[State.WAITING] == 1


def test_a_new_folder_is_looked_through_alone(scene: Scene) -> None:
    scene.steps()
    scene.world.put("new/a.jpg")
    scene.world.put("b.jpg", BLURRED + b"2")
    scene.lookout.hear(Hint(scene.world.source, scene.world.source / "new", is_directory=True), scene.world.clock.now())
    scene.settle()
    assert scene.ledger.counts()[State.WAITING] == 1


def test_a_folder_that_is_gone_leads_to_a_scan_of_everything_soon(scene: Scene) -> None:
    scene.steps()
    scene.lookout.hear(Hint(scene.world.source, scene.world.source / "x", is_directory=True), scene.world.clock.now())
    scene.settle()
    assert scene.lookout.rounds.scans == 2


def test_too_many_hints_become_one_scan(scene: Scene) -> None:
    scene.steps()
    for number in range(1500):
        folder = scene.world.source / str(number)
        scene.lookout.hear(Hint(scene.world.source, folder, is_directory=True), scene.world.clock.now())
    watch = FakeWatch()
    scene.lookout.rounds.watch = watch
    scene.steps()
    assert len(watch.visited) < 1000
    assert scene.lookout.rounds.scans == 2


def test_a_source_that_tells_little_is_scanned_often(scene: Scene) -> None:
    scene.lookout.rounds.watch = FakeWatch(every=30.0)
    for _ in range(4):
        scene.steps()
        scene.world.clock.pass_by(30)
    assert scene.lookout.rounds.scans == 4


def test_a_source_that_is_away_is_looked_for_often(scene: Scene) -> None:
    scene.steps()
    scene.world.source.rename(scene.world.root / "away")
    scene.lookout.hear(Hint(scene.world.source), scene.world.clock.now())
    scene.steps()
    scans = scene.lookout.rounds.scans
    scene.world.clock.pass_by(10)
    scene.steps()
    assert scene.lookout.rounds.scans == scans + 1


def test_more_photos_than_the_gate_holds_pass_through_all_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene.lookout._stability._queue, "_capacity", 3)  # noqa: SLF001  # twenty thousand take long
    for number in range(10):
        scene.world.put(f"{number}.jpg", BLURRED + bytes([48 + number]))
    for _ in range(5):
        scene.settle()
    assert scene.ledger.counts()[State.WAITING] == 10


def test_what_vanishes_before_it_settles_is_remembered_nowhere(scene: Scene) -> None:
    scene.steps()
    photo = scene.world.put("a.jpg")
    scene.lookout.hear(Hint(scene.world.source, photo), scene.world.clock.now())
    photo.unlink()
    scene.settle()
    assert len(scene.lookout) == 0
    assert scene.lookout._by_event == set()  # noqa: SLF001  # that nothing grows is the point


def test_unchanged_photos_cost_no_reading(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.world.put("a.jpg")
    scene.settle()

    def forbidden(*_: object) -> int:
        raise AssertionError("an unchanged photo was opened")

    monkeypatch.setattr("os.open", forbidden)
    scene.world.clock.pass_by(3601)
    scene.settle()
    assert scene.lookout.rounds.scans == 2
