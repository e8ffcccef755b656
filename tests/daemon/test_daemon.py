"""The main path, from a file in the source to a file in the output and a line in the ledger."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpend import reports, words
from gpend.errors import ConfigurationError, FatalError, TransientError
from gpend.ledger import Fingerprint, Found, FoundBy, Ledger, Request, State
from gpend.settings import FolderSettings, Keep
from gpend.stamp import Stamp
from tests.world import BLURRED, RESTORED, SHARP, World, sha256


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_blurred_photo_comes_out_restored_under_its_own_path(world: World) -> None:
    photo = world.put("2020/a.jpg")
    os.utime(photo, ns=(1_400_000_000_000_000_001, 1_500_000_000_000_000_002))
    tally = world.once()
    assert world.outputs() == {"2020/a.jpg": RESTORED}
    assert (world.output / "2020/a.jpg").stat().st_mtime_ns == 1_500_000_000_000_000_002
    assert tally.states == {State.RESTORED: 1}
    row = world.row("2020/a.jpg")
    assert (row.state, row.content, row.output_sha256) == (State.RESTORED, sha256(BLURRED), sha256(RESTORED))
    assert row.outcome is not None
    assert row.outcome["faces"][0]["verdict"] == "restored"


def test_the_source_stays_as_it_was(world: World) -> None:
    photo = world.put("a.jpg")
    before, status = world.sources(), photo.stat()
    world.once()
    after = photo.stat()
    assert world.sources() == before
    assert (after.st_mode, after.st_mtime_ns, after.st_ctime_ns) == (
        status.st_mode,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def test_a_sharp_photo_is_kept_with_its_reason_and_written_nowhere(world: World) -> None:
    world.put("a.jpg", SHARP)
    world.once()
    assert world.outputs() == {}
    assert (world.row("a.jpg").state, world.row("a.jpg").reason) == (State.KEPT, "no face is blurred")


def test_keep_copy_mirrors_what_needs_no_restoration(world: World) -> None:
    world.put("a.jpg", SHARP)
    world.put("b.gif.jpg", b"animated, and more of it")
    world.knobs["keep"] = Keep.COPY
    world.once()
    assert world.outputs() == {"a.jpg": SHARP, "b.gif.jpg": b"animated, and more of it"}


def test_keep_hardlink_takes_no_room(world: World) -> None:
    photo = world.put("a.jpg", SHARP)
    world.knobs["keep"] = Keep.HARDLINK
    world.once()
    assert photo.samefile(world.output / "a.jpg")


def test_hard_links_across_disks_become_copies(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put("a.jpg", SHARP)
    world.knobs["keep"] = Keep.HARDLINK
    link = os.link

    def across(source: object, target: str, **more: object) -> None:
        if isinstance(source, Path):
            raise OSError(errno.EXDEV, "another file system")
        link(source, target, **more)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(os, "link", across)
    world.once()
    assert world.outputs() == {"a.jpg": SHARP}
    assert not (world.source / "a.jpg").samefile(world.output / "a.jpg")


def test_switching_keep_on_later_mirrors_what_was_kept_before(world: World) -> None:
    world.put("a.jpg", SHARP)
    world.once()
    world.knobs["keep"] = Keep.COPY
    world.once()
    assert world.outputs() == {"a.jpg": SHARP}
    assert world.engine.given[SHARP] == 1


def test_nothing_is_done_twice(world: World) -> None:
    world.put("a.jpg")
    world.put("b.jpg", SHARP)
    world.once()
    world.once()
    assert world.engine.given == {BLURRED: 1, SHARP: 1}


def test_a_touched_photo_is_looked_at_but_not_restored_again(world: World) -> None:
    photo = world.put("a.jpg")
    world.once()
    os.utime(photo)
    world.once()
    assert world.engine.given[BLURRED] == 1
    assert world.row("a.jpg").state is State.RESTORED


def test_an_edited_photo_is_done_again(world: World) -> None:
    world.put("a.jpg")
    world.once()
    world.put("a.jpg", b"another photo, also blurred")
    world.once()
    assert world.outputs() == {"a.jpg": b"another photo, also restored by gpend 0.1"}


def test_the_output_of_a_photo_that_is_sharp_now_goes_away(world: World) -> None:
    world.put("a.jpg")
    world.once()
    world.put("a.jpg", SHARP)
    world.once()
    assert world.row("a.jpg").output is None
    assert "a.jpg" not in world.outputs()


@pytest.mark.parametrize(
    ("photo", "state"),
    [(b"broken, and more of it", State.FAILED), (b"animated, and more of it", State.UNSUPPORTED)],
)
def test_what_cannot_be_processed_is_set_aside_with_its_reason_and_the_next_one_is_not(
    world: World, photo: bytes, state: State
) -> None:
    world.put("a.jpg", photo)
    world.put("b.jpg")
    world.once()
    assert (world.row("a.jpg").state, world.row("b.jpg").state) == (state, State.RESTORED)
    assert world.row("a.jpg").reason
    world.once()
    assert world.engine.given[photo] == 1
    world.fingerprint = Fingerprint("fake", "d1", "0.2.0")
    world.once()
    assert world.engine.given[photo] == 2


def test_a_file_without_end_is_incomplete_and_tried_again_ever_less_often(world: World) -> None:
    world.put("a.jpg", b"truncated, and more of it")
    world.once()
    row = world.row("a.jpg")
    assert row.state is State.INCOMPLETE
    assert row.next_attempt is not None
    first = row.next_attempt - world.clock.now().utc
    world.clock.pass_by(first + 1)
    world.once()
    again = world.row("a.jpg")
    assert again.next_attempt is not None
    assert again.next_attempt - world.clock.now().utc > first


def test_a_file_that_stays_empty_is_told_as_that(world: World) -> None:
    path = world.put("a.jpg", b"")
    os.utime(path, (1_600_000_000, 1_600_000_000))
    world.once()
    row = world.row("a.jpg")
    assert row.state is State.INCOMPLETE
    assert row.reason is not None
    assert row.reason.startswith("The file is empty")


def test_an_empty_file_waits_and_becomes_a_photo(world: World) -> None:
    world.put("a.jpg", b"")
    tally = world.once()
    assert tally.unsettled == 1
    status = reports.status(world.settings.ledger)  # of a gpend that runs no more
    assert (status.settling, status.progress) == (1, "found 1, 0 done (0 restored), 1 not whole yet")
    world.put("a.jpg")
    world.once()
    assert world.outputs() == {"a.jpg": RESTORED}
    assert reports.status(world.settings.ledger).settling == 0


def test_a_photo_of_another_ending_takes_the_shorter_name_if_it_is_free(world: World) -> None:
    heic = b"a photo, heic, blurred, and more of it"
    world.put("IMG_1.HEIC", heic)
    world.put("IMG_2.HEIC", heic + b"2")
    world.put("IMG_2.jpg")
    world.once()
    assert set(world.outputs()) == {"IMG_1.jpg", "IMG_2.jpg", "IMG_2.HEIC.jpg"}
    assert world.outputs()["IMG_2.jpg"] == RESTORED


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\0\x10meta12345678" + b"\0\0\0\x15mdatheic, blurred"
PNG = b"\x89PNG\r\n\x1a\n%s\0\0\0\0IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xfe\0\x09%s\xff\xda\0\x02\xff\xd9"


@pytest.mark.parametrize("first", ["a.jpg", "b.heic"])
def test_what_is_written_for_a_duplicate_has_the_ending_of_what_it_is(world: World, first: str) -> None:
    """One HEIC under two names, of which one is a JPEG's."""
    for name in (first, {"a.jpg": "b.heic", "b.heic": "a.jpg"}[first]):
        world.put(name, HEIC)
        world.once()
    assert set(world.outputs()) == {"a.jpg", "b.jpg"}
    assert world.engine.given == {HEIC: 1}


