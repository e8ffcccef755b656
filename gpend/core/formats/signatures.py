"""How pictures begin, and what their names end in: the one table that codec, intake and dispatch go by.

What a file is, its first bytes decide; a name is never trusted. A name's ending only says what is worth looking at,
and the first ending of each format is the one that gpend gives to what it writes.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from gpend.core.formats import Format

HEAD: Final = 16
"""So many bytes tell the structure; the brands of an ISO base media file take up to MOST_BRANDS x 4 more."""

JPEG: Final = b"\xff\xd8\xff"
PNG: Final = b"\x89PNG\r\n\x1a\n"
TIFF: Final = (b"II*\0", b"MM\0*")  # the lowest byte of a number first, or the highest

MOST_BRANDS: Final = 64
AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


class Structure(Enum):
    """How the parts of a file are told from each other."""

    JPEG = "marker segments"
    PNG = "PNG chunks"
    RIFF = "RIFF chunks"
    TIFF = "directories"  # BigTIFF too
    ISOBMFF = "ISO base media boxes"


@dataclass(frozen=True)
class Signature:
    """One beginning: bytes that stand at given offsets."""

    name: str  # of the format, for a person
    marks: tuple[tuple[int, bytes], ...]  # offset, bytes
    structure: Structure | None = None  # None: gpend does not follow it
    format: Format | None = None  # None: gpend does not read it

    def matches(self, head: bytes) -> bool:
        """Does a file that begins with `head` begin like this?"""
        return all(head.startswith(mark, offset) for offset, mark in self.marks)


def _at_start(*beginnings: bytes) -> list[tuple[tuple[int, bytes], ...]]:
    return [((0, beginning),) for beginning in beginnings]


_TABLE: Final = (
    (Format.JPEG.value, _at_start(JPEG), Structure.JPEG, Format.JPEG),
    (Format.PNG.value, _at_start(PNG), Structure.PNG, Format.PNG),
    (Format.TIFF.value, _at_start(*TIFF), Structure.TIFF, Format.TIFF),
    (Format.WEBP.value, [((0, b"RIFF"), (8, b"WEBP"))], Structure.RIFF, Format.WEBP),
    ("BigTIFF", _at_start(b"II+\0", b"MM\0+"), Structure.TIFF, None),
    ("GIF", _at_start(b"GIF8"), None, None),
    ("BMP", _at_start(b"BM"), None, None),
    ("JPEG XL", _at_start(b"\xff\x0a", b"\0\0\0\x0cJXL "), None, None),
    ("JPEG 2000", _at_start(b"\0\0\0\x0cjP  "), None, None),
)

SIGNATURES: Final = tuple(
    Signature(name, marks, structure, format_)
    for name, beginnings, structure, format_ in _TABLE
    for marks in beginnings
)
"""All that is told by fixed bytes; AVIF and HEIF are told by their brands."""

ENDINGS: Final[dict[str, tuple[str, ...]]] = {
    Format.JPEG: (
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".jfi", ".pjpeg", ".pjp", ".mpo", ".jps"),
        *(".jpg_large", ".jpg_orig", ".jpg-large", ".jpg:large", ".jpg:orig"),
    ),
    Format.PNG: (".png", ".apng", ".png_large", ".png-large", ".png:large"),
    Format.WEBP: (".webp",),
    Format.TIFF: (".tif", ".tiff"),
    Format.AVIF: (".avif",),
    Format.HEIF: (".heic", ".heif", ".hif"),
    "GIF": (".gif",),
    "BMP": (".bmp",),
}
"""By a format's name, in lower case: the endings that its files have, the one that gpend writes first."""


KNOWN: Final = {ending: endings for endings in ENDINGS.values() for ending in endings}
"""By an ending: all that its format has."""

WRITTEN: Final = tuple(ENDINGS[each][0] for each in Format if each is not Format.HEIF)
"""The endings of all that gpend writes."""


def written_ending(photo: bytes) -> str:
    """The ending that a photo has once it is restored: a HEIF becomes a JPEG. "" for what gpend does not read."""
    found = format_of(photo)
    return "" if found is None else ENDINGS[Format.JPEG if found is Format.HEIF else found][0]


def is_ending_of(ending: str, other: str) -> bool:
    """Do two endings, in whatever letters, belong to one format?"""
    return other.lower() in KNOWN.get(ending.lower(), (ending.lower(),))


def structure_of(head: bytes) -> Structure | None:
    """How a file is built that begins with these HEAD bytes, also one whose header is still being written."""
    if head[4:8] == b"ftyp":
        return Structure.ISOBMFF
    if head.startswith(JPEG[:2]):
        return Structure.JPEG
    if head[:4] == b"RIFF" and head[8:12] == bytes(4):
        return Structure.RIFF
    found = _found(head)
    return None if found is None else found.structure


def format_of(photo: bytes) -> Format | None:
    """The format that gpend would read the file as; None for everything else."""
    found = _found(photo)
    if found is not None:
        return found.format
    brands = brands_of(photo)
    if brands & AVIF_BRANDS and photo[8:12] in AVIF_BRANDS | HEIF_BRANDS:
        return Format.AVIF
    return Format.HEIF if brands & HEIF_BRANDS else None


def name_of(photo: bytes) -> str | None:
    """What a person calls the file's format, whether gpend reads it or not; None where no signature tells."""
    found = _found(photo)
    return found.name if found is not None else format_of(photo)


def brands_of(photo: bytes) -> set[bytes]:
    """The brands that an ISO base media file says it follows; none for any other file."""
    if photo[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(photo[:4], "big"), HEAD + 4 * MOST_BRANDS)
    return {photo[8:12]} | {photo[at : at + 4] for at in range(HEAD, end, 4)}


def _found(head: bytes) -> Signature | None:
    return next((signature for signature in SIGNATURES if signature.matches(head)), None)
