"""A ledger is opened. Where it is damaged its last copy takes its place, or a new one, filled from the outputs."""

import shutil
from contextlib import suppress
from pathlib import Path

from gpend.errors import FatalError, TransientError
from gpend.ledger import access, doubt, soundness
from gpend.ledger.database import Database, open_for_writing
from gpend.ledger.doubt import Doubt
from gpend.ledger.faults import DamagedError, ForeignError, UnreadableError
from gpend.writing import part_of, put_whole

_FOUND = (Doubt.FOUND, Doubt.FOUND_AGAIN)
_TO_BE_REPLACED = "The ledger is damaged, and was about to be replaced when gpend ended."
_ANEW = "A new one is filled from what the output folders say about themselves."


def opened(path: Path, now: int) -> tuple[Database, list[str]]:
    """The ledger for its one daemon, and what a person should know of it. Nothing of a damaged one is deleted at once.

    Raises FatalError where it is newer than this gpend, or cannot be used, and TransientError where that is so for the
    moment only: then nothing is set aside, as it may be sound.
    """
    try:
        return _opened(path, now)
    except TransientError as error:
        raise TransientError(f"{str(error).rstrip('.')}. Nothing is lost. A later start of gpend goes on.") from error


def copy_of(path: Path) -> Path:
    """Where the copy of a ledger is that is made every day."""
    return path.with_name(path.name + ".backup")


def _opened(path: Path, now: int) -> tuple[Database, list[str]]:
    notices = list[str]()
    try:
        if _is_to_be_trusted(path, now, notices):
            return _trusted(path, now), notices
        is_away = not path.exists()  # killed before another one had its place
        notices.append(_TO_BE_REPLACED if is_away else _set_aside(path, "gpend found that while it ran", now))
    except DamagedError as error:
        notices.append(_set_aside(path, str(error), now))
    except UnreadableError as error:
        if not doubt.is_lost(path, now):
            raise
        notices.append(_set_aside(path, str(error), now))
    notices.append(_replace(path))
    try:
        return _trusted(path, now), notices
    except (DamagedError, ForeignError):  # its copy, which is kept, was sound but no ledger of gpend
        path.unlink(missing_ok=True)
        return _trusted(path, now), [*notices[:-1], _ANEW]


def _is_to_be_trusted(path: Path, now: int, notices: list[str]) -> bool:
    """Is there no reason to set a ledger aside before it is opened? What was found out is added to the notices."""
    doubted = doubt.about(path, now)
    if doubted is Doubt.FOUND and not doubt.was_replaced(path, now) and soundness.of_ledger(path):
        doubt.note(path, Doubt.RECHECKED, now)
        notices.append("gpend found its ledger damaged while it ran. All of it was read again, and is right.")
        return True
    return doubted not in _FOUND and (doubted is not Doubt.REPAIRING or path.exists())


def _trusted(path: Path, now: int) -> Database:
    database = open_for_writing(path)
    database.on_damage = lambda: doubt.suspect(path)
    doubt.settle(path, now)
    return database


def _set_aside(path: Path, why: str, now: int) -> str:
    """Rename a damaged ledger, with what belongs to it; in words. Of such ledgers the last few are kept.

    Raises TransientError where it cannot be renamed, or no room is left to note that.
    """
    if doubt.about(path, now) in _FOUND and doubt.was_replaced(path, now):
        _set_copy_aside(path)
    aside = doubt.free_name_aside(path, now)
    try:
        doubt.require(path, Doubt.REPAIRING, now)  # else the next start would begin a new one beside the copy
        for ending in ("-wal", "-shm", ""):  # the file itself last: what its log tells must not reach the next one
            part = path.with_name(path.name + ending)
            if part.exists():
                part.rename(aside.with_name(aside.name + ending))
    except OSError as error:
        raise TransientError(f"The ledger is damaged ({why}), and cannot be set aside: {error.strerror}.") from error
    doubt.forget_oldest(path, aside)
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
        if error.errno in access.PASSING:  # a new ledger would take the place of the copy as well, within a day
            raise FatalError(
                f"The ledger {path} is damaged, and its last copy cannot take its place: {error.strerror}. Nothing is "
                "lost. Make room on its disk, or make it writable again; the next start of gpend repairs it."
            ) from error
    return _ANEW
