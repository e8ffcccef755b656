"""The ledger of a daemon: opened, repaired where it is damaged, written as one, backed up."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from gpend.beside import LEDGER_AT_HOME
from gpend.errors import FatalError, TransientError
from gpend.ledger import access, lock, repair, requests
from gpend.ledger.absences import Absences
from gpend.ledger.control import Control
from gpend.ledger.database import Database, open_for_writing
from gpend.ledger.decisions import Decisions, file_of
from gpend.ledger.faults import DamagedError
from gpend.ledger.folders import Folders
from gpend.ledger.photos import Photos
from gpend.ledger.presence import Identity, Presence, identity
from gpend.ledger.records import Records
from gpend.ledger.requests import Requests
from gpend.ledger.rows import Request
from gpend.ledger.trashed import Trashed
from gpend.ledger.upkeep import Upkeep
from gpend.writing import part_of, put_in_gap, put_whole


@dataclass(frozen=True)
class _Placed:
    """A copy of what is open that was put in its place."""

    identity: Identity | None
    changes: int  # of what is open, when it was copied


class Ledger(Records):
    """The ledger of a daemon: read and written by one process at a time, from one thread at a time."""

    def __init__(self, database: Database, path: Path, locked: int, notices: Sequence[str] = ()) -> None:
        super().__init__(database, path)
        self.notices = tuple(notices)  # what happened while it was opened that a person should know
        self.photos = Photos(database)
        self.sources = Folders(database)
        self.requests = Requests(database)
        self.absences = Absences(database)
        self.upkeep = Upkeep(database)
        self.control = Control(database)
        self.trashed = Trashed(database)
        self.decisions = Decisions(database, file_of(path))
        self._locked = locked
        self._place = Path(os.path.realpath(path))  # where SQLite has it, with its log and its index beside it
        self._presence = Presence(self._place, lock.beside(path))
        self._placed: _Placed | None = None

    @classmethod
    def open(cls, path: Path, now: int | None = None) -> "Ledger":
        """Open or make the ledger for the one daemon that may write to it.

        A damaged file is renamed and kept; its last sound copy, or an empty ledger, takes its place.
        Raises FatalError where another gpend holds it, where it is newer than this gpend, or cannot be used, and
        TransientError where it cannot be used at the moment.
        """
        _make_folder(path)
        locked = lock.take(path)
        try:
            database, notices = repair.opened(path, int(time.time()) if now is None else now)
            notices += _recalled(Decisions(database, file_of(path)))
        except BaseException:
            os.close(locked)
            raise
        return cls(database, path, locked, notices)

    @staticmethod
    def request(path: Path, kind: Request, photos: Sequence[Path] = (), detail: dict[str, Any] | None = None) -> None:
        """Ask the daemon that runs, or the next that starts, for something. Raises FatalError and TransientError."""
        requests.leave(path, kind, list(photos), detail)

    def together(self) -> AbstractContextManager[None]:
        """Everything written inside is committed as one, or not at all."""
        return self._database.together()

    def after_commit(self, action: Callable[[], object]) -> None:
        """Do this, once, when what was written so far is committed: at once outside `together`; never if it fails.

        What others are told, and what memory remembers of a write, belongs in here.
        """
        self._database.after_commit(action)

    def back_up(self) -> None:
        """Keep a copy beside the ledger, for the day that the ledger is damaged."""
        fresh = self._path.with_name(self._path.name + ".backup.new")
        fresh.unlink(missing_ok=True)
        self._database.copy_to(fresh)
        fresh.replace(repair.copy_of(self._path))

    def was_backed_up(self, now: int, seconds: int) -> bool:
        """Was the copy that is there made within so many seconds before or after now, in UTC seconds?"""
        with suppress(OSError):
            return abs(now - repair.copy_of(self._path).stat().st_mtime) < seconds
        return False

    def put_back(self) -> str:
        """Write the ledger anew where somebody deleted it, or a part of it, while it was open; in words, "" if nobody.

        Nothing is lost, as this process has it all open. Raises TransientError where that cannot be done now, and
        FatalError where another file stands in its place by now, or the disk is another one.
        """
        lost = self._presence.lost()
        if not lost:
            return ""
        try:
            if not self._presence.is_on_its_disk():
                raise FatalError(
                    f"The disk with the ledger {self._path} is not there any more. gpend stops, as it could note "
                    "nothing for good. No photo was harmed. Bring the disk back and start gpend again."
                )
            self._require_room()
            self._lock_again()
            if lost != [lock.beside(self._path)]:
                self._write_anew(is_lost=self._place in lost)
            _recalled(self.decisions)  # their file may be gone as well
            self._presence = Presence(self._place, lock.beside(self._path))
        except OSError as error:
            raise TransientError(f"What was deleted beside the ledger cannot be put back: {error}.") from error
        return (
            f"Somebody deleted {' and '.join(part.name for part in lost)} from {self._place.parent} while gpend had "
            "the ledger open. gpend has put everything back; nothing is lost."
        )

    def _require_room(self) -> None:
        """Raise TransientError where the ledger's folder cannot be made, or is not gpend's to write to."""
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
        reason = access.hindrance(self._path)
        if reason:
            raise TransientError(
                f"Somebody deleted the ledger {self._path}. gpend has it open, and puts it back as soon as it can: "
                f"do not stop it before. {reason}"
            )

    def _write_anew(self, *, is_lost: bool) -> None:
        """Put a copy of what is open in the ledger's place, and go over to it; never over somebody else's file."""
        if not self._is_placed():
            self._place_copy(is_lost=is_lost)
        try:
            self._database.go_over_to(open_for_writing(self._place))
        except DamagedError as error:
            raise FatalError(
                f"The ledger was deleted, and its copy is damaged ({error}). Start gpend again."
            ) from error
        except TransientError as error:
            raise TransientError(f"The ledger was deleted and put back, and cannot be opened now. {error}") from error
        self._placed = None

    def _is_placed(self) -> bool:
        """Does a copy of what is open stand in its place already, which could not be opened?

        Somebody may have asked it for something by now. One that lacks what was noted since is taken away again.
        """
        placed, self._placed = self._placed, None
        if placed is None or identity(self._place) != placed.identity:
            return False
        if placed.changes != self._database.changes:
            self._place.unlink()
            return False
        self._placed = placed
        return True

    def _place_copy(self, *, is_lost: bool) -> None:
        copy = part_of(self._place)
        self._place.parent.mkdir(parents=True, exist_ok=True)
        copy.unlink(missing_ok=True)
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, self._presence.mode))
        try:
            self._database.copy_to(copy)
            copy.chmod(self._presence.mode)
            is_ours = put_in_gap(copy, self._place) if is_lost else self._put_over(copy)
            if not is_ours:
                kept = _free(self._place, ".rescued")
                copy.replace(kept)
                raise FatalError(
                    f"Somebody put another file in the place of the ledger {self._path} while gpend had it open. gpend "
                    f"stops, so that the two do not mix. What it knew is kept as {kept}. Let the right one of the two "
                    "have that place, and start gpend again."
                )
        finally:
            copy.unlink(missing_ok=True)
            copy.with_name(f"{copy.name}-journal").unlink(missing_ok=True)
        if is_lost:
            self._forget_log()
        self._placed = _Placed(identity(self._place), self._database.changes)

    def _put_over(self, copy: Path) -> bool:
        """Put a copy over the ledger, of which only its log or its index is lost; False: it is another file by now."""
        if self._place in self._presence.lost():
            return False
        self._forget_log()
        put_whole(copy, self._place)
        return True

    def _forget_log(self) -> None:
        """Take away the log and the index of a ledger that is replaced: they speak of another file."""
        for ending in ("-wal", "-shm"):
            self._place.with_name(self._place.name + ending).unlink(missing_ok=True)

    def _lock_again(self) -> None:
        """Hold the lock that others ask for, which may be another file by now."""
        if lock.beside(self._path) in self._presence.lost():
            before, self._locked = self._locked, lock.take(self._path)
            os.close(before)

    def close(self) -> None:
        """Close it and let the next daemon in."""
        super().close()
        os.close(self._locked)


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = f"The folder of the ledger, {path.parent}, cannot be made: {error.strerror}."
        reason = f"{what} Name another place for it, such as `ledger: {LEDGER_AT_HOME}`."
        raise (TransientError if error.errno in access.PASSING else FatalError)(reason) from error


def _recalled(decisions: Decisions) -> list[str]:
    """Decisions that the ledger has lost come back from their file; what is told of that."""
    try:
        recalled = decisions.catch_up()
    except OSError as error:
        return [f"The file of people's decisions cannot be read: {error.strerror}."]
    return [f"{recalled} of people's decisions were read again from their file."] if recalled else []


def _free(place: Path, ending: str) -> Path:
    """A name beside a place that nothing has: of what was kept before, nothing is overwritten."""
    first = place.with_name(place.name + ending)
    numbered = (place.with_name(f"{place.name}{ending}-{number}") for number in count(2))
    return next(name for name in chain((first,), numbered) if not name.exists())
