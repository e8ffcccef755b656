"""Folders of the output tree, held by descriptor: no link is followed, nothing outside the root can be reached.

Who may do what with a file or a folder there is as it is among the photos, as far as that is allowed.
"""

import errno
import os
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from gpend.errors import PhotoError
from gpend.intake.reading import OWN_ATTRIBUTE
from gpend.mirror import lists
from gpend.spelling import NAME_ERRORS

NOT_HERE = (errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS, errno.EMLINK)
"""How file systems say that they cannot do such a thing, or that it is not allowed."""

OWNER, GROUP, PERMISSIONS = "the owner", "the group", "the permissions"
"""In words, what could not be had where it was refused."""

_FILE = 0o777
_BITS = 0o777  # who may do what; the others say how
_FOLDER = 0o3777  # with the bit that hands the group on, and the one that keeps others from deleting
_OURS = 0o700  # without it gpend itself could not write there
_GIVEN = f"{OWN_ATTRIBUTE}.mode"  # of a folder of the output: what gpend gave it, two modes and two owners
_OWNERS = 4  # numbers that two owners with their groups make
_Owner: TypeAlias = tuple[int, int]  # user and group
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class LinkedFolderError(PhotoError):
    """A folder of the output tree is a link, or no folder; gpend writes nothing there."""


@dataclass(frozen=True)
class Access:
    """Permission bits and owner."""

    mode: int
    owner: int
    group: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Access":
        """Those that a file or folder has."""
        kept = _FOLDER if stat.S_ISDIR(status.st_mode) else _FILE
        return cls(status.st_mode & kept, status.st_uid, status.st_gid)

    @classmethod
    def like(cls, folder: os.stat_result) -> "Access":
        """Those that a folder of the output is to have, from those of the source's."""
        return cls(folder.st_mode & _FOLDER | _OURS, folder.st_uid, folder.st_gid)


@dataclass(frozen=True)
class Followed:
    """What a folder of the output is to have now, and what it is to say of that afterwards."""

    access: Access
    taken: int  # bits that somebody took from it
    had: _Owner | None = None  # where somebody gave it another owner: the one that gpend had left it with


def follow(descriptor: int, wanted: Access) -> Followed:
    """What an open folder is to have now, as its source has `wanted`: what somebody did to it stays done.

    The bits that somebody took stay taken, also where the source lost and got them since, and where it cannot be told
    whether gpend has given them. What was added stays until the source's own mode changes, and another owner until the
    source's own does: whoever makes that private, or gives it away, means what is made of it as well.
    """
    has, said = Access.of(os.fstat(descriptor)), _given(descriptor)
    had = None
    if said is not None and said.source == _owner_of(wanted) and said.had != _owner_of(has):
        had, wanted = said.had, replace(wanted, owner=has.owner, group=has.group)
    if said is None:
        all_missing = _BITS & ~has.mode
        taken = all_missing if wanted.mode & all_missing else 0
    elif said.mode == wanted.mode:
        return Followed(replace(wanted, mode=has.mode | _OURS), said.taken, had)
    else:
        taken = (said.mode | said.taken) & _BITS & ~has.mode
    return Followed(replace(wanted, mode=wanted.mode & ~taken | _OURS), taken & ~_OURS, had)


def note_given(descriptor: int, like: Access, taken: int = 0, had: _Owner | None = None) -> None:
    """Have an open folder say what its source had when gpend gave it that, where its disk has room for it.

    And which bits somebody had taken from it by then, and `had`, the owner that gpend left it with: by default its own.
    """
    source, has = _owner_of(like), had or _owner_of(Access.of(os.fstat(descriptor)))
    if _given(descriptor) != _Given(like.mode, taken, source, has):
        with suppress(OSError):
            owners = " ".join(map(str, (*source, *has)))
            os.setxattr(descriptor, _GIVEN, f"{like.mode:o} {taken:o} {owners}".encode())


@dataclass(frozen=True)
class _Given:
    """What a folder of the output says of its mode and its owner."""

    mode: int  # that of its source when gpend gave it one
    taken: int  # bits that somebody had taken by then
    source: _Owner | None  # whose its source was then; None: it does not say
    had: _Owner | None  # whose it was afterwards


