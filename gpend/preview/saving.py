"""Where the report goes: into a new file, or over an older report, never over anything else."""

import hashlib
import os
import stat
import time
from pathlib import Path

from gpend import __version__
from gpend.errors import FatalError, PhotoError
from gpend.intake.reading import Appearance
from gpend.ledger import Fingerprint, Written
from gpend.mirror import Mirror, Origin
from gpend.stamp import Stamp

_MARK = b"<title>gpend preview</title>"
_MARK_WITHIN = 1024  # bytes from the beginning


def refuse_other(place: Path) -> None:
    """Raise FatalError if a file stands at `place` that is no report, or its folder is not there."""
    try:
        if not place.absolute().parent.is_dir():
            raise FatalError(f"There is no folder {place.absolute().parent} for the report. Nothing was done.")
        is_other = place.exists() and not _is_report(place)
    except OSError as error:  # its folder may not be looked into, or its name is too long
        raise FatalError(f"The report {place} cannot be written: {error.strerror}. Nothing was done.") from error
    if is_other:
        raise FatalError(f"{place} is no report of gpend's, so it was left alone. Name another file with --out.")


def save(page: str, place: Path) -> None:
    """Write the report whole or not at all. Raises FatalError where it cannot be written."""
    refuse_other(place)
    data, name, folder = page.encode(), Path(place.name), place.absolute().parent
    like = Appearance(_mode(place), os.geteuid(), os.getegid(), time.time_ns(), time.time_ns())
    origin = Origin(name, hashlib.sha256(data).hexdigest(), like)
    try:
        Mirror(folder, folder).write(name, data, origin, Fingerprint(version=__version__), _earlier(place))
    except (OSError, PhotoError) as error:
        raise FatalError(f"The report {place} cannot be written: {error}") from error


def _mode(place: Path) -> int:
    """The permissions of an ordinary file: those of the report that stands there, or what the user's umask leaves."""
    if place.exists():
        return stat.S_IMODE(place.stat().st_mode) & 0o777
    umask = os.umask(0o077)  # it can only be read by setting it; meanwhile nothing becomes more open than it should
    os.umask(umask)
    return 0o666 & ~umask


def _is_report(place: Path) -> bool:
    if not stat.S_ISREG(place.stat().st_mode):
        return False
    with place.open("rb") as file:
        return _MARK in file.read(_MARK_WITHIN)


def _earlier(place: Path) -> Written | None:
    """The report that stands there and may be replaced."""
    if not place.exists():
        return None
    status = place.stat()
    stamp = Stamp.of(status)
    return Written(Path(place.name), stamp, hashlib.sha256(place.read_bytes()).hexdigest())
