"""What a photo says of its own past, wherever its format can say it: so what gpend made is known again."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress

from gpend.core.formats import isobmff
from gpend.core.formats.exif.block import Block, UnreadableError
from gpend.core.formats.jpeg import segments
from gpend.core.formats.png import chunks, profile
from gpend.core.formats.reader import InMemory
from gpend.core.formats.signatures import HEAD, Structure, structure_of
from gpend.core.formats.webp import riff
from gpend.errors import PhotoError

_OWN = re.compile(rb"gpend \d+\.\d+|gpend: faces restored with ")
"""ProcessingSoftware, and how every history begins, in EXIF and in a JPEG's comment."""

_ORIGIN = re.compile(rb"gpend: faces restored with [^\0;]{1,400} from SHA-256 ([0-9a-f]{64})")

_REACH = 256 * 1024
"""How far from either end the words are looked for in formats without a reader of their own here, in bytes."""

_TEXTS = (0x9213, 0x000B)  # ImageHistory, ProcessingSoftware


def names_gpend(photo: bytes) -> bool:
    """Do a photo's metadata say that gpend restored it?"""
    return any(_OWN.search(words) for words in _told(photo))


def origins(photo: bytes) -> frozenset[str]:
    """The SHA-256 of the pictures that a photo says it was restored from."""
    return frozenset(found.decode() for words in _told(photo) for found in _ORIGIN.findall(words))


def last(photo: bytes) -> str:
    """The words in which a photo says that gpend restored it, and from what; the latest if often, "" if never."""
    found = [words.group() for told in _told(photo) for words in _ORIGIN.finditer(told)]
    return found[-1].decode(errors="replace") if found else ""


def _told(photo: bytes) -> Iterator[bytes]:
    """What may hold such words: both ends of any file, and what the format's own reader finds, as far as it gets."""
    yield photo[:_REACH]
    yield photo[max(0, len(photo) - _REACH) :]
    words = _READERS.get(structure_of(photo[:HEAD]))
    if words is not None:
        with suppress(PhotoError, UnreadableError):
            yield from words(photo)


def _by_jpeg(photo: bytes) -> Iterator[bytes]:
    for segment in segments.walk(InMemory(photo), until=segments.SOS):
        if segment.marker in {segments.APP1, segments.COM}:
            yield photo[segment.payload]


def _by_png(photo: bytes) -> Iterator[bytes]:
    walked = chunks.walk_what_is_there(photo)
    for held in profile.held(photo, walked).values():
        yield held.block
    for chunk in walked:
        if chunk.kind in {b"tEXt", b"iTXt"}:
            yield photo[chunk.data]


def _by_webp(photo: bytes) -> Iterator[bytes]:
    for chunk in riff.walk(photo):
        if chunk.kind in {b"EXIF", b"XMP "}:
            yield photo[chunk.data]


def _by_tiff(photo: bytes) -> Iterator[bytes]:
    block = Block(photo)
    first = block.first()
    for tag in _TEXTS:
        entry = first.find(tag)
        if entry is not None:
            yield block.text(entry)


def _by_boxes(photo: bytes) -> Iterator[bytes]:
    for box in isobmff.survey(InMemory(photo)).boxes:
        if box.kind == b"free":
            yield photo[box.start : box.end]


_READERS: dict[Structure | None, Callable[[bytes], Iterator[bytes]]] = {
    Structure.JPEG: _by_jpeg,
    Structure.PNG: _by_png,
    Structure.RIFF: _by_webp,
    Structure.TIFF: _by_tiff,
    Structure.ISOBMFF: _by_boxes,
}
