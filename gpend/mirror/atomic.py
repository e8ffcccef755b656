"""Whole or not at all: a file appears under its name complete and on disk, or it does not appear."""

import ctypes
import errno
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from gpend.errors import PhotoError
from gpend.failpoints import reached
from gpend.intake.reading import OWN_ATTRIBUTE, Appearance
from gpend.ledger import Written
from gpend.mirror import lists
from gpend.mirror.dirfd import NOT_HERE, PERMISSIONS, Access, attempt, give, give_away
from gpend.mirror.inspect import (
    TEMPORARY,
    Owners,
    Provenance,
    Whose,
    genuine,
    has_noted_list,
    is_still,
    is_tagged,
    is_unchanged,
    may_be_shared,
    names_in,
    provenance_of,
    sha256_of,
    stamp_of,
    status_of,
    taken_away,
    taken_from_list,
    taken_there,
    whose,
    whose_there,
)
from gpend.mirror.lists import Entries
from gpend.spelling import listed as listed_name
from gpend.stamp import Stamp

_BITS = 0o777  # who may do what
_EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)
_NO_ATTRIBUTES = (*NOT_HERE, errno.ENOSPC, errno.E2BIG, errno.ERANGE)  # also where a file has no room for as much
_NO_EXCHANGE = (errno.EINVAL, errno.ENOSYS, errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.EACCES)


class OccupiedError(PhotoError):
    """A file that gpend did not write stands where an output should go; it was left alone."""


@dataclass(frozen=True)
class Staged:
    """A temporary file in an open folder, for a place in it."""

    place: Path  # relative to the output
    name: str
    descriptor: int


@dataclass(frozen=True)
class Draft:
    """A file that is to be written."""

    photo: bytes | Staged  # the bytes; or the file that holds them already, in the folder where it goes
    like: Appearance
    made: Provenance


@dataclass(frozen=True)
class Replaceable:
    """What may give way at a place: everything else that stands there is somebody's own."""

    written: Written | None  # what gpend wrote there for the photo, by the ledger
    contents: frozenset[str]  # the photo's: an output that is proved to be of one of these
    modified_ns: int  # the photo's time
    is_photo: bool = False  # it is a second name of the photo itself, with which nothing is lost


@dataclass(frozen=True)
class Placed:
    """A finished file."""

    stamp: Stamp
    notes: tuple[str, ...]  # what could not be carried over; worth a line once per folder


def put(folder: int, name: str, draft: Draft, replaceable: Replaceable) -> Placed:
    """Write a draft under `name` in an open folder, looking like its source.

    Raises OccupiedError where a file stands that gpend did not write or that has changed since, and OSError; then
    nothing has changed.
    """
    with _holding(folder, draft.photo) as (written, descriptor):
        has_list = lists.ACCESS in draft.like.attributes or _has_list(descriptor)  # from its folder
        withheld, had_list = taken_there(folder, name), has_noted_list(folder, name)
        notes = _dress(descriptor, draft, withheld, whose_there(folder, name, (draft.like.owner, draft.like.group)))
        if has_list or had_list:
            notes += _list(descriptor, draft, taken_from_list(folder, name), lists.added_for_new(folder))
        reached("temp_written")
        os.fsync(descriptor)
        reached("fsynced")
        _install(folder, written, name, replaceable)
        reached("renamed")
        os.fsync(folder)
        reached("folder_fsynced")
        return Placed(stamp_of(folder, os.fstat(descriptor)), notes)


def link(folder: int, name: str, source: Path, replaceable: Replaceable) -> Stamp:
    """Give the photo `source` a second name in an open folder; the stamp. Raises OccupiedError, OSError."""
    temporary = TEMPORARY + secrets.token_hex(8)
    os.link(source, temporary, dst_dir_fd=folder)  # of a link among the photos, what it leads to
    try:
        stamp = stamp_of(folder, os.stat(temporary, dir_fd=folder, follow_symlinks=False))
        _install(folder, temporary, name, replaceable)
        os.fsync(folder)
    finally:
        with suppress(FileNotFoundError):  # it has its name
            os.unlink(temporary, dir_fd=folder)
    return stamp


