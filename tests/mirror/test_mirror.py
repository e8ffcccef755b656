"""An output tree: whole files or none, nothing of the user's own touched, nothing outside reached."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpend.errors import PhotoError
from gpend.intake.reading import OWN_ATTRIBUTE, Appearance
from gpend.ledger import Fingerprint, Written
from gpend.mirror import (
    Adopted,
    LinkedFolderError,
    Mirror,
    OccupiedError,
    Origin,
    atomic,
    inspect,
    output_root,
)
from gpend.stamp import Stamp
from tests.held import Held

FINGERPRINT = Fingerprint("gpen-256", "d1", "0.1.0")
LIKE = Appearance(0o640, os.geteuid(), os.getegid(), 1_600_000_000_123_456_789, 1_500_000_000_987_654_321)


def origin(relative: str | Path = "a.jpg", source: bytes = b"source") -> Origin:
    return Origin(Path(relative), hashlib.sha256(source).hexdigest(), LIKE)


@pytest.fixture
def attributes(tmp_path: Path) -> None:
    """For tests of extended attributes: skips where the file system has none."""
    try:
        os.setxattr(tmp_path, "user.test", b"1")
    except OSError:
        pytest.skip("this file system has no extended attributes")


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    return Mirror(tmp_path / "in", tmp_path / "out")


def files(mirror: Mirror) -> dict[str, bytes]:
    found = (path for path in mirror.output.rglob("*") if path.is_file())
    return {path.relative_to(mirror.output).as_posix(): path.read_bytes() for path in found}


def test_an_output_has_the_mode_and_the_times_of_its_photo(mirror: Mirror) -> None:
    written = mirror.write(Path("b/a.jpg"), b"restored", origin(), FINGERPRINT, None)
    status = (mirror.output / "b/a.jpg").stat()
    assert files(mirror) == {"b/a.jpg": b"restored"}
    assert (status.st_mode & 0o777, status.st_mtime_ns, status.st_nlink) == (0o640, LIKE.modified_ns, 1)
    assert written == Written(Path("b/a.jpg"), Stamp.of(status), hashlib.sha256(b"restored").hexdigest())


def test_where_the_way_to_an_output_is_longer_than_the_kernel_tells_it_is_written_all_the_same(mirror: Mirror) -> None:
    place = Path(*["d" * 200] * 21, "a.jpg")  # 4,096 bytes are the most
    written = mirror.write(place, b"restored", origin(place), FINGERPRINT, None)
    assert (written.path, written.stamp.size, written.stamp.inode) == (place, 8, 0)
    assert mirror.write(place, b"restored better", origin(place), FINGERPRINT, written).stamp.size == 15
    shutil.rmtree(mirror.output)  # by its descriptors; pytest goes by paths


def test_folders_are_as_private_as_those_of_the_source(mirror: Mirror) -> None:
    (mirror.source / "private").mkdir(mode=0o700)
    mirror.write(Path("private/a.jpg"), b"restored", origin(), FINGERPRINT, None)
    assert (mirror.output / "private").stat().st_mode & 0o777 == 0o700


def test_a_photo_of_the_users_own_is_never_overwritten(mirror: Mirror) -> None:
    (mirror.output / "a.jpg").write_bytes(b"mine")
    with pytest.raises(OccupiedError, match="left alone"):
        mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    assert files(mirror) == {"a.jpg": b"mine"}


def test_what_could_not_be_written_is_told_beforehand_and_what_could_is_not(mirror: Mirror, tmp_path: Path) -> None:
    (mirror.output / "mine.jpg").write_bytes(b"mine")
    (mirror.output / "linked").symlink_to(tmp_path)
    written = mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    before = files(mirror)
    with pytest.raises(OccupiedError, match="left alone"):
        mirror.check(Path("mine.jpg"), origin(), None)
    with pytest.raises(LinkedFolderError):
        mirror.check(Path("linked/a.jpg"), origin(), None)
    mirror.check(Path("a.jpg"), origin(), written)
    mirror.check(Path("new/a.jpg"), origin(), None)
    assert files(mirror) == before


def test_an_output_that_the_user_has_edited_is_the_users_own(mirror: Mirror) -> None:
    written = mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    (mirror.output / "a.jpg").write_bytes(b"edited")
    with pytest.raises(OccupiedError):
        mirror.write(Path("a.jpg"), b"again", origin(), FINGERPRINT, written)
    assert not mirror.stands(written)
    assert not mirror.remove(written)
    assert files(mirror) == {"a.jpg": b"edited"}


def test_gpends_own_output_is_replaced_in_one_step(mirror: Mirror) -> None:
    written = mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    mirror.write(Path("a.jpg"), b"better", origin(), FINGERPRINT, written)
    assert files(mirror) == {"a.jpg": b"better"}


@pytest.fixture
def while_read(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody saves a.jpg while gpend has just read it to tell whose it is."""
    real = inspect._digest  # noqa: SLF001 - a large file takes its time

    def digest(descriptor: int) -> str:
        found = real(descriptor)
        (mirror.output / "mine").write_bytes(b"edited")
        (mirror.output / "mine").replace(mirror.output / "a.jpg")
        return found

    monkeypatch.setattr(inspect, "_digest", digest)


