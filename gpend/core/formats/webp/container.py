"""WebP: every chunk stays byte for byte (EXIF, XMP, ICCP, ALPH, unknown ones) but the one that holds the colours.

Lossless stays lossless, with every pixel outside the faces identical. Lossy is encoded once more, never more coarsely
than before; a VP8 frame cannot be changed in part.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.WebPImagePlugin import WebPImageFile

from gpend.core.formats import CLEAR, SIGNED, Decoded, Encoded, Format, Header, compared, even, opencv, tags, unwritten
from gpend.core.formats.reader import InMemory
from gpend.core.formats.scaling import contiguous, in_colour, reduced
from gpend.core.formats.webp import animation, riff, vp8
from gpend.core.photo import Mask, Pixels
from gpend.errors import IncompleteError, PhotoError, UnsupportedError

LOSSY, LOSSLESS = riff.LOSSY, riff.LOSSLESS
HAS_XMP, HAS_EXIF, HAS_ALPHA = 0x04, 0x08, 0x10  # flags of VP8X
XMP = (
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
    b"<rdf:Description rdf:about='' xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/' photoshop:History='%s'/>"
    b"</rdf:RDF></x:xmpmeta>"
)
"""A packet with the history alone; what is put in holds no character that XML knows as its own."""
SIDE_BITS = 0x3FFF  # of a width or height in a frame's head
VP8_HEAD, VP8L_HEAD = 10, 5  # bytes of a frame that hold its size
VP8L_MARK = b"\x2f"  # how a lossless frame begins
VP8L_ALPHA = 0x10  # in the last byte of its head: it has alpha, which libwebp tells only where something shows it
QUALITIES = (95, 100)
"""Tried in turn until nothing is quantised more coarsely than before. At 95 the rest of the picture stays within 45 to
50 dB of the source whatever its own quality (measured at 60 to 95), for a file of up to three times the size; at the
source's quality it would be 40 to 45 dB."""

LOST = 0.7
"""Share of a step. Blurred photos, at qualities 20 to 60, lost 1.3 of it at the lowest frequencies, 1 at 1/16, .6 at
2/16 and .4 at 3/16 cycles a pixel."""

NEEDED = 16
"""Bytes without which no whole picture is decoded, be it as even as it may: of 52, all needed their last 4."""

MOST_PIXELS = 150_000_000
"""Decoding takes six bytes a pixel, and a file of a few bytes can ask for that: here the gigabyte ends."""


@dataclass(frozen=True)
class _Picture:
    """A WebP file, walked."""

    photo: bytes
    chunks: tuple[riff.Chunk, ...]
    colours: riff.Chunk  # the one that holds them
    width: int
    height: int
    told: str = ""  # what a person should know of its form

    def first(self, kind: bytes) -> riff.Chunk | None:
        """The first chunk of this kind."""
        return next((chunk for chunk in self.chunks if chunk.kind == kind), None)

    @property
    def lossless(self) -> bool:
        """Whether it is coded without loss."""
        return self.colours.kind == LOSSLESS

    @property
    def exif(self) -> bytes:
        """The data of its EXIF chunk, or nothing."""
        chunk = self.first(b"EXIF")
        return self.photo[chunk.data] if chunk else b""


def header(photo: bytes) -> Header:
    """Size, orientation and quantisation; refuses animations of more than one frame."""
    picture = _walked(photo)
    step = None if picture.lossless else vp8.step(picture.photo[picture.colours.data])
    turn = tags.orientation(picture.exif)
    return Header(Format.WEBP, picture.width, picture.height, turn, quantisation=even(step, LOST))


def overview(photo: bytes, header: Header, long_side: int) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 RGB: the whole picture, reduced to a long side of at most `long_side`."""
    if header.width * header.height > MOST_PIXELS:
        raise UnsupportedError("gpend keeps WebP pictures of more than 150 megapixels as they are")
    _require_accepted(riff.padded(photo))
    picture = _walked(photo)
    _require_written(picture)
    return reduced(_samples(picture), long_side)


def decode(photo: bytes, header: Header) -> Decoded:  # noqa: ARG001 - the form of Container
    """All pixels; WebP has no grey."""
    return Decoded(contiguous(in_colour(_samples(_walked(photo)))), grey=False)


def encode(photo: bytes, header: Header, pixels: Pixels, changed: Mask, history: str) -> Encoded:  # noqa: ARG001
    """As in Container, but pixels that are transparent stay where alpha is a part of the picture's own data."""
    picture = _walked(photo)
    samples = _samples(picture)
    place = changed & (samples[..., -1] > 0) if samples.shape[2] > 3 else changed  # noqa: PLR2004 - there is alpha
    if changed.any() and not place.any():
        raise UnsupportedError(CLEAR)
    samples[..., :3][place] = pixels[place]
    colours, notes = (_lossless(samples), ()) if picture.lossless else _lossy(samples, picture)
    change = tags.Change(lambda: _samples(picture), pixels, changed)
    result, more = _recorded(picture, colours, history, change)
    _require_accepted(result)
    after = _samples(_walked(result))
    if after.shape != samples.shape or not _is_as_meant(after, samples, picture):
        raise PhotoError("the restored picture did not read back as it was written; gpend left the photo as it is")
    described = picture.first(b"XMP ")
    more += change.outdated(picture.photo[described.data]) if described else ()
    if picture.first(b"C2PA"):
        more += (SIGNED,)
    if picture.told:
        more += (picture.told,)
    return Encoded(result, "", notes + more)


