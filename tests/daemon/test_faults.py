"""Disks that are full, away, read-only or another one: paused with a reason, and resumed alone."""

import errno
import os
import shutil
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gpend.ledger import Fingerprint, Ledger, Request, State
from gpend.mirror import trash
from gpend.progress import of_ledger
from gpend.settings import OnDelete
from tests.world import BLURRED, RESTORED, SHARP, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def paused(world: World) -> str | None:
    with Ledger.read_only(world.settings.ledger) as records:
        return records.folders()[0].paused_reason


def test_a_folder_is_paused_before_its_disk_is_full(world: World) -> None:
    world.put("a.jpg")
    world.knobs["minimum_free_mb"] = 10**9
    world.once()
    assert world.outputs() == {}
    assert "is nearly full" in (paused(world) or "")
    assert world.engine.given.total() == 0
    world.knobs["minimum_free_mb"] = 0
    world.once()
    assert world.outputs() == {"a.jpg": RESTORED}
    assert paused(world) is None


def test_an_output_that_is_another_folder_than_before_is_not_written_to(world: World) -> None:
    world.put("a.jpg")
    world.once()
    world.output.rename(world.root / "away")
    world.output.mkdir()
    world.put("b.jpg", BLURRED + b"2")
    world.once()
    assert world.outputs() == {}
    assert "Is its disk mounted?" in (paused(world) or "")
    world.output.rmdir()
    (world.root / "away").rename(world.output)
    world.once()
    assert set(world.outputs()) == {"a.jpg", "b.jpg"}
    assert world.engine.given == {BLURRED: 1, BLURRED + b"2": 1}


@pytest.mark.parametrize("stands", ["nothing", "another folder"])
@pytest.mark.parametrize("on_delete", OnDelete)
def test_the_output_of_a_photo_deleted_while_the_output_folder_was_away_is_seen_to_when_it_is_back(
    world: World, stands: str, on_delete: OnDelete
) -> None:
    world.knobs["on_delete"] = on_delete
    photo = world.put("2020/a.jpg")
    world.put("b.jpg", SHARP)
    world.once()
    photo.unlink()

    def take_away(_: object) -> None:
        if not (world.root / "away").exists():
            world.output.rename(world.root / "away")
            if stands == "another folder":
                world.output.mkdir()

    with Ledger.open(world.settings.ledger) as ledger:
        world.daemon(ledger).once(take_away)
    assert paused(world) is not None
    shutil.rmtree(world.output, ignore_errors=True)
    (world.root / "away").rename(world.output)
    world.once()
    assert (
        set(world.outputs())
        == {
            OnDelete.TRASH: {".gpend-trash/2023-11-14/2020/a.jpg"},
            OnDelete.KEEP: {"2020/a.jpg"},
            OnDelete.DELETE: set(),
        }[on_delete]
    )
    assert paused(world) is None


def test_one_pass_does_not_wait_for_an_output_that_cannot_be_removed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.once()
    photo.unlink()

    def refused(*_: object) -> None:
        raise OSError(errno.EROFS, "")

    with monkeypatch.context() as patch:
        patch.setattr(trash, "discard", refused)
        began = world.clock.now().steady
        world.once()
    assert world.clock.now().steady - began < 180
    assert "it is read-only" in (paused(world) or "")
    world.once()
    assert set(world.outputs()) == {".gpend-trash/2023-11-14/a.jpg"}


def test_another_output_is_filled_anew_once_a_person_says_so(world: World) -> None:
    world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.once()
    shutil.rmtree(world.output)
    world.output.mkdir()
    world.once()
    Ledger.request(world.settings.ledger, Request.CONFIRM)
    world.once()
    assert world.outputs() == {"a.jpg": RESTORED}
    assert world.engine.given[SHARP] == 1


