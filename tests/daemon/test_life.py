"""The daemon while it runs: reloads, words to systemd, and a ledger that cannot be written for a while."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gpend.daemon import Daemon, Environment, checks
from gpend.daemon.checks import Pair
from gpend.daemon.loop import Loop
from gpend.dispatch import FolderPair, Nobody, Now, Runtime
from gpend.errors import ConfigurationError, TransientError
from gpend.ledger import FolderRow, Ledger, State
from gpend.notify import Notifier
from gpend.settings import FolderSettings
from tests.fakes import FakeClock, FakeEngine
from tests.world import BLURRED, RESTORED, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@dataclass
class Systemd(Notifier):
    """Remembers what it hears."""

    heard: list[str] = field(default_factory=list)

    def __init__(self) -> None:
        super().__init__()
        self.heard = []

    def _send(self, message: str) -> None:
        self.heard.append(message.split("=", maxsplit=1)[0])


@dataclass
class Script(FakeClock):
    """A clock that does something whenever the daemon rests."""

    steps: Iterator[Callable[[], object]] = field(default_factory=lambda: iter(()))

    def wait(self, wake: threading.Event, seconds: float) -> None:
        """As in Clock."""
        super().wait(wake, seconds)
        next(self.steps, lambda: None)()


def run(world: World, steps: Sequence[Callable[[Daemon], object]], **around: object) -> Systemd:
    systemd = Systemd()
    clock = Script(Now(1_700_000_000, 1000.0))
    with Ledger.open(world.settings.ledger) as ledger:
        environment = Environment(clock=clock, watching=None, notifier=systemd, **around)  # type: ignore[arg-type]  # as given
        daemon = Daemon(world.runtime, ledger, environment)
        clock.steps = iter([*(lambda step=step: step(daemon) for step in steps), daemon.stop])
        daemon.run()
    return systemd


def nothing(_: Daemon) -> None:
    """Let time pass."""


def test_systemd_hears_of_the_start_of_progress_and_of_the_end(world: World) -> None:
    world.put("a.jpg")
    heard = run(world, [nothing] * 40).heard
    assert heard[0] == "READY"
    assert {"WATCHDOG", "STATUS"} <= set(heard)
    assert heard[-1] == "STOPPING"
    assert world.outputs() == {"a.jpg": RESTORED}


def test_a_stuck_engine_starves_the_watchdog(world: World) -> None:
    world.put("a.jpg")
    world.engine.slow = True
    world.knobs["stall_seconds"] = 30
    seconds, patience = 600, 4 * 30
    heard = run(world, [nothing] * seconds).heard
    assert 0 < heard.count("WATCHDOG") <= patience / 2 + 10


def test_a_new_configuration_is_taken_over_while_it_runs(world: World) -> None:
    other = world.root / "other"
    other.mkdir()
    (other / "b.jpg").write_bytes(BLURRED + b"2")
    out = world.root / "other-out"
    out.mkdir()
    world.put("a.jpg")
    engine = FakeEngine()

    def reload() -> Runtime:
        world.knobs["folders"] = (FolderSettings(source=other, output=out),)
        return Runtime(world.settings, engine, world.fingerprint)

    heard = run(world, [nothing] * 30 + [Daemon.hang_up] + [nothing] * 30, reload=reload).heard
    assert heard.count("READY") == 2
    assert "RELOADING" in heard
    assert (out / "b.jpg").exists()
    assert world.engine.closed
    assert not engine.closed


def test_a_wrong_configuration_changes_nothing(world: World) -> None:
    def reload() -> Runtime:
        raise ConfigurationError("settle_second: there is no such key")

    photo: list[Path] = []
    steps: list[Callable[[Daemon], object]] = [Daemon.hang_up, lambda _: photo.append(world.put("a.jpg"))]
    world.knobs["rescan_minutes"] = 0.1
    heard = run(world, steps + [nothing] * 60, reload=reload).heard
    assert heard.count("READY") == 2
    assert world.outputs() == {"a.jpg": RESTORED}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process holds the ledger's own lock."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def test_a_ledger_that_cannot_be_written_is_waited_for_and_nothing_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpend.ledger.database.BUSY_SECONDS", 0.01)
    for number in range(5):
        world.put(f"{number}.jpg", BLURRED + bytes([48 + number]))
    lock = locked(world.settings.ledger)
    steps: list[Callable[[Daemon], object]] = [nothing] * 13
    steps += [lambda _: lock.__enter__(), *[nothing] * 20, lambda _: lock.__exit__(None, None, None), *[nothing] * 60]
    with capture_logs() as logged:
        run(world, steps)
    events = [line["event"] for line in logged]
    assert events.count("ledger_paused") == events.count("ledger_resumed") == 1
    assert len(world.outputs()) == 5
    with Ledger.read_only(world.settings.ledger) as records:
        assert records.counts()[State.RESTORED] == 5
        assert records.counts()[State.WORKING] == 0


def test_a_reload_waits_for_a_ledger_that_cannot_be_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpend.ledger.database.BUSY_SECONDS", 0.01)
    world.put("a.jpg")
    lock = locked(world.settings.ledger)
    steps: list[Callable[[Daemon], object]] = [nothing] * 13
    steps += [lambda _: lock.__enter__(), *[nothing] * 5, Daemon.hang_up, *[nothing] * 9]
    steps += [lambda _: lock.__exit__(None, None, None), *[nothing] * 120]
    with capture_logs() as logged:
        run(world, steps, reload=lambda: world.runtime)
    events = [line["event"] for line in logged]
    assert events.index("ledger_paused") < events.index("ledger_resumed") < events.index("configuration_reloaded")
    assert world.outputs() == {"a.jpg": RESTORED}


def test_a_reload_waits_for_a_ledger_that_cannot_be_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def known_pairs(rows: Iterable[FolderRow]) -> set[Pair]:
        asked.append("the ledger")
        if len(asked) in (2, 3):  # the first time is at the start
            raise TransientError("The ledger is busy.")
        return checks.known_pairs(rows)

    monkeypatch.setattr("gpend.daemon.daemon.known_pairs", known_pairs)
    with capture_logs() as logged:
        run(world, [*[nothing] * 13, Daemon.hang_up, *[nothing] * 30], reload=lambda: world.runtime)
    assert [line["event"] for line in logged].count("configuration_reloaded") == 1  # gpend ended
    assert len(asked) == 4


def begin_while_held(world: World, steps: Sequence[Callable[[Daemon], object]], notifier: Notifier) -> None:
    """Run a daemon whose ledger could be opened, and is held by another process by then."""
    clock = Script(Now(1_700_000_000, 1000.0))
    with Ledger.open(world.settings.ledger) as ledger:
        daemon = Daemon(world.runtime, ledger, Environment(clock=clock, watching=None, notifier=notifier))
        lock = locked(world.settings.ledger)
        lock.__enter__()
        todo = iter([*steps, lambda _: lock.__exit__(None, None, None), *[nothing] * 60, Daemon.stop])
        clock.steps = (partial(step, daemon) for step in todo)
        try:
            daemon.run()
        finally:
            lock.__exit__(None, None, None)


def test_a_start_waits_for_a_ledger_that_could_be_opened_and_cannot_be_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpend.ledger.database.BUSY_SECONDS", 0.01)
    world.put("a.jpg")
    notifier = Notifier()

    def tells(_: Daemon) -> None:
        assert "locked" in notifier.trouble

    with capture_logs() as logged:
        begin_while_held(world, [*[nothing] * 20, tells], notifier)
    events = [line["event"] for line in logged]
    assert events[:3] == ["ledger_paused", "ledger_resumed", "daemon_started"]
    assert notifier.trouble == ""
    assert world.outputs() == {"a.jpg": RESTORED}


def test_a_start_that_waits_for_the_ledger_ends_in_order_when_it_is_stopped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpend.ledger.database.BUSY_SECONDS", 0.01)
    with capture_logs() as logged:
        begin_while_held(world, [nothing, nothing, Daemon.stop], Notifier())
    assert [line["event"] for line in logged] == ["ledger_paused", "daemon_stopped"]


def test_a_ledger_that_cannot_be_written_is_waited_for_at_rest_whatever_is_due(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpend.ledger.database.BUSY_SECONDS", 0.01)
    world.put("a.jpg")
    with Ledger.open(world.settings.ledger) as ledger:
        loop = world.loop(ledger)
        loop.begin(None, crashed=False)
        with locked(world.settings.ledger):
            began = world.clock.now().steady
            for _ in range(20):
                assert not loop.step()
                loop.rest()
        assert world.clock.now().steady - began >= 20
        loop.end()


@pytest.mark.parametrize("place", ["source", "output"])
def test_a_start_and_a_reload_wait_for_a_known_folder_that_is_away_and_serve_the_others(
    world: World, place: str
) -> None:
    other = FolderSettings(source=world.root / "other", output=world.root / "other-out")
    for folder in (other.source, other.output):
        folder.mkdir()
    first = FolderSettings(source=world.source, output=world.output)
    world.knobs |= {"folders": (first, other), "rescan_minutes": 0.1}
    world.put("a.jpg")
    world.once()
    lies = Path(getattr(world, place))
    away = lies.rename(world.root / "away")
    (other.source / "b.jpg").write_bytes(BLURRED + b"2")
    told: list[bool] = []

    def add(_: Daemon) -> None:
        told.append((other.output / "b.jpg").exists())
        away.rename(lies)
        world.put("c.jpg", BLURRED + b"3")

    steps: list[Callable[[Daemon], object]] = [*[nothing] * 30, Daemon.hang_up, *[nothing] * 10, add, *[nothing] * 900]
    heard = run(world, steps, reload=lambda: world.runtime).heard
    assert told == [True]
    assert heard.count("READY") == 2
    assert world.outputs() == {"a.jpg": RESTORED, "c.jpg": RESTORED + b"3"}
    with Ledger.read_only(world.settings.ledger) as records:
        assert records.counts()[State.GONE] == 0


def test_an_output_that_is_away_is_told_at_a_start_though_no_photo_waits(world: World) -> None:
    world.put("a.jpg")
    world.once()
    away = world.output.rename(world.root / "away")
    with Ledger.open(world.settings.ledger) as ledger:
        loop = world.loop(ledger)
        loop.begin(None, crashed=False)
        for turn in range(200):
            if turn == 100:
                assert "it is not there" in str(ledger.folders()[0].paused_reason)  # status said: No errors
                away.rename(world.output)
            if not loop.turn():
                loop.rest()
        assert ledger.folders()[0].paused_reason is None
        loop.end()


def test_a_start_waits_for_no_folder_that_it_does_not_know(world: World) -> None:
    world.knobs["folders"] = (FolderSettings(source=world.root / "misspelt", output=world.output),)
    with pytest.raises(ConfigurationError, match="misspelt does not exist"):
        run(world, [nothing])


@dataclass
class Told(Nobody):
    """A Listener that remembers the pauses."""

    pauses: list[str] = field(default_factory=list)

    def paused(self, pair: FolderPair, reason: str) -> None:
        """As in Listener."""
        self.pauses.append(f"{pair.root.name}: {reason}")


@pytest.mark.parametrize(("seconds", "times"), [(20, 0), (900, 1)], ids=["for a moment", "for long"])
def test_that_the_ledger_cannot_be_written_is_said_to_who_asks_at_once_and_to_people_once_it_lasts(
    world: World, monkeypatch: pytest.MonkeyPatch, seconds: int, times: int
) -> None:
    monkeypatch.setattr("gpend.ledger.database.BUSY_SECONDS", 0.01)
    told, notifier = Told(), Notifier()
    with Ledger.open(world.settings.ledger) as ledger:
        loop = Loop(world.runtime, ledger, world.clock, told, notifier)
        loop.begin(None, crashed=False)

        def work(seconds: float) -> None:
            until = world.clock.now().steady + seconds
            while world.clock.now().steady < until:
                if not loop.step():
                    loop.rest()

        work(10)
        assert notifier.trouble == ""
        with locked(world.settings.ledger):
            work(seconds)
            assert "locked" in notifier.trouble
        work(700)
        assert notifier.trouble == ""
        loop.end()
    assert len(told.pauses) == times
    assert all("locked" in each and "goes on by itself" in each for each in told.pauses)


def test_a_ledger_that_is_written_again_after_a_reload_is_no_trouble_any_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpend.ledger.database.BUSY_SECONDS", 0.01)
    notifier = Notifier()
    with Ledger.open(world.settings.ledger) as ledger:
        before = Loop(world.runtime, ledger, world.clock, Nobody(), notifier)
        before.begin(None, crashed=False)
        with locked(world.settings.ledger):
            before.step()
            assert "locked" in notifier.trouble
        before.end()
        after = Loop(world.runtime, ledger, world.clock, Nobody(), notifier)
        after.begin(None, crashed=False)
        assert notifier.trouble == ""
        after.end()


def step(steps: Iterator[Callable[[], object]]) -> None:
    """Do the next thing, if there is one."""
    next(steps, lambda: None)()


def test_one_pass_does_not_wait_for_the_ledger_for_ever_and_the_next_does_what_is_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpend.ledger.database.BUSY_SECONDS", 0.01)
    world.put("a.jpg")
    lock = locked(world.settings.ledger)
    steps: Iterator[Callable[[], object]] = iter([lock.__enter__])
    began = world.clock.now().steady
    with Ledger.open(world.settings.ledger) as ledger:
        with pytest.raises(TransientError, match=r"in vain.* next run does what is left\. Make room on the disk of"):
            world.daemon(ledger).once(lambda _: step(steps))
        lock.__exit__(None, None, None)
    assert 60 <= world.clock.now().steady - began <= 120
    assert world.outputs() == {}
    world.once()
    assert world.outputs() == {"a.jpg": RESTORED}


def test_one_pass_goes_on_when_the_ledger_can_soon_be_written_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gpend.ledger.database.BUSY_SECONDS", 0.01)
    world.put("a.jpg")
    lock = locked(world.settings.ledger)
    nothings: list[Callable[[], object]] = [lambda: None] * 40
    steps = iter([lock.__enter__, *nothings, lambda: lock.__exit__(None, None, None)])
    with Ledger.open(world.settings.ledger) as ledger:
        world.daemon(ledger).once(lambda _: step(steps))
    assert world.outputs() == {"a.jpg": RESTORED}


def test_one_pass_that_cannot_even_begin_says_so_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpend.ledger.database.BUSY_SECONDS", 0.01)
    with (
        Ledger.open(world.settings.ledger) as ledger,
        locked(world.settings.ledger),
        pytest.raises(TransientError, match=r"No photo was harmed"),
    ):
        world.daemon(ledger).once()
