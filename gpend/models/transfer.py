"""What one web server gives of a file: the rest of what has come already, however often the connection breaks."""

import math
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

from gpend.errors import FatalError
from gpend.models.part import Origin, Part

_CHUNK = 1 << 20
_PATIENCE = 30.0  # seconds without a byte after which a place is given up
_BREAKS = 8  # times in a row that one place may break off, each after it has sent something
_WORTH = 256 << 10  # bytes that a try must have brought for the breaks before it to be forgiven
_LONGEST_WAIT = 60  # seconds that a place may ask for before it is asked again
_SPARE = 64 << 20  # bytes that stay free on the disk
_MOST = 8 << 30  # bytes: no network is as large
_MIB = 1 << 20
_PARTIAL, _BEYOND = 206, 416  # what HTTP answers to a Range: here is the rest; there is no such rest
_POINTER = b"version https://git-lfs"
_TOLD = 60  # characters of a text that came instead of the file

Progress = Callable[[int, int | None], None]
"""Told how many bytes are there, and how many it will be, if that is known."""

Pause = Callable[[float], None]
"""Lets that many seconds pass."""


@dataclass(frozen=True)
class Wanted:
    """A file, what is known of its content, and where it is published."""

    file: str  # the name it gets
    urls: tuple[str, ...]
    bytes: int | None  # its size, where one is known
    sha256: str | None  # in hexadecimal, where one is known


class PlaceError(Exception):
    """One place does not give the file; the next one is asked."""


def bring_rest(url: str, wanted: Wanted, part: Part, progress: Progress, pause: Pause) -> None:
    """Let `part` grow to what the place says is all of it; whether it is right is not looked at.

    Raises PlaceError where the place does not give it, FatalError where the disk does not take it.
    """
    breaks, farthest, waited = 0, part.size, False
    while breaks < _BREAKS:
        start, written = _start(url, wanted, part), part.written
        if start and start == wanted.bytes:
            return
        try:
            with _answer(url, start, part) as answer:
                is_there = _receive(answer, url, wanted, part, progress)
        except urllib.error.HTTPError as error:
            seconds = _seconds_to_wait(error)
            is_there = error.code == _BEYOND and error.headers.get("Content-Range") == f"bytes */{start}"
            if error.code == _BEYOND and start:
                part.keep(start if is_there else 0)
            elif seconds is not None and seconds <= _LONGEST_WAIT and not waited:
                waited = True
                pause(seconds)
            else:
                raise PlaceError(_told(error, url)) from error
        except (urllib.error.URLError, HTTPException, OSError) as error:
            is_there = False
            if part.written == written:
                raise PlaceError(_told(error, url)) from error
        if is_there:
            return  # with 416 all of it had come already
        breaks = 0 if part.size >= farthest + _WORTH else breaks + 1
        farthest = max(farthest, part.size)
    raise PlaceError(f"the connection broke {_BREAKS} times without getting any further")


def refuse_full_disk(folder: Path, needed: int) -> None:
    """Raises FatalError where `needed` more bytes would leave too little room on the disk."""
    free = shutil.disk_usage(folder).free
    if needed + _SPARE > free:
        raise FatalError(
            f"{math.ceil((needed + _SPARE) / _MIB)} MiB are needed in {folder}, and {free // _MIB} MiB are free there. "
            "Nothing more was written; make room, or name another folder in restore.weights."
        )


def page(head: bytes) -> str:
    """Why these are not the first bytes of a network, where that can be seen."""
    if head.startswith(_POINTER):
        return "it is a pointer to a file in Git LFS, not the file"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:9].lower().startswith((b"<!doctype", b"<html", b"<!--")):
        return "it is a web page, not the file"
    if start.startswith((b"<", b"{", b"[")):
        text = "".join(one for one in start.decode("utf-8", "ignore") if one.isprintable())[:_TOLD]
        return f"it is a message and not the file: {text}"
    return ""


def _start(url: str, wanted: Wanted, part: Part) -> int:
    """Bytes that can be gone on from: all that came, unless nothing would tell a mixture of two files.

    Where the SHA-256 is known, it does. Where nobody publishes it, what one place began is not ended by another.
    """
    if wanted.sha256 is None and (part.origin is None or part.origin.url != url):
        return 0
    return part.size