@pytest.mark.usefixtures("attributes")
def test_an_edit_that_is_saved_while_gpend_looks_whose_the_output_is_stays(
    mirror: Mirror, request: pytest.FixtureRequest
) -> None:
    mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    request.getfixturevalue("while_read")
    with pytest.raises(OccupiedError):
        mirror.write(Path("a.jpg"), b"better", origin(), FINGERPRINT, None)
    assert files(mirror) == {"a.jpg": b"edited"}


def test_an_edit_that_is_saved_while_gpend_is_about_to_remove_the_output_stays(
    mirror: Mirror, request: pytest.FixtureRequest
) -> None:
    written = mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    os.utime(mirror.output / "a.jpg")  # its bytes alone can tell
    request.getfixturevalue("while_read")
    assert not mirror.stands(written)
    assert not mirror.remove(written)
    assert files(mirror) == {"a.jpg": b"edited"}


@pytest.mark.usefixtures("attributes")
def test_an_output_that_the_ledger_forgot_is_still_gpends_own(mirror: Mirror) -> None:
    mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    mirror.write(Path("a.jpg"), b"better", origin(), FINGERPRINT, None)
    assert files(mirror) == {"a.jpg": b"better"}


@pytest.mark.usefixtures("attributes")
def test_an_output_touched_by_a_backup_is_still_gpends_own(mirror: Mirror) -> None:
    written = mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    os.removexattr(mirror.output / "a.jpg", OWN_ATTRIBUTE)
    os.utime(mirror.output / "a.jpg")
    assert mirror.stands(written)
    mirror.write(Path("a.jpg"), b"better", origin(), FINGERPRINT, written)
    assert files(mirror) == {"a.jpg": b"better"}


@pytest.mark.usefixtures("attributes")
def test_on_a_file_system_without_case_another_photos_output_is_not_replaced(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror.write(Path("a.jpg"), b"restored", origin("A.jpg"), FINGERPRINT, None)

    @contextmanager
    def listed_as_it_was_made(_folder: int) -> Iterator[list[SimpleNamespace]]:
        yield [SimpleNamespace(name="A.jpg")]

    monkeypatch.setattr(os, "scandir", listed_as_it_was_made)
    with pytest.raises(OccupiedError):
        mirror.write(Path("a.jpg"), b"another", origin(source=b"another source"), FINGERPRINT, None)
    monkeypatch.undo()
    assert files(mirror) == {"a.jpg": b"restored"}


def test_on_a_file_system_without_case_an_output_may_change_the_case_of_its_name_and_is_not_lost(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    os.link(mirror.output / "a.jpg", mirror.output / "A.jpg")  # as it looks there: one file by both names

    @contextmanager
    def listed_once(_folder: int) -> Iterator[list[SimpleNamespace]]:
        yield [SimpleNamespace(name="a.jpg")]

    monkeypatch.setattr(os, "scandir", listed_once)
    mirror.move(written, mirror, Path("A.jpg"))
    monkeypatch.undo()
    assert (mirror.output / "A.jpg").read_bytes() == b"restored"


def test_an_output_that_is_given_the_name_it_has_stays(mirror: Mirror) -> None:
    written = mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    mirror.move(written, mirror, Path("a.jpg"))
    assert files(mirror) == {"a.jpg": b"restored"}


def test_without_hard_links_a_gap_is_filled_and_a_file_still_not_overwritten(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: object, **_names: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refused)
    mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    (mirror.output / "b.jpg").write_bytes(b"mine")
    with pytest.raises(OccupiedError):
        mirror.write(Path("b.jpg"), b"restored", origin(), FINGERPRINT, None)
    assert files(mirror) == {"a.jpg": b"restored", "b.jpg": b"mine"}


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_failure_at_any_step_leaves_the_old_output_and_no_rest(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    written = mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)

    def full(*_args: object, **_names: object) -> int:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="no space left"):
        mirror.write(Path("a.jpg"), b"better", origin(), FINGERPRINT, written)
    monkeypatch.undo()
    assert files(mirror) == {"a.jpg": b"restored"}


def test_metadata_that_cannot_be_carried_over_is_noted_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_args: object, **_names: object) -> None:
        raise PermissionError(errno.EPERM, "not allowed")

    monkeypatch.setattr(os, "fchmod", refused)
    monkeypatch.setattr(os, "fchown", refused)
    (tmp_path / "out").mkdir()
    notes: list[str] = []
    mirror = Mirror(tmp_path, tmp_path / "out", notes.append)
    like = Appearance(0o600, os.geteuid() + 1, os.getegid(), 1, 2)
    for name in ("a.jpg", "b.jpg"):
        mirror.write(Path(name), b"restored", Origin(Path(name), "0" * 64, like), FINGERPRINT, None)
    assert notes == ["the owner", "the permissions"]


