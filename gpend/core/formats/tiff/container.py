"""TIFF: nothing moves, and every tag, sub-directory and unknown byte stays.

Strips and tiles that the faces touch are packed anew, as they were: in their old place where they fit, else at the end
of the file, where their offsets are then aimed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from gpend.core.formats import (
    CLEAR,
    SIGNED,
    TOO_COARSE,
    Decoded,
    Encoded,
    Format,
    Header,
    compared,
    exif,
    palette,
    tags,
)
from gpend.core.formats.exif.block import Block, Directory, UnreadableError
from gpend.core.formats.jpeg.frame import Colour
from gpend.core.formats.reader import InMemory
from gpend.core.formats.scaling import contiguous, eight_bits, in_colour, reduced_by_bands
from gpend.core.formats.tiff import compression, ending, ifd, lossy, small, strips
from gpend.core.photo import Mask, Pixels
from gpend.errors import IncompleteError, PhotoError, UnsupportedError

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, INDEXED, YCC = 0, 1, 2, 3, 6
COLOURS = {WHITE_IS_ZERO: 1, BLACK_IS_ZERO: 1, RGB: 3, INDEXED: 1, YCC: 3}
KINDS = {5: "made for print (CMYK)", 6: "stored as luminance and chrominance", 8: "stored in the Lab colour space"}
LARGEST_TILE = 4096  # pixels a side; larger ones only in pictures that are so large themselves
MOST_CHANNELS = 8
CLOSE = 1 / 8  # of the coarsest step of a JPEG, by which the means of its parts may differ besides


@dataclass(frozen=True)
class _Picture:
    """A TIFF file, walked."""

    photo: bytes
    block: Block
    first: Directory
    photometric: int
    layout: strips.Layout

    @property
    def palette(self) -> NDArray[np.uint8]:
        """(256, 3) uint8 RGB."""
        values = ifd.numbers(self.block, self.first, ifd.COLOUR_MAP)
        if len(values) != 3 * 256:
            raise PhotoError("the file is corrupt: its palette has the wrong size")
        return (np.array(values, np.uint16).reshape(3, 256).T >> 8).astype(np.uint8)

    @property
    def has_alpha(self) -> bool:
        """Whether the sample behind its colours tells how opaque a pixel is."""
        told = ifd.numbers(self.block, self.first, ifd.EXTRA_SAMPLES)[:1]
        return told in ((1,), (2,)) and self.layout.channels > COLOURS[self.photometric]

    @property
    def grey(self) -> bool:
        """Whether it cannot show a colour."""
        if self.photometric == INDEXED:
            return bool((self.palette == self.palette[:, :1]).all())
        return COLOURS[self.photometric] == 1

    def colours(self, samples: Pixels) -> Pixels:
        """(h, w, channels) samples, uint8 or uint16, as (h, w, 3) of that type: what is seen."""
        if self.photometric == INDEXED:
            return self.palette[samples[..., 0]]
        colours = in_colour(samples[..., : COLOURS[self.photometric]])
        return contiguous(np.invert(colours)) if self.photometric == WHITE_IS_ZERO else colours


def header(photo: bytes) -> Header:
    """Size and orientation; refuses what is more, or other, than one picture of 8 or 16 bits in grey or colour."""
    block, first = _begun(photo)
    width, height = (ifd.number(block, first, tag) for tag in (ifd.WIDTH, ifd.HEIGHT))
    if not (width and height):
        raise PhotoError("the file is corrupt: its picture has no size")
    depth = ifd.number(block, first, ifd.CHANNELS, 1) * ifd.number(block, first, ifd.BITS, 1)
    steps = strips.steps(photo, _layout(block, first)) if _is_jpeg(block, first) else ()
    return Header(Format.TIFF, width, height, exif.orientation(photo), depth, steps)


def overview(photo: bytes, header: Header, long_side: int) -> NDArray[np.uint8]:  # noqa: ARG001 - the form of Container
    """(h, w, 3) uint8 RGB: the whole picture, reduced to a long side of at most `long_side`."""
    picture = _walked(photo)
    samples = strips.samples(photo, picture.layout)
    width, height = picture.layout.width, picture.layout.height
    return reduced_by_bands(lambda top, bottom: picture.colours(samples[top:bottom]), width, height, long_side)


def decode(photo: bytes, header: Header) -> Decoded:  # noqa: ARG001 - the form of Container
    """All pixels, 8 or 16 bits as the file has them."""
    picture = _walked(photo)
    return Decoded(contiguous(picture.colours(strips.samples(photo, picture.layout))), picture.grey)


def encode(photo: bytes, header: Header, pixels: Pixels, changed: Mask, history: str) -> Encoded:  # noqa: ARG001
    """As in Container; with a palette, by its nearest entries."""
    picture = _walked(photo)
    before = strips.samples(photo, picture.layout)
    after = _edited(picture, before, pixels, changed)
    result = _spliced(picture, strips.rewritten(photo, picture.layout, before, after))
    change = tags.Change(lambda: picture.colours(before), pixels, changed)
    result, told = small.renewed(result, picture.first, repeat(change))
    result, notes = _recorded(result, history)
    notes += told + change.outdated(photo[ifd.content(picture.block, picture.first, ifd.XMP)])
    if picture.first.find(ifd.SIGNATURE):
        notes += (SIGNED,)
    if picture.first.find(ifd.LAYERS):
        notes += ("its Photoshop layers still show the faces as they were",)
    written = strips.samples(result, _walked(result).layout)
    if not _is_as_meant(written, after, picture):
        raise PhotoError("the restored picture did not read back as it was written; gpend left the photo as it is")
    if palette.told(before[changed], after[changed], written[changed]) < palette.LEAST:
        raise UnsupportedError(TOO_COARSE)
    return Encoded(result, "", notes)


def _is_as_meant(written: Pixels, wanted: Pixels, picture: _Picture) -> bool:
    """Whether the samples that were written are those that were wanted; of JPEGs, in the mean of every part."""
    if not picture.layout.coding:
        return np.array_equal(written, wanted)
    coarse = CLOSE * max(strips.steps(picture.photo, picture.layout), default=0)
    return compared.apart(eight_bits(written), eight_bits(wanted)) <= compared.CLOSE + coarse


def coded(photo: bytes) -> Iterator[bytes | memoryview]:
    """As in Container."""
    picture = _walked(photo)
    colours = picture.palette.tolist() if picture.photometric == INDEXED else None
    yield repr((exif.orientation(photo), picture.photometric, colours, _form(picture))).encode()
    for number in range(len(picture.layout.offsets)):
        yield _strip(picture, number)


def carried_over(photo: bytes, restored: bytes, history: str) -> bytes:
    """`photo` with the picture of `restored`, as in Container."""
    picture, finished = _walked(photo), _walked(restored)
    if _form(picture) != _form(finished):
        raise PhotoError("the two pictures are not coded alike")
    pairs = ((_strip(picture, number), _strip(finished, number)) for number in range(len(picture.layout.offsets)))
    changed = ((number, bytes(new)) for number, (old, new) in enumerate(pairs) if old != new)
    shown = (tags.Finished(each) for each in small.held(finished.block, finished.first))
    result, _ = small.renewed(_spliced(picture, changed), picture.first, shown)
    return _recorded(result, history)[0]


def _form(picture: _Picture) -> strips.Layout:
    """How the picture is coded, wherever its strips lie."""
    return replace(picture.layout, offsets=(0,) * len(picture.layout.offsets), lengths=(), lengths_told=True)


def _strip(picture: _Picture, number: int) -> memoryview:
    """A strip or tile as it lies in the file."""
    start, length = picture.layout.offsets[number], picture.layout.lengths[number]
    if start + length > len(picture.photo):
        raise IncompleteError("the file ends before its picture does")
    return memoryview(picture.photo)[start : start + length]


def _recorded(photo: bytes, history: str) -> tuple[bytes, tuple[str, ...]]:
    """The file with `history`, if there is any, in its first directory or else behind it; and notes."""
    try:
        return (exif.with_history(photo, history) if history else photo), ()
    except UnreadableError:
        return exif.with_words_behind(photo, tags.comment(history)), tags.BESIDE


def _edited(picture: _Picture, before: Pixels, pixels: Pixels, changed: Mask) -> Pixels:
    """The new samples, (h, w, channels) like `before`; pixels that are transparent stay.

    pixels: (h, w, 3) RGB of the samples' type; changed: (h, w) bool.
    """
    after = before.copy()
    if picture.photometric == INDEXED:
        wanted, colours = eight_bits(pixels[changed]), picture.palette
        match = palette.nearest(wanted, colours, np.ones(256, np.bool_))
        told = palette.told(colours[before[..., 0][changed]], wanted, colours[match.entries])
        if match.visible or told < palette.LEAST:
            raise UnsupportedError(
                "gpend keeps this TIFF as it is: its palette has no colours near the restored face's"
            )
        after[..., 0][changed] = match.entries
        return after
    if picture.has_alpha:
        clear = before[..., COLOURS[picture.photometric]] == 0
        if changed.any() and clear[changed].all():
            raise UnsupportedError(CLEAR)
        changed = changed & ~clear
    if COLOURS[picture.photometric] == RGB + 1:
        after[..., :3][changed] = pixels[changed]
        return after
    levels = (pixels[changed].astype(np.uint32).sum(axis=1) + 1) // 3  # equal channels stay what they are
    top = np.iinfo(pixels.dtype).max
    after[..., 0][changed] = top - levels if picture.photometric == WHITE_IS_ZERO else levels
    return after


def _spliced(picture: _Picture, changed: Iterable[tuple[int, bytes]]) -> bytes:
    """The file with other bytes for some of its strips or tiles, which are told by their numbers."""
    layout = picture.layout
    block = Block(picture.photo)
    offsets, lengths = list(layout.offsets), list(layout.lengths)
    parted = len(set(offsets)) < len(offsets) or not layout.lengths_told
    for number, data in changed:
        if len(data) > lengths[number] or parted:
            offsets[number] = block.append(data)
        else:
            block.data[offsets[number] : offsets[number] + len(data)] = data
        lengths[number] = len(data)
    if len(block.data) > ifd.LARGEST:
        raise UnsupportedError("this TIFF is too large for changes to be added; gpend keeps it as it is")
    ifd.renumber(block, picture.first, ifd.TILE_OFFSETS if layout.tiled else ifd.STRIP_OFFSETS, offsets)
    told = ifd.TILE_LENGTHS if layout.tiled else ifd.STRIP_LENGTHS
    if picture.first.find(told):  # else readers reckon it, as they did
        ifd.renumber(block, picture.first, told, lengths)
    return bytes(block.data)


def _begun(photo: bytes) -> tuple[Block, Directory]:
    """The file's directory; refuses the kinds that are kept as they are."""
    ending.end(InMemory(photo))
    try:
        block = Block(photo)
        first = block.first()
    except UnreadableError as error:
        raise IncompleteError("the file ends before its picture does, or is corrupt") from error
    _refuse(block, first, photo)
    return block, first


