"""PNG: every chunk stays byte for byte but IDAT, and in IDAT every scanline that the faces do not touch.

What tells where a part of the IDAT lies (HALVES) goes: readers of Apple's would go by it.

A palette is kept, and with it every index outside the faces, as long as it has colours near enough for the restored
faces; else the picture is written in full colour, which leaves every other pixel's colour as it was.
"""

import struct
from collections.abc import Iterator
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL.PngImagePlugin import PngImageFile

from gpend.core.formats import SIGNED, Decoded, Encoded, Format, Header, opencv, tags
from gpend.core.formats.png import chunks, profile, scanlines
from gpend.core.formats.png.edit import BYTE, IHDR, Colour, Picture, edited
from gpend.core.formats.reader import UnmarkedError
from gpend.core.formats.scaling import contiguous, in_colour, reduced_by_bands, rows_of
from gpend.core.photo import Mask, Pixels
from gpend.errors import PhotoError, UnsupportedError

DEPTHS = {
    Colour.GREY: (1, 2, 4, 8, 16),
    Colour.RGB: (8, 16),
    Colour.INDEXED: (1, 2, 4, 8),
    Colour.GREY_ALPHA: (8, 16),
    Colour.RGBA: (8, 16),
}
SIGNATURE = b"caBX"  # the chunk of a C2PA manifest
HALVES = b"iDOT"
"""Apple's chunk, which tells its readers where in the file the second half of the rows begins."""
DAMAGED = "a part of it beside its picture is damaged, which readers skip; it is in the new file as it was"
FORM = (b"IHDR", b"PLTE", b"tRNS", b"bKGD", b"sBIT")
"""The chunks that tell how the picture is coded, or whose form depends on it."""
_COMMENTS = {b"tEXt": b"Comment\0", b"iTXt": b"Comment\0\0\0\0\0"}
"""How a chunk of text begins that holds a comment, unpacked and in no language."""


def header(photo: bytes) -> Header:
    """Size and orientation; refuses animations and Apple's own variant."""
    picture = _walked(photo)
    kinds = {chunk.kind for chunk in picture.chunks}
    if kinds >= {b"acTL", b"fdAT"}:  # without the second it has no frame but the picture
        raise UnsupportedError("this is an animated PNG; gpend keeps it as it is")
    if b"IDAT" not in kinds:
        raise PhotoError("the file is corrupt: it holds no picture")
    layout = picture.layout
    blocks = profile.held(picture.photo, picture.chunks).values()
    orientation = tags.orientation(next((each.block for each in blocks), b""))
    return Header(Format.PNG, layout.width, layout.height, orientation, layout.depth * layout.channels)


def overview(photo: bytes, header: Header, long_side: int) -> NDArray[np.uint8]:  # noqa: ARG001 - the form of Container
    """(h, w, 3) uint8 RGB: the whole picture, reduced; by Pillow, which reads deep samples as 8 bits: less memory."""
    picture = _checked(photo)
    image = PngImageFile(BytesIO(picture.bare))
    image.load()
    return reduced_by_bands(rows_of(image), *image.size, long_side)


def decode(photo: bytes, header: Header) -> Decoded:  # noqa: ARG001 - the form of Container
    """All pixels, 8 or 16 bits as the file has them."""
    picture = _checked(photo)
    return Decoded(contiguous(in_colour(_colours(picture))), picture.grey)


def encode(photo: bytes, header: Header, pixels: Pixels, changed: Mask, history: str) -> Encoded:  # noqa: ARG001
    """As in Container, but pixels that are transparent stay."""
    picture = _checked(photo)
    edit = edited(picture, _samples(picture), pixels, changed)
    kept = edit.layout == picture.layout
    filtered = scanlines.inflated(picture.pieces, picture.layout) if kept else bytearray(edit.layout.size)
    rows = scanlines.refiltered(filtered, edit.layout, edit.samples, edit.touched)
    change = tags.Change(lambda: _colours(picture), pixels, changed)
    added, exchanged, notes = _recorded(picture, history, change)
    replaced = {**edit.replaced, b"IDAT": scanlines.deflated(rows, picture.pieces), HALVES: b""} | added
    result = chunks.spliced(picture.photo, picture.chunks, replaced, exchanged)
    if not np.array_equal(_samples(_checked(result)), edit.samples):
        raise PhotoError("the restored picture did not read back as it was written; gpend left the photo as it is")
    notes += change.outdated(b"".join(photo[chunk.data] for chunk in picture.chunks if chunk.kind == b"iTXt"))
    if picture.first(SIGNATURE):
        notes += (SIGNED,)
    if any(chunk.kind == chunks.SKIPPED for chunk in picture.chunks):
        notes += (DAMAGED,)
    if picture.told:
        notes += (picture.told,)
    return Encoded(result, "", edit.notes + notes)


def coded(photo: bytes) -> Iterator[bytes | memoryview]:
    """As in Container."""
    picture = _walked(photo)
    form = [bytes([header(photo).orientation]), *(picture.first(kind) for kind in (b"IHDR", b"PLTE", b"tRNS"))]
    yield b"".join(len(each).to_bytes(4) + each for each in form)
    yield from picture.pieces