def test_a_photo_under_another_formats_name_gets_its_own_ending_once_it_is_restored(world: World) -> None:
    world.put("a.jpg", PNG % b"blurred")
    world.put("b.jpeg", JPEG % b"blurred")
    world.once()
    assert set(world.outputs()) == {"a.png", "b.jpeg"}
    assert world.engine.given.total() == 2


def test_a_photo_that_comes_later_gets_its_own_name_back(world: World) -> None:
    world.put("IMG_1.HEIC", b"a photo, heic, blurred, and more of it")
    world.once()
    world.put("IMG_1.jpg")
    world.once()
    assert set(world.outputs()) == {"IMG_1.jpg", "IMG_1.HEIC.jpg"}
    assert world.outputs()["IMG_1.jpg"] == RESTORED
    assert world.row("IMG_1.HEIC").output == world.output / "IMG_1.HEIC.jpg"


def test_a_photo_of_the_users_own_in_the_output_stays_and_the_ledger_says_why(world: World) -> None:
    world.put("a.jpg")
    (world.output / "a.jpg").write_bytes(b"mine")
    world.once()
    assert world.outputs() == {"a.jpg": b"mine"}
    assert world.row("a.jpg").state is State.FAILED
    assert "left alone" in world.row("a.jpg").reason


def test_a_photo_whose_place_is_still_taken_costs_no_work_again_and_is_set_aside_for_the_same_reason(
    world: World,
) -> None:
    photo = world.put("a.jpg")
    (world.output / "a.jpg").write_bytes(b"mine")
    world.once()
    reason = world.row("a.jpg").reason
    os.utime(photo)
    world.once()
    Ledger.request(world.settings.ledger, Request.RETRY, [photo])
    world.once()
    assert world.engine.given[BLURRED] == 1
    assert (world.row("a.jpg").state, world.row("a.jpg").reason) == (State.FAILED, reason)
    assert world.outputs() == {"a.jpg": b"mine"}


