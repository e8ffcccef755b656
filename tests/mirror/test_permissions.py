"""Who may read an output: those who may read its photo, whatever the umask, and when that changes."""

import errno
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gpend.intake.reading import read
from gpend.ledger import Fingerprint, Written
from gpend.mirror import Mirror, Origin
from gpend.mirror.dirfd import Access

NOBODY = 65534


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    (tmp_path / "in/Trip").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    return Mirror(tmp_path / "in", tmp_path / "out")


@pytest.fixture
def _umask() -> Iterator[None]:
    """As the unit sets it."""
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def written(mirror: Mirror, name: str = "Trip/a.jpg") -> Written:
    photo = mirror.source / name
    photo.write_bytes(b"source")
    read_ = read(photo)
    origin = Origin(Path(name), read_.content, read_.like)
    return mirror.write(Path(name), b"restored", origin, Fingerprint("gpen", "d", "1"), None)


@pytest.mark.usefixtures("_umask")
@pytest.mark.parametrize("bits", [0o755, 0o2775, 0o1777, 0o700])
def test_a_folder_is_as_open_as_that_of_the_photos_whatever_the_umask(mirror: Mirror, bits: int) -> None:
    (mirror.source / "Trip").chmod(bits)
    written(mirror)
    assert mode(mirror.output / "Trip") == bits


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_folder_belongs_to_whom_that_of_the_photos_belongs(mirror: Mirror) -> None:
    os.chown(mirror.source / "Trip", NOBODY, NOBODY)
    (mirror.source / "Trip").chmod(0o2750)
    written(mirror)
    assert Access.of((mirror.output / "Trip").stat()) == Access(0o2750, NOBODY, NOBODY)


def test_where_owners_cannot_be_had_folders_are_made_all_the_same(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_arguments: object) -> None:
        raise PermissionError(errno.EPERM, "not allowed")

    os.chown(mirror.source / "Trip", -1, os.getegid())
    monkeypatch.setattr(os, "fchown", refused)
    monkeypatch.setattr(os, "fchmod", refused)
    assert mirror.stands(written(mirror))


def test_permissions_tightened_later_reach_the_output(mirror: Mirror) -> None:
    output = written(mirror)
    (mirror.source / "Trip/a.jpg").chmod(0o600)
    (mirror.source / "Trip").chmod(0o700)
    mirror.permissions.follow_file(output, (mirror.source / output.path).stat())
    mirror.permissions.follow_folder(Path("Trip"))
    assert (mode(mirror.output / output.path), mode(mirror.output / "Trip")) == (0o600, 0o700)
    assert mirror.stands(output)


def folder_after(mirror: Mirror, output: int | None, source: int) -> int:
    """The mode of a folder of the output that was given one, when that of the source has another now."""
    if output is not None:
        (mirror.output / "Trip").chmod(output)
    (mirror.source / "Trip").chmod(source)
    mirror.permissions.follow_folder(Path("Trip"))
    return mode(mirror.output / "Trip")


@pytest.mark.parametrize(
    "steps",
    [
        [
            (0o700, 0o755, 0o700),
            (None, 0o775, 0o720),
            (0o775, 0o775, 0o775),
            (None, 0o750, 0o750),
            (None, 0o2755, 0o2755),
        ],
        [(0o700, 0o750, 0o700), (None, 0o755, 0o700)],
        [(0o700, 0o750, 0o700), (0o750, 0o750, 0o750), (None, 0o755, 0o750)],
        [(0o700, 0o750, 0o700), (0o755, 0o755, 0o755), (None, 0o700, 0o700), (None, 0o755, 0o755)],
    ],
    ids=[
        "until it is given back",
        "though the source lost and got it too",
        "but for what is given back",
        "and no more",
    ],
)
def test_what_somebody_took_from_a_folder_of_the_output_stays_taken(
    mirror: Mirror, steps: list[tuple[int | None, int, int]]
) -> None:
    (mirror.source / "Trip").chmod(0o755)
    written(mirror)
    for output, source, follows in steps:
        assert folder_after(mirror, output, source) == follows


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_an_owner_that_somebody_gave_a_folder_of_the_output_stays_until_that_of_the_photos_gets_another(
    mirror: Mirror,
) -> None:
    written(mirror)
    source, output = mirror.source / "Trip", mirror.output / "Trip"
    for step, owner, follows in (
        ("output", (NOBODY, 7), (NOBODY, 7)),
        ("mode", None, (NOBODY, 7)),
        ("source", (5, 6), (5, 6)),
        ("output", (5, 7), (5, 7)),
        ("output", (5, 6), (5, 6)),
        ("source", (NOBODY, NOBODY), (NOBODY, NOBODY)),
    ):
        if owner is None:
            source.chmod(0o700)
        else:
            os.chown(output if step == "output" else source, *owner)
        for _ in range(2):
            mirror.permissions.follow_folder(Path("Trip"))
            status = output.stat()
            assert (status.st_uid, status.st_gid) == follows, (step, owner)


