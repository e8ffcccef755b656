"""Fetch a published file: from several places in turn, resumed where it broke off, proven before it counts.

No torch here. Only a person's command comes this way; the daemon downloads nothing.
"""

import hashlib
import math
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

from gpend.errors import FatalError
from gpend.writing import part_of, put_whole

_CHUNK = 1 << 20
_PATIENCE = 30.0  # seconds without a byte after which a place is given up
_BREAKS = 8  # times one place may break off, each after it has sent something
_SPARE = 64 << 20  # bytes that stay free on the disk
_POINTER = b"version https://git-lfs"
_MIB = 1 << 20
_PARTIAL, _BEYOND = 206, 416  # what HTTP answers to a Range: here is the rest; there is no such rest

Progress = Callable[[int, int | None], None]
"""Told how many bytes are there, and how many it will be, if that is known."""


@dataclass(frozen=True)
class Wanted:
    """A file, what is known of its content, and where it is published."""

    file: str  # the name it gets
    urls: tuple[str, ...]
    bytes: int | None  # its size, where one is known
    sha256: str | None  # in hexadecimal, where one is known


class PlaceError(Exception):
    """One place does not give the file; the next one is asked."""


def fetch(wanted: Wanted, folder: Path, prove: Callable[[Path], None], progress: Progress) -> Path:
    """The file in `folder`, under its name only once its size and SHA-256 are right and `prove` has not raised.

    What a broken download left behind is kept, and gone on with the next time. Raises FatalError saying what to do.
    """
    part = part_of(folder / wanted.file)
    folder.mkdir(parents=True, exist_ok=True)
    failures = []
    for url in wanted.urls:
        try:
            _load(url, wanted, part, progress)
        except PlaceError as error:
            failures.append(f"{urlsplit(url).hostname}: {error}")
        else:
            return _put(part, wanted, prove)
    raise FatalError(_unavailable(wanted, failures, part))


def copy(wanted: Wanted, source: Path, folder: Path, prove: Callable[[Path], None]) -> Path:
    """The file out of the folder `source`, for machines without internet; proven as `fetch` proves it."""
    found = source / wanted.file
    if not found.is_file():
        raise FatalError(f"{source} holds no {wanted.file}. Nothing was copied.")
    folder.mkdir(parents=True, exist_ok=True)
    _refuse_full_disk(folder, found.stat().st_size)
    part = part_of(folder / wanted.file)
    shutil.copyfile(found, part)
    try:
        _check(part, wanted)
    except PlaceError as error:
        part.unlink()
        raise FatalError(
            f"{found}: {error}. Nothing was copied; get the file again from where it is published."
        ) from error
    return _put(part, wanted, prove)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _load(url: str, wanted: Wanted, part: Path, progress: Progress) -> None:
    """Bring `part` to its whole and right content from one place, going on where it stands. Raises PlaceError."""
    resumed = part.exists()
    _load_rest(url, wanted, part, progress)
    try:
        _check(part, wanted)
    except PlaceError:
        part.unlink()
        if not resumed:
            raise
        _load_rest(url, wanted, part, progress)  # what another place, or another day, had begun does not fit
        _check_or_remove(part, wanted)


def _load_rest(url: str, wanted: Wanted, part: Path, progress: Progress) -> None:
    for _ in range(_BREAKS):
        before = _size(part)
        if before == wanted.bytes:
            return
        try:
            with _answer(url, before) as answer:
                _receive(answer, wanted, part, progress)
        except urllib.error.HTTPError as error:
            if error.code != _BEYOND or not before:
                raise PlaceError(_told(error)) from error
            if error.headers.get("Content-Range") == f"bytes */{before}":
                return  # all of it had come already
            part.unlink()
        except (urllib.error.URLError, HTTPException, OSError) as error:
            if _size(part) <= before:
                raise PlaceError(_told(error)) from error
        else:
            return
    raise PlaceError(f"the connection broke {_BREAKS} times")


@contextmanager
def _answer(url: str, start: int) -> Iterator[HTTPResponse]:
    """The answer to a request for the rest of a file. Proxies are those of the environment."""
    if urlsplit(url).scheme not in ("https", "http"):
        raise PlaceError(f"{url} is no web address")
    headers = {"User-Agent": "gpend", "Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the scheme was looked at
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - the same
        yield answer


def _receive(answer: HTTPResponse, wanted: Wanted, part: Path, progress: Progress) -> None:
    start = _size(part) if answer.status == _PARTIAL else 0
    whole = _whole_size(answer, start)
    if wanted.bytes is not None and whole not in (None, wanted.bytes):
        raise PlaceError(f"the file there has {whole} bytes instead of {wanted.bytes}{_page(answer.read(64))}")
    total = wanted.bytes or whole
    _refuse_full_disk(part.parent, (total or 0) - start)
    with part.open("r+b" if start else "wb") as file:
        file.seek(start)
        done = start
        for chunk in iter(lambda: answer.read(_CHUNK), b""):
            if done == 0 and (page := _page(chunk[:64])):
                raise PlaceError(page.lstrip(": "))
            file.write(chunk)
            done += len(chunk)
            progress(done, total)
    if whole is not None and done < whole:
        raise OSError(f"the connection broke after {done} of {whole} bytes")


def _whole_size(answer: HTTPResponse, start: int) -> int | None:
    length = answer.headers.get("Content-Length", "")
    return start + int(length) if length.isdigit() else None


def _page(head: bytes) -> str:
    """Why these are not the first bytes of a network, where that can be seen."""
    if head.startswith(_POINTER):
        return ": it is a pointer to a file in Git LFS, not the file"
    if head.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        return ": it is a web page, not the file"
    return ""


def _check(part: Path, wanted: Wanted) -> None:
    size = _size(part)
    if wanted.bytes is not None and size != wanted.bytes:
        raise PlaceError(f"it has {size} bytes instead of {wanted.bytes}{_page(_head(part))}")
    if page := _page(_head(part)):
        raise PlaceError(page.lstrip(": "))
    if wanted.sha256 is not None and sha256_of(part) != wanted.sha256:
        raise PlaceError("its SHA-256 is not the published one")


def _check_or_remove(part: Path, wanted: Wanted) -> None:
    try:
        _check(part, wanted)
    except PlaceError:
        part.unlink()
        raise


def _put(part: Path, wanted: Wanted, prove: Callable[[Path], None]) -> Path:
    """Give the file its name, once nothing speaks against it."""
    try:
        prove(part)
    except FatalError:
        part.unlink()
        raise
    place = part.with_name(wanted.file)
    put_whole(part, place)
    return place


def _refuse_full_disk(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed + _SPARE > free:
        raise FatalError(
            f"{math.ceil((needed + _SPARE) / _MIB)} MiB are needed in {folder}, and {free // _MIB} MiB are free there. "
            "Nothing was downloaded; make room, or name another folder in restore.weights."
        )


def _unavailable(wanted: Wanted, failures: Sequence[str], part: Path) -> str:
    begun = f" The {_size(part) // _MIB} MiB that came are kept for the next try." if part.exists() else ""
    return (
        f"{wanted.file} could not be fetched. {'; '.join(failures) or 'No place is known that has it'}.{begun} "
        f"Try again later, or get the file in another way and name its folder with --from."
    )


def _told(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"answers {error.code} {error.reason}"
    reason = getattr(error, "reason", error)
    return str(reason) or type(error).__name__


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(64)