def carried_over(photo: bytes, restored: bytes, history: str) -> bytes:
    """`photo` with the picture of `restored`, as in Container."""
    picture, finished = _walked(photo), _walked(restored)
    replaced = {b"IDAT": b"".join(finished.pieces), HALVES: b""}
    if picture.first(b"IHDR") != finished.first(b"IHDR"):  # its palette had no colours for the restored faces
        replaced |= {kind: finished.first(kind) for kind in FORM}
    block = next((each.block for each in profile.held(restored, finished.chunks).values()), b"")
    added, exchanged, _ = _recorded(picture, history, tags.Finished.of(block))
    return chunks.spliced(picture.photo, picture.chunks, replaced | added, exchanged)


def _recorded(
    picture: Picture, history: str, change: tags.Renewal
) -> tuple[dict[bytes, bytes], dict[chunks.Chunk, bytes], tuple[str, ...]]:
    """A new EXIF chunk where the picture has no EXIF, or new data for every chunk that holds some; and notes."""
    blocks = profile.held(picture.photo, picture.chunks)
    if not blocks:
        block, notes = tags.recorded(b"", history, change)
        return ({b"eXIf": block} if block else {}), {}, notes
    told = {chunk: (each, *tags.recorded(each.block, history, change)) for chunk, each in blocks.items()}
    exchanged = {chunk: each.holding(block) for chunk, (each, block, _) in told.items() if block}
    notes = tuple(dict.fromkeys(note for *_, notes in told.values() for note in notes))
    kind = next((kind for kind in _COMMENTS if not picture.first(kind)), None)
    if notes == tags.UNREADABLE and kind is not None:
        return {kind: _COMMENTS[kind] + tags.comment(history).encode()}, exchanged, tags.BESIDE
    return {}, exchanged, notes


def _walked(photo: bytes) -> Picture:
    """The file's chunks and the facts of its header."""
    if photo[12:16] == b"CgBI":
        raise UnsupportedError("this PNG is of Apple's own variant for applications; gpend keeps it as it is")
    told = ""
    try:
        walked = chunks.walk(photo)
    except UnmarkedError:  # whether the picture is all there is seen where its data are counted
        photo, told = chunks.marked(photo)
        walked = chunks.walk(photo)
    walked = chunks.believed(photo, walked)
    if walked[0].kind != b"IHDR" or walked[0].length != struct.calcsize(IHDR):
        raise PhotoError("the file is corrupt: it does not begin with a PNG header")
    width, height, depth, number, compression, filters, interlace = struct.unpack(IHDR, photo[walked[0].data])
    colour = Colour(number) if number in set(Colour) else None
    if not (width and height and colour is not None and depth in DEPTHS[colour]):
        raise PhotoError("the file is corrupt: its header makes no sense")
    if compression or filters or interlace > 1:
        raise PhotoError("the file is corrupt: its header names a method that PNG does not have")
    indexed = colour is Colour.INDEXED
    layout = scanlines.Layout(width, height, depth, colour.channels, bool(interlace), indexed)
    return Picture(photo, walked, colour, layout, told)


def _checked(photo: bytes) -> Picture:
    """The same, with the checksums compared and the picture's data counted, so that no decoder meets less."""
    picture = _walked(photo)
    chunks.check(photo, picture.chunks)
    scanlines.require_whole(picture.pieces, picture.layout)
    if picture.colour is Colour.INDEXED and not picture.first(b"PLTE"):
        raise PhotoError("the file is corrupt: it has no palette")
    return picture


def _colours(picture: Picture) -> Pixels:
    """(h, w) or (h, w, 3) uint8 or uint16 over the whole range: what is seen, transparency dropped."""
    if picture.colour is Colour.INDEXED:
        return picture.palette[_small(picture)]
    if picture.layout.depth < BYTE:
        return _small(picture) * np.uint8(255 // ((1 << picture.layout.depth) - 1))
    wanted = opencv.GREY if picture.colour in (Colour.GREY, Colour.GREY_ALPHA) else opencv.COLOUR
    return opencv.read(picture.bare, wanted, picture.layout.width, picture.layout.height)


def _samples(picture: Picture) -> Pixels:
    """(h, w, channels) uint8 or uint16: the numbers that the file holds, as they are, 0 to 2**depth - 1."""
    if picture.layout.depth < BYTE or picture.colour is Colour.INDEXED:
        return _small(picture)[..., None]
    width, height = picture.layout.width, picture.layout.height
    decoded = opencv.read(picture.bare, opencv.WHOLE, width, height).reshape(height, width, -1)
    return contiguous(decoded[..., [0, 3]]) if picture.colour is Colour.GREY_ALPHA else decoded


def _small(picture: Picture) -> NDArray[np.uint8]:
    """(h, w) uint8: palette indices, or grey levels of less than 8 bits, as Pillow reads them."""
    image = PngImageFile(BytesIO(picture.bare))
    levels = np.asarray(image).astype(np.uint8)
    if picture.colour is Colour.INDEXED or image.mode == "1":
        return levels
    return levels // np.uint8(255 // ((1 << picture.layout.depth) - 1))
