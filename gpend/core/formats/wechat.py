"""The `.dat` files in which WeChat for PC keeps its pictures.

Up to version 3 every byte is combined with one and the same byte by exclusive or, which the beginning of any known
format gives away. Version 4 encrypts with keys of the user's account, which gpend does not go after.
"""

from dataclasses import dataclass

from gpend.core.formats import Format, signatures
from gpend.errors import IncompleteError, PhotoError, UnsupportedError

_NAMES = (Format.JPEG, Format.PNG, "GIF", Format.WEBP, "BMP", Format.TIFF)
KINDS = tuple(one for one in signatures.SIGNATURES if one.name in _NAMES)
"""The pictures that WeChat keeps."""

SUFFIXES = tuple(signatures.ENDINGS[name][0] for name in _NAMES)
"""The endings that their names should have."""

LEAST = max(offset + len(mark) for one in KINDS for offset, mark in one.marks)
"""So many bytes tell any of them."""

ENCRYPTED = (b"\x07\x08V1\x08\x07", b"\x07\x08V2\x08\x07")


@dataclass(frozen=True)
class Revealed:
    """What a `.dat` file holds."""

    photo: bytes
    suffix: str  # the ending of its real format, with its dot


def reveal(data: bytes) -> Revealed:
    """The picture in a `.dat` file of version 3.

    Raises UnsupportedError for one of version 4, IncompleteError for one that has hardly begun, and PhotoError for what
    is no picture.
    """
    if data.startswith(ENCRYPTED):
        raise UnsupportedError(
            "this .dat file is of WeChat 4, which encrypts with a key of your account; gpend left it as it is. "
            "Save the picture from WeChat to have it restored"
        )
    if len(data) < LEAST:
        raise IncompleteError("the file ends before its picture does")
    for kind in KINDS:
        offset, mark = kind.marks[0]
        key = data[offset] ^ mark[0]
        if kind.matches(_revealed(data[:LEAST], key)):
            return Revealed(_revealed(data, key), signatures.ENDINGS[kind.name][0])
    raise PhotoError("this .dat file holds no picture that gpend knows; gpend left it as it is")


def _revealed(data: bytes, key: int) -> bytes:
    """Every byte combined with `key`; the same again gives it back."""
    return data.translate(bytes(value ^ key for value in range(256)))