def test_what_somebody_added_to_a_folder_of_the_output_stays_until_that_of_the_photos_changes(mirror: Mirror) -> None:
    (mirror.source / "Trip").chmod(0o700)
    written(mirror)
    assert folder_after(mirror, 0o755, 0o700) == 0o755
    assert folder_after(mirror, None, 0o750) == 0o750


def test_a_folder_that_gpend_could_not_write_to_is_its_own_again(mirror: Mirror) -> None:
    written(mirror)
    assert folder_after(mirror, 0o555, 0o755) == 0o755


@pytest.mark.parametrize("says", [b"", b"x", b"755 0 7 x 7 7"])
def test_where_it_is_not_known_what_a_folder_was_given_it_never_becomes_more_open(mirror: Mirror, says: bytes) -> None:
    (mirror.source / "Trip").chmod(0o755)
    written(mirror)
    os.removexattr(mirror.output / "Trip", "user.gpend.mode")
    if says:
        os.setxattr(mirror.output / "Trip", "user.gpend.mode", says)
    assert folder_after(mirror, 0o700, 0o755) == 0o700
    assert folder_after(mirror, None, 0o750) == 0o700
    assert folder_after(mirror, None, 0o755) == 0o700


def test_a_folder_of_which_nothing_is_known_and_nothing_was_taken_follows_from_then_on(mirror: Mirror) -> None:
    (mirror.source / "Trip").chmod(0o750)
    written(mirror)
    os.removexattr(mirror.output / "Trip", "user.gpend.mode")
    assert folder_after(mirror, None, 0o750) == 0o750
    assert folder_after(mirror, None, 0o755) == 0o755


def test_permissions_that_somebody_set_on_the_output_later_stay(mirror: Mirror) -> None:
    output = written(mirror)
    photo, place = mirror.source / output.path, mirror.output / output.path
    photo.chmod(0o600)
    mirror.permissions.follow_file(output, photo.stat())
    for _ in range(1_000_000):
        place.chmod(0o644)
        if place.stat().st_ctime_ns > photo.stat().st_ctime_ns:  # the kernel's clock for files goes in steps
            break
    mirror.permissions.follow_file(output, photo.stat())
    assert mode(place) == 0o644
    photo.chmod(0o640)
    mirror.permissions.follow_file(output, photo.stat())
    assert mode(place) == 0o640


def test_an_output_that_got_another_owner_follows_when_its_photo_was_made_private(mirror: Mirror) -> None:
    output = written(mirror)
    photo, place = mirror.source / output.path, mirror.output / output.path
    photo.chmod(0o600)
    _relabelled(place, photo)
    mirror.permissions.follow_file(output, photo.stat())
    assert mode(place) == 0o600


def _relabelled(place: Path, photo: Path) -> None:
    """As `chown -R` and what labels files do: the mode stays, and the time of the change is later than the photo's."""
    for _ in range(1_000_000):
        os.chown(place, -1, os.getegid())
        if place.stat().st_ctime_ns > photo.stat().st_ctime_ns:  # the kernel's clock for files goes in steps
            return


def test_an_owner_that_somebody_gave_the_output_later_stays_when_its_photo_was_made_private(mirror: Mirror) -> None:
    output = written(mirror)
    photo, place = mirror.source / output.path, mirror.output / output.path
    _as_of_before(place)
    photo.chmod(0o600)
    _relabelled(place, photo)
    other = os.stat_result((*photo.stat()[:4], NOBODY, NOBODY, *photo.stat()[6:]), {"st_ctime_ns": 0})
    mirror.permissions.follow_file(output, other)
    assert Access.of(place.stat()) == Access(0o600, os.geteuid(), os.getegid())


def _as_of_before(place: Path) -> None:
    """An output of a gpend that did not note whose its outputs were."""
    said = json.loads(os.getxattr(place, "user.gpend"))
    os.setxattr(
        place, "user.gpend", json.dumps({name: each for name, each in said.items() if name != "owners"}).encode()
    )


def owned(place: Path) -> tuple[int, int]:
    status = place.stat()
    return status.st_uid, status.st_gid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("given", [(NOBODY, 7), (0, 7), (NOBODY, 0)])