@contextmanager
def _answer(url: str, start: int, part: Part) -> Iterator[HTTPResponse]:
    """The answer to a request for the file from byte `start` on. Proxies are those of the environment."""
    if urlsplit(url).scheme not in ("https", "http"):
        raise PlaceError(f"{url} is no web address")
    headers = {"User-Agent": "gpend", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if part.origin and part.origin.url == url and part.origin.validator:
            headers["If-Range"] = part.origin.validator
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the scheme was looked at
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(_proxies()))
    with opener.open(request, timeout=_PATIENCE) as answer:
        yield answer


def _receive(answer: HTTPResponse, url: str, wanted: Wanted, part: Part, progress: Progress) -> bool:
    """Take what an answer brings; False where it goes on with another file than was begun, of which nothing is kept."""
    if (coding := answer.headers.get("Content-Encoding", "identity").lower()) != "identity":
        raise PlaceError(f"sends the file packed ({coding}), although it was asked not to")
    start, whole = _span(answer, part.size)
    chunk = answer.read1(_CHUNK)
    why_not = "" if start else page(chunk[:64])
    if wanted.bytes is not None and whole not in (None, wanted.bytes):
        raise PlaceError(f"the file there has {whole} bytes instead of {wanted.bytes}{why_not and f': {why_not}'}")
    if why_not:
        raise PlaceError(why_not)
    origin = Origin(url, _validator(answer.headers), whole)
    if start and wanted.sha256 is None and part.origin != origin:
        part.keep(0)
        return False
    total = wanted.bytes or whole
    refuse_full_disk(part.path.parent, (total or 0) - start)
    part.begin(start, origin)
    while chunk:
        part.add(chunk)
        if part.size > _MOST:
            raise PlaceError("what comes from there has no end")
        progress(part.size, total)
        chunk = answer.read1(_CHUNK)
    if total is not None and part.size < total:
        raise ConnectionError(f"the connection broke after {part.size} of {total} bytes")
    return True


def _span(answer: HTTPResponse, there: int) -> tuple[int, int | None]:
    """The byte that an answer begins with, and how many the whole file has, if that is told.

    Raises PlaceError where it does not go on from what is there.
    """
    length = answer.headers.get("Content-Length", "")
    told = int(length) if length.isdigit() else None
    if answer.status != _PARTIAL:
        return 0, told
    found = re.match(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
    if found is None:
        return there, None if told is None else there + told
    start = int(found[1])
    if start > there:
        raise PlaceError(f"sends the file from byte {start} on, where {there} have come")
    return start, int(found[2]) if found[2].isdigit() else None


def _validator(headers: Message) -> str:
    """What tells that a file is still the same; "" where nothing does."""
    tag = headers.get("ETag", "")
    return str(headers.get("Last-Modified", "") if tag.startswith("W/") or not tag else tag)


def _seconds_to_wait(error: urllib.error.HTTPError) -> int | None:
    seconds = error.headers.get("Retry-After", "").strip()
    return int(seconds) if seconds.isdigit() else None


def _told(error: Exception, url: str) -> str:
    """What went wrong at a place, on one line."""
    if isinstance(error, urllib.error.HTTPError):
        seconds = _seconds_to_wait(error)
        later = "" if seconds is None else f" and wants to be asked again in {seconds} seconds"
        return f"answers {error.code} {_on_one_line(error.reason)}{later}"
    reason = getattr(error, "reason", error)
    told = getattr(reason, "strerror", None) or _on_one_line(reason) or type(error).__name__
    return f"{told}{_by_way_of(url)}"


def _on_one_line(words: object) -> str:
    return " ".join("".join(one for one in str(words).replace("\n", " ") if one.isprintable()).split())


def _proxies() -> dict[str, str]:
    """Of the environment, by scheme: all_proxy counts where no other is set."""
    told = urllib.request.getproxies()
    of_all = dict.fromkeys(("http", "https"), told["all"]) if "all" in told else {}
    return of_all | {scheme: told[scheme] for scheme in ("http", "https") if scheme in told}


def _by_way_of(url: str) -> str:
    """Which proxy a place is asked through, without what it is logged in to with."""
    there = urlsplit(url)
    proxy = _proxies().get(there.scheme)
    if not proxy or urllib.request.proxy_bypass(there.hostname or ""):
        return ""
    return f" (through the proxy {proxy.rpartition('@')[2]} of the environment)"
