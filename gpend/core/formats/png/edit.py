"""What becomes of a PNG's samples when pixels are replaced: grey, colour, palette, and what is transparent."""

import struct
from dataclasses import dataclass, field, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from gpend.core.formats import CLEAR, palette, signatures
from gpend.core.formats.png import chunks
from gpend.core.formats.png.scanlines import Layout
from gpend.core.photo import Mask, Pixels
from gpend.errors import UnsupportedError

IHDR = ">IIBBBBB"
BYTE = 8  # bits
OPAQUE = 255
WIDENED = ("its palette has no colours near those of the restored face: the picture is now in full colour",)


class Colour(IntEnum):
    """PNG's colour types."""

    GREY = 0
    RGB = 2
    INDEXED = 3
    GREY_ALPHA = 4
    RGBA = 6

    @property
    def channels(self) -> int:
        """Samples of a pixel."""
        count: int = {Colour.GREY: 1, Colour.RGB: 3, Colour.INDEXED: 1, Colour.GREY_ALPHA: 2, Colour.RGBA: 4}[self]
        return count


WITH_ALPHA = (Colour.GREY_ALPHA, Colour.RGBA)


@dataclass(frozen=True)
class Picture:
    """A PNG file, walked."""

    photo: bytes
    chunks: tuple[chunks.Chunk, ...]
    colour: Colour
    layout: Layout
    told: str = ""  # what a person should know of its end

    def first(self, kind: bytes) -> bytes:
        """The data of the first chunk of this kind, or nothing."""
        return next((self.photo[chunk.data] for chunk in self.chunks if chunk.kind == kind), b"")

    @property
    def pieces(self) -> list[memoryview]:
        """The data of the IDAT chunks."""
        return [memoryview(self.photo)[chunk.data] for chunk in self.chunks if chunk.kind == b"IDAT"]

    @property
    def bare(self) -> bytes:
        """The file with nothing but its samples: for decoders that would see, warn of or obey anything else."""
        kept = {b"IHDR", b"IDAT"} | ({b"PLTE"} if self.colour is Colour.INDEXED else set())
        parts = (self.photo[one.start : one.end] for one in self.chunks if one.kind in kept)
        return b"".join((signatures.PNG, *parts, chunks.LAST))

    @property
    def palette(self) -> NDArray[np.uint8]:
        """(256, 3) uint8 RGB; entries that the file lacks are black, as decoders paint them."""
        entries = np.frombuffer(self.first(b"PLTE")[:768], np.uint8)
        entries = entries[: len(entries) // 3 * 3].reshape(-1, 3)
        return np.pad(entries, ((0, 256 - len(entries)), (0, 0)))

    @property
    def entries(self) -> int:
        """How many colours its palette has, as far as its indices reach."""
        return min(len(self.first(b"PLTE")) // 3, 1 << self.layout.depth)

    @property
    def opacity(self) -> NDArray[np.uint8]:
        """(256,) uint8: the alpha of each palette entry, 0 for clear to 255."""
        alpha = np.frombuffer(self.first(b"tRNS")[:256], np.uint8)
        return np.pad(alpha, (0, 256 - len(alpha)), constant_values=OPAQUE)

    @property
    def grey(self) -> bool:
        """Whether it cannot show a colour."""
        used = self.palette[: self.entries]
        flat = bool((used == used[:, :1]).all())
        return self.colour in (Colour.GREY, Colour.GREY_ALPHA) or (self.colour is Colour.INDEXED and flat)


@dataclass(frozen=True)
class Edit:
    """The new samples, and what must be written with them."""

    layout: Layout
    samples: Pixels  # (h, w, channels)
    touched: Mask  # (h, w): where they differ from before
    replaced: dict[bytes, bytes] = field(default_factory=dict)  # chunks whose data change
    notes: tuple[str, ...] = ()


def edited(picture: Picture, samples: Pixels, pixels: Pixels, changed: Mask) -> Edit:
    """`samples` of `picture` with the pixels under `changed` replaced, but for those that are transparent.

    samples: (h, w, channels) as the file holds them; pixels: (h, w, 3) uint8 or uint16 RGB over the whole range;
    changed: (h, w) bool. Raises UnsupportedError where nothing would be seen of it.
    """
    place = changed & _seen(picture, samples)
    if changed.any() and not place.any():
        raise UnsupportedError(CLEAR)
    if picture.colour is Colour.INDEXED:
        return _indexed(picture, samples, pixels, place)
    depth, result = picture.layout.depth, samples.copy()
    colours = samples.shape[2] - (picture.colour in WITH_ALPHA)
    levels = _levels(pixels[place], colours, depth)
    if depth < BYTE:  # grey alone may be so coarse
        wanted = pixels[place].mean(axis=1, keepdims=True) / np.iinfo(pixels.dtype).max * ((1 << depth) - 1)
        if palette.told(samples[place], wanted, levels) < palette.LEAST:
            raise UnsupportedError(palette.TOO_FEW)
    result[..., :colours][place] = levels
    _keep_opaque(picture, result, place)
    return Edit(picture.layout, result, (result != samples).any(axis=2))


def _levels(pixels: Pixels, channels: int, depth: int) -> Pixels:
    """(n, 3) uint8 or uint16 over the whole range as (n, channels) of `depth` bits: uint8 up to 8, else uint16."""
    top = np.iinfo(pixels.dtype).max
    values = pixels.astype(np.uint32)
    if channels == 1:
        values = (values.sum(axis=1, keepdims=True) + 1) // 3  # equal channels stay what they are
    scaled = (values * ((1 << depth) - 1) + top // 2) // top
    return scaled.astype(np.uint16) if depth > BYTE else scaled.astype(np.uint8)


def _seen(picture: Picture, samples: Pixels) -> Mask:
    """(h, w) bool: where (h, w, channels) samples are not transparent; with a palette, where they are opaque."""
    if picture.colour is Colour.INDEXED:
        return np.asarray(picture.opacity[samples[..., 0]] == OPAQUE)
    if picture.colour in WITH_ALPHA:
        return np.asarray(samples[..., -1] > 0)
    clear = _clear_colour(picture)
    return np.asarray((samples != clear).any(axis=2)) if len(clear) else np.ones(samples.shape[:2], np.bool_)


def _clear_colour(picture: Picture) -> NDArray[np.uint16]:
    """(channels,): the grey or colour that tRNS tells to be transparent; of no length where it tells none."""
    told = picture.first(b"tRNS")
    is_told = picture.colour in (Colour.GREY, Colour.RGB) and len(told) == 2 * picture.colour.channels
    return np.frombuffer(told if is_told else b"", ">u2").astype(np.uint16)


def _keep_opaque(picture: Picture, samples: Pixels, place: Mask) -> None:
    """Have nothing of `place`, (h, w) bool, become transparent in (h, w, channels) samples, changed in place."""
    clear = _clear_colour(picture)
    if len(clear):
        samples[(samples == clear).all(axis=2) & place, -1] ^= 1


def _indexed(picture: Picture, samples: Pixels, pixels: Pixels, place: Mask) -> Edit:
    """The nearest entries of the palette; full colour where they are too far off, or hold too little of the change.

    samples: (h, w, 1) uint8 indices; pixels: (h, w, 3) uint8 RGB; place: (h, w) bool. Raises UnsupportedError.
    """
    usable = (picture.opacity == OPAQUE) & (np.arange(256) < picture.entries)
    if not place.any() or not usable.any():
        return Edit(picture.layout, samples, np.zeros_like(place))
    wanted = pixels[place].astype(np.uint8)
    match = palette.nearest(wanted, picture.palette, usable)
    told = palette.told(picture.palette[samples[..., 0][place]], wanted, picture.palette[match.entries])
    if told < palette.LEAST and not match.visible and picture.entries <= palette.NO_PHOTO:
        raise UnsupportedError(palette.TOO_FEW)
    if match.visible or told < palette.LEAST:
        return _in_full_colour(picture, samples, pixels, place)
    result = samples.copy()
    result[..., 0][place] = match.entries
    return Edit(picture.layout, result, (result != samples).any(axis=2))


def _in_full_colour(picture: Picture, samples: Pixels, pixels: Pixels, place: Mask) -> Edit:
    """Every index exchanged for its colour; the chunks whose form depends on that are adapted.

    samples: (h, w, 1) uint8 indices; pixels: (h, w, 3) uint8 RGB, used where `place`, (h, w) bool.
    """
    indices = samples[..., 0]
    clear = bool((picture.opacity < OPAQUE).any())
    colour = Colour.RGBA if clear else Colour.RGB
    entries = np.concatenate((picture.palette, picture.opacity[:, None]), axis=1)[:, : colour.channels]
    result = entries[indices]
    result[..., :3][place] = pixels[place]
    layout = replace(picture.layout, depth=BYTE, channels=colour.channels, indexed=False)
    form = struct.pack(IHDR, layout.width, layout.height, BYTE, colour, 0, 0, int(layout.interlaced))
    replaced = {b"IHDR": form, b"tRNS": b""}
    background, significant = picture.first(b"bKGD"), picture.first(b"sBIT")
    if background:
        replaced[b"bKGD"] = picture.palette[background[0]].astype(">u2").tobytes()
    if significant and clear:
        replaced[b"sBIT"] = significant + bytes([BYTE])
    return Edit(layout, result, np.ones_like(place), replaced, WIDENED)
