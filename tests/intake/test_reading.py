"""Reading a photo: only a regular file, only the state that was sighted, and without a trace."""

import errno
import os
from pathlib import Path

import pytest

from gpend.intake.reading import ChangedError, RefusedError, read
from gpend.stamp import Stamp


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"photo")
    path.chmod(0o640)
    return path


def test_a_photo_is_read_with_all_that_makes_up_its_file(photo: Path) -> None:
    try:
        os.setxattr(photo, "user.rating", b"5")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    os.setxattr(photo, "user.gpend", b"not to be inherited")
    os.utime(photo, ns=(1_000_000_007, 2_000_000_009))
    original = read(photo)
    assert (original.data, original.stamp) == (b"photo", Stamp.of(photo.stat()))
    assert (original.like.mode, original.like.accessed_ns, original.like.modified_ns) == (
        0o640,
        1_000_000_007,
        2_000_000_009,
    )
    assert original.like.attributes == {"user.rating": b"5"}
    assert photo.stat().st_atime_ns == 1_000_000_007


def test_an_attribute_that_cannot_be_read_keeps_none_of_the_others(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        os.setxattr(photo, "user.rating", b"5")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    os.setxattr(photo, "user.closed", b"1")
    getxattr = os.getxattr

    def refuse(descriptor: int, name: str) -> bytes:
        if name == "user.closed":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return getxattr(descriptor, name)

    monkeypatch.setattr(os, "getxattr", refuse)
    assert read(photo).like.attributes == {"user.rating": b"5"}


def test_another_state_than_the_one_sighted_is_not_read(photo: Path) -> None:
    stamp = Stamp.of(photo.stat())
    assert read(photo, stamp).data == b"photo"
    assert read(photo, Stamp(stamp.size, stamp.mtime_ns, 0)).data == b"photo"
    for other in (Stamp(4, stamp.mtime_ns, stamp.inode), Stamp(5, 1, stamp.inode), Stamp(5, stamp.mtime_ns, 1)):
        with pytest.raises(ChangedError):
            read(photo, other)


def test_pipes_folders_and_nothing_are_no_photos_and_keep_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    for name in ("pipe.jpg", "folder.jpg", "missing.jpg"):
        with pytest.raises(ChangedError):
            read(tmp_path / name)


def test_a_file_that_may_not_be_read_is_told_from_a_disk_that_fails(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(number: int) -> None:
        def fail(*_: object, **__: object) -> int:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "open", fail)

    failing(errno.EACCES)
    with pytest.raises(RefusedError):
        read(photo)
    failing(errno.EIO)
    with pytest.raises(OSError, match="Input/output error"):
        read(photo)


def test_a_file_that_is_cut_while_it_is_read_is_not_taken(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fstat, calls = os.fstat, [0]

    def cut(descriptor: int) -> os.stat_result:
        calls[0] += 1
        if calls[0] == 2:
            photo.write_bytes(b"pho")
        return fstat(descriptor)

    monkeypatch.setattr(os, "fstat", cut)
    with pytest.raises(ChangedError):
        read(photo)
