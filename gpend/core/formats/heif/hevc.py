"""How coarsely an HEVC picture was quantised, read from its headers (H.265, 7.3; ISO/IEC 14496-15, 8.3.3.1)."""

from collections.abc import Iterator
from dataclasses import dataclass

from gpend.core.formats.bits import Bits
from gpend.errors import PhotoError

SEQUENCE, PICTURE = 33, 34  # kinds of units: parameter sets
SLICES = range(32)  # kinds of units that hold a part of a picture
STARTS = (19, 20)  # of these, those of a picture that needs no other
MOST_UNITS = 64  # of a picture that are looked at
REACH = 256  # bytes of a unit that hold more than the header that is read
CONFIGURATION = 21  # bytes of a decoder's configuration before the size of lengths
UNIT_HEAD = 2  # bytes of a unit's head
ESCAPED, PLAIN = b"\0\0\3", b"\0\0"  # a third byte is put in, so that nothing looks like a beginning
GENERAL_PROFILE, PROFILE, LEVEL = 96, 88, 8  # bits of what a decoder must be able to do
MOST_LAYERS = 8
WHOLE_COLOUR = 3  # the number of 4:4:4
INTRA = 2  # the number of slices that are told from the picture itself
MIDDLE = 26  # a quantiser is told from here
FINEST = 4  # the quantiser whose step is one level in an orthonormal transform of 8 bits
DOUBLES = 6  # the step doubles with so many more
QUANTISERS = range(-48, 52)  # of up to 16 bits a sample


@dataclass(frozen=True)
class _Sets:
    """What the parameter sets tell of how a slice's header is written, and of its quantiser."""

    planes: bool  # colours are coded apart
    grey: bool
    offsets: bool  # whether a slice says whether samples are offset
    told: bool  # whether it says whether it is shown
    reserved: int  # bits in its header that mean nothing yet
    quantiser: int  # from which its own differs


def step(configuration: bytes, data: bytes) -> float | None:
    """The luma quantiser's step of a picture's first slice, in levels of 255 in an orthonormal transform.

    `configuration` is the content of its `hvcC`, `data` at least the beginning of its data. None where it is not told
    or the headers are of an unusual form; raises nothing.
    """
    try:
        quantiser = _quantiser(configuration, data)
    except PhotoError:
        return None
    if quantiser is None or quantiser not in QUANTISERS:
        return None
    return float(2 ** ((quantiser - FINEST) / DOUBLES))


def _quantiser(configuration: bytes, data: bytes) -> int | None:
    sets = {content[0] >> 1 & 63: content for content in _configured(configuration)}
    if SEQUENCE not in sets or PICTURE not in sets:
        return None
    told = _sets(_bits(sets[SEQUENCE]), _bits(sets[PICTURE]))
    size = (configuration[CONFIGURATION] & 3) + 1
    for content in _units(data, size):
        kind = content[0] >> 1 & 63
        if kind in SLICES:
            return _of_slice(_bits(content), kind, told) if told else None
    return None


def _bits(content: bytes) -> Bits:
    """A unit behind its head, without the bytes that were put in."""
    return Bits(content[UNIT_HEAD:REACH].replace(ESCAPED, PLAIN))


def _configured(configuration: bytes) -> Iterator[bytes]:
    """The units in a decoder's configuration, each of a byte at least. Raises PhotoError where it ends too early."""
    place, arrays = CONFIGURATION + 2, configuration[CONFIGURATION + 1 : CONFIGURATION + 2]
    for _ in range(int.from_bytes(arrays, "big")):
        count = int.from_bytes(configuration[place + 1 : place + 3], "big")
        place += 3
        for _ in range(min(count, MOST_UNITS)):
            length = int.from_bytes(configuration[place : place + 2], "big")
            content = configuration[place + 2 : place + 2 + length]
            if not content:
                raise PhotoError("the file is corrupt: how its picture is coded is cut off")
            yield content
            place += 2 + length


def _units(data: bytes, size: int) -> Iterator[bytes]:
    """The beginnings of a picture's first units, each behind a length of `size` bytes."""
    place = 0
    for _ in range(MOST_UNITS):
        length = int.from_bytes(data[place : place + size], "big")
        content = data[place + size : place + size + min(length, REACH)]
        if not content:
            return
        yield content
        place += size + length


def _sets(sequence: Bits, picture: Bits) -> _Sets | None:
    """What both parameter sets tell; None where steps differ between frequencies. Raises PhotoError."""
    sequence.skip(4)
    layers = sequence.number(3)
    sequence.skip(1)
    _pass_levels(sequence, layers)
    sequence.golomb()
    colour = sequence.golomb()
    planes = colour == WHOLE_COLOUR and sequence.flag()
    grey = colour == 0 or planes
    _pass_sizes(sequence, layers)
    if sequence.flag():  # scaling lists
        return None
    sequence.skip(1)
    offsets = sequence.flag()
    picture.golomb()
    picture.golomb()
    picture.skip(1)
    told, reserved = picture.flag(), picture.number(3)
    picture.skip(2)
    picture.golomb()
    picture.golomb()
    return _Sets(planes, grey, offsets, told, reserved, MIDDLE + picture.signed_golomb())


def _pass_levels(sequence: Bits, layers: int) -> None:
    """Pass over what a decoder must be able to do (7.3.3)."""
    sequence.skip(GENERAL_PROFILE)
    told = [(sequence.flag(), sequence.flag()) for _ in range(layers)]
    if layers:
        sequence.skip(2 * (MOST_LAYERS - layers))
    for profile, level in told:
        sequence.skip((PROFILE if profile else 0) + (LEVEL if level else 0))


def _pass_sizes(sequence: Bits, layers: int) -> None:
    """Pass over sizes: of the picture, of samples, of what is kept, of blocks (7.3.2.2)."""
    for _ in range(2):
        sequence.golomb()
    for _ in range(4 if sequence.flag() else 0):
        sequence.golomb()
    for _ in range(3):
        sequence.golomb()
    for _ in range(3 * (layers + 1 if sequence.flag() else 1)):
        sequence.golomb()
    for _ in range(6):
        sequence.golomb()


def _of_slice(bits: Bits, kind: int, sets: _Sets) -> int | None:
    """The quantiser of a slice that begins a picture (7.3.6.1); None of any other. Raises PhotoError."""
    if not bits.flag() or kind not in STARTS:
        return None
    bits.skip(1)
    bits.golomb()
    bits.skip(sets.reserved)
    if bits.golomb() != INTRA:
        return None
    bits.skip((1 if sets.told else 0) + (2 if sets.planes else 0))
    if sets.offsets:
        bits.skip(1 if sets.grey else 2)
    return sets.quantiser + bits.signed_golomb()
