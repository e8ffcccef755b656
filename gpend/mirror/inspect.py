"""What already stands in an open folder of the output tree, and whose it is. Nothing here changes a file."""

import fcntl
import hashlib
import json
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from gpend.core.formats import history
from gpend.intake.mounts import mounts_now
from gpend.intake.reading import OWN_ATTRIBUTE
from gpend.ledger import Written
from gpend.mirror import lists
from gpend.mirror.lists import Entries, beyond_mode, parsed
from gpend.spelling import NAME_ERRORS
from gpend.stamp import Stamp

TEMPORARY = ".gpend-"
"""How the names of unfinished files begin."""

Owner: TypeAlias = tuple[int, int]
"""A user and a group, by their numbers."""

CLOSE_NS: Final = 2_000_000_000
"""The times of FAT come in steps of two seconds."""

_CHUNK = 1 << 20
_BITS = 0o777
_MODES = range(0o10000)
_NUMBERS = range(1 << 32)  # of users and groups
_FOUR = 4  # numbers that two owners with their groups make
_WORDS = ("source", "output", "model", "digest", "version")  # of a Provenance


@dataclass(frozen=True)
class Owners:
    """What an output says of its owner."""

    photo: Owner  # whose its photo was when gpend last gave it an owner
    had: Owner  # whose it was afterwards; where somebody gave it to another since, before that


@dataclass(frozen=True)
class Whose:
    """Whose an output is to be, and what it is to say of that."""

    owner: Owner
    said: Owners | None = None  # where somebody gave it away: what it said before; None: what comes of giving it

    def note(self, photo: Owner, has: os.stat_result | None = None) -> Owners:
        """What an output is to say whose photo has this owner; `has`: where it may be not as wanted, what it has."""
        return self.said or Owners(photo, self.owner if has is None else _owner_of(has))


@dataclass(frozen=True)
class Provenance:
    """Where an output comes from. It is in gpend's own extended attribute, where the file system allows it."""

    source: str  # SHA-256 of the photo it was made from, hexadecimal
    output: str  # SHA-256 of itself
    model: str  # "" for a copy
    digest: str
    version: str
    mode: int | None = None  # its photo's permission bits when gpend last gave it any, and what somebody took before
    lists: Entries | None = None  # the same of who may do what by its photo's access list
    owners: Owners | None = None  # None: it does not say


def status_of(folder: int, name: str) -> os.stat_result | None:
    """What stands under a name, not following a link; None: nothing."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in NAME_ERRORS:
            return None
        raise


def names_in(folder: int) -> list[str]:
    """The names of everything in a folder."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries)


def stamp_of(folder: int, status: os.stat_result) -> Stamp:
    """The stamp of a file in an open folder; its inode is 0 where the file system makes inode numbers up anew."""
    return Stamp.of(status, steady_inode=_has_steady_inodes(folder))


def _has_steady_inodes(folder: int) -> bool:
    """May an inode number of an open folder be relied on? Not where its path is longer than the kernel tells."""
    try:
        place = Path(f"/proc/self/fd/{folder}").readlink()
    except OSError:
        return False
    return mounts_now(place)[0].has_steady_inodes


def is_unchanged(folder: int, name: str, written: Written) -> bool:
    """Does the very file that gpend wrote still stand under a name, at least byte for byte?

    Where inode numbers are made up, nothing but the bytes can tell.
    """
    status = status_of(folder, name)
    if status is None or not stat.S_ISREG(status.st_mode):
        return False
    stamp = stamp_of(folder, status)
    if stamp == written.stamp and stamp.inode != 0:
        return True
    return sha256_of(folder, name) == written.sha256 and is_still(folder, name, status)


def is_still(folder: int, name: str, before: os.stat_result | None) -> bool:
    """Is a file what it was when it was looked at first? To read it takes its time, in which somebody may save."""
    now = status_of(folder, name)
    if before is None or now is None:
        return before is now
    return Stamp.of(before, steady_inode=True) == Stamp.of(now, steady_inode=True)


@dataclass(frozen=True)
class Output:
    """A file that is gpend's output for a photo."""

    sha256: str
    is_proved: bool  # byte for byte what gpend wrote; else it only tells of gpend, and somebody may have edited it


def output_of(
    folder: int, name: str, contents: Collection[str], modified_ns: int, known: Collection[str] = ()
) -> Output | None:
    """What stands there, if it is gpend's output for a photo; None for every other file.

    The photo is told by its `contents` (SHA-256 of its file, and of the picture in it). The proof is in gpend's own
    attribute, or in a SHA-256 that is `known` of the photo's outputs. gpend's tags only tell, and only of a file with
    the photo's time, since others may have changed it.
    """
    said = genuine(folder, name)
    sha256 = sha256_of(folder, name) if said is None else said.output
    if sha256 is None:
        return None
    is_proved = sha256 in known or (said is not None and said.source in contents)
    is_told = said is None and not is_proved and is_tagged(folder, name, contents, modified_ns)
    return Output(sha256, is_proved) if is_proved or is_told else None


def is_tagged(folder: int, name: str, contents: Collection[str], modified_ns: int) -> bool:
    """Does a file with the photo's time say in gpend's tags that it was made of the photo?"""
    status = status_of(folder, name)
    if status is None or abs(status.st_mtime_ns - modified_ns) > CLOSE_NS:
        return False
    return not tagged_origins(folder, name).isdisjoint(contents)


def sha256_of(folder: int, name: str) -> str | None:
    """The SHA-256 of a regular file; None where there is none that can be read."""
    with _reading(folder, name) as descriptor:
        return None if descriptor is None else _digest(descriptor)