@pytest.mark.usefixtures("attributes")
def test_extended_attributes_of_the_photo_are_carried_over(mirror: Mirror) -> None:
    like = Appearance(0o600, os.geteuid(), os.getegid(), 1, 2, {"user.rating": b"5"})
    mirror.write(Path("a.jpg"), b"restored", Origin(Path("a.jpg"), "0" * 64, like), FINGERPRINT, None)
    assert os.getxattr(mirror.output / "a.jpg", "user.rating") == b"5"


@pytest.mark.usefixtures("attributes")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.E2BIG, errno.ERANGE, errno.ENOTSUP])
def test_an_attribute_that_has_no_room_is_told_by_its_name_and_costs_neither_the_others_nor_the_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    setxattr, notes = os.setxattr, list[str]()

    def refuse(descriptor: int, name: str, value: bytes) -> None:
        if name == "user.large":  # as ext4 does, which has 4 KiB for all of a file's, with what btrfs and XFS hold
            raise OSError(number, os.strerror(number))
        setxattr(descriptor, name, value)

    monkeypatch.setattr(os, "setxattr", refuse)
    (tmp_path / "out").mkdir()
    mirror = Mirror(tmp_path / "in", tmp_path / "out", notes.append)
    like = Appearance(
        0o600, os.geteuid(), os.getegid(), 1, 2, {"user.a": b"1", "user.large": b"2", "user.rating": b"5"}
    )
    mirror.write(Path("a.jpg"), b"restored", Origin(Path("a.jpg"), "0" * 64, like), FINGERPRINT, None)
    assert set(os.listxattr(mirror.output / "a.jpg")) >= {"user.a", "user.rating", OWN_ATTRIBUTE}
    assert notes == ["the attribute user.large"]


@pytest.mark.usefixtures("attributes")
def test_attributes_are_set_before_the_file_is_made_read_only(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    setxattr = os.setxattr

    def as_anybody(descriptor: int, name: str, value: bytes) -> None:
        if not os.fstat(descriptor).st_mode & 0o200:
            raise PermissionError(errno.EACCES, "Permission denied")
        setxattr(descriptor, name, value)

    monkeypatch.setattr(os, "setxattr", as_anybody)
    like = Appearance(0o444, os.geteuid(), os.getegid(), 1, 2, {"user.rating": b"5"})
    mirror.write(Path("a.jpg"), b"restored", Origin(Path("a.jpg"), "0" * 64, like), FINGERPRINT, None)
    assert set(os.listxattr(mirror.output / "a.jpg")) >= {"user.rating", OWN_ATTRIBUTE}
    assert (mirror.output / "a.jpg").stat().st_mode & 0o777 == 0o444


def test_a_linked_folder_in_the_output_is_refused_with_advice(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (mirror.output / "b").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LinkedFolderError, match="gpend retry"):
        mirror.write(Path("b/a.jpg"), b"restored", origin(), FINGERPRINT, None)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_link_under_the_outputs_name_is_not_followed(mirror: Mirror, tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"mine")
    (mirror.output / "a.jpg").symlink_to(tmp_path / "precious")
    with pytest.raises(OccupiedError):
        mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    assert (tmp_path / "precious").read_bytes() == b"mine"


@pytest.mark.parametrize("place", ["../a.jpg", "b/../../a.jpg", "/tmp/a.jpg"])  # noqa: S108  # nothing is written there
def test_nothing_outside_the_output_can_be_named(mirror: Mirror, place: str) -> None:
    with pytest.raises(PhotoError, match="leads out"):
        mirror.write(Path(place), b"restored", origin(), FINGERPRINT, None)


@given(
    name=st.binary(min_size=1, max_size=255).filter(lambda name: not set(name) & {0, 47} and name not in (b".", b".."))
)
def test_every_name_that_a_source_can_have_can_be_mirrored(
    tmp_path_factory: pytest.TempPathFactory, name: bytes
) -> None:
    mirror = Mirror(tmp_path_factory.mktemp("in"), tmp_path_factory.mktemp("out"))
    place = Path(os.fsdecode(name))
    written = mirror.write(place, b"restored", origin(place), FINGERPRINT, None)
    assert [os.fsencode(path.name) for path in mirror.output.iterdir()] == [name]
    assert mirror.stands(written)


def test_hard_links_share_the_photo_and_are_replaced_when_the_photo_was_edited_in_place(mirror: Mirror) -> None:
    photo = mirror.source / "a.jpg"
    photo.write_bytes(b"source")
    written = mirror.link(Path("a.jpg"), origin(), None)
    assert photo.samefile(mirror.output / "a.jpg")
    photo.write_bytes(b"edited")
    mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, written)
    assert (photo.read_bytes(), files(mirror)) == (b"edited", {"a.jpg": b"restored"})