def _is_as_meant(written: NDArray[np.uint8], wanted: NDArray[np.uint8], picture: _Picture) -> bool:
    """Whether the samples that were written are those that were wanted; with loss, in the mean of every part."""
    if picture.lossless:
        return np.array_equal(written, wanted)
    return compared.apart(written, wanted) <= compared.CLOSE


def coded(photo: bytes) -> Iterator[bytes]:
    """As in Container."""
    picture = _walked(photo)
    alpha = picture.first(b"ALPH")
    yield bytes([tags.orientation(picture.exif)]) + picture.colours.kind
    yield picture.photo[picture.colours.data]
    yield picture.photo[alpha.data] if alpha else b""


def carried_over(photo: bytes, restored: bytes, history: str) -> bytes:
    """`photo` with the picture of `restored`, as in Container."""
    finished = _walked(restored)
    colours = restored[finished.colours.data]
    return _recorded(_walked(photo), colours, history, tags.Finished.of(finished.exif))[0]


def _recorded(picture: _Picture, colours: bytes, history: str, change: tags.Renewal) -> tuple[bytes, tuple[str, ...]]:
    """The file with its colours exchanged and `history` where there is a place for it; and notes."""
    exif, notes = tags.recorded(picture.exif, history, change)
    extended = picture.first(b"VP8X")
    if notes == tags.UNREADABLE and extended and not picture.first(b"XMP "):
        return _described(picture, extended, colours, tags.comment(history)), tags.BESIDE
    return _written(picture, colours, exif), notes


def _require_accepted(photo: bytes) -> None:
    """Raise whatever another reader raises that looks at all chunks, and not only at those that gpend reads."""
    WebPImageFile(BytesIO(photo))


