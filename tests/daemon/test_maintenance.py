"""Daily work: the trash is emptied by its date, but not by a clock that cannot be trusted."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gpend import words
from gpend.daemon.maintenance import Maintenance
from gpend.dispatch import FolderPair, Now
from gpend.errors import TransientError
from gpend.intake.source import Source
from gpend.ledger import Ledger, State
from gpend.mirror import Mirror, output_root
from tests.world import BLURRED, SHARP, World

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
            world.clock.jump(jump)
            live(world, maintenance, seconds)
            return set(world.outputs())

        yield let_pass


def live(world: World, maintenance: Maintenance, seconds: float) -> None:
    """Look at what there is to do now and then, for so long."""
    until = world.clock.now().steady + seconds
    while world.clock.now().steady < until:
        world.clock.pass_by(min(6 * 3600, until - world.clock.now().steady))
        while maintenance.step(world.clock.now()):
            pass


def lives(world: World, hours: float, identity: str | None = None) -> None:
    """A gpend that runs for so long; `identity`: of the output as it was when that was last written to."""
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        folder = ledger.folders()[0].id
        pair = FolderPair(folder, Source(world.source), Mirror(world.source, world.output))
        pair.identity = identity
        live(world, Maintenance(ledger, [pair], 30, world.clock.now()), hours * 3600)


def has_trash(world: World) -> bool:
    """Does an output of a deleted photo lie there still?"""
    return any(name.endswith(".jpg") for name in world.outputs())


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
    assert len(after(27 * DAY, 400 * DAY)) == 2  # and no more than a day counts of each jump
    assert len(after(DAY, -300 * DAY)) == 2
    assert len(after(3 * DAY)) == 1


@pytest.mark.parametrize("jump", [50 * 365 * DAY, -50 * 365 * DAY, 0])
def test_what_was_deleted_while_the_clock_was_wrong_stays_for_all_its_days_and_no_longer(
    world: World, jump: int
) -> None:
    world.clock.jump(-jump)  # as after a start without a battery, until the network tells the time
    photo = world.put("c.jpg", BLURRED + b"c")
    world.once()
    photo.unlink()
    world.once()
    world.clock.jump(jump)
    lives(world, 29 * 24)
    assert "c.jpg" in {Path(name).name for name in world.outputs()}
    lives(world, 3 * 24)
    assert not has_trash(world)


def test_what_comes_into_an_old_part_of_the_trash_as_the_clock_was_set_back_stays_for_all_its_days(
    world: World,
) -> None:
    lives(world, 29 * 24)
    world.clock.jump(-29 * DAY)
    photo = world.put("c.jpg", BLURRED + b"c")
    world.once()
    photo.unlink()
    world.once()
    assert (world.output / ".gpend-trash/2023-11-14/c.jpg").exists()
    world.clock.jump(29 * DAY)
    lives(world, 29 * 24)
    assert (world.output / ".gpend-trash/2023-11-14/c.jpg").exists()
    lives(world, 3 * 24)
    assert not has_trash(world)


@pytest.mark.parametrize(
    ("off", "lasts"), [(22 * 3600, range(31, 34)), (365 * DAY, range(27, 32)), (-365 * DAY, [100])]
)
def test_between_two_runs_no_more_than_a_day_counts_whatever_the_clock_says(
    world: World, off: int, lasts: range | list[int]
) -> None:
    runs = 0
    while has_trash(world) and runs < 100:
        lives(world, 2)
        world.clock.jump(off)
        runs += 1
    assert runs in lasts


def test_the_nights_when_the_machine_sleeps_count_as_do_those_when_gpend_does_not_run(
    after: Callable[..., set[str]],
) -> None:
    days = 0  # of which the clock tells, and gpend alone could count eight hours
    while len(after(8 * 3600, 16 * 3600)) > 1 and days < 100:
        days += 1
    assert days in range(29, 33)


def test_a_part_of_the_trash_that_cannot_be_emptied_keeps_no_other(
    world: World, after: Callable[..., set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = world.output / ".gpend-trash/2023-11-13"
    refused.mkdir()
    (refused / "theirs.jpg").write_bytes(b"theirs")
    unlink = os.unlink

    def unlink_but_that(name: str, *, dir_fd: int | None = None) -> None:
        if name == "theirs.jpg":
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), name)
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", unlink_but_that)
    with capture_logs() as logged:
        assert after(32 * DAY) == {".gpend-trash/mine/note.txt", ".gpend-trash/2023-11-13/theirs.jpg"}
    assert {each["part"] for each in logged if each["event"] == "trash_not_emptied"} == {"2023-11-13"}


def test_the_trash_of_another_disk_is_left_alone(world: World) -> None:
    lives(world, 29 * 24)
    lives(world, 5 * 24, "that of the disk that is away")
    assert has_trash(world)
    lives(world, 1 * 24, output_root.identity(world.output))
    assert has_trash(world)
    lives(world, 2 * 24)
    assert not has_trash(world)


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


def nights(world: World, *, most: int = 100) -> int:
    """How often a pass is made, once every night, until the trash is empty."""
    for night in range(1, most + 1):
        world.clock.pass_by(DAY)
        world.once()
        if not has_trash(world):
            return night
    return most + 1


def test_a_pass_every_night_empties_the_trash_after_its_days_and_tells_so(world: World) -> None:
    assert nights(world, most=28) > 28
    for _ in range(3):
        world.clock.pass_by(DAY)
        tally = world.once()
        if tally.emptied:
            break
    assert tally.emptied == 2
    assert not has_trash(world)
    assert "2 deleted from the trash" in words.tally_text(tally)
    assert set(world.outputs()) == {".gpend-trash/mine/note.txt"}
    assert set(world.sources()) == {"b.jpg"}


def test_a_pass_finds_what_lies_in_a_trash_that_was_never_counted_and_gives_it_all_its_days(world: World) -> None:
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        ledger.trashed.renew(ledger.folders()[0].id, Path(".gpend-trash/2023-11-14"))
    world.clock.pass_by(365 * DAY)
    world.once()
    assert nights(world) in range(29, 33)


def test_many_passes_a_day_empty_the_trash_no_sooner(world: World) -> None:
    for _ in range(29 * 6):
        world.clock.pass_by(4 * 3600)
        world.once()
    assert has_trash(world)
    assert nights(world) in range(1, 4)


@pytest.mark.parametrize("off", [50 * 365 * DAY, -50 * 365 * DAY])
def test_a_machine_whose_clock_is_wrong_at_each_start_gains_no_days_by_its_starts(world: World, off: int) -> None:
    for _ in range(60):
        world.clock.moment = Now(world.clock.moment.utc + off, 20.0)
        world.once()
        world.clock.moment = Now(world.clock.moment.utc - off + 60, 80.0)
        world.once()
    assert has_trash(world)


def test_a_clock_that_was_ahead_once_keeps_the_trash_not_for_ever(world: World) -> None:
    world.clock.jump(50 * 365 * DAY)
    world.once()
    world.clock.jump(-50 * 365 * DAY)
    assert nights(world) in range(29, 33)


def test_a_pass_that_is_told_to_stop_leaves_the_trash_to_the_next(world: World) -> None:
    assert nights(world, most=28) > 28
    world.clock.pass_by(3 * DAY)
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        daemon = world.daemon(ledger)
        daemon.stop()
        daemon.once()
    assert has_trash(world)
    assert nights(world) in range(1, 3)


def test_passes_keep_a_copy_of_the_ledger_that_is_no_older_than_a_day(world: World) -> None:
    backup = world.root / "ledger.sqlite.backup"
    first = backup.stat().st_ino
    os.utime(backup, (world.clock.now().utc, world.clock.now().utc))
    world.once()
    assert backup.stat().st_ino == first
    world.clock.pass_by(DAY + 60)
    world.once()
    assert backup.stat().st_ino != first
