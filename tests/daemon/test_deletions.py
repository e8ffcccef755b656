"""Deletions, moves and mass changes: what goes to the trash, what never does, and what waits for a person."""

import errno
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gpend.daemon.loop import Loop
from gpend.errors import TransientError
from gpend.intake import stability
from gpend.intake.ignoring import Ignoring, Rules
from gpend.intake.scan import Scan
from gpend.intake.source import Source
from gpend.ledger import Expected, Ledger, Request, State, Written
from gpend.ledger.absences import Absences
from gpend.mirror import Mirror, trash
from gpend.settings import BrakeSettings, FolderSettings, Keep, OnDelete
from tests.fakes import FakeWatcher
from tests.world import BLURRED, RESTORED, SHARP, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def numbered(number: int) -> bytes:
    return BLURRED + str(number).encode()


def fill(world: World, count: int, folder: str = "a") -> None:
    for number in range(count):
        world.put(f"{folder}/{number}.jpg", numbered(number))


def trashed(world: World) -> set[str]:
    return {name for name in world.outputs() if name.startswith(".gpend-trash/")}


def test_a_deleted_photo_sends_its_output_to_the_trash_of_the_day(world: World) -> None:
    photo = world.put("2020/a.jpg")
    world.put("2020/b.jpg", SHARP)
    world.once()
    photo.unlink()
    world.once()
    assert world.outputs() == {".gpend-trash/2023-11-14/2020/a.jpg": RESTORED}
    assert world.row("2020/a.jpg").state is State.GONE
    assert not (world.output / "2020").exists()


def test_a_photo_that_a_gallery_moves_into_its_trash_is_deleted(world: World) -> None:
    photo = world.put("2020/a.jpg")
    world.put("2020/b.jpg", SHARP)
    world.once()
    trash = world.source / ".dtrash/files"
    trash.mkdir(parents=True)
    photo.rename(trash / photo.name)
    world.once()
    assert trashed(world) == {".gpend-trash/2023-11-14/2020/a.jpg"}


def test_what_a_scan_did_not_meet_is_gone_through_once_with_one_look_at_each_folder(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(world, 30)
    fill(world, 1, "b")
    world.once()
    asked, passes = list[str](), list[int]()
    inside, expected = Ignoring.inside, Absences.expected

    def looked(ignoring: Ignoring, outer: Rules | None, relative: str) -> Rules:
        asked.append(relative)
        return inside(ignoring, outer, relative)

    def passed(absences: Absences, folder: int) -> Iterator[Expected]:
        passes.append(folder)
        return expected(absences, folder)

    shutil.rmtree(world.source / "a")
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        discovery = world.loop(ledger).discoveries[0]
        scan = Scan(discovery.pair.source)
        for seen in scan:
            (row,) = ledger.below(seen.path.parent)
            discovery.deletions.note_met(row, was_missing=False)
        monkeypatch.setattr(Ignoring, "inside", looked)
        monkeypatch.setattr(Absences, "expected", passed)
        discovery.deletions.end_scan(scan, world.clock.now())
        assert ledger.absences.missing(discovery.pair.id) == 30
    assert (sorted(asked), len(passes)) == (["", "a"], 1)


def test_what_was_made_of_photos_in_a_folder_that_is_passed_over_from_now_on_stays_and_is_told(world: World) -> None:
    fill(world, 3)
    world.put("b.jpg")
    world.once()
    before = world.outputs()
    world.knobs["folders"] = [FolderSettings(source=world.source, output=world.output, ignore=("a/",))]
    for _ in range(2):
        world.once()
    assert world.outputs() == before
    with Ledger.read_only(world.settings.ledger) as records:
        (told,) = [
            line for line in json.loads(records.folders()[0].last_scan or "{}").items() if "from before" in line[0]
        ]
    assert told == ("photos from before that are passed over now: what was made of them stays as it is", 3)
    del world.knobs["folders"]
    world.once()
    assert world.outputs() == before
    assert world.engine.given.total() == 4


def test_a_folder_that_gpend_may_not_look_into_is_told(world: World) -> None:
    world.put("open.jpg")
    world.put("closed/a.jpg", BLURRED + b"a")

    def listing(place: str) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        if place.endswith("/closed"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), place)
        return os.scandir(place)

    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        discovery = world.loop(ledger).discoveries[0]
        discovery.deletions.begin_scan()
        scan = Scan(discovery.pair.source, listing=listing)
        assert len(list(scan)) == 1
        discovery.deletions.end_scan(scan, world.clock.now())
        (folder,) = ledger.folders()
    assert folder.last_scan == '{"folders and links that gpend may not look into, which gpend check names": 1}'