def _given(descriptor: int) -> _Given | None:
    try:
        words = os.getxattr(descriptor, _GIVEN).split()
        mode, taken = (int(word, 8) for word in words[:2])
        owners = [int(word) for word in words[2:]]
    except (OSError, ValueError):
        return None
    is_whole = len(owners) == _OWNERS
    return _Given(mode, taken, *(((owners[0], owners[1]), (owners[2], owners[3])) if is_whole else (None, None)))


def _owner_of(access: Access) -> _Owner:
    return access.owner, access.group


def give(descriptor: int, access: Access) -> list[str]:
    """Give an open file or folder an owner, a group and a mode; in words, what could not be had. Raises OSError."""
    notes = give_away(descriptor, access)
    attempt(partial(os.fchmod, descriptor, access.mode), PERMISSIONS, notes)
    return notes


def give_away(descriptor: int, access: Access) -> list[str]:
    """Give an open file or folder an owner and a group alone. As `give` otherwise."""
    notes: list[str] = []
    status = os.fstat(descriptor)
    if status.st_uid != access.owner:
        attempt(partial(os.fchown, descriptor, access.owner, -1), OWNER, notes)
    if status.st_gid != access.group:
        attempt(partial(os.fchown, descriptor, -1, access.group), GROUP, notes)
    return notes


def attempt(change: Callable[[], object], what: str, notes: list[str], refusals: Collection[int] = NOT_HERE) -> None:
    """Change something, or note what it was if it cannot be had here. Raises OSError for other reasons."""
    try:
        change()
    except OSError as error:
        if error.errno not in refusals:
            raise
        notes.append(what)


@contextmanager
def open_folder(root: Path, relative: Path, source: Path | None = None) -> Iterator[int]:
    """A descriptor of root/relative. With `source`, what is missing is made, for whom the same folder there is.

    Raises FileNotFoundError where it is missing without `source`, LinkedFolderError for a link on the way, OSError.
    """
    if relative.is_absolute() or ".." in relative.parts:
        raise PhotoError(f"{relative} leads out of the output folder; nothing was written.")
    descriptor = os.open(root, _DIRECTORY)
    try:
        walked = Path()
        for name in relative.parts:
            walked /= name
            deeper = _enter(descriptor, name, root / walked, None if source is None else source / walked)
            os.close(descriptor)
            descriptor = deeper
        yield descriptor
    finally:
        os.close(descriptor)


def remove_empty(root: Path, relative: Path) -> None:
    """Remove a folder and the folders around it, as far as they are empty; the root stays."""
    while relative.parts:
        try:
            with open_folder(root, relative.parent) as descriptor:
                os.rmdir(relative.name, dir_fd=descriptor)
        except (OSError, PhotoError):
            return  # it holds something, or is not ours to remove: leaving a folder behind harms nobody
        relative = relative.parent


def _enter(descriptor: int, name: str, place: Path, model: Path | None) -> int:
    try:
        return _open(descriptor, name, place)
    except OSError as error:
        if error.errno not in (errno.ENOENT, *NAME_ERRORS):
            raise
        if model is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name) from error
    try:
        os.mkdir(name, _OURS, dir_fd=descriptor)
    except FileExistsError:
        return _open(descriptor, name, place)  # made by somebody else meanwhile; what it is shows when it is opened
    made = _open(descriptor, name, place)
    try:
        _open_up(made, model, descriptor)
        os.fsync(descriptor)
    except OSError:
        os.close(made)
        raise
    return made


def _open_up(made: int, model: Path, around: int) -> None:
    """A new folder is nobody else's at first; then it has the owner, the mode and the lists of its model.

    Where there is no model, those of the folder around it.
    """
    given = {kind: lists.read(model, kind) for kind in (lists.ACCESS, lists.DEFAULT)}
    for kind, listed in given.items():
        with suppress(OSError):
            lists.change(made, kind, listed)
    try:
        status = model.stat()
    except OSError:
        status = os.fstat(around)
    like = Access.like(status)
    like = replace(like, mode=lists.as_mode(given[lists.ACCESS], like.mode, lists.read(made)))
    give(made, like)
    note_given(made, like)
    lists.note(made, {kind: lists.beyond_mode(listed) for kind, listed in given.items()})


def _open(descriptor: int, name: str, place: Path) -> int:
    try:
        return os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise LinkedFolderError(
                f"{place} is a link or a file, not a folder. gpend follows no links in the output folder, "
                "so nothing was written. Put a real folder there and run `gpend retry`.",
            ) from error
        raise