def test_a_photo_that_shares_its_bytes_with_a_hard_linked_output_keeps_its_mode_and_times(mirror: Mirror) -> None:
    photo, other = mirror.source / "a.jpg", mirror.source / "same.jpg"
    photo.write_bytes(b"source")
    other.hardlink_to(photo)  # as programs do that look for duplicates, and backups that are trees of links
    written = mirror.link(Path("a.jpg"), origin(), None)
    (mirror.source / "again").write_bytes(b"source")
    (mirror.source / "again").replace(photo)  # a synchroniser wrote it anew, with another time
    before = other.stat()
    mirror.retime(written, LIKE)
    mirror.move(written, mirror, Path("b.jpg"), LIKE)
    photo.chmod(0o600)
    mirror.permissions.follow_file(replace(written, path=Path("b.jpg")), photo.stat())
    after = other.stat()
    assert (after.st_mode, after.st_mtime_ns, after.st_uid) == (before.st_mode, before.st_mtime_ns, before.st_uid)


@pytest.mark.usefixtures("attributes")
def test_an_output_made_from_exactly_this_photo_is_adopted(mirror: Mirror) -> None:
    written = mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    assert mirror.adopt(Path("a.jpg"), origin(), ()) == Adopted(written, is_proved=True)
    assert mirror.adopt(Path("a.jpg"), origin(source=b"edited"), ()) is None
    assert mirror.adopt(Path("missing/a.jpg"), origin(), ()) is None


@pytest.mark.usefixtures("attributes")
def test_without_attributes_an_output_is_adopted_by_its_hash_or_by_its_origin_and_time(mirror: Mirror) -> None:
    photo = f"pixels gpend: faces restored with gpen-256 from SHA-256 {origin().content} pixels".encode()
    written = mirror.write(Path("a.jpg"), photo, origin(), FINGERPRINT, None)
    os.removexattr(mirror.output / "a.jpg", OWN_ATTRIBUTE)
    assert mirror.adopt(Path("a.jpg"), origin(), ()) == Adopted(written, is_proved=False)
    assert mirror.adopt(Path("a.jpg"), origin(source=b"another of the same second"), ()) is None
    os.utime(mirror.output / "a.jpg")
    assert mirror.adopt(Path("a.jpg"), origin(), ()) is None
    assert mirror.adopt(Path("a.jpg"), origin(), {written.sha256}) is not None


def test_what_is_about_to_be_written_may_take_the_place_of_the_same_bytes(mirror: Mirror) -> None:
    (mirror.output / "a.jpg").write_bytes(b"restored")
    with pytest.raises(OccupiedError):
        mirror.write(Path("a.jpg"), b"retsored", origin(), FINGERPRINT, None)
    mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)


@pytest.mark.usefixtures("attributes")
def test_what_gpend_wrote_for_a_photo_before_it_was_edited_is_left_over_unless_it_may_be_another_photos(
    mirror: Mirror,
) -> None:
    (mirror.source / "a.jpg").touch()
    written = mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    with pytest.raises(OccupiedError):
        mirror.write(Path("a.jpg"), b"better", origin(source=b"edited"), FINGERPRINT, None)
    assert mirror.find_leftover(Path("a.jpg")) == written
    assert mirror.find_leftover(Path("b.jpg")) is None
    (mirror.source / "A.jpg").touch()
    assert mirror.find_leftover(Path("a.jpg")) is None