def test_of_a_source_that_is_away_nothing_is_told_as_passed_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put("a.jpg")
    world.once()
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        discovery = world.loop(ledger).discoveries[0]
        world.source.rename(world.root / "away")
        monkeypatch.setattr(Source, "visibility", lambda _: lambda _: False)  # as of a share that is not connected
        discovery.deletions.begin_scan()
        scan = Scan(discovery.pair.source)
        assert list(scan) == []
        discovery.deletions.end_scan(scan, world.clock.now())
        (folder,) = ledger.folders()
    assert folder.last_scan == "{}"  # its photos were told as passed over from now on
    assert folder.paused_reason == f"The source folder {world.source} cannot be read: it is not there."
    assert folder.brake is None  # it was told to wait for a word that changes nothing


def turn(loop: Loop, times: int = 100) -> None:
    """Have a loop go on for a while."""
    for _ in range(times):
        if not loop.turn():
            loop.rest()


def test_a_source_that_is_away_is_told_as_paused_until_it_is_back_and_its_new_photos_are_done_at_once(
    world: World,
) -> None:
    world.knobs["poll_seconds"] = world.knobs["rescan_minutes"] = 1
    world.put("a.jpg")
    world.once()
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = world.loop(ledger)
        loop.begin(None, crashed=False)
        turn(loop)
        away = world.source.rename(world.root / "away")
        turn(loop, 600)
        (folder,) = ledger.folders()
        assert folder.paused_reason == f"The source folder {world.source} cannot be read: it is not there."
        assert folder.brake is None
        away.rename(world.source)
        world.put("b.jpg", numbered(2))
        loop.discoveries[0].scans.want_all(world.clock.now())
        began = world.clock.now().steady
        turn(loop, 20)
        (folder,) = ledger.folders()
        assert (folder.paused_reason, folder.brake) == (None, None)
        assert set(world.outputs()) == {"a.jpg", "b.jpg"}
        assert world.clock.now().steady - began < 60
        loop.end()


def test_a_source_that_is_there_and_cannot_be_looked_through_is_told_by_the_brake(world: World) -> None:
    def listing(_: str) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        raise OSError(errno.EIO, "Input/output error")

    world.put("a.jpg")
    world.once()
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        discovery = world.loop(ledger).discoveries[0]
        discovery.deletions.begin_scan()
        scan = Scan(discovery.pair.source, listing=listing)
        assert list(scan) == []
        discovery.deletions.end_scan(scan, world.clock.now())
        (folder,) = ledger.folders()
    assert folder.paused_reason is None
    assert "Nothing is taken for deleted" in (folder.brake or "")


def test_a_word_given_while_a_source_is_away_does_not_count_for_what_stands_there_later(world: World) -> None:
    world.knobs["rescan_minutes"] = 1
    fill(world, 5)
    world.once()
    before = world.outputs()
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = world.loop(ledger)
        loop.begin(None, crashed=False)
        turn(loop)
        world.source.rename(world.root / "away")
        turn(loop)
        discovery, now = loop.discoveries[0], world.clock.now()
        ledger.sources.confirm(discovery.pair.id, now.utc)
        discovery.confirm(now)
        turn(loop)
        world.source.mkdir()  # as the place where its disk is to be mounted
        turn(loop, 300)
        (folder,) = ledger.folders()
        assert "is its disk mounted?" in (folder.brake or "")
        loop.end()
    assert world.outputs() == before


def test_two_outputs_of_one_name_deleted_on_one_day_are_both_kept(world: World) -> None:
    for number in range(2):
        photo = world.put("a.jpg", numbered(number))
        world.put("b.jpg")
        world.once()
        photo.unlink()
        world.once()
    assert {Path(name).parts[1] for name in trashed(world)} == {"2023-11-14", "2023-11-14.2"}