def genuine(folder: int, name: str) -> Provenance | None:
    """The provenance of a file that is, byte for byte, what gpend wrote; None for every other file."""
    with _reading(folder, name) as descriptor:
        said = None if descriptor is None else provenance_of(descriptor)
        if descriptor is None or said is None or _digest(descriptor) != said.output:
            return None
        return said


def provenance_of(descriptor: int) -> Provenance | None:
    """What an open file says of itself; None if it says nothing that gpend understands."""
    try:
        said = json.loads(os.getxattr(descriptor, OWN_ATTRIBUTE))
        mode = said.get("mode")
        words = {name: str(said[name]) for name in _WORDS}
        is_mode = isinstance(mode, int) and mode in _MODES
        whose = _owners(said.get("owners"))
        return Provenance(**words, mode=mode if is_mode else None, lists=parsed(said.get("lists")), owners=whose)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _owner_of(status: os.stat_result) -> Owner:
    return status.st_uid, status.st_gid


def _owners(said: object) -> Owners | None:
    """Owners from JSON; None: nothing that gpend understands."""
    each = [said.get(name) for name in ("photo", "had")] if isinstance(said, dict) else []
    numbers = [number for owner in each if isinstance(owner, list) for number in owner]
    if len(numbers) != _FOUR or not all(isinstance(number, int) and number in _NUMBERS for number in numbers):
        return None
    return Owners((numbers[0], numbers[1]), (numbers[2], numbers[3]))


def may_be_shared(said: Provenance | None, status: os.stat_result) -> bool:
    """May this be somebody's photo under a second name? Whatever its mode and times become, the photo's become too."""
    return said is None and status.st_nlink > 1


def said_of(folder: int, name: str) -> Provenance | None:
    """What a file says of itself, whatever its bytes are by now."""
    with _reading(folder, name) as descriptor:
        return None if descriptor is None else provenance_of(descriptor)


def taken_away(said: Provenance | None, status: os.stat_result) -> int:
    """The permission bits that somebody took from an output, which have not come back since."""
    return 0 if said is None or said.mode is None else said.mode & ~status.st_mode


def added(said: Provenance | None, status: os.stat_result) -> int:
    """The permission bits that somebody gave to an output beyond those that its photo had."""
    return 0 if said is None or said.mode is None else status.st_mode & ~said.mode & _BITS


def taken_there(folder: int, name: str) -> int:
    """The permission bits that somebody took from the output that stands under a name."""
    status = status_of(folder, name)
    return 0 if status is None else taken_away(said_of(folder, name), status)


def whose_there(folder: int, name: str, photo: Owner) -> Whose:
    """Whose the output under a name is to be when it is made anew, of a photo with this owner."""
    status = status_of(folder, name)
    return Whose(photo) if status is None else whose(said_of(folder, name), photo, status)


def whose(said: Provenance | None, photo: Owner, status: os.stat_result) -> Whose:
    """Whose an output is to be that says this of itself: its photo's owner's, or whom it was given to since."""
    says, has = None if said is None else said.owners, _owner_of(status)
    is_given = says is not None and says.photo == photo and says.had != has
    return Whose(has, says) if is_given else Whose(photo)


def has_noted_list(folder: int, name: str) -> bool:
    """Does the output that stands under a name say that its photo had an access list?"""
    said = said_of(folder, name)
    return said is not None and bool(said.lists)


def list_of(folder: int, name: str) -> bytes:
    """The access list of a file; b"" if it has none."""
    with _reading(folder, name) as descriptor:
        return b"" if descriptor is None else lists.read(descriptor)


def taken_from_list(folder: int, name: str) -> Entries:
    """The entries that somebody took from the access list of the output that stands under a name."""
    with _reading(folder, name) as descriptor:
        said = None if descriptor is None else provenance_of(descriptor)
        if descriptor is None or said is None or said.lists is None:
            return frozenset()
        return said.lists - beyond_mode(lists.read(descriptor))


def says_copy_of(folder: int, name: str, content: str) -> bool:
    """Does gpend's own attribute say of a file that it is a copy of this content? Its bytes are not read."""
    with _reading(folder, name) as descriptor:
        said = None if descriptor is None else provenance_of(descriptor)
        return said is not None and said.source == said.output == content


def tagged_origins(folder: int, name: str) -> frozenset[str]:
    """Of which pictures, by their SHA-256, the metadata of a file say that gpend restored it from them."""
    photo = bytes_of(folder, name)
    return frozenset() if photo is None else history.origins(photo)


def bytes_of(folder: int, name: str) -> bytes | None:
    """All bytes of a regular file; None where there is none that can be read."""
    with _reading(folder, name) as descriptor:
        if descriptor is None:
            return None
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()


def is_abandoned(folder: int, name: str) -> bool:
    """Is this an unfinished file whose writer has died? A living writer holds a lock on its file."""
    if not name.startswith(TEMPORARY):
        return False
    with _reading(folder, name) as descriptor:
        if descriptor is None:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # no locks on this file system
        return True


@contextmanager
def _reading(folder: int, name: str) -> Iterator[int | None]:
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(name, flags, dir_fd=folder)
    except OSError:
        yield None
        return
    try:
        yield descriptor if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
    finally:
        os.close(descriptor)


def _digest(descriptor: int) -> str:
    found = hashlib.sha256()
    offset = 0
    while chunk := os.pread(descriptor, _CHUNK, offset):
        found.update(chunk)
        offset += len(chunk)
    return found.hexdigest()