@pytest.mark.parametrize("how", ["touch", "retry", "fingerprint"])
def test_a_photo_whose_place_is_free_again_is_tried_again_as_any_that_was_set_aside(world: World, how: str) -> None:
    photo = world.put("a.jpg")
    (world.output / "a.jpg").write_bytes(b"mine")
    world.once()
    (world.output / "a.jpg").unlink()
    match how:
        case "touch":
            os.utime(photo)
        case "retry":
            Ledger.request(world.settings.ledger, Request.RETRY, [photo])
        case _:
            world.fingerprint = Fingerprint("fake", "d2", "0.1.0")
    world.once()
    assert world.outputs() == {"a.jpg": RESTORED}


def test_a_sharp_photo_needs_no_place_and_is_kept_whatever_stands_there(world: World) -> None:
    photo = world.put("a.jpg", SHARP)
    (world.output / "a.jpg").write_bytes(b"mine")
    world.once()
    os.utime(photo)
    world.once()
    assert world.row("a.jpg").state is State.KEPT
    assert world.outputs() == {"a.jpg": b"mine"}


def test_a_photo_that_becomes_another_in_a_taken_place_is_looked_at_anew(world: World) -> None:
    world.put("a.jpg")
    (world.output / "a.jpg").write_bytes(b"mine")
    world.once()
    world.put("a.jpg", SHARP)
    world.once()
    assert world.row("a.jpg").state is State.KEPT


def test_a_heic_photo_whose_jpeg_has_no_place_costs_no_work_again(world: World) -> None:
    heic = b"a photo, heic, blurred, and more of it"
    photo = world.put("IMG_1.HEIC", heic)
    (world.output / "IMG_1.jpg").write_bytes(b"mine")
    world.once()
    os.utime(photo)
    world.once()
    assert world.engine.given[heic] == 1
    assert "left alone" in world.row("IMG_1.HEIC").reason
    assert world.outputs() == {"IMG_1.jpg": b"mine"}


def test_a_folder_that_is_a_link_in_the_output_costs_no_work_again(world: World) -> None:
    photo = world.put("deep/a.jpg")
    (world.output / "deep").symlink_to(world.root)
    world.once()
    os.utime(photo)
    world.once()
    assert world.engine.given[BLURRED] == 1
    assert "follows no links" in world.row("deep/a.jpg").reason