@pytest.mark.parametrize("number", [errno.EROFS, errno.EIO, errno.EDQUOT, errno.ESTALE])
def test_an_output_that_fails_costs_no_attempt_and_one_line(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    for name in range(5):
        world.put(f"{name}.jpg", BLURRED + bytes([48 + name]))

    def fail(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "write", fail)
    tally = world.once()
    assert len(tally.pauses) == 1
    with Ledger.read_only(world.settings.ledger) as records:
        assert records.counts()[State.WAITING] == 5
    monkeypatch.undo()
    world.clock.pass_by(600)
    world.once()
    assert len(world.outputs()) == 5
    assert not any(".gpend-" in name for name in world.outputs())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_folder_without_room_stays_paused_while_photos_come_that_need_none(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    for name in range(12):
        world.put(f"{name:02}.jpg", (SHARP if name % 2 else BLURRED) + bytes([65 + name]))

    def fail(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    write = os.write
    monkeypatch.setattr(os, "write", fail)
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger, capture_logs() as logged:
        loop = world.loop(ledger)
        loop.begin(None, crashed=False)

        def pass_by(seconds: int) -> None:
            for _ in range(seconds):
                loop.step()
                world.clock.pass_by(1)

        def told(event: str) -> int:
            return [line["event"] for line in logged].count(event)

        pass_by(3000)
        assert ledger.counts()[State.KEPT] == 6
        assert (told("folder_paused"), told("folder_resumed")) == (1, 0)
        assert "about" not in str(of_ledger(ledger, world.clock.now().utc))
        before = told("progress")
        pass_by(600)
        assert told("progress") <= before + 1
        monkeypatch.setattr(os, "write", write)
        pass_by(6000)
        assert (told("folder_paused"), told("folder_resumed")) == (1, 1)
        loop.end()
    assert len(world.outputs()) == 6
    assert paused(world) is None


def test_a_folder_that_had_no_room_is_paused_no_more_once_a_photo_that_needs_nothing_was_copied(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.knobs["keep"] = "copy"
    for name in range(6):
        world.put(f"{name}.jpg", SHARP + bytes([65 + name]))

    def fail(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = world.loop(ledger)
        loop.begin(None, crashed=False)
        with monkeypatch.context() as full:
            full.setattr(os, "write", fail)
            for _ in range(60):
                loop.step()
                world.clock.pass_by(1)
            assert "the disk is full" in (paused(world) or "")
        for _ in range(600):
            if world.outputs():
                break
            loop.step()
            world.clock.pass_by(1)
        assert ledger.counts()[State.WAITING] > 0
        assert paused(world) is None  # it was told as paused until the last photo was copied
        loop.end()


def test_a_pause_ends_also_where_no_photo_waits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.once()
    photo.unlink()
    link = os.link

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "link", fail)
    with Ledger.open(world.settings.ledger) as ledger:
        daemon = world.daemon(ledger)

        def mend(_: object) -> None:
            if daemon.tally.pauses:
                monkeypatch.setattr(os, "link", link)

        daemon.once(mend)
    assert set(world.outputs()) == {".gpend-trash/2023-11-14/a.jpg"}
    world.once()
    assert paused(world) is None


def test_a_source_that_fails_pauses_the_folder_and_the_other_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = world.put("a.jpg")
    world.put("b.jpg", BLURRED + b"2")
    system_open = os.open

    def fail(path: "os.PathLike[str] | str", flags: int, *more: int, **names: int) -> int:
        if path == photo and flags & os.O_NOATIME:
            raise OSError(errno.EIO, "Input/output error")
        return system_open(path, flags, *more, **names)

    monkeypatch.setattr(os, "open", fail)
    world.once()
    world.clock.pass_by(30)
    world.once()
    assert set(world.outputs()) == {"b.jpg"}
    monkeypatch.undo()
    world.clock.pass_by(3600)
    world.once()
    assert set(world.outputs()) == {"a.jpg", "b.jpg"}
    assert paused(world) is None


def test_a_damaged_ledger_is_rebuilt_from_the_outputs_without_restoring_again(world: World) -> None:
    for number in range(20):
        world.put(f"{number}.jpg", BLURRED + str(number).encode())
    world.once()
    before = world.outputs()
    world.settings.ledger.write_bytes(b"\xff" * 40_000)
    world.once()
    assert world.outputs() == before
    assert world.engine.given.total() == 20
    with Ledger.read_only(world.settings.ledger) as records:
        assert records.counts()[State.RESTORED] == 20


@pytest.mark.parametrize("ending", ["", "-wal", "-shm"])
def test_any_part_of_the_ledger_may_be_lost(world: World, ending: str) -> None:
    world.put("a.jpg")
    world.once()
    world.settings.ledger.with_name("ledger.sqlite" + ending).unlink(missing_ok=True)
    world.once()
    assert world.outputs() == {"a.jpg": RESTORED}
    assert world.engine.given.total() == 1


def test_flipped_bits_in_the_ledger_harm_no_photo(world: World) -> None:
    for number in range(50):
        world.put(f"{number}.jpg", BLURRED + str(number).encode())
    world.once()
    before = world.outputs()
    ledger = bytearray(world.settings.ledger.read_bytes())
    for place in range(4096, len(ledger), 997):
        ledger[place] ^= 0xFF
    world.settings.ledger.write_bytes(ledger)
    world.once()
    assert world.outputs() == before
    assert world.engine.given.total() == 50


def test_what_is_left_of_an_earlier_photo_is_not_taken_for_the_output_of_a_broken_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(os, "setxattr", unsupported)  # a disk on which an output cannot say what it is of
    broken = b"a photo, broken, as large as th's"
    world.put("a.jpg")
    world.once()
    os.utime(world.put("a.jpg", broken), (1, 1))
    world.once()
    world.fingerprint = Fingerprint("fake", "d2", "0.1.0")
    world.once()
    assert world.engine.given[broken] == 2
    assert world.row("a.jpg").state is State.FAILED
    assert world.outputs() == {"a.jpg": RESTORED}