def give_name(old_folder: int, old: str, folder: int, name: str) -> None:
    """Move a file into a gap, never over another file. Raises OccupiedError, OSError (EXDEV: another file system)."""
    try:
        os.link(old, name, src_dir_fd=old_folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError as error:
        if not _is_same(old_folder, old, folder, name):
            raise _occupied(folder, name) from error
        if not _are_two(old_folder, old, folder, name):  # to take away the one would lose the file
            os.rename(old, name, src_dir_fd=old_folder, dst_dir_fd=folder)
            return
    except OSError as error:
        if error.errno not in NOT_HERE:
            raise
        # No hard links here, as on FAT and some network shares.
        if status_of(folder, name) is not None:
            raise _occupied(folder, name) from error
        os.rename(old, name, src_dir_fd=old_folder, dst_dir_fd=folder)
        return
    os.unlink(old, dir_fd=old_folder)


def respell(folder: int, old: str, name: str) -> None:
    """Give a file or a folder another spelling of the name it has on a disk for which both are one. Raises OSError."""
    if old != name:
        os.rename(old, name, src_dir_fd=folder, dst_dir_fd=folder)


def exchange(folder: int, name: str, other_folder: int, other: str) -> bool:
    """Give each of two files in open folders the other's name; False where that is not to be had. Raises OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    try:
        renameat2 = library.renameat2
    except AttributeError:
        return False  # a C library of before 2018
    renameat2.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    if renameat2(folder, os.fsencode(name), other_folder, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number))


def set_appearance(folder: int, name: str, like: Appearance) -> None:
    """Give a file the owner, the mode and the times of a photo, where that is allowed, but nothing somebody took away.

    A second name of that very photo has them already, and one of another file is left as it is.
    """
    with suppress(OSError):
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        try:
            status, said = os.fstat(descriptor), provenance_of(descriptor)
            if may_be_shared(said, status):
                return
            taken = taken_away(said, status)
            mode = lists.as_mode(like.attributes.get(lists.ACCESS, b""), like.mode, lists.read(descriptor))
            photo = (like.owner, like.group)
            wanted = whose(said, photo, status)
            access = Access(mode & ~taken, *wanted.owner)
            if Access.of(status) != access:
                give(descriptor, access)
                note_given(descriptor, said, like.mode | taken, wanted.note(photo, os.fstat(descriptor)))
            if status.st_mtime_ns != like.modified_ns:
                os.utime(descriptor, ns=(like.accessed_ns, like.modified_ns))
        finally:
            os.close(descriptor)


def refuse_occupied(folder: int, name: str, replaceable: Replaceable) -> None:
    """Raise OccupiedError where `put` and `link` would; nothing is changed."""
    if status_of(folder, name) is not None and not _may_be_replaced(folder, name, replaceable):
        raise _occupied(folder, name)


def _may_be_replaced(folder: int, name: str, replaceable: Replaceable) -> bool:
    """Is what stands there the photo's own, or gpend's for just this photo?"""
    if replaceable.is_photo or (replaceable.written and is_unchanged(folder, name, replaceable.written)):
        return True
    made = genuine(folder, name)
    if made is None:
        return is_tagged(folder, name, replaceable.contents, replaceable.modified_ns)
    return made.source in replaceable.contents


def _install(folder: int, temporary: str, name: str, replaceable: Replaceable) -> None:
    before = status_of(folder, name)
    may_give_way = _may_be_replaced(folder, name, replaceable) or _are_alike(folder, temporary, name)
    if may_give_way and is_still(folder, name, before):
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    else:
        give_name(folder, temporary, folder, name)


@contextmanager
def _holding(folder: int, photo: bytes | Staged) -> Iterator[tuple[str, int]]:
    """A file that holds a photo under a temporary name."""
    if isinstance(photo, Staged):
        yield photo.name, photo.descriptor
        return
    with temporary(folder) as (name, descriptor):
        _write(descriptor, photo)
        yield name, descriptor


@contextmanager
def temporary(folder: int) -> Iterator[tuple[str, int]]:
    """A new file in an open folder, which is gone again afterwards, unless it was renamed. Raises OSError."""
    name = TEMPORARY + secrets.token_hex(8)  # short, however long the photo's own name is
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        with suppress(OSError):  # a file system without locks has none that could be in the way
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield name, descriptor
    finally:
        try:
            with suppress(FileNotFoundError):  # it has its name
                os.unlink(name, dir_fd=folder)
        finally:
            os.close(descriptor)  # also on a disk that fails again and again


def _write(descriptor: int, photo: bytes) -> None:
    rest = memoryview(photo)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _has_list(descriptor: int) -> bool:
    """Has an open file an access list?"""
    with suppress(OSError):
        return lists.ACCESS in os.listxattr(descriptor)
    return False


def _list(descriptor: int, draft: Draft, taken: Entries, added: Entries) -> tuple[str, ...]:
    """The access list of the photo, but for what somebody took from it or `added`; what was not allowed here, in words.

    No list of the folder counts that gpend gave that: its photo may have another.
    """
    notes: list[str] = []
    listed = draft.like.attributes.get(lists.ACCESS, b"")
    wanted = lists.without(listed, taken, os.fstat(descriptor).st_mode, added)
    change = partial(lists.change, descriptor, lists.ACCESS, wanted)
    attempt(change, f"the attribute {lists.ACCESS}", notes, _NO_ATTRIBUTES)
    said = provenance_of(descriptor)
    if said is not None:
        attach(descriptor, replace(said, lists=lists.to_note(lists.beyond_mode(listed) | taken)))
    mode = os.fstat(descriptor).st_mode
    least = lists.as_mode(listed, mode, lists.read(descriptor))
    if least != mode:
        attempt(partial(os.fchmod, descriptor, least & _BITS), PERMISSIONS, notes)
    return tuple(notes)


def _dress(descriptor: int, draft: Draft, withheld: int, wanted: Whose) -> tuple[str, ...]:
    """Extended attributes, owner, mode and times, as far as they are allowed here; what was not, in words.

    Permission bits that are `withheld` it does not get.
    """
    notes: list[str] = []
    like = draft.like
    photo, access = (like.owner, like.group), Access(like.mode & ~withheld, *wanted.owner)
    for attribute, value in like.attributes.items():  # while the file is still ours, and may be written
        if attribute != lists.ACCESS:
            change = partial(os.setxattr, descriptor, attribute, value)
            attempt(change, f"the attribute {attribute}", notes, _NO_ATTRIBUTES)
    made = replace(draft.made, mode=like.mode | withheld, lists=frozenset(), owners=wanted.note(photo))
    if not attach(descriptor, made):
        notes.append("gpend's own attribute")
    notes += give_away(descriptor, access)
    status = os.fstat(descriptor)
    if (status.st_uid, status.st_gid) != wanted.owner:
        note_given(descriptor, made, made.mode, wanted.note(photo, status))
    attempt(partial(os.fchmod, descriptor, access.mode), PERMISSIONS, notes)
    attempt(partial(os.utime, descriptor, ns=(like.accessed_ns, like.modified_ns)), "the times", notes)
    return tuple(notes)


def attach(descriptor: int, provenance: Provenance) -> bool:
    """Have an open file say where it comes from; False where the file system has no room for that. Raises OSError."""
    try:
        said = asdict(provenance) | {"lists": None if provenance.lists is None else sorted(provenance.lists)}
        os.setxattr(descriptor, OWN_ATTRIBUTE, json.dumps(said).encode())
    except OSError as error:
        if error.errno not in _NO_ATTRIBUTES:
            raise
        return False
    return True


def note_given(descriptor: int, said: Provenance | None, mode: int | None, owners: Owners | None) -> None:
    """Have an output say that it follows a photo of this mode and owner now, if it says anything. Raises OSError."""
    if said is not None and (said.mode, said.owners) != (mode, owners):
        attach(descriptor, replace(said, mode=mode, owners=owners))


def _are_alike(folder: int, one: str, other: str) -> bool:
    """Do two files have the same bytes? Nothing is lost then with either."""
    statuses = status_of(folder, one), status_of(folder, other)
    if statuses[0] is None or statuses[1] is None or statuses[0].st_size != statuses[1].st_size:
        return False
    sha256 = sha256_of(folder, one)
    return sha256 is not None and sha256 == sha256_of(folder, other)


def _is_same(old_folder: int, old: str, folder: int, name: str) -> bool:
    """Two names of one file: a move that was interrupted between its two steps."""
    one, other = status_of(old_folder, old), status_of(folder, name)
    return one is not None and other is not None and os.path.samestat(one, other)


def _are_two(old_folder: int, old: str, folder: int, name: str) -> bool:
    """Two names, and not one told in two ways, as a file system takes it that ignores case or normalises Unicode."""
    if old == name and os.path.samestat(os.fstat(old_folder), os.fstat(folder)):
        return False
    return old in names_in(old_folder) and name in names_in(folder)


def _occupied(folder: int, name: str) -> OccupiedError:
    found = listed_name(folder, name)
    if found not in (None, name):
        return OccupiedError(
            f"{found!r} stands in the output folder, and that disk takes {name!r} for the same name. It was left "
            "alone, and this photo has no output. Rename one of the two photos.",
        )
    return OccupiedError(
        f"A file that gpend did not write already stands in the output folder under the name {name!r}. It was left "
        "alone, and this photo has no output. Move it away and run `gpend retry` with this photo.",
    )
