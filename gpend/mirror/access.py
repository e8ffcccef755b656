"""Who may do what with a file or a folder of the output tree: as it is among the photos, as far as that is allowed."""

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

NOT_HERE = (errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS, errno.EMLINK)
"""How file systems say that they cannot do such a thing, or that it is not allowed."""

OWNER, GROUP, PERMISSIONS = "the owner", "the group", "the permissions"
"""In words, what could not be had where it was refused."""

_FILE = 0o777
_FOLDER = 0o3777  # with the bit that hands the group on, and the one that keeps others from deleting
_OURS = 0o700  # without it gpend itself could not write there


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


def give(descriptor: int, access: Access) -> list[str]:
    """Give an open file or folder an owner, a group and a mode; in words, what could not be had. Raises OSError."""
    notes: list[str] = []
    status = os.fstat(descriptor)
    if status.st_uid != access.owner:
        attempt(partial(os.fchown, descriptor, access.owner, -1), OWNER, notes)
    if status.st_gid != access.group:
        attempt(partial(os.fchown, descriptor, -1, access.group), GROUP, notes)
    attempt(partial(os.fchmod, descriptor, access.mode), PERMISSIONS, notes)
    return notes


def attempt(change: Callable[[], object], what: str, notes: list[str]) -> None:
    """Change something, or note what it was if it cannot be had here. Raises OSError for other reasons."""
    try:
        change()
    except OSError as error:
        if error.errno not in NOT_HERE:
            raise
        notes.append(what)
