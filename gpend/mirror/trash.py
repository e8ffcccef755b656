"""Where outputs go whose photos were deleted: .gpend-trash/YYYY-MM-DD in the output, for a while."""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from gpend.errors import PhotoError
from gpend.ledger import Written
from gpend.mirror import dirfd, inspect
from gpend.mirror.atomic import OccupiedError
from gpend.mirror.mirror import Mirror

TRASH = Path(".gpend-trash")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:\.\d+)?")
_TRIES = 100  # files of the same path deleted on the same day


def is_in_trash(place: Path) -> bool:
    """Is this path of an output in the trash?"""
    return place.parts[:1] == TRASH.parts


def discard(mirror: Mirror, written: Written, now: int) -> Written | None:
    """Move an output into today's trash; None: it is not as gpend wrote it, so it is not gpend's to move.

    It may be there already. Raises OSError and PhotoError; then it stays.
    """
    if not mirror.stands(written):
        return whereabouts(mirror, written)
    today = datetime.fromtimestamp(now, UTC).date().isoformat()
    for number in range(1, _TRIES):
        day = today if number == 1 else f"{today}.{number}"
        with suppress(OccupiedError):
            return mirror.move(written, mirror, TRASH / day / written.path)
    raise OccupiedError(f"The trash of {today} already holds {_TRIES} files of the name {written.path.name!r}.")


def whereabouts(mirror: Mirror, written: Written) -> Written | None:
    """Where an output stands as gpend wrote it: in its place, or in the trash if gpend was killed on the way there.

    None: nowhere. Raises OSError.
    """
    if mirror.stands(written):
        return written
    days: list[str] = []
    with suppress(FileNotFoundError, PhotoError), dirfd.open_folder(mirror.output, TRASH) as folder:
        days = inspect.names_in(folder)
    moved = (Written(TRASH / day / written.path, written.stamp, written.sha256) for day in reversed(days))
    return next((each for each in moved if mirror.stands(each)), None)


def expired(mirror: Mirror, now: int, days: int) -> list[Path]:
    """The parts of the trash that are older than so many days, relative to the output."""
    limit = datetime.fromtimestamp(now, UTC).date() - timedelta(days=days)
    with suppress(FileNotFoundError, PhotoError), dirfd.open_folder(mirror.output, TRASH) as folder:
        return [TRASH / name for name in inspect.names_in(folder) if _is_before(name, limit)]
    return []


def empty(mirror: Mirror, part: Path) -> Iterator[None]:
    """Delete a part of the trash, file by file; links in it are deleted, never followed."""
    pending, emptied = [part], []
    while pending:
        relative = pending.pop()
        emptied.append(relative)
        with suppress(FileNotFoundError, PhotoError), dirfd.open_folder(mirror.output, relative) as folder:
            for name in inspect.names_in(folder):
                status = inspect.status_of(folder, name)
                if status is not None and stat.S_ISDIR(status.st_mode):
                    pending.append(relative / name)
                elif status is not None:
                    os.unlink(name, dir_fd=folder)
                yield
    for relative in reversed(emptied):
        with suppress(OSError, PhotoError), dirfd.open_folder(mirror.output, relative.parent) as folder:
            os.rmdir(relative.name, dir_fd=folder)


def _is_before(name: str, limit: date) -> bool:
    matched = _DAY.fullmatch(name)
    try:
        return matched is not None and date.fromisoformat(matched[1]) < limit
    except ValueError:
        return False