def test_on_delete_keep_leaves_the_output(world: World) -> None:
    world.knobs["on_delete"] = OnDelete.KEEP
    photo = world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.once()
    photo.unlink()
    world.once()
    assert world.outputs() == {"a.jpg": RESTORED}
    assert world.row("a.jpg").state is State.GONE


def test_on_delete_delete_removes_the_output_and_the_row(world: World) -> None:
    world.knobs["on_delete"] = OnDelete.DELETE
    photo = world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.once()
    photo.unlink()
    world.once()
    assert world.outputs() == {}
    with Ledger.read_only(world.settings.ledger) as records:
        assert records.photo(photo) is None


def test_what_is_in_the_trash_already_is_not_thrown_away_once_more(world: World) -> None:
    photo = world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.once()
    photo.unlink()
    world.once()
    world.put("a.jpg", b"broken, as large as this")
    world.once()
    photo.unlink()
    world.once()
    assert world.outputs() == {".gpend-trash/2023-11-14/a.jpg": RESTORED}
    assert world.row("a.jpg").state is State.GONE


def test_an_output_that_the_user_edited_is_not_even_trashed(world: World) -> None:
    photo = world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.once()
    (world.output / "a.jpg").write_bytes(b"edited by hand")
    photo.unlink()
    world.once()
    assert world.outputs() == {"a.jpg": b"edited by hand"}


@pytest.mark.parametrize("on_delete", [OnDelete.TRASH, OnDelete.KEEP])
@pytest.mark.parametrize("comes_as", ["a.jpg", "b.jpg"])
def test_a_photo_that_was_deleted_and_comes_back_is_told_with_the_reason_of_its_outcome(
    world: World, on_delete: OnDelete, comes_as: str
) -> None:
    world.knobs |= {"on_delete": on_delete, "keep": Keep.COPY}
    photos = {"a.jpg": BLURRED, "sharp a.jpg": SHARP}
    world.put("other.jpg", SHARP + b" and another")
    for name, photo in photos.items():
        world.put(name, photo)
    world.once()
    told = {photo: world.row(name).reason for name, photo in photos.items()}
    for name in photos:
        (world.source / name).unlink()
    for _ in range(2):
        world.once()
        world.clock.pass_by(90_000)
    assert world.row("a.jpg").reason == f"{told[BLURRED]}; the photo was deleted"
    for name, photo in photos.items():
        world.put(name.replace("a.jpg", comes_as), photo)
    for _ in range(2):
        world.once()
        world.clock.pass_by(90_000)
    reasons = {photo: world.row(name.replace("a.jpg", comes_as)).reason for name, photo in photos.items()}
    assert reasons == told  # they were told as restored, and kept: "the photo was deleted"


def test_a_photo_that_comes_back_takes_its_output_out_of_the_trash(world: World) -> None:
    photo = world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.once()
    photo.unlink()
    world.once()
    world.put("elsewhere/c.jpg")
    world.once()
    assert world.outputs() == {"elsewhere/c.jpg": RESTORED}
    assert world.engine.given[BLURRED] == 1
    world.put("a.jpg")
    world.once()
    assert world.outputs() == {"elsewhere/c.jpg": RESTORED, "a.jpg": RESTORED}
    assert world.engine.given[BLURRED] == 1


def test_a_moved_folder_moves_its_outputs_and_restores_nothing_again(world: World) -> None:
    fill(world, 60)
    world.put("b/stays.jpg", SHARP)
    world.once()
    (world.source / "a").rename(world.source / "c")
    tally = world.once()
    assert world.outputs() == {f"c/{number}.jpg": RESTORED + str(number).encode() for number in range(60)}
    assert world.engine.given.total() == 61
    assert tally.pauses == {}
    with Ledger.read_only(world.settings.ledger) as records:
        assert records.counts()[State.RESTORED] == 60
        assert records.folders()[0].brake is None