def _walked(photo: bytes) -> _Picture:
    """The file's chunks and the facts of its headers."""
    photo, told = animation.still(photo)
    chunks = riff.walk(photo)
    extended = next((chunk for chunk in chunks if chunk.kind == b"VP8X"), None)
    colours = next((chunk for chunk in chunks if chunk.kind in (LOSSY, LOSSLESS)), None)
    if colours is None:
        raise PhotoError("the file is corrupt: it holds no picture")
    width, height = _size(photo[colours.data][:VP8_HEAD], colours.kind)
    if extended and photo[extended.data][animation.SIDES] != (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(
        3, "little"
    ):
        raise PhotoError("the file is corrupt: its picture is not of the size that its header promises")
    return _Picture(photo, chunks, colours, width, height, told)


def _size(frame: bytes, kind: bytes) -> tuple[int, int]:
    """Width and height, from the first bytes of the picture's data."""
    if kind == LOSSLESS and frame[:1] == VP8L_MARK and len(frame) >= VP8L_HEAD:
        (bits,) = struct.unpack_from("<I", frame, 1)
        return (bits & SIDE_BITS) + 1, (bits >> 14 & SIDE_BITS) + 1
    if kind == LOSSY and frame[3:6] == vp8.START_CODE and len(frame) == VP8_HEAD:
        width, height = struct.unpack_from("<HH", frame, 6)
        if width & SIDE_BITS and height & SIDE_BITS:
            return width & SIDE_BITS, height & SIDE_BITS
    raise PhotoError("the file is corrupt: its picture has no proper header")


def _require_written(picture: _Picture) -> None:
    """Raise IncompleteError where a part of its data was never written: then some are left over behind its last pixel.

    Even pictures hold such stretches by themselves, and need their data to the end. Zeros behind it belong to none.
    """
    data = picture.photo[picture.colours.data]
    bare = data.rstrip(b"\0") + bytes(NEEDED)
    if len(data) - len(bare) >= unwritten.SHORTEST and _is_decoded(picture, bare):
        data = bare
    if unwritten.has_stretch(data) and _is_decoded(picture, data[:-NEEDED]):
        raise IncompleteError(unwritten.NEVER_WRITTEN)


def _is_decoded(picture: _Picture, data: bytes) -> bool:
    """Whether the picture is decoded from other data."""
    bare = riff.whole([riff.written(picture.colours.kind, data)])
    try:
        opencv.read(bare, opencv.WHOLE, picture.width, picture.height)
    except PhotoError:
        return False
    return True


def _samples(picture: _Picture) -> NDArray[np.uint8]:
    """(h, w, 3), or (h, w, 4) where a lossless picture has alpha, uint8; of the bare picture, without other chunks."""
    bare = riff.whole([riff.written(picture.colours.kind, picture.photo[picture.colours.data])])
    return np.asarray(opencv.read(bare, opencv.WHOLE, picture.width, picture.height), np.uint8)


def _lossless(samples: NDArray[np.uint8]) -> bytes:
    """The data of a VP8L chunk for samples (h, w, 3 or 4) uint8; with alpha, also where nothing is transparent."""
    data = _encoded(samples, lossless=True, exact=True)
    if samples.shape[2] == 3:  # noqa: PLR2004 - no alpha
        return data
    flags = VP8L_HEAD - 1
    return data[:flags] + bytes([data[flags] | VP8L_ALPHA]) + data[VP8L_HEAD:]


def _lossy(samples: NDArray[np.uint8], picture: _Picture) -> tuple[bytes, tuple[str, ...]]:
    """The data of a VP8 chunk for samples (h, w, 3) uint8, quantised no more coarsely than the source's; and a note."""
    before = vp8.quantisers(picture.photo[picture.colours.data])
    for quality in QUALITIES:
        data = _encoded(samples, quality=quality)
        after = vp8.quantisers(data)
        if min(after) <= min(before) and max(after) <= max(before):
            break
    return data, (f"a lossy WebP: the whole picture was encoded again, at quality {quality}",)


def _encoded(samples: NDArray[np.uint8], **options: int) -> bytes:
    """The data of the chunk that libwebp writes for the colours of samples (h, w, 3 or 4) uint8."""
    stream = BytesIO()
    Image.fromarray(samples).save(stream, "WEBP", **options)
    result = stream.getvalue()
    return next(result[chunk.data] for chunk in riff.walk(result) if chunk.kind in (LOSSY, LOSSLESS))


def _written(picture: _Picture, colours: bytes, exif: bytes) -> bytes:
    """The file with its colours exchanged, and its EXIF where there is any to write."""
    exchanged = {picture.colours: colours}
    chunk = picture.first(b"EXIF")
    extended = picture.first(b"VP8X")
    if not exif:
        return riff.spliced(picture.photo, exchanged, picture.colours, b"")
    if chunk:
        return riff.spliced(picture.photo, exchanged | {chunk: exif}, picture.colours, b"")
    added = riff.written(b"EXIF", exif)
    if extended:
        features = picture.photo[extended.data]
        flagged = bytes([features[0] | HAS_EXIF]) + features[1:]
        return riff.spliced(picture.photo, exchanged | {extended: flagged}, picture.colours, added)
    return _extended(picture, colours, added)


def _described(picture: _Picture, extended: riff.Chunk, colours: bytes, comment: str) -> bytes:
    """An extended file whose EXIF stays as it is, with XMP that tells of its past."""
    features = picture.photo[extended.data]
    flagged = bytes([features[0] | HAS_XMP]) + features[1:]
    exchanged = {picture.colours: colours, extended: flagged}
    packet = XMP % comment.encode()
    return riff.spliced(picture.photo, exchanged, picture.colours, riff.written(b"XMP ", packet))


def _extended(picture: _Picture, colours: bytes, added: bytes) -> bytes:
    """A simple file in the extended form, which alone can hold EXIF."""
    has_alpha = picture.lossless and colours[VP8L_HEAD - 1] & VP8L_ALPHA
    sides = ((side - 1).to_bytes(3, "little") for side in (picture.width, picture.height))
    features = bytes([HAS_EXIF | (HAS_ALPHA if has_alpha else 0), 0, 0, 0]) + b"".join(sides)
    plain = riff.spliced(picture.photo, {picture.colours: colours}, picture.colours, added)
    last = riff.end(InMemory(plain))
    return riff.whole([riff.written(b"VP8X", features), plain[riff.HEAD : last]]) + plain[last:]
