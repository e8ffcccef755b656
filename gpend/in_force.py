"""The configuration that is in force: where it lies, and what gpend made of it, without checking it once more.

Checking a configuration takes longer than all else that `gpend status` does. So the daemon leaves on record how photos
are judged under the one that it works with, and a mark of all that this depends on; as long as the mark is the same,
so is the rest.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from gpend import __version__
from gpend.beside import LEDGER
from gpend.errors import FatalError
from gpend.ledger import Judging, Ledger, Records, fingerprint_of
from gpend.ledger.paths import direct
from gpend.stamp import Stamp

if TYPE_CHECKING:
    from gpend.settings import CoreSettings, Settings

ENVIRONMENT = "GPEND_CONFIG"
DEFAULT = Path("/etc/gpend/gpend.yaml")
OWN = Path(".config/gpend/gpend.yaml")  # below the home of who runs gpend without root

_MOST = 20  # files beside a configuration that may be its ledger
_NAMED = re.compile(
    rb"""^ledger:[ \t]*(?:(['"])(?P<quoted>[^'"\\\n]+)\1|(?P<plain>[^\s'"#][^#\n]*?))[ \t]*(?:#.*)?$""", re.MULTILINE
)


def locate(given: Path | None, environment: Mapping[str, str]) -> Path:
    """The configuration file to read: `given`, else $GPEND_CONFIG, else /etc/gpend/gpend.yaml.

    Where that cannot be read, the one of the service that is one person's, ~/.config/gpend/gpend.yaml, if it is there.
    """
    if given is not None:
        return given
    named, home = environment.get(ENVIRONMENT), environment.get("HOME")
    if named:
        return Path(named)
    own = Path(home, OWN) if home and not os.access(DEFAULT, os.R_OK) else None
    return own if own is not None and os.path.isfile(own) else DEFAULT  # noqa: PTH113 - it never raises


def judging_of(settings: "CoreSettings") -> Judging:
    """How photos are judged under these settings, worked out afresh."""
    from gpend.models import fits, restorers  # noqa: PLC0415 - pydantic is not for those who find it on record

    fitted = fits.digest_of(restorers.in_use(settings.restore))
    return Judging(fingerprint_of(settings, fitted), tuple(restorers.unmeasured(settings)))


def note(ledger: Ledger, file: Path, content: bytes, settings: "Settings") -> None:
    """Put on record what these settings come to, that were read from `content`, which is what `file` holds."""
    from gpend.models.weights import folder_to_fill, weights_folders  # noqa: PLC0415 - as above
    from gpend.settings import names_file  # noqa: PLC0415 - as above

    own = [Path(settings.restore.model)] if names_file(settings.restore.model) else []
    weights = settings.restore.weights
    places = (*weights_folders(weights), folder_to_fill(weights), *own)  # the latter need not be there yet
    mark = _mark(file, content, settings.ledger, places)
    ledger.control.judge(replace(judging_of(settings), places=places, file=file.absolute(), mark=mark))


def find(file: Path) -> tuple[Path, Judging] | None:
    """The ledger that a configuration names, and how photos are judged under it; None: it has to be read to be told.

    The name of the ledger is a guess here, and no more is needed: the mark holds it, and all of the file.
    """
    try:
        content = file.read_bytes()
        ledger = _ledger_of(content, file.absolute().parent)
        with Records.read_only(ledger) as records:
            found = records.judging()
    except (OSError, RuntimeError, FatalError):  # whoever reads the configuration tells what is wrong
        return None
    if found is None or found.mark != _mark(file, content, ledger, found.places):
        return None
    return ledger, found


def guessed(file: Path) -> Path | None:
    """The ledger that a configuration names, also where all else in it is wrong, or that it named before it was gone.

    None: there is none of that name, or none is known.
    """
    try:
        ledger = _ledger_of(file.read_bytes(), file.absolute().parent)
        return ledger if ledger.is_file() else _remembered(file)
    except OSError:
        return _remembered(file)
    except (RuntimeError, ValueError):
        return None


def _remembered(file: Path) -> Path | None:
    """The ledger that says that it was worked with under a configuration, which tells no ledger any more.

    It is looked for at its usual place and beside that file, by its lock: of another program's file SQLite would make
    others beside it, or wait where that program has it to itself.
    """
    places = [LEDGER]
    with suppress(OSError):
        places += [lock.with_suffix("") for lock in sorted(file.absolute().parent.glob("*.sqlite.lock"))[:_MOST]]
    return next((ledger for ledger in places if _was_made_with(ledger, file)), None)


def _was_made_with(ledger: Path, file: Path) -> bool:
    """Was a ledger worked with last by whoever had read this configuration?"""
    with suppress(OSError, RuntimeError, FatalError), Records.read_only(ledger) as records:
        found = records.judging()
        return found is not None and found.file == file.absolute()
    return False


def _ledger_of(content: bytes, folder: Path) -> Path:
    named = _NAMED.search(content)
    if named is None:
        return LEDGER
    return direct(folder / Path(os.fsdecode(named["quoted"] or named["plain"])).expanduser())


def _mark(file: Path, content: bytes, ledger: Path, places: Iterable[Path]) -> str:
    """Of all that the judging of photos depends on: the configuration, the networks and their fits, and gpend."""
    told = hashlib.sha256(content)
    has_heif = find_spec("pillow_heif") is not None
    stamps = (stamp for place in places for stamp in _stamps(place))
    for part in (__version__, has_heif, file.absolute(), ledger, *stamps):
        told.update(b"\0" + os.fsencode(str(part)))
    return told.hexdigest()


def _stamps(place: Path) -> Iterator[str]:
    """Of a file, or of each in a folder; none where there is nothing."""
    try:
        files = sorted(place.iterdir()) if place.is_dir() else [place]
        for each in files:
            yield f"{each} {Stamp.of(each.stat())}"
    except OSError:
        yield f"{place} -"