def test_copies_that_move_together_move_each_its_output(world: World) -> None:
    for number in range(5):
        world.put(f"a/{number}.jpg")
    world.once()
    (world.source / "a").rename(world.source / "b")
    world.once()
    assert world.outputs() == {f"b/{number}.jpg": RESTORED for number in range(5)}


def test_photos_that_were_kept_move_with_their_copies(world: World) -> None:
    world.knobs["keep"] = Keep.COPY
    world.put("a/a.jpg", SHARP)
    world.put("stays.jpg", SHARP + b"2")
    world.once()
    (world.source / "a").rename(world.source / "b")
    world.once()
    assert set(world.outputs()) - trashed(world) == {"b/a.jpg", "stays.jpg"}
    assert world.engine.given[SHARP] == 1


def test_a_photo_renamed_onto_another_replaces_its_output_too(world: World) -> None:
    one, two = world.put("1.jpg", numbered(1)), world.put("2.jpg", numbered(2))
    world.put("stays.jpg", SHARP)
    world.once()
    two.replace(one)
    world.once()
    assert world.outputs() == {"1.jpg": RESTORED + b"2"}
    assert world.engine.given[numbered(2)] == 1


def test_two_photos_that_swap_names_swap_outputs(world: World) -> None:
    one, two = world.put("1.jpg", numbered(1)), world.put("2.jpg", numbered(2))
    world.once()
    one.rename(world.source / "3.jpg")
    two.rename(one)
    (world.source / "3.jpg").rename(two)
    world.once()
    assert world.outputs() == {"1.jpg": RESTORED + b"2", "2.jpg": RESTORED + b"1"}


def test_a_source_that_is_empty_or_away_is_never_a_deletion(world: World) -> None:
    fill(world, 5)
    world.once()
    before = world.outputs()
    shutil.move(world.source / "a", world.root / "away")
    world.once()
    assert world.outputs() == before
    with Ledger.read_only(world.settings.ledger) as records:
        brake = records.folders()[0].brake
    assert brake is not None
    assert "is its disk mounted?" in brake
    assert "gpend confirm" in brake
    shutil.move(world.root / "away", world.source / "a")
    world.once()
    with Ledger.read_only(world.settings.ledger) as records:
        assert records.folders()[0].brake is None
    assert world.outputs() == before
    assert world.engine.given.total() == 5


def test_an_empty_source_is_believed_once_a_person_confirms_it(world: World) -> None:
    fill(world, 5)
    world.once()
    shutil.rmtree(world.source / "a")
    world.once()
    Ledger.request(world.settings.ledger, Request.CONFIRM)
    world.once()
    assert len(trashed(world)) == len(world.outputs()) == 5