def test_two_places_lead_to_one_file_only_where_the_disk_says_so(mirror: Mirror) -> None:
    for name in ("a/b.jpg", "A/b.jpg", "a/B.jpg"):
        mirror.write(Path(name), name.encode(), origin(name), FINGERPRINT, None)
    assert mirror.same_file(Path("a/b.jpg"), Path("a/b.jpg"))
    assert not mirror.same_file(Path("a/b.jpg"), Path("A/b.jpg"))
    assert not mirror.same_file(Path("a/b.jpg"), Path("a/B.jpg"))
    assert not mirror.same_file(Path("a/b.jpg"), Path("a/c.jpg"))


def test_an_output_moves_into_a_gap_and_takes_its_folder_along(mirror: Mirror) -> None:
    written = mirror.write(Path("old/deep/a.jpg"), b"restored", origin(), FINGERPRINT, None)
    moved = mirror.move(written, mirror, Path("new/b.jpg"), LIKE)
    assert files(mirror) == {"new/b.jpg": b"restored"}
    assert not (mirror.output / "old").exists()
    assert mirror.stands(moved)


def test_an_interrupted_move_is_completed(mirror: Mirror) -> None:
    written = mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    os.link(mirror.output / "a.jpg", mirror.output / "b.jpg")
    mirror.move(written, mirror, Path("b.jpg"))
    assert files(mirror) == {"b.jpg": b"restored"}


def test_a_move_overwrites_nothing(mirror: Mirror) -> None:
    written = mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    (mirror.output / "b.jpg").write_bytes(b"mine")
    with pytest.raises(OccupiedError):
        mirror.move(written, mirror, Path("b.jpg"))
    assert files(mirror) == {"a.jpg": b"restored", "b.jpg": b"mine"}


def test_removing_an_output_removes_what_is_empty_then(mirror: Mirror) -> None:
    written = mirror.write(Path("x/y/a.jpg"), b"restored", origin(), FINGERPRINT, None)
    (mirror.output / "x/mine.txt").write_text("mine")
    assert mirror.remove(written)
    assert files(mirror) == {"x/mine.txt": b"mine"}
    assert not (mirror.output / "x/y").exists()


def test_the_sweep_removes_what_a_dead_gpend_left_and_nothing_else(mirror: Mirror) -> None:
    (mirror.output / "deep").mkdir()
    (mirror.output / "deep/.gpend-0123456789abcdef").write_bytes(b"half")
    (mirror.output / "deep/gpend-notes.txt").write_bytes(b"mine")
    folder = os.open(mirror.output, os.O_RDONLY)
    with atomic.temporary(folder) as (alive, _):  # as a living writer holds it
        assert sum(output_root.sweep(mirror.output)) == 1
        assert set(files(mirror)) == {alive, "deep/gpend-notes.txt"}
    os.close(folder)


def test_reading_an_output_back_gives_only_what_gpend_wrote(mirror: Mirror) -> None:
    written = mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    assert mirror.read(written) == b"restored"
    (mirror.output / "a.jpg").write_bytes(b"edited")
    assert mirror.read(written) is None


def test_a_disk_that_fails_again_and_again_leaves_no_file_open(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "the disk reports an error")

    monkeypatch.setattr(os, "write", fail)
    monkeypatch.setattr(os, "unlink", fail)
    held = Held()
    for _ in range(3):
        with pytest.raises(OSError, match="the disk reports an error"):
            mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    assert held.descriptors() == []


@pytest.mark.usefixtures("attributes")
def test_what_stands_in_the_way_is_read_once_to_tell_whose_it_is(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.jpg", "A.jpg"):  # with a rival, the output may be of either
        (mirror.source / name).write_bytes(b"source")
    mirror.write(Path("a.jpg"), b"restored", origin(), FINGERPRINT, None)
    read, real = list[int](), inspect._digest  # noqa: SLF001 - a large file takes its time

    def digest(descriptor: int) -> str:
        read.append(descriptor)
        return real(descriptor)

    monkeypatch.setattr(inspect, "_digest", digest)
    with pytest.raises(OccupiedError):
        mirror.check(Path("a.jpg"), origin(source=b"another"), None)
    assert len(read) == 1
