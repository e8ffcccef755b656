"""Small pictures of every format, and files held in memory."""

import io
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pillow_heif
from PIL import Image

from gpend.intake.completeness import Completeness, completeness


@dataclass
class Held:
    """A Reader of bytes in memory that counts what is read of them."""

    content: bytes
    hole: int | None = None
    bytes_read: int = field(default=0, init=False)

    @property
    def size(self) -> int:
        """As in Reader."""
        return len(self.content)

    @property
    def first_hole(self) -> int:
        """As in Reader."""
        return self.size if self.hole is None else self.hole

    def read(self, offset: int, count: int) -> bytes:
        """As in Reader."""
        assert offset >= 0
        assert count >= 0
        piece = self.content[offset : offset + count]
        self.bytes_read += len(piece)
        return piece


def ending(content: bytes, hole: int | None = None) -> Completeness:
    """How a file with this content ends."""
    return completeness(Held(content, hole))


def noise(width: int = 96, height: int = 64) -> Image.Image:
    """A picture that compresses badly, the same every time."""
    return Image.fromarray(np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8))


@cache
def encoded(kind: str, **options: bool | int | str | bytes) -> bytes:
    """The picture in one of Pillow's formats, or HEIF."""
    out = io.BytesIO()
    if kind == "HEIF":
        heif = pillow_heif.from_pillow(noise())
        heif.save(out)
    else:
        noise().save(out, kind, **options)
    return out.getvalue()