def test_an_output_that_gpend_may_not_take_away_pauses_nothing_and_goes_when_it_may(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = world.put("closed/a.jpg")
    world.once()
    photo.unlink()
    world.put("open/b.jpg", BLURRED + b"b")

    tried = list[int]()

    def refused(*_: object) -> None:
        tried.append(world.clock.now().utc)
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as closed:
        closed.setattr("gpend.mirror.trash.discard", refused)
        tally = world.once()  # it does not wait for that for long
        with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
            loop, tried_before = world.loop(ledger), len(tried)
            loop.begin(None, crashed=False)
            for _ in range(180):  # three hours
                while loop.step():
                    pass
                world.clock.pass_by(60)
            loop.end()
            assert len(tried) - tried_before in range(10, 40)
    assert tally.pauses == {}
    assert set(world.outputs()) == {"closed/a.jpg", "open/b.jpg"}
    world.once()
    assert "closed/a.jpg" not in world.outputs()
    assert len(trashed(world)) == 1


def test_outputs_that_gpend_may_not_take_away_keep_none_of_those_that_it_may_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.knobs["brake"] = BrakeSettings(photos=1000)
    fill(world, 70, "closed")  # more than are seen to at a time
    world.once()
    for number in range(3):
        world.put(f"open/{number}.jpg", numbered(100 + number))
    world.once()
    shutil.rmtree(world.source / "closed")
    shutil.rmtree(world.source / "open")
    world.put("stays.jpg", BLURRED)
    tried, discard = Counter[str](), trash.discard

    def refused(mirror: Mirror, written: Written, now: int) -> Written | None:
        tried[str(written.path)] += 1
        if written.path.parts[0] == "closed":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return discard(mirror, written, now)

    monkeypatch.setattr(trash, "discard", refused)
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger, capture_logs() as logged:
        loop = world.loop(ledger)
        loop.begin(None, crashed=False)
        for _ in range(4):
            while loop.step():
                pass
            world.clock.pass_by(30)
        loop.end()
    assert {Path(name).parent.name for name in trashed(world)} == {"open"}
    assert len(tried) == 73
    assert max(tried.values()) < 5  # nothing is tried again at once
    assert sum(each["event"] == "output_left" for each in logged) == 70  # each is told once


def test_an_output_that_may_not_be_taken_away_is_told_also_where_others_are_waited_for_in_vain(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(world, 3)
    world.once()

    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(trash, "discard", refused)
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger, capture_logs() as logged:
        loop = world.loop(ledger)
        loop.begin(None, crashed=False)
        for number in range(2):
            (world.source / f"a/{number}.jpg").unlink()
            for _ in range(180):
                while loop.step():
                    pass
                world.clock.pass_by(60)
        loop.end()
    assert [each["output"].name for each in logged if each["event"] == "output_left"] == ["0.jpg", "1.jpg"]


@pytest.mark.parametrize("how", ["waits", "settles"])
def test_one_pass_does_not_wait_for_ever_for_what_a_missing_photo_may_turn_out_to_be(
    world: World, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    photo = world.put("a.jpg")
    world.put("stays.jpg", SHARP)
    world.once()
    photo.unlink()
    world.put("b.jpg", BLURRED[::-1])  # of the same size

    def refused(*_: object, **__: object) -> None:
        raise TransientError("it cannot be had at the moment")

    with monkeypatch.context() as context:
        if how == "waits":
            context.setattr(world.engine, "process", refused)
        else:
            context.setattr(stability, "_ending", refused)
        with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
            loop, waited = world.loop(ledger), 0
            loop.begin(None, crashed=False)
            while (loop.step() or not loop.has_scanned) and waited < 600:
                waited += 5
                world.clock.pass_by(5)
            loop.end()
    assert waited < 300
    assert set(world.outputs()) == {"a.jpg"}  # who knows whether it was moved
    world.once()
    assert trashed(world) == {".gpend-trash/2023-11-14/a.jpg"}


@pytest.mark.parametrize("is_noticed_between", [False, True])
def test_a_folder_that_was_moved_to_another_disk_with_a_link_in_its_place_is_not_gone_and_nobody_is_asked(
    world: World, tmp_path: Path, *, is_noticed_between: bool
) -> None:
    world.knobs["brake"] = BrakeSettings(photos=5)
    fill(world, 10, "2019")
    fill(world, 3, "2020")
    world.once()
    before = world.outputs()
    (world.source / "2019").rename(tmp_path / "disk2")
    if is_noticed_between:
        world.once()
    (world.source / "2019").symlink_to(tmp_path / "disk2")
    for _ in range(3):  # "10 photos vanished" was told, and after gpend confirm once more at the next look
        assert world.once().pauses == {}
        assert world.outputs() == before
        world.clock.pass_by(4000)
    with Ledger.read_only(world.settings.ledger) as records:
        (folder,) = records.folders()
    assert folder.brake is None
    told = json.loads(folder.last_scan or "")
    assert [count for what, count in told.items() if what.startswith("photos from before")] == [10]
    row = world.row("2019/1.jpg")
    assert (row.state, row.missing_since) == (State.RESTORED, None)


def test_a_source_of_which_all_folders_were_moved_away_with_links_in_their_place_asks_nobody(
    world: World, tmp_path: Path
) -> None:
    fill(world, 3, "2019")
    world.once()
    before = world.outputs()
    (world.source / "2019").rename(tmp_path / "disk2")
    (world.source / "2019").symlink_to(tmp_path / "disk2")
    assert world.once().pauses == {}
    assert world.outputs() == before


def test_a_folder_that_was_moved_within_a_source_with_a_link_in_its_place_takes_its_outputs_along(
    world: World,
) -> None:
    world.knobs["brake"] = BrakeSettings(photos=5)
    fill(world, 10, "2019")
    world.once()
    (world.source / "archive").mkdir()
    (world.source / "2019").rename(world.source / "archive/2019")
    (world.source / "2019").symlink_to("archive/2019")
    for _ in range(2):
        assert world.once().pauses == {}
        assert set(world.outputs()) == {f"archive/2019/{number}.jpg" for number in range(10)}
        world.clock.pass_by(4000)
    assert world.engine.given.total() == 10


def test_a_photo_that_is_moved_during_a_scan_to_where_that_has_been_is_not_gone(world: World) -> None:
    world.knobs["on_delete"] = OnDelete.DELETE
    for folder in ("a", "b"):
        world.put(f"{folder}/{folder}.jpg", numbered(ord(folder)))
    world.once()
    watch = FakeWatcher(every=600.0)

    def move() -> None:
        folders = [each for each in watch.visited if each != world.source]
        if len(folders) == 2 and watch.visited[-1] == folders[1]:
            world.clock.pass_by(30.0)  # it is a large source
            photo = folders[1] / f"{folders[1].name}.jpg"
            photo.rename(folders[0] / photo.name)

    watch.meanwhile = move
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = world.loop(ledger)
        loop.begin(lambda *_: watch, crashed=False)
        for _ in range(200):
            while loop.step():
                pass
            world.clock.pass_by(5.0)
        loop.end()
    assert {Path(name).name for name in world.outputs() if not name.startswith(".gpend")} == {"a.jpg", "b.jpg"}
    assert world.engine.given.total() == 2  # nothing was restored again


def test_a_folder_that_cannot_be_listed_hides_its_photos_but_deletes_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(world, 3)
    world.put("b/b.jpg")
    world.once()
    before = world.outputs()
    scandir = os.scandir

    def refused(path: "str | int") -> object:
        if isinstance(path, str) and path.endswith("/a"):
            raise PermissionError
        return scandir(path)

    monkeypatch.setattr(Scan.__init__, "__kwdefaults__", {"visit": None, "listing": refused})
    for photo in (world.source / "a").iterdir():
        photo.unlink()
    world.once()
    assert world.outputs() == before


def test_a_mass_deletion_waits_for_a_person_and_then_goes_on(world: World) -> None:
    world.knobs["brake"] = BrakeSettings(photos=5)
    fill(world, 10)
    fill(world, 40, "b")
    world.once()
    shutil.rmtree(world.source / "a")
    tally = world.once()
    assert len(world.outputs()) == 50
    assert trashed(world) == set()
    assert "10 photos vanished" in next(iter(tally.pauses.values()))
    world.clock.pass_by(7200)
    world.once()
    assert trashed(world) == set()
    Ledger.request(world.settings.ledger, Request.CONFIRM, [world.source])
    world.once()
    assert len(trashed(world)) == 10


YEARS = 50 * 365 * 86_400


def turn_until_marked(ledger: Ledger, loop: Loop) -> None:
    """Until a scan has noticed what is missing."""
    for _ in range(100):
        if ledger.absences.missing(ledger.folders()[0].id):
            return
        if not loop.turn():
            loop.rest()
    pytest.fail("nothing was noticed")


def turn_for(world: World, loop: Loop, seconds: float) -> None:
    """So long."""
    until = world.clock.now().steady + seconds
    while world.clock.now().steady < until:
        if not loop.turn():
            loop.rest()


@pytest.mark.parametrize("jump", [7200, YEARS, -7200, -YEARS])
@pytest.mark.parametrize("is_confirmed_before", [False, True])
def test_a_clock_that_is_set_after_much_was_noticed_to_be_missing_lets_nothing_pass_the_brake(
    world: World, jump: int, *, is_confirmed_before: bool
) -> None:
    world.knobs["brake"] = BrakeSettings(photos=5)
    fill(world, 20)
    world.once()
    if is_confirmed_before:
        world.ask(lambda ledger: ledger.sources.confirm(ledger.folders()[0].id, world.clock.now().utc))
        world.clock.pass_by(60)
    for number in range(10):
        (world.source / f"a/{number}.jpg").unlink()
    with Ledger.open(world.settings.ledger, world.clock.now().utc) as ledger:
        loop = world.loop(ledger)
        loop.begin(None, crashed=False)
        turn_until_marked(ledger, loop)
        world.clock.jump(jump)
        turn_for(world, loop, 3700)
        assert ledger.folders()[0].brake is not None
        loop.end()
    assert len(world.outputs()) == 20
    assert not trashed(world)
    Ledger.request(world.settings.ledger, Request.CONFIRM)
    world.once()
    assert len(trashed(world)) == 10
    with Ledger.read_only(world.settings.ledger) as records:
        assert records.folders()[0].brake is None


def test_what_the_brake_counted_before_the_clock_was_set_back_is_not_counted_again(world: World) -> None:
    world.knobs["brake"] = BrakeSettings(photos=5)
    fill(world, 20)
    world.once()
    for numbers, jump in ((range(5), -YEARS), (range(5, 10), YEARS), (range(10, 15), 0)):
        for number in numbers:
            (world.source / f"a/{number}.jpg").unlink()
        world.once()
        world.clock.jump(jump)
        world.clock.pass_by(4000)
    assert len(trashed(world)) == 15


def test_the_brake_lets_go_when_the_photos_are_back(world: World) -> None:
    world.knobs["brake"] = BrakeSettings(photos=5)
    fill(world, 10)
    fill(world, 40, "b")
    world.once()
    shutil.move(world.source / "a", world.root / "a")
    world.once()
    shutil.move(world.root / "a", world.source / "a")
    world.once()
    with Ledger.read_only(world.settings.ledger) as records:
        assert records.folders()[0].brake is None
    assert len(world.outputs()) == 50


def test_new_photos_are_processed_while_the_brake_holds(world: World) -> None:
    world.knobs["brake"] = BrakeSettings(photos=2)
    fill(world, 10)
    world.put("b.jpg")
    world.once()
    shutil.rmtree(world.source / "a")
    world.once()
    world.put("new.jpg", numbered(99))
    world.once()
    assert "new.jpg" in world.outputs()
    assert trashed(world) == set()


def test_a_mass_change_waits_for_a_person_and_then_goes_on(world: World) -> None:
    world.knobs["brake"] = BrakeSettings(photos=5)
    fill(world, 20)
    world.once()
    before = world.outputs()
    for number in range(20):
        world.put(f"a/{number}.jpg", f"encrypted, as if blurred, {number}".encode())
    world.once()
    assert world.outputs() == before
    with Ledger.read_only(world.settings.ledger) as records:
        brake = records.folders()[0].brake
    assert brake is not None
    assert "20 changed" in brake
    Ledger.request(world.settings.ledger, Request.CONFIRM)
    world.once()
    assert all(photo.startswith(b"encrypted") for photo in world.outputs().values())


def test_small_changes_pass_without_a_word(world: World) -> None:
    fill(world, 60)
    world.once()
    for number in range(50):
        (world.source / f"a/{number}.jpg").unlink()
    world.once()
    assert len(trashed(world)) == 50


def test_deletions_one_by_one_are_counted_together(world: World) -> None:
    world.knobs["brake"] = BrakeSettings(photos=5)
    world.knobs["on_delete"] = OnDelete.DELETE
    fill(world, 20)
    world.once()
    with Ledger.open(world.settings.ledger) as ledger:
        daemon = world.daemon(ledger)
        left = list(range(20))

        def delete_some(_: object) -> None:
            for _ in range(2):
                if left:
                    (world.source / f"a/{left.pop()}.jpg").unlink()

        daemon.once(delete_some)
    assert len(world.outputs()) >= 14


def test_what_was_kept_of_a_deleted_photo_outlives_another_photo_of_its_name(world: World) -> None:
    world.knobs["on_delete"] = OnDelete.KEEP
    world.put("a.jpg")
    world.put("b.jpg", BLURRED + b", b")
    world.once()
    (world.source / "a.jpg").unlink()
    world.once()
    world.put("a.jpg", BLURRED + b", another")
    world.once()
    assert world.outputs()["a.jpg"] == RESTORED + b", another"
    assert RESTORED in world.outputs().values()