def test_a_folder_in_the_place_of_a_photo_that_was_removed_is_written_to_once_its_output_is_gone(world: World) -> None:
    photo = world.put("a.jpg")
    world.once()
    photo.unlink()
    world.put("a.jpg/b.jpg", BLURRED + b"2")
    world.once()
    assert "is a link or a file, not a folder" in world.row("a.jpg/b.jpg").reason
    world.clock.pass_by(3601)
    world.once()
    assert {name for name in world.outputs() if "trash" not in name} == {"a.jpg/b.jpg"}  # it waited for `retry`


def test_a_reason_that_quotes_a_name_which_is_no_text_ends_no_pass_and_costs_no_work_again(world: World) -> None:
    name = os.fsdecode(b"caf\xe9")
    photo = world.put(f"{name}/a.jpg")
    world.put("b.jpg", SHARP)
    (world.output / name).symlink_to(world.root)
    for _ in range(2):
        tally = world.once()
        os.utime(photo)
    assert world.row("b.jpg").state is State.KEPT
    assert "caf\N{REPLACEMENT CHARACTER} is a link" in world.row(f"{name}/a.jpg").reason
    assert (tally.states[State.FAILED], world.engine.given[BLURRED]) == (1, 1)


def test_copies_of_a_photo_are_restored_once(world: World) -> None:
    for name in ("a.jpg", "b.jpg", "deep/c.jpg"):
        world.put(name)
    world.engine.slow = True
    with Ledger.open(world.settings.ledger) as ledger:
        daemon = world.daemon(ledger)
        daemon.once(lambda _: world.engine.finish())
    assert world.engine.given == {BLURRED: 1}
    assert world.outputs() == dict.fromkeys(("a.jpg", "b.jpg", "deep/c.jpg"), RESTORED)


def test_a_renamed_photo_takes_its_output_along(world: World) -> None:
    photo = world.put("a.jpg")
    world.once()
    (world.source / "2021").mkdir()
    photo.rename(world.source / "2021/b.jpg")
    world.once()
    assert world.engine.given == {BLURRED: 1}
    assert world.outputs() == {"2021/b.jpg": RESTORED}


def test_a_restored_photo_that_comes_back_is_recognised(world: World) -> None:
    world.put("a.jpg")
    world.once()
    world.put("phone/back.jpg", world.outputs()["a.jpg"])
    world.once()
    assert world.engine.given == {BLURRED: 1}
    assert "restored this photo itself" in world.row("phone/back.jpg").reason


def test_outputs_are_recognised_when_the_ledger_is_lost(world: World) -> None:
    world.put("a.jpg")
    world.once()
    world.settings.ledger.unlink()
    world.once()
    assert world.engine.given == {BLURRED: 1}
    assert world.row("a.jpg").state is State.RESTORED
    assert world.row("a.jpg").output_sha256 == sha256(RESTORED)


def test_names_of_any_bytes_and_any_length_are_mirrored(world: World) -> None:
    names = [b"caf\xe9.jpg", b"x" * 246 + b".jpg", "日本.jpg".encode(), b"a\nb.jpg"]
    for number, name in enumerate(names):
        world.put(name, BLURRED + bytes([48 + number]))
    world.once()
    assert {os.fsencode(name) for name in world.outputs()} == set(names)


def test_pipes_folders_and_circles_of_links_are_no_photos_and_stop_nobody(world: World) -> None:
    os.mkfifo(world.source / "pipe.jpg")
    (world.source / "folder.jpg").mkdir()
    (world.source / "round").symlink_to(world.source)
    (world.source / "loop.jpg").symlink_to(world.source / "loop.jpg")
    world.put("z.jpg")
    world.once()
    assert world.outputs() == {"z.jpg": RESTORED}


