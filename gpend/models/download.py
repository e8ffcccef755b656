"""Fetch a published file: from several places in turn, resumed where it broke off, proven before it counts.

No torch here. Only a person's command comes this way; the daemon downloads nothing.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from gpend.errors import FatalError
from gpend.models.part import Origin, Part, held
from gpend.models.transfer import Pause, PlaceError, Progress, Wanted, bring_rest, page, refuse_full_disk

__all__ = ["Progress", "Wanted", "copy", "fetch", "sha256_of"]

_CHUNK = 1 << 20
_MIB = 1 << 20
_AGAIN = "get the file again from where it is published"

Prove = Callable[[Path], None]
"""Raises FatalError where a file is not the network that it should be."""


def fetch(wanted: Wanted, folder: Path, prove: Prove, progress: Progress, pause: Pause = time.sleep) -> Path:
    """The file in `folder`, under its name only once its size and SHA-256 are right and `prove` has not raised.

    What a broken download left behind is kept, and gone on with the next time. `pause` is asked for the seconds that a
    busy place wants. Raises FatalError saying what to do.
    """
    failures = []
    with held(folder / wanted.file) as part:
        for url in wanted.urls:
            try:
                _bring(partial(bring_rest, url, wanted, part, progress, pause), wanted, part, prove)
            except PlaceError as error:
                failures.append(f"{urlsplit(url).hostname}: {str(error).rstrip('.')}")
            else:
                part.put()
                return folder / wanted.file
        raise FatalError(_unavailable(wanted, failures, part))


def copy(wanted: Wanted, source: Path, folder: Path, prove: Prove) -> Path:
    """The file out of the folder `source`, for machines without internet; proven as `fetch` proves it.

    It may have the name there that it is published under, and `source` may be the file itself. Where the file is in
    `folder` already, it stays where it is, and is proven there. Raises FatalError saying what to do.
    """
    names = list(dict.fromkeys((wanted.file, *(url.rpartition("/")[2] for url in wanted.urls))))
    found = next((one for one in (source, *(source / name for name in names)) if one.is_file()), None)
    if found is None:
        raise FatalError(f"{source} holds no {' and no '.join(names)}. Nothing was copied.")
    place = folder / wanted.file
    try:
        if place.exists() and found.samefile(place):
            _check(found, wanted, prove)
            return place
        with held(place) as part:
            _copy(found, part)
            try:
                _check(part.path, wanted, prove)
            except (PlaceError, FatalError):
                part.keep(0)
                raise
            part.put()
    except PlaceError as error:
        raise FatalError(f"{found}: {str(error).rstrip('.')}. Nothing of it was taken; {_AGAIN}.") from error
    except OSError as error:
        raise FatalError(f"{found} cannot be read: {error.strerror}. Nothing of it was taken.") from error
    return place


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _bring(bring: Callable[[], None], wanted: Wanted, part: Part, prove: Prove) -> None:
    """Bring `part` to its whole and right content from one place, going on where it stands. Raises PlaceError."""
    for _ in range(2):
        resumed = part.size > 0
        bring()
        try:
            _check(part.path, wanted, prove)
        except (PlaceError, FatalError) as error:
            part.keep(0)
            if not resumed or isinstance(error, FatalError):
                raise
        else:
            return  # else what another place, or another day, had begun does not fit: once more from the start


def _copy(found: Path, part: Part) -> None:
    refuse_full_disk(part.path.parent, found.stat().st_size)
    with found.open("rb") as file:
        part.begin(0, Origin(str(found), "", None))
        for chunk in iter(lambda: file.read(_CHUNK), b""):
            part.add(chunk)


def _check(path: Path, wanted: Wanted, prove: Prove) -> None:
    """Raises PlaceError where it is not what is wanted; FatalError where it is, and is of no use all the same."""
    size, head = path.stat().st_size, _head(path)
    if why_not := page(head) if size else "it is empty":
        raise PlaceError(why_not)
    if wanted.bytes is not None and size != wanted.bytes:
        raise PlaceError(f"it has {size} bytes instead of {wanted.bytes}")
    if wanted.sha256 is not None and sha256_of(path) != wanted.sha256:
        raise PlaceError("its SHA-256 is not the one that is expected")
    try:
        prove(path)
    except FatalError as error:
        if wanted.sha256 is None:
            raise PlaceError(str(error)) from error
        raise


def _unavailable(wanted: Wanted, failures: Sequence[str], part: Part) -> str:
    begun = f" What came of it, {part.size / _MIB:.1f} MiB, is kept for the next try." if part.size else ""
    return (
        f"{wanted.file} could not be fetched. {'; '.join(failures) or 'No place is known that has it'}.{begun} "
        f"Try again later, or get the file in another way and name its folder with --from."
    )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(64)
