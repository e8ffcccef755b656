"""Pictures for a browser, made once each by the locked renderer and kept in a bounded cache."""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import Process
from dataclasses import dataclass
from pathlib import Path

from gpend.core.formats import signatures
from gpend.core.wish import Box
from gpend.intake import reading
from gpend.web.renderer import ANSWER, FACTS, REQUEST, WHOLE
from gpend.writing import write_whole

_PATIENCE = 60.0  # seconds for one picture
_LARGEST = 512 << 20  # bytes of a photo that is shown
_LARGEST_ANSWER = 64 << 20
_CACHE = 256 << 20  # bytes of pictures that are kept


@dataclass(frozen=True)
class Facts:
    """What a browser needs to know of a photo to draw on it."""

    width: int  # as stored
    height: int
    orientation: int  # 1 to 8


class UnshowableError(Exception):
    """There is no picture of this photo; why, in words."""


class Renderer:
    """Speaks with the process that decodes, one photo at a time, and starts it anew where it fails."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def render(self, photo: bytes, side: int, crop: Box | None = None) -> tuple[Facts, bytes]:
        """The facts, and a JPEG whose long side is `side` pixels at most (0: all of it). Raises UnshowableError.

        `crop` is the part that is shown, in pixels of the upright photo; None: all of it.
        """
        async with self._turn:
            try:
                return await asyncio.wait_for(self._asked(photo, side, crop or WHOLE), _PATIENCE)
            except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError) as error:
                await self.close()
                raise UnshowableError("the process that decodes photos failed on it") from error

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _asked(self, photo: bytes, side: int, crop: Box) -> tuple[Facts, bytes]:
        process = self._process or await self._start()
        if process.stdin is None or process.stdout is None:
            raise OSError("no pipe")
        process.stdin.write(REQUEST.pack(side, *crop, len(photo)))
        process.stdin.write(photo)
        await process.stdin.drain()
        told, length = ANSWER.unpack(await process.stdout.readexactly(ANSWER.size))
        if told > _LARGEST_ANSWER or length > _LARGEST_ANSWER:
            raise ValueError("an answer that long is none")
        facts = json.loads(await process.stdout.readexactly(told))
        picture = await process.stdout.readexactly(length)
        return _checked(facts), _checked_picture(picture)

    async def _start(self) -> Process:
        command = (sys.executable, "-P", "-m", "gpend.web.renderer")
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
        return self._process


class Pictures:
    """Pictures of photos, from the cache or freshly made."""

    def __init__(self, renderer: Renderer, cache: Path) -> None:
        self._renderer = renderer
        self._cache = cache

    async def picture(self, path: Path, content: str | None, side: int, crop: Box | None = None) -> bytes:
        """A JPEG of the photo at `path`, or of a part; `content` is its SHA-256 as the ledger knows it.

        Raises UnshowableError.
        """
        part = "" if crop is None else "-" + "-".join(str(round(edge)) for edge in crop)
        kept = self._cache / f"{content}-{side}{part}.jpg" if content else None
        if kept is not None and kept.is_file():
            return await asyncio.to_thread(kept.read_bytes)
        _, made = await self._renderer.render(await asyncio.to_thread(_read, path), side, crop)
        if kept is not None:
            with contextlib.suppress(OSError):  # a cache that cannot be written only costs time
                await asyncio.to_thread(_keep, kept, made)
        return made

    async def facts(self, path: Path) -> Facts:
        """Size and orientation of the photo at `path`. Raises UnshowableError."""
        facts, _ = await self._renderer.render(await asyncio.to_thread(_read, path), FACTS)
        return facts


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise UnshowableError("it is too large to be shown")
        return reading.read(path).data
    except (reading.ChangedError, FileNotFoundError) as error:
        raise UnshowableError("it is no longer there, or just changing") from error
    except reading.RefusedError as error:
        raise UnshowableError("gpend may not read it") from error
    except OSError as error:
        raise UnshowableError(f"it cannot be read: {error.strerror}") from error


def _keep(place: Path, picture: bytes) -> None:
    """Write a picture into the cache, and make room where it has become too large: what is oldest goes."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(place, picture, durable=False)
    with os.scandir(place.parent) as entries:
        files = sorted(
            ((entry.stat().st_mtime_ns, entry.stat().st_size, entry.path) for entry in entries), reverse=True
        )
    total = 0
    for _, size, path in files:
        total += size
        if total > _CACHE:
            Path(path).unlink(missing_ok=True)


def _checked(facts: object) -> Facts:
    """The renderer decodes strangers' photos: what it says is looked at before it is believed."""
    if not isinstance(facts, dict):
        raise ValueError("no facts")  # noqa: TRY004 - the renderer is to blame, not the caller
    if "problem" in facts:
        raise UnshowableError(str(facts["problem"])[:500])
    width, height, orientation = (facts.get(name) for name in ("width", "height", "orientation"))
    if not all(isinstance(number, int) and 0 < number < 1 << 20 for number in (width, height, orientation)):
        raise ValueError("odd facts")
    return Facts(int(str(width)), int(str(height)), int(str(orientation)))


def _checked_picture(picture: bytes) -> bytes:
    if picture and not picture.startswith(signatures.JPEG):
        raise ValueError("no JPEG")
    return picture
