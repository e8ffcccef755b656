"""Daily work: the trash is emptied by its date, but not by a clock that cannot be trusted."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gpend.daemon.maintenance import Maintenance
from gpend.dispatch import FolderPair
from gpend.errors import TransientError
from gpend.intake.source import Source
from gpend.ledger import Ledger, State
from gpend.mirror import Mirror
from tests.world import SHARP, World

DAY = 86_400


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    photo = world.put("2020/a.jpg")
    world.put("b.jpg", SHARP)
    world.once()
    photo.unlink()
    world.once()
    (world.output / ".gpend-trash/mine").mkdir()
    (world.output / ".gpend-trash/mine/note.txt").write_bytes(b"mine")
    (world.output / ".gpend-trash/2023-11-14/link").symlink_to(world.source)
    return world


@pytest.fixture
def after(world: World) -> Iterator[Callable[[float, int], set[str]]]:
    with Ledger.open(world.settings.ledger) as ledger:
        folder = ledger.folders()[0].id
        pair = FolderPair(folder, Source(world.source), Mirror(world.source, world.output))
        maintenance = Maintenance(ledger, [pair], 30, world.clock.now())

        def let_pass(seconds: float, jump: int = 0) -> set[str]:
            world.clock.pass_by(seconds)
            world.clock.jump(jump)
            while maintenance.step(world.clock.now()):
                pass
            return set(world.outputs())

        yield let_pass


def test_what_is_in_the_trash_goes_after_its_days_and_nothing_else(
    world: World, after: Callable[..., set[str]]
) -> None:
    assert len(after(29 * DAY)) == 2
    assert after(3 * DAY) == {".gpend-trash/mine/note.txt"}
    assert set(world.sources()) == {"b.jpg"}
    assert not (world.output / ".gpend-trash/2023-11-14").exists()
    with Ledger.read_only(world.settings.ledger) as records:
        assert records.counts()[State.GONE] == 0


def test_a_clock_that_jumps_empties_nothing(after: Callable[..., set[str]]) -> None:
    assert len(after(10, 400 * DAY)) == 2
    assert len(after(60)) == 2
    assert len(after(DAY)) == 1


def test_the_ledger_has_a_copy_every_day(world: World, after: Callable[..., set[str]]) -> None:
    backup = world.root / "ledger.sqlite.backup"
    after(4000)
    assert backup.exists()
    first = backup.stat().st_ino
    after(DAY)
    assert backup.stat().st_ino != first


def test_where_there_is_no_room_for_a_copy_the_trash_is_emptied_all_the_same(
    after: Callable[..., set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise TransientError("The ledger cannot be used at the moment: database or disk is full.")

    monkeypatch.setattr(Ledger, "back_up", full)
    with capture_logs() as logged:
        assert after(32 * DAY) == {".gpend-trash/mine/note.txt"}
    assert "ledger_not_copied" in {each["event"] for each in logged}
