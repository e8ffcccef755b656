"""A ledger is opened. Where it is damaged its last copy takes its place, or a new one, filled from the outputs."""

import errno
import shutil
from contextlib import suppress
from pathlib import Path

from gpend.errors import FatalError
from gpend.ledger import doubt, soundness
from gpend.ledger.database import DamagedError, Database, open_for_writing
from gpend.ledger.doubt import Doubt
from gpend.writing import part_of, put_whole

_PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # what a person can end; a copy that cannot be read stays so
_FOUND = (Doubt.FOUND, Doubt.FOUND_AGAIN)
_ANEW = "A new one is filled from what the output folders say about themselves."


def opened(path: Path, now: int) -> tuple[Database, list[str]]:
    """The ledger for its one daemon, and what a person should know of it. Nothing of a damaged one is deleted at once.

    Raises FatalError where it is newer than this gpend, or cannot be used.
    """
    doubted, notices = doubt.about(path), []
    if doubted is Doubt.FOUND and not doubt.was_replaced(path, now) and soundness.of_ledger(path):
        doubt.note(path, doubted := Doubt.RECHECKED)
        notices.append("gpend found its ledger damaged while it ran. All of it was read again, and is right.")
    if doubted is Doubt.REPAIRING and not path.exists():  # killed before another one had its place
        notices.append("The ledger is damaged, and was about to be replaced when gpend ended.")
    elif doubted in _FOUND:
        notices.append(_set_aside(path, "gpend found that while it ran", now))
    else:
        try:
            return _trusted(path), notices
        except DamagedError as error:
            notices.append(_set_aside(path, str(error), now))
    notices.append(_replace(path))
    try:
        return _trusted(path), notices
    except DamagedError:  # its copy, which is kept, was sound but no ledger of gpend
        path.unlink(missing_ok=True)
        return _trusted(path), [*notices[:-1], _ANEW]


def copy_of(path: Path) -> Path:
    """Where the copy of a ledger is that is made every day."""
    return path.with_name(path.name + ".backup")


def _trusted(path: Path) -> Database:
    database = open_for_writing(path)
    database.on_damage = lambda: doubt.suspect(path)
    doubt.settle(path)
    return database


def _set_aside(path: Path, why: str, now: int) -> str:
    """Rename a damaged ledger, with what belongs to it; in words. Of such ledgers the last few are kept."""
    if doubt.about(path) in _FOUND and doubt.was_replaced(path, now):
        _set_copy_aside(path)
    doubt.note(path, Doubt.REPAIRING)
    aside = doubt.name_aside(path, now)
    for ending in ("-wal", "-shm", ""):  # the file itself last: what its log tells must not reach the next one
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    doubt.forget_oldest(path)
    return f"The ledger is damaged ({why}). It was kept as {aside}."


def _set_copy_aside(path: Path) -> None:
    """The copy had the ledger's place, which was found damaged again: there is no use in it."""
    copy = copy_of(path)
    if copy.exists():
        copy.rename(copy.with_name(f"{copy.name}.damaged"))


def _replace(path: Path) -> str:
    """Give the last copy the place of a ledger that is not there any more, if it is sound; in words.

    Raises FatalError where the disk has no room for it, or cannot be written to: the next start tries again.
    """
    copy, part = copy_of(path), part_of(path)
    try:
        if soundness.of_copy(copy):
            shutil.copyfile(copy, part)
            put_whole(part, path)
            return "Its last copy took its place; a scan brings it up to date."
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if error.errno in _PASSING:  # a new ledger would take the place of the copy as well, within a day
            raise FatalError(
                f"The ledger {path} is damaged, and its last copy cannot take its place: {error.strerror}. Nothing is "
                "lost. Make room on its disk, or make it writable again; the next start of gpend repairs it."
            ) from error
    return _ANEW
