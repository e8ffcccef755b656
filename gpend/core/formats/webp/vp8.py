"""How finely a lossy WebP was quantised, read from the header of its VP8 key frame (RFC 6386, chapters 9 and 19)."""

from statistics import fmean

START_CODE = b"\x9d\x01\x2a"
FRAME_HEAD = 10  # bytes before what is coded
REACH = 200  # bytes of what is coded that hold far more than the header that is read
COARSEST = 127  # index of a quantiser
UNIT = 2.0  # a step of 2 is one level in an orthonormal transform
HALF = 128  # the decoder's range is kept above it
SEGMENTS = 4
QUANTISER_BITS, FILTER_BITS, TREE_BITS = 7, 6, 8  # of the numbers in the header (RFC 6386, 9.3, 9.6)
FILTER_HEAD = 1 + 6 + 3  # bits of the loop filter's type, level and sharpness

_STEPS = (  # AC, by index (RFC 6386, 14.1)
    *(*range(4, 59), *range(60, 117, 2), *range(119, 174, 3), *range(177, 230, 4)),
    *(234, 239, 245, 249, 254, 259, 264, 269, 274, 279, 284),
)


class BoolDecoder:
    """RFC 6386's arithmetic decoder, for headers only: every bit has even odds unless said otherwise."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 2
        self._value = int.from_bytes(data[:2], "big")
        self._range = 255
        self._shifted = 0

    def bit(self) -> int:
        """The next bit."""
        split = 1 + (((self._range - 1) * HALF) >> 8)
        high = self._value >= split << 8
        self._value -= split << 8 if high else 0
        self._range = self._range - split if high else split
        while self._range < HALF:
            self._value <<= 1
            self._range <<= 1
            self._shifted += 1
            if self._shifted == 8:  # noqa: PLR2004 - bits of a byte
                self._shifted = 0
                self._value |= self._data[self._place] if self._place < len(self._data) else 0
                self._place += 1
        return int(high)

    def number(self, bits: int) -> int:
        """An unsigned number, most significant bit first."""
        value = 0
        for _ in range(bits):
            value = value * 2 + self.bit()
        return value

    def optional(self, bits: int) -> int:
        """A flag, and if it is set a number and its sign; else 0."""
        if not self.bit():
            return 0
        value = self.number(bits)
        return -value if self.bit() else value


def step(frame: bytes) -> float:
    """The luma quantiser's step, in levels of 255 in an orthonormal transform: the mean of the segments'.

    Which part of the picture belongs to which segment is told among the coded blocks, which are not read.
    """
    found = quantisers(frame)
    return fmean(_STEPS[index] for index in found) / UNIT


def quantisers(frame: bytes) -> tuple[int, ...]:
    """The quantiser index of each segment, 0 (finest) to 127; of a frame that cannot be read, 0: nothing is finer."""
    if len(frame) < FRAME_HEAD or frame[3:6] != START_CODE:
        return (0,)
    header = BoolDecoder(frame[FRAME_HEAD:REACH])
    header.number(2)  # colour space, clamping
    absolute, segments = _segments(header) if header.bit() else (False, (0,))
    header.number(FILTER_HEAD)
    if header.bit() and header.bit():
        for _ in range(2 * SEGMENTS):
            header.optional(FILTER_BITS)
    header.number(2)  # partitions
    base = header.number(QUANTISER_BITS)
    return tuple(min(COARSEST, max(0, each if absolute else base + each)) for each in segments)


def _segments(header: BoolDecoder) -> tuple[bool, tuple[int, ...]]:
    """Whether the segments' quantisers are absolute, and what they are."""
    has_map, has_features = header.bit(), header.bit()
    absolute, found = False, (0,) * SEGMENTS
    if has_features:
        absolute = bool(header.bit())
        found = tuple(header.optional(QUANTISER_BITS) for _ in range(SEGMENTS))
        for _ in range(SEGMENTS):
            header.optional(FILTER_BITS)
    if has_map:
        for _ in range(3):
            if header.bit():
                header.number(TREE_BITS)
    return absolute, found
