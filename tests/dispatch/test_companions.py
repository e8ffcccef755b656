"""Files that are mirrored as they are, also where one of them cannot be."""

import errno
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from gpend.dispatch import companions
from gpend.dispatch.dispatcher import load_job
from gpend.dispatch.types import Job
from gpend.intake.reading import Original, RefusedError, SourceError
from gpend.ledger import Found, FoundBy, Row, State, Written
from gpend.mirror import staging
from gpend.mirror.atomic import Staged
from gpend.mirror.staging import NotStagedError
from gpend.settings import Keep
from gpend.stamp import Stamp
from tests.dispatch.conftest import Bench
from tests.world import BLURRED

BROKEN = b"a photo, broken, as large as this"


@pytest.fixture
def knobs() -> dict[str, Any]:
    return {"keep": Keep.LIBRARY}


def test_what_cannot_be_mirrored_holds_nothing_up_and_is_tried_again_after_an_hour(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    hopeless, tried = ["a.jpg", "b.jpg", "c.jpg"], list[str]()
    real = companions._read  # noqa: SLF001 - some cannot be read

    def read(row: Row) -> Generator[None, None, Original]:
        tried.append(row.path.name)
        if row.path.name in hopeless:
            raise RefusedError
        return (yield from real(row))

    monkeypatch.setattr(companions, "_read", read)
    for name in (*hopeless, "d.jpg"):
        bench.sight(name, BROKEN + name.encode())
    bench.work()
    bench.work()
    assert tried == [*hopeless, "d.jpg"]
    assert set(bench.world.outputs()) == {"d.jpg"}
    hopeless.clear()
    bench.world.clock.pass_by(3601)
    bench.work()
    assert set(bench.world.outputs()) == {"a.jpg", "b.jpg", "c.jpg", "d.jpg"}


@pytest.mark.parametrize(
    ("error", "room"), [(None, 30), (errno.EFBIG, 1000), (errno.EDQUOT, 1000)], ids=["full", "too large", "quota"]
)
def test_a_film_that_the_disk_has_no_room_for_keeps_no_photo_waiting_and_is_tried_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, error: int | None, room: int
) -> None:
    rooms = [room]
    monkeypatch.setattr(companions, "_ROOM", 20)
    monkeypatch.setattr("gpend.mirror.output_root.free", lambda _: bench.pair.minimum_free + rooms[0])
    monkeypatch.setattr("gpend.mirror.mirror.Mirror.link", no_link)
    fails = [error]

    def fill(staged: Staged, path: Path, stamp: Stamp) -> Iterator[None]:
        if fails[0] and stamp.size > 40:
            raise OSError(fails[0], os.strerror(fails[0]))
        return staging.fill(staged, path, stamp)

    monkeypatch.setattr(companions, "fill", fill)
    bench.pair.minimum_free = 100
    film = companion(bench, "film.mp4", b"a film, of more bytes than there are left")
    bench.work()
    notes = companion(bench, "notes.txt", b"short")
    for name in ("a.jpg", "b.jpg"):
        bench.sight(name, BLURRED + name.encode())
    bench.work()
    assert set(bench.world.outputs()) == {"notes.txt", "a.jpg", "b.jpg"}
    assert bench.row(notes.id).state is State.KEPT
    told = bench.row(film.id)
    assert (told.state, "Others are mirrored meanwhile" in told.reason) == (State.FAILED, True)
    assert error is not None or "no room for this file of 1 MiB: 0 MiB may be written" in told.reason
    assert not [each for each in bench.told if each.startswith("paused")]
    rooms[0], fails[0] = 1000, None
    bench.world.clock.pass_by(3601)
    bench.ledger.upkeep.wake(bench.now.utc)
    bench.work()
    assert bench.row(film.id).state is State.KEPT
    assert "film.mp4" in bench.world.outputs()


def companion(bench: Bench, name: str, content: bytes) -> Row:
    """A file that is no photo has settled."""
    found = Found(Path(name), Stamp.of(bench.world.put(name, content).stat()), FoundBy.SCAN, is_sidecar=True)
    return bench.row(bench.ledger.photos.sight(bench.pair.id, found, bench.now.utc))


def no_link(*_: object) -> Written:
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))


def test_where_no_room_is_left_for_photos_either_the_folder_is_paused_by_a_film_too(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(companions, "_ROOM", 20)
    monkeypatch.setattr("gpend.mirror.output_root.free", lambda _: 110)
    monkeypatch.setattr("gpend.mirror.mirror.Mirror.link", no_link)
    bench.pair.minimum_free = 100
    film = companion(bench, "film.mp4", b"a film, of more bytes than there are left")
    bench.work()
    assert bench.row(film.id).state is State.WAITING
    assert "the disk is full" in str(bench.told)


def test_a_source_that_cannot_be_read_for_a_while_is_not_held_against_what_was_set_aside(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = companions._read  # noqa: SLF001 - the share is away for a moment

    def read(row: Row) -> Generator[None, None, Original]:
        yield from ()
        raise SourceError(errno.ESTALE, f"Stale file handle: {row.path}")

    monkeypatch.setattr(companions, "_read", read)
    bench.sight("a.jpg", BROKEN)
    bench.work()
    assert any("cannot be read" in each for each in bench.told if each.startswith("paused"))
    monkeypatch.setattr(companions, "_read", real)
    bench.world.clock.pass_by(3601)
    bench.work()
    assert set(bench.world.outputs()) == {"a.jpg"}


def test_nothing_is_copied_that_no_place_is_left_for(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    job = load_job(bench.sight("a.jpg", BLURRED), bench.pair, 1 << 30, bench.now)
    copied, finished = list[Path | None](), list[Path | None]()

    def fill(staged: Staged, _path: Path, _stamp: Stamp) -> Iterator[None]:
        copied.append(staged.place)
        return iter(())

    monkeypatch.setattr(companions, "fill", fill)

    def finish(job: Job) -> None:
        finished.append(job.staged.place if job.staged else None)
        raise NotStagedError(Path(f"{len(finished)}.mp4"))

    with pytest.raises(OSError, match="taken again and again"):
        list(companions._staged(job, finish))  # noqa: SLF001 - every place is taken meanwhile
    assert finished == [None, *copied]


def test_a_photo_whose_copy_is_being_made_does_not_hide_the_next(bench: Bench) -> None:
    first = bench.sight("a.jpg", BLURRED)
    bench.sight("b.jpg", BLURRED + b"!")
    bench.dispatcher.in_flight.reserve(first)
    bench.work()
    assert set(bench.world.outputs()) == {"b.jpg"}