def test_an_owner_that_somebody_gave_an_output_a_new_restoration_keeps_until_its_photo_gets_another(
    mirror: Mirror, given: tuple[int, int]
) -> None:
    output = written(mirror)
    photo, place = mirror.source / output.path, mirror.output / output.path
    os.chown(place, *given)
    for _ in range(2):
        output = restored_again(mirror, output)
        assert owned(place) == given
        photo.chmod(0o600 | photo.stat().st_mode ^ 0o040)
        mirror.permissions.follow_file(output, photo.stat())
        output = mirror.retime(output, read(photo).like)
        assert owned(place) == given
        assert mode(place) == mode(photo)
    os.chown(photo, 5, 6)
    mirror.permissions.follow_file(output, photo.stat())
    assert owned(place) == (5, 6)
    assert owned(mirror.output / restored_again(mirror, output).path) == (5, 6)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_an_output_is_made_anew_for_the_new_owner_of_its_photo_whomever_it_had_been_given_to(mirror: Mirror) -> None:
    output = written(mirror)
    os.chown(mirror.output / output.path, NOBODY, 7)
    os.chown(mirror.source / output.path, 5, 6)
    restored_again(mirror, output)
    assert owned(mirror.output / output.path) == (5, 6)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_an_output_of_before_that_says_nothing_of_its_owner_has_its_photos_when_it_is_made_anew(
    mirror: Mirror,
) -> None:
    output = written(mirror)
    place = mirror.output / output.path
    os.chown(place, NOBODY, 7)
    _as_of_before(place)
    again = restored_again(mirror, output)
    assert owned(place) == owned(mirror.source / output.path)
    os.chown(place, NOBODY, 7)
    restored_again(mirror, again)
    assert owned(place) == (NOBODY, 7)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_an_owner_that_gpend_could_not_give_is_nobodys_wish(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    (mirror.source / "Trip/a.jpg").write_bytes(b"source")
    os.chown(mirror.source / "Trip/a.jpg", 5, 6)

    def refused(*_arguments: object) -> None:
        raise PermissionError(errno.EPERM, "not allowed")

    with monkeypatch.context() as without:
        without.setattr(os, "fchown", refused)
        output = written(mirror)
        assert owned(mirror.output / output.path) == (os.geteuid(), os.getegid())
    restored_again(mirror, output)
    assert owned(mirror.output / output.path) == (5, 6)


def test_what_somebody_took_from_an_output_a_new_restoration_does_not_give_back(mirror: Mirror) -> None:
    output = written(mirror)
    photo, place = mirror.source / output.path, mirror.output / output.path
    place.chmod(0o600)
    again = restored_again(mirror, output)
    assert mode(place) == 0o600
    photo.chmod(0o640)
    mirror.permissions.follow_file(again, photo.stat())
    assert mode(place) == 0o600
    place.chmod(0o640)  # given back
    photo.chmod(0o644)
    mirror.permissions.follow_file(restored_again(mirror, again), photo.stat())
    assert mode(place) == 0o640


def restored_again(mirror: Mirror, before: Written) -> Written:
    """The photo was edited, and its restored picture is another one."""
    photo = mirror.source / before.path
    photo.write_bytes(photo.read_bytes() + b" again")
    read_ = read(photo)
    origin = Origin(before.path, read_.content, read_.like)
    return mirror.write(before.path, read_.content.encode(), origin, Fingerprint("gpen", "d", "1"), before)


_MODES = st.sampled_from([0o600, 0o640, 0o644, 0o660, 0o664, 0o666])


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("photo"), _MODES),
            st.tuples(st.sampled_from(["take", "relabel", "scan", "restore"]), _MODES),
        ),
        max_size=12,
    )
)
@example([("photo", 0o600), ("take", 0o600), ("restore", 0o600), ("photo", 0o640)])
@example([("take", 0o600), ("photo", 0o600), ("scan", 0o600), ("photo", 0o640)])
@example([("take", 0o600), ("photo", 0o666), ("scan", 0), ("photo", 0o600), ("scan", 0), ("photo", 0o666)])
def test_an_output_is_never_more_open_than_its_photo_nor_than_somebody_made_it(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    root = tmp_path_factory.mktemp("steps")
    (root / "in/Trip").mkdir(parents=True)
    (root / "out").mkdir()
    mirror = Mirror(root / "in", root / "out")
    output, allowed = written(mirror), 0o777
    photo, place = mirror.source / output.path, mirror.output / output.path
    for step, bits in [*steps, ("scan", 0)]:
        if step == "photo":
            photo.chmod(bits)
        elif step == "take":
            allowed &= bits | ~mode(place)  # of what it has, this is left
            place.chmod(mode(place) & bits)
        elif step == "relabel":
            os.chown(place, -1, os.getegid())
        else:
            output = restored_again(mirror, output) if step == "restore" else output
            mirror.permissions.follow_file(output, photo.stat())
            assert mode(place) & ~mode(photo) == 0
            assert mode(place) & ~allowed == 0
            assert allowed != 0o777 or mode(place) == mode(photo)


def test_a_snapshot_of_hard_links_does_not_keep_an_output_open_whose_photo_was_made_private(mirror: Mirror) -> None:
    output = written(mirror)
    photo, place = mirror.source / output.path, mirror.output / output.path
    photo.chmod(0o600)
    snapshot = mirror.output.parent / "snapshot.jpg"
    for _ in range(1_000_000):
        snapshot.hardlink_to(place)
        if place.stat().st_ctime_ns > photo.stat().st_ctime_ns:  # the kernel's clock for files goes in steps
            break
        snapshot.unlink()
    mirror.permissions.follow_file(output, photo.stat())
    assert mode(place) == 0o600


def test_a_file_that_is_not_as_gpend_wrote_it_keeps_its_mode(mirror: Mirror) -> None:
    output = written(mirror)
    before = mode(mirror.output / output.path)
    (mirror.output / output.path).write_bytes(b"edited")
    (mirror.source / output.path).chmod(0o600)
    mirror.permissions.follow_file(output, (mirror.source / output.path).stat())
    assert mode(mirror.output / output.path) == before


def test_a_disk_that_forgets_modes_is_not_told_again_and_again(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    output = written(mirror)
    (mirror.source / output.path).chmod(0o600)
    told: list[int] = []
    monkeypatch.setattr(os, "fchmod", lambda _descriptor, bits: told.append(bits))
    for _ in range(3):
        mirror.permissions.follow_file(output, (mirror.source / output.path).stat())
    assert told == [0o600]


def test_folders_that_are_not_there_are_not_made(mirror: Mirror) -> None:
    mirror.permissions.follow_folder(Path("Trip"))
    mirror.permissions.follow_folder(Path())
    assert list(mirror.output.iterdir()) == []


def test_one_file_that_belongs_to_somebody_else_does_not_keep_others_from_following(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign, own = written(mirror), written(mirror, "Trip/b.jpg")
    real_fstat, real_fchmod = os.fstat, os.fchmod
    inode, told = (mirror.output / foreign.path).stat().st_ino, []

    def fstat(descriptor: int) -> os.stat_result:
        status = real_fstat(descriptor)
        if status.st_ino != inode:
            return status
        return os.stat_result((*status[:4], NOBODY, *status[5:]))

    def fchmod(descriptor: int, bits: int) -> None:
        if real_fstat(descriptor).st_ino == inode:
            told.append(bits)
            raise PermissionError(errno.EPERM, "not allowed")
        real_fchmod(descriptor, bits)

    monkeypatch.setattr(os, "fstat", fstat)
    monkeypatch.setattr(os, "fchmod", fchmod)
    for each in (foreign, own):
        (mirror.source / each.path).chmod(0o600)
        mirror.permissions.follow_file(each, (mirror.source / each.path).stat())
    assert (told, mode(mirror.output / own.path)) == ([0o600], 0o600)


def test_a_disk_that_refuses_modes_is_not_asked_again_and_again(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs, told = [written(mirror), written(mirror, "Trip/b.jpg")], []

    def refused(_descriptor: int, bits: int) -> None:
        told.append(bits)
        raise PermissionError(errno.EPERM, "not allowed")

    monkeypatch.setattr(os, "fchmod", refused)
    for output in outputs * 2:
        (mirror.source / output.path).chmod(0o600)
        mirror.permissions.follow_file(output, (mirror.source / output.path).stat())
    assert told == [0o600]


def test_an_owner_that_cannot_be_had_does_not_keep_others_from_being_followed(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs, asked = [written(mirror), written(mirror, "Trip/b.jpg")], []
    photos = [(mirror.source / each.path).stat() for each in outputs]
    later = {"st_ctime_ns": photos[1].st_ctime_ns + 10**9}
    theirs = [os.stat_result((*photos[0][:4], NOBODY, group, *photos[0][6:]), later) for group in (1, 2)]

    def fchown(_descriptor: int, owner: int, group: int) -> None:
        asked.append((owner, group))
        raise PermissionError(errno.EPERM, "not allowed")

    monkeypatch.setattr(os, "fchown", fchown)
    for _ in range(2):
        for output, photo in zip(outputs, theirs, strict=True):
            mirror.permissions.follow_file(output, photo)
    assert asked == [(NOBODY, -1), (-1, 1), (NOBODY, -1), (-1, 2)]
