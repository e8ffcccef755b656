"""How coarsely an AV1 picture was quantised, read from its headers (AV1 bitstream specification, 5.5, 5.9, 7.12)."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from gpend.core.formats.bits import Bits
from gpend.errors import PhotoError

SEQUENCE, FRAME_HEADER, FRAME = 1, 3, 6  # kinds of units
MOST_UNITS = 64  # that are looked at: a still picture has a handful
REACH = 1024  # bytes of a unit that hold far more than the header that is read
MOST_LENGTH = 8  # bytes of a unit's length
KEY_FRAME = 0
SELECTED = 2  # what the sequence leaves to each frame
TIERED = 7  # levels above it tell a tier, too
HIGH = 1  # the profile that has no grey
SRGB = 1, 13, 0  # primaries, transfer and matrix of RGB as it is: always in full range
PROFESSIONAL = 2  # the profile that may have 12 bits a sample
WIDEST_TILE, LARGEST_TILE = 4096, 4096 * 2304  # luma samples (5.9.15)
MOST_TILES = 64  # across, and down
SCALED_DOWN, LEAST_SCALE = 8, 9  # of super-resolution: its numerator and least denominator
UNIT = 8.0  # an AC step of 8 is one level in an orthonormal transform of 8 bits

_STEPS = (  # AC, by index, of 8 bits a sample (7.12.2)
    *(4, *range(8, 103), *range(104, 153, 2), *range(155, 204, 3), *range(207, 256, 4), *range(260, 306, 5)),
    *range(311, 360, 6), *range(366, 409, 7), *range(416, 457, 8), *range(465, 511, 9), *range(520, 561, 10),
    *(571, 582, 593, 604, 615, 627, 639, 651, 663, 676, 689, 702, 715, 729, 743, 757, 771, 786, 801, 816, 832, 848),
    *(864, 881, 898, 915, 933, 951, 969, 988, 1007, 1026, 1046, 1066, 1087, 1108, 1129, 1151, 1173, 1196, 1219, 1243),
    *(1267, 1292, 1317, 1343, 1369, 1396, 1423, 1451, 1479, 1508, 1537, 1567, 1597, 1628, 1660, 1692, 1725, 1759),
    *(1793, 1828),
)  # fmt: skip


@dataclass(frozen=True)
class _Sequence:
    """What the sequence's header tells of how its frames' headers are written."""

    reduced: bool  # for a still picture, with hardly any header
    size_bits: tuple[int, int]  # of a frame's own width and height
    size: tuple[int, int]  # width and height, in pixels
    name_bits: int  # of the number of a frame
    large_blocks: bool  # superblocks of 128 pixels, not 64
    screen: int  # whether there are tools for drawn pictures, or SELECTED
    whole: int  # whether motion is in whole pixels, or SELECTED
    order_bits: int
    scaled: bool  # whether frames may be coded narrower than they are shown
    profile: int


class Colours(NamedTuple):
    """What a picture's colours stand for, by the numbers of ITU-T H.273."""

    primaries: int
    transfer: int
    is_limited: bool  # the range of its samples


UNTOLD = Colours(2, 2, is_limited=False)


def step(data: bytes) -> float | None:
    """The luma quantiser's step of a picture's data, in levels of 255 in an orthonormal transform; None if not told.

    Of 8 bits a sample: deeper ones have steps as coarse, at their fine end up to twice as fine. Frames whose header is
    of an unusual form tell none; raises nothing.
    """
    try:
        index = _base_index(data)
    except PhotoError:
        return None
    return None if index is None else _STEPS[index] / UNIT


def colours(data: bytes) -> Colours:
    """What a picture's data say of its colours (5.5.2); UNTOLD where that is not read. Raises nothing."""
    with suppress(PhotoError):
        for kind, content in _units(data):
            if kind == SEQUENCE:
                bits = Bits(content)
                sequence = _sequence(bits)
                return _colours(bits, sequence.profile) if sequence else UNTOLD
    return UNTOLD


def _colours(bits: Bits, profile: int) -> Colours:
    """What follows the depth of samples. Raises PhotoError."""
    grey = profile != HIGH and bits.flag()
    told = (bits.number(8), bits.number(8), bits.number(8)) if bits.flag() else (2, 2, 2)
    is_limited = (grey or told != SRGB) and not bits.flag()
    return Colours(told[0], told[1], is_limited)


def _base_index(data: bytes) -> int | None:
    """`base_q_idx` of the first frame, 0 to 255; None where it is of an unusual form. Raises PhotoError."""
    sequence = None
    for kind, content in _units(data):
        if kind == SEQUENCE:
            sequence = _sequence(Bits(content))
        elif kind in (FRAME_HEADER, FRAME):
            return _frame_index(Bits(content), sequence) if sequence else None
    return None