def _is_jpeg(block: Block, first: Directory) -> bool:
    return ifd.number(block, first, ifd.COMPRESSION, 1) == compression.JPEG


def _walked(photo: bytes) -> _Picture:
    """The same, and where its samples lie."""
    block, first = _begun(photo)
    return _Picture(photo, block, first, ifd.number(block, first, ifd.PHOTOMETRIC), _layout(block, first))


def _refuse(block: Block, first: Directory, photo: bytes) -> None:
    """Raise UnsupportedError for all that is fine and yet not ours to change."""

    def told(tag: int, default: int) -> int:
        return ifd.number(block, first, tag, default)

    has_others = not small.are_all_others(block, first)
    photometric = told(ifd.PHOTOMETRIC, -1)
    bits = set(ifd.numbers(block, first, ifd.BITS, (1,)))
    is_jpeg = _is_jpeg(block, first)
    reasons = {
        "it has several pages": has_others and first.following != 0,
        "it is a camera's raw picture": first.find(ifd.RAW) is not None or photo[8:10] == b"CR",
        "it holds further pictures": has_others or bool(told(ifd.SUBFILE, 0) & 1),
        f"it is {KINDS.get(photometric, 'of an unusual kind')}": photometric not in COLOURS
        or (photometric == YCC and not is_jpeg)
        or (photometric == INDEXED and is_jpeg),
        "its samples are not whole numbers": set(ifd.numbers(block, first, ifd.SAMPLE_FORMAT, (1,))) != {1},
        "its samples are neither of 8 nor of 16 bits": bits not in ({8}, {16})
        or ((photometric == INDEXED or is_jpeg) and bits != {8}),
        "gpend cannot write its compression": told(ifd.COMPRESSION, 1) not in compression.SCHEMES,
        "its bits are stored in reverse": told(ifd.FILL_ORDER, 1) != 1,
        "its samples are predicted in an unusual way": told(ifd.PREDICTOR, 1) not in (1, 2),
        "it has many channels": told(ifd.CHANNELS, 1) > (RGB + 1 if is_jpeg else MOST_CHANNELS),
    }
    for reason, holds in reasons.items():
        if holds:
            raise UnsupportedError(f"gpend keeps this TIFF as it is: {reason}")


