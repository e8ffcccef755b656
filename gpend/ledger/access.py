"""Who may use a ledger, and which disks it can lie on: what keeps this user from it, in words."""

import errno
import os
import pwd
import shlex
import sqlite3
from contextlib import suppress
from pathlib import Path

from gpend.errors import FatalError
from gpend.ledger.faults import PRIMARY

_NO_SHARED_MEMORY = (
    *("SQLITE_IOERR_SHMOPEN", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_SHMMAP", "SQLITE_IOERR_SHMLOCK"),
    *("SQLITE_IOERR_MMAP", "SQLITE_IOERR_LOCK", "SQLITE_IOERR_RDLOCK", "SQLITE_PROTOCOL"),
)
"""What SQLite says where programs cannot share memory, or locks, by a file: https://www.sqlite.org/wal.html, 1."""

PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""How a disk says what a person can end, and often does without knowing of gpend."""

NOT_NOTED = "What you asked for was not noted: ask for it again then."
"""What whoever asks the daemon for something is told, after what keeps the ledger from being written."""

_PARTS = ("", "-wal", "-shm", ".lock")
_ROOM = 128 << 10  # bytes: the index of the write-ahead log, and a little log


def is_there(ledger: Path) -> bool:
    """Is there a ledger? Raises FatalError, saying who may look, where this user may not."""
    try:
        return ledger.is_file()
    except PermissionError as error:
        raise not_allowed(ledger) from error


def require(ledger: Path, *, to_write: bool) -> None:
    """Raise FatalError where this user may not read, or write to, a ledger that is there: who may, or what hinders all.

    It is not opened for that: whoever closes a file ends all locks that its process holds on it, also those of SQLite,
    and the next one to write would take the write-ahead log away from under the daemon (sqlite.org/howtocorrupt.html).
    """
    wanted = os.R_OK | os.W_OK if to_write else os.R_OK
    places = {ledger: wanted, ledger.parent: os.W_OK} if to_write else {ledger: wanted}  # the log stands beside it
    for place, mode in places.items():
        if not os.access(place, mode, effective_ids=True):
            if to_write and _is_read_only(place):
                raise FatalError(f"The ledger {ledger} cannot be used: {_only_read(place)}")
            raise not_allowed(ledger)


def not_allowed(ledger: Path) -> FatalError:
    """That this user may not use a ledger, and who may."""
    owner = _owner(ledger)
    return FatalError(
        f"You may not use the ledger {ledger}, which belongs to {owner}. Nothing was changed. Give the same command as "
        f"that user: sudo -u {shlex.quote(owner)} gpend ..."
    )


def hindrance(ledger: Path) -> str:
    """What keeps this user from writing to a ledger or to its folder, and what to do; "" if nothing."""
    folder = ledger.parent
    with suppress(PermissionError):
        if not folder.exists():
            argument = shlex.quote(str(folder))
            return f"There is no folder {folder}. Make it: sudo install -d -o {_argument(os.geteuid())} {argument}"
    return refusal(ledger) or hold_up(ledger)


def refusal(ledger: Path) -> str:
    """What of a ledger, or of what SQLite and gpend keep beside it, this user may not write to; "" if there is none.

    Somebody may have run gpend as root before the service did.
    """
    folder = ledger.parent
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        return _not_writable(folder, shlex.quote(str(folder)))
    for place in (ledger.with_name(f"{ledger.name}{ending}") for ending in _PARTS):
        if not os.access(place, os.W_OK, effective_ids=True) and place.exists():
            return _not_writable(place, f"{shlex.quote(str(ledger))}*")
    return ""


def hold_up(ledger: Path) -> str:
    """What keeps everybody from writing to its disk, which a person can end, and how; "" if nothing."""
    folder = ledger.parent
    if _is_read_only(folder):
        return _only_read(folder)
    return f"The disk of {folder} is full. Make room on it." if _is_full(folder) else ""


def _not_writable(place: Path, concerned: str) -> str:
    if _is_read_only(place):
        return _only_read(place)
    user, owner = _called(os.geteuid()), _owner(place)
    if user == owner:
        return f"{user!r}, whom gpend runs as, may not write to {place}. Allow it: sudo chmod u+rwX {concerned}"
    return (
        f"{user!r}, whom gpend runs as, may not write to {place}: it belongs to {owner!r}. "
        f"sudo chown {_argument(os.geteuid())} {concerned}"
    )


def _only_read(place: Path) -> str:
    return f"The disk of {place} can only be read. Make it writable again."


def _is_read_only(place: Path) -> bool:
    """Can its disk only be read, whoever asks?"""
    with suppress(OSError):
        return bool(os.statvfs(place).f_flag & os.ST_RDONLY)
    return False


def _is_full(folder: Path) -> bool:
    """Is there no room for what SQLite needs beside a ledger?"""
    try:
        status = os.statvfs(folder)
    except OSError:
        return False
    free = status.f_bfree if os.geteuid() == 0 else status.f_bavail  # some room is root's alone
    return free * status.f_frsize < _ROOM


def fault_of_disk(error: sqlite3.Error) -> str:
    """What to look at where a disk failed, and says nothing of it to whoever asks; "" if it did not."""
    failed = getattr(error, "sqlite_errorcode", 0) & PRIMARY == sqlite3.SQLITE_IOERR
    return "Its disk, or the file system on it, reports an error: sudo dmesg tells which." if failed else ""


def what_is_wrong(error: sqlite3.Error, ledger: Path) -> str:
    """Why SQLite cannot use a ledger that is sound, for people."""
    reason = hindrance(ledger)  # which SQLite often tells as something else
    if reason:
        if hold_up(ledger):  # of a full disk, "disk I/O error" misleads
            return f"The ledger {ledger} cannot be used. {reason}"
        return f"The ledger {ledger} cannot be used ({error}). {reason}"
    if getattr(error, "sqlite_errorname", "") in _NO_SHARED_MEMORY:
        return (
            f"The ledger {ledger} cannot be used where it lies ({error}): its file system, such as a network share, "
            "does not let programs share memory or locks. Keep the ledger on a local disk: `ledger:` in the "
            "configuration. The photos may lie where they like."
        )
    return f"The ledger {ledger} cannot be used: {error}"


def _owner(ledger: Path) -> str:
    """Who may use it: whose the nearest thing is that can be looked at."""
    for place in (ledger, *ledger.parents):
        with suppress(OSError):
            return _called(place.stat().st_uid)
    return "root"


def _called(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"#{user}"


def _argument(user: int) -> str:
    """A user for a command: by number, without a sign, where there is no name."""
    return _called(user).removeprefix("#")