def test_a_file_that_may_not_be_read_has_a_reason_and_another_date(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = world.put("a.jpg")
    world.put("b.jpg", BLURRED + b"2")
    system_open = os.open

    def refused(path: "os.PathLike[str] | str", flags: int, *more: int, **names: int) -> int:
        if path == photo:
            raise PermissionError(errno.EACCES, "Permission denied")
        return system_open(path, flags, *more, **names)

    monkeypatch.setattr(os, "open", refused)
    world.once()
    assert (world.row("a.jpg").state, world.row("b.jpg").state) == (State.FAILED, State.RESTORED)
    assert "permission denied" in world.row("a.jpg").reason
    monkeypatch.undo()
    world.clock.pass_by(3601)
    world.once()
    assert world.row("a.jpg").state is State.RESTORED


def test_a_photo_larger_than_the_memory_allowed_is_not_even_read(world: World) -> None:
    world.knobs["memory_mb"] = 64
    with (world.source / "a.jpg").open("wb") as file:
        file.write(b"\xff" * 64)
        file.truncate(65 << 20)
        file.seek((65 << 20) - 2)
        file.write(b"\xff\xd9")
    with Ledger.open(world.settings.ledger) as ledger:
        folder = ledger.sources.configure([(world.source, world.output)], 0)[0].id
        status = (world.source / "a.jpg").stat()
        stamp = Stamp.of(status)
        ledger.photos.sight(folder, Found(Path("a.jpg"), stamp, FoundBy.SCAN), 0)
        world.daemon(ledger).once()
    assert "memory_mb" in world.row("a.jpg").reason


def test_a_photo_that_changes_while_it_is_processed_is_done_again(world: World) -> None:
    world.put("a.jpg")

    def meddle(_: object) -> None:
        if world.engine.running and world.engine.given.total() == 1:
            world.put("a.jpg", b"another photo, also blurred")
        world.engine.finish()

    world.engine.slow = True
    with Ledger.open(world.settings.ledger) as ledger:
        world.daemon(ledger).once(meddle)
    assert world.outputs() == {"a.jpg": b"another photo, also restored by gpend 0.1"}


def test_a_photo_deleted_while_it_is_processed_leaves_nothing(world: World) -> None:
    photo = world.put("a.jpg")

    def meddle(_: object) -> None:
        if world.engine.running:
            photo.unlink(missing_ok=True)
        world.engine.finish()

    world.engine.slow = True
    with Ledger.open(world.settings.ledger) as ledger:
        world.daemon(ledger).once(meddle)
        assert ledger.photo(photo) is None
    assert world.outputs() == {}


def test_a_full_disk_pauses_the_folder_and_costs_no_attempt(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put("a.jpg")
    fsync = os.fsync

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    tally = world.once()
    assert "the disk is full" in next(iter(tally.pauses.values()))
    assert words.tally_text(tally).startswith("Nothing was done yet.\npaused: ")
    row = world.row("a.jpg")
    assert (row.state, row.attempts) == (State.WAITING, 0)
    with Ledger.read_only(world.settings.ledger) as records:
        assert records.folders()[0].paused_reason is not None
    monkeypatch.setattr(os, "fsync", fsync)
    world.clock.pass_by(60)
    world.once()
    assert world.outputs() == {"a.jpg": RESTORED}
    with Ledger.read_only(world.settings.ledger) as records:
        assert records.folders()[0].paused_reason is None


def test_a_disk_that_holds_no_more_files_is_not_told_to_be_full(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put("a.jpg")
    statvfs = os.statvfs

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def told(place: Path) -> os.statvfs_result:
        fields = list(statvfs(place))
        return os.statvfs_result([*fields[:5], 1000, 0, 0, *fields[8:]])

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr(os, "statvfs", told)
    (reason,) = world.once().pauses.values()
    assert "has room for bytes, but for no more files" in reason


def test_an_engine_that_cannot_work_now_costs_no_attempt_and_is_tried_again(world: World) -> None:
    world.put("a.jpg")
    answers: Iterator[bool] = iter([False, False, True])
    process = world.engine.process

    def moody(photo: bytes) -> object:
        if not next(answers):
            raise TransientError("the GPU is gone")
        return process(photo)

    world.engine.process = moody  # type: ignore[assignment]  # it gives what `process` gives
    for _ in range(3):
        world.once()
        assert world.row("a.jpg").attempts == 0
        world.clock.pass_by(30)
    assert world.outputs() == {"a.jpg": RESTORED}


def test_a_fatal_error_stops_the_daemon_and_the_photo_waits(world: World) -> None:
    world.put("a.jpg")

    def fatal(_: bytes) -> object:
        raise FatalError("the model is damaged")

    world.engine.process = fatal  # type: ignore[assignment]  # it gives nothing
    with pytest.raises(FatalError, match="damaged"):
        world.once()
    assert (world.row("a.jpg").state, world.row("a.jpg").attempts) == (State.WAITING, 0)


def test_a_photo_that_gpend_keeps_ending_in_is_set_aside_in_the_end(world: World) -> None:
    world.put("a.jpg")
    world.knobs["attempts"] = 1
    world.engine.slow = True
    with Ledger.open(world.settings.ledger) as ledger:
        daemon = world.daemon(ledger)
        daemon.once(lambda _: daemon.stop() if world.engine.running else None)
    for _ in range(10):
        world.ask(lambda ledger: ledger.photos.begin(1, 0))
        world.ask(lambda ledger: ledger.upkeep.interrupted(0, crashed=False))
    world.once()
    assert world.row("a.jpg").state is State.FAILED
    assert "ended 10 times" in world.row("a.jpg").reason
    Ledger.request(world.settings.ledger, Request.RETRY, [world.source / "a.jpg"])
    world.engine.slow = False
    world.once()
    assert world.row("a.jpg").state is State.RESTORED


def test_one_pass_judges_a_damaged_photo_of_long_ago_and_names_it(world: World) -> None:
    photo = world.put("a.jpg", b"\xff\xd8\xff\xe0 a picture that ends before its end")
    os.utime(photo, (1_600_000_000, 1_600_000_000))
    tally = world.once()
    assert tally.states == {State.INCOMPLETE: 1}
    assert [path for path, _ in tally.set_aside] == [photo]
    assert (tally.unsettled, tally.is_well) == (0, False)


def test_stopping_rolls_back_what_is_in_flight(world: World) -> None:
    for number in range(20):
        world.put(f"{number}.jpg", BLURRED + bytes([65 + number]))
    world.engine.slow = True
    with Ledger.open(world.settings.ledger) as ledger:
        daemon = world.daemon(ledger)

        def stop(_: object) -> None:
            if world.engine.running:
                daemon.stop()

        tally = daemon.once(stop)
        assert (tally.is_stopped, tally.waiting, tally.is_well) == (True, 20, False)
        assert ledger.counts()[State.WAITING] == 20
        assert len(world.engine.running) == 2
    world.engine.slow = False
    world.once()
    assert len(world.outputs()) == 20


def test_retry_does_a_photo_afresh_although_it_was_done(world: World) -> None:
    world.put("a.jpg")
    world.once()
    Ledger.request(world.settings.ledger, Request.RETRY, [world.source / "a.jpg"])
    world.once()
    assert world.engine.given[BLURRED] == 2
    assert world.outputs() == {"a.jpg": RESTORED}


def test_clock_jumps_change_nothing(world: World) -> None:
    world.put("a.jpg")
    world.once()
    for years in (1, -3):
        world.clock.jump(years * 365 * 86_400)
        world.put(f"{years}.jpg", BLURRED + str(years).encode())
        world.once()
    assert len(world.outputs()) == 3
    assert world.engine.given.total() == 3


def test_leftovers_of_a_killed_gpend_are_swept(world: World) -> None:
    world.put("a.jpg")
    (world.output / ".gpend-00112233").write_bytes(b"half a photo")
    world.once()
    assert world.outputs() == {"a.jpg": RESTORED}


def test_a_start_that_would_do_harm_is_refused_with_every_reason(world: World) -> None:
    inside = FolderSettings(source=world.source, output=world.source / "out")
    inside.output.mkdir()
    missing = FolderSettings(source=world.root / "nowhere", output=world.output)
    world.knobs["folders"] = (inside, missing)
    with pytest.raises(ConfigurationError) as refusal:
        world.once()
    assert "lies inside the source folder" in str(refusal.value)
    assert "nowhere does not exist" in str(refusal.value)