def _layout(block: Block, first: Directory) -> strips.Layout:
    """Where the samples lie. Raises PhotoError where the tags contradict each other."""

    def told(tag: int, default: int | None = None) -> int:
        return ifd.number(block, first, tag, default)

    width, height, channels, number = told(ifd.WIDTH), told(ifd.HEIGHT), told(ifd.CHANNELS, 1), told(ifd.COMPRESSION, 1)
    tiled = first.find(ifd.TILE_OFFSETS) is not None
    strip = (min(told(ifd.STRIP_ROWS, height), height), width)
    tile = (told(ifd.TILE_HEIGHT), told(ifd.TILE_WIDTH)) if tiled else strip
    layout = strips.Layout(
        width,
        height,
        channels,
        told(ifd.BITS),
        block.order,
        told(ifd.PLANAR, 1) == 2 and channels > 1,  # noqa: PLR2004 - the number that stands for separate planes
        tile,
        tiled,
        number,
        told(ifd.PREDICTOR, 1) == 2 and compression.SCHEMES[number].predicts,  # noqa: PLR2004 - the same, for differences
        ifd.numbers(block, first, ifd.TILE_OFFSETS if tiled else ifd.STRIP_OFFSETS),
        ifd.numbers(block, first, ifd.TILE_LENGTHS if tiled else ifd.STRIP_LENGTHS),
        coding=_coding(block, first) if _is_jpeg(block, first) else None,
    )
    if not (width and height and all(tile) and channels >= COLOURS[told(ifd.PHOTOMETRIC)]):
        raise PhotoError("the file is corrupt: its tags contradict each other")
    if tiled and any(side > max(LARGEST_TILE, whole + 16) for side, whole in zip(tile, (height, width), strict=True)):
        raise PhotoError("the file is corrupt: its tiles are larger than its picture")
    layout = _with_told_lengths(layout, block, first)
    if layout.largest > layout.scheme.largest:
        raise UnsupportedError("gpend keeps this TIFF as it is: its strips are too large to be changed one by one")
    expected = layout.per_plane * (channels if layout.planar else 1)
    if not len(layout.offsets) == len(layout.lengths) == expected:
        raise PhotoError("the file is corrupt: it does not say where each part of its picture lies")
    return layout


def _coding(block: Block, first: Directory) -> lossy.Coding:
    """How strips are coded that are JPEGs."""
    is_planar = ifd.number(block, first, ifd.PLANAR, 1) != 1
    told = ifd.number(block, first, ifd.PHOTOMETRIC)
    colour = {RGB: Colour.RGB, YCC: Colour.YCC}.get(told, Colour.GREY)
    tables = bytes(block.data[ifd.content(block, first, ifd.JPEG_TABLES)])
    return lossy.Coding(tables, Colour.GREY if is_planar else colour)


def _with_told_lengths(layout: strips.Layout, block: Block, first: Directory) -> strips.Layout:
    """The layout with the length of its only strip where that is not told, or wrong; readers have the same rule.

    Without compression it follows from the picture's size. A compressed strip reaches as far as it can at most.
    """
    if layout.tiled or len(layout.offsets) != 1 or layout.per_plane != 1:
        return layout
    if layout.compression == compression.NONE:
        return replace(layout, lengths=(layout.largest,))
    if any(layout.lengths):
        return layout
    (start,) = layout.offsets
    ends = (end for end in (first.offset, *block.places(first), block.size) if end > start)
    return replace(layout, lengths=(max(0, min(ends, default=start) - start),), lengths_told=False)