def _units(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The kind of each unit and the beginning of what it holds (5.3). Raises PhotoError."""
    place = 0
    for _ in range(MOST_UNITS):
        if place >= len(data):
            return
        head = data[place]
        place += 2 if head & 4 else 1  # with an extension or without
        length = len(data) - place
        if head & 2:
            length, place = _length(data, place)
        yield head >> 3 & 15, data[place : place + min(length, REACH)]
        place += max(0, length)


def _length(data: bytes, place: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first (4.10.5), and where it ends."""
    value = 0
    for group, byte in enumerate(data[place : place + MOST_LENGTH]):
        value |= (byte & 0x7F) << 7 * group
        if not byte & 0x80:
            return value, place + group + 1
    raise PhotoError("the file is corrupt: a part of its picture has no proper length")


def _sequence(bits: Bits) -> _Sequence | None:
    """The sequence's header (5.5.1); None where it tells of times, which no still picture has. Raises PhotoError."""
    profile = bits.number(3)
    bits.skip(1)
    reduced = bits.flag()
    if reduced:
        bits.skip(5)
    elif not _pass_operating_points(bits):
        return None
    size_bits = bits.number(4) + 1, bits.number(4) + 1
    size = bits.number(size_bits[0]) + 1, bits.number(size_bits[1]) + 1
    name_bits = bits.number(4) + bits.number(3) + 3 if not reduced and bits.flag() else 0
    large_blocks = bits.flag()
    bits.skip(2)
    screen, whole, order_bits = (SELECTED, SELECTED, 0) if reduced else _tools(bits)
    scaled = bits.flag()
    bits.skip(2)
    deep = bits.flag()
    if deep and profile == PROFESSIONAL:
        bits.skip(1)
    return _Sequence(reduced, size_bits, size, name_bits, large_blocks, screen, whole, order_bits, scaled, profile)


def _pass_operating_points(bits: Bits) -> bool:
    """Pass over times and operating points; whether there are no times."""
    if bits.flag():
        return False
    delayed = bits.flag()
    for _ in range(bits.number(5) + 1):
        bits.skip(12)
        if bits.number(5) > TIERED:
            bits.skip(1)
        if delayed and bits.flag():
            bits.skip(4)
    return True


def _tools(bits: Bits) -> tuple[int, int, int]:
    """Tools for drawn pictures, motion in whole pixels, and the bits of an order, of a full header."""
    bits.skip(4)
    ordered = bits.flag()
    bits.skip(2 if ordered else 0)
    screen = SELECTED if bits.flag() else bits.number(1)
    whole = SELECTED
    if screen:
        whole = SELECTED if bits.flag() else bits.number(1)
    return screen, whole, bits.number(3) + 1 if ordered else 0


def _frame_index(bits: Bits, sequence: _Sequence) -> int | None:
    """`base_q_idx` of a key frame that is shown (5.9.2); None for any other. Raises PhotoError."""
    if not sequence.reduced and (bits.flag() or bits.number(2) != KEY_FRAME or not bits.flag()):
        return None
    fixed_odds = bits.flag()
    screen = bits.number(1) if sequence.screen == SELECTED else sequence.screen
    if screen and sequence.whole == SELECTED:
        bits.skip(1)
    bits.skip(sequence.name_bits)
    own_size = not sequence.reduced and bits.flag()
    bits.skip(sequence.order_bits)
    width, height = sequence.size
    if own_size:
        width, height = (bits.number(each) + 1 for each in sequence.size_bits)
    coded = width
    if sequence.scaled and bits.flag():
        denominator = bits.number(3) + LEAST_SCALE
        coded = (width * SCALED_DOWN + denominator // 2) // denominator
    if bits.flag():  # it is to be shown at another size
        bits.skip(32)
    if screen and coded == width:
        bits.skip(1)
    if not (sequence.reduced or fixed_odds):
        bits.skip(1)
    return bits.number(8) if _pass_tiles(bits, sequence, coded, height) else None


def _pass_tiles(bits: Bits, sequence: _Sequence, width: int, height: int) -> bool:
    """Pass over how the frame is divided (5.9.15); whether it is so evenly."""
    block = 128 if sequence.large_blocks else 64
    across, down = -(-width // block), -(-height // block)
    fewest = _doublings(WIDEST_TILE // block, across)
    fewest_tiles = max(fewest, _doublings(LARGEST_TILE // block**2, across * down))
    if not bits.flag():
        return False
    columns = _more(bits, fewest, _doublings(1, min(across, MOST_TILES)))
    rows = _more(bits, max(fewest_tiles - columns, 0), _doublings(1, min(down, MOST_TILES)))
    if columns or rows:
        bits.skip(columns + rows + 2)
    return True


def _doublings(number: int, least: int) -> int:
    """How often a number above 0 must be doubled to be no less than another."""
    return max(0, (-(-least // number) - 1).bit_length())


def _more(bits: Bits, least: int, most: int) -> int:
    """`least`, and one more for every bit that is set, up to `most`."""
    while least < most and bits.flag():
        least += 1
    return least
