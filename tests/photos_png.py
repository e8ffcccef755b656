"""PNGs whose EXIF stands in text, as ImageMagick, GIMP, darktable and exiftool write it."""

import zlib

from tests.photos import Samples, chunk, png


def profile_text(block: bytes, name: str = "exif", width: int = 72) -> bytes:
    """A block as a raw profile's text: its name, its length, and hexadecimal lines of `width` digits."""
    digits = block.hex()
    lines = "\n".join(digits[at : at + width] for at in range(0, len(digits), width))
    return f"\n{name}\n{len(block):8}\n{lines}\n".encode()


def text_chunk(kind: str, keyword: bytes, text: bytes) -> bytes:
    """A chunk of text: tEXt, zTXt, iTXt, or iTXt packed (iTXt+)."""
    forms = {
        "tEXt": (b"tEXt", b"\0" + text),
        "zTXt": (b"zTXt", b"\0\0" + zlib.compress(text)),
        "iTXt": (b"iTXt", b"\0\0\0\0\0" + text),
        "iTXt+": (b"iTXt", b"\0\1\0\0\0" + zlib.compress(text)),
    }
    name, data = forms[kind]
    return chunk(name, keyword + data)


def with_profile(
    picture: Samples, block: bytes, kind: str = "zTXt", keyword: bytes = b"Raw profile type exif"
) -> bytes:
    """A PNG with EXIF as text."""
    return png(picture, around=([text_chunk(kind, keyword, profile_text(block))], ()))
