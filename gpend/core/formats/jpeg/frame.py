"""How a JPEG's picture is coded: its size, components, sampling and quantisation tables."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from gpend.core.formats.jpeg.segments import APP0, APP14, DQT, DRI, FRAMES, SOS, Segment
from gpend.errors import PhotoError, UnsupportedError

BASELINE, EXTENDED, PROGRESSIVE = 0xC0, 0xC1, 0xC2

_SMOOTHED = range(1, 10)
"""Coefficients, in a file's order, which libjpeg guesses where no scan tells them to the last bit (its jdcoefct.c)."""

MOST_SCANS = 100
"""Encoders write a dozen; every further one costs a decoder another walk over the whole picture."""

Table = NDArray[np.int32]
"""64 quantisation steps, row by row."""


def _zigzag() -> list[int]:
    """Diagonals from the top left: odd ones are walked downwards, even ones upwards (T.81, figure A.6)."""

    def order(place: int) -> tuple[int, int]:
        row, column = divmod(place, 8)
        return row + column, row if (row + column) % 2 else column

    return sorted(range(64), key=order)


ZIGZAG: NDArray[np.intp] = np.array(_zigzag())
"""For each place in a file's coefficient order, its place row by row."""


class Colour(Enum):
    """What the components stand for."""

    GREY = "grey"
    YCC = "luma and two colour differences"
    RGB = "red, green, blue"
    INK = "inks"  # CMYK or YCCK


@dataclass(frozen=True)
class Component:
    """One component, in the order of the frame header."""

    identifier: int
    across: int  # horizontal sampling factor
    down: int  # vertical sampling factor
    slot: int  # of its quantisation table
    table: Table | None = None  # as its first scan saw it


@dataclass(frozen=True)
class Frame:
    """The picture, as its headers describe it."""

    process: int  # the frame's marker: 0xC0 baseline, 0xC2 progressive ...
    precision: int  # bits for a sample
    width: int
    height: int
    components: tuple[Component, ...]
    colour: Colour
    restart: int  # MCUs between restart markers; 0: none
    scans: int
    is_guessed: bool = False  # progressive, and without scans in whose place decoders guess
    is_whole: bool = True  # its scans tell all of every component

    @property
    def across(self) -> int:
        """The largest horizontal sampling factor; 1 for a single component, whose factors mean nothing."""
        return 1 if len(self.components) == 1 else max(component.across for component in self.components)

    @property
    def down(self) -> int:
        """The largest vertical sampling factor; 1 for a single component."""
        return 1 if len(self.components) == 1 else max(component.down for component in self.components)

    def factors(self, component: Component) -> tuple[int, int]:
        """The component's horizontal and vertical sampling factors, (1, 1) for a single component."""
        return (1, 1) if len(self.components) == 1 else (component.across, component.down)

    def blocks(self, component: Component) -> tuple[int, int]:
        """How many 8 x 8 blocks the component has down and across, those that only fill up MCUs not counted."""
        across, down = self.factors(component)
        return -(-self.height * down // (8 * self.down)), -(-self.width * across // (8 * self.across))


def read(photo: bytes, segments: Iterable[Segment]) -> Frame:
    """The frame that `segments` describe; those after the first SOS are optional. Raises PhotoError where corrupt."""
    reader = _Reader(photo)
    for segment in segments:
        reader.take(segment)
    if reader.frame is None:
        raise PhotoError("the JPEG is corrupt: it says nothing of a picture")
    return replace(
        reader.frame,
        colour=reader.colour(reader.frame),
        restart=reader.restart,
        scans=reader.scans,
        is_guessed=reader.is_guessed(reader.frame),
        is_whole=reader.is_whole(reader.frame),
    )


class _Reader:
    """Gathers a frame from segments in the order of the file: tables may change between scans."""

    def __init__(self, photo: bytes) -> None:
        self._photo = photo
        self._tables: dict[int, Table] = {}
        self._adobe: int | None = None
        self._jfif = False
        self._to_come: dict[tuple[int, int], int] = {}  # bits, by component and coefficient
        self._named: set[int] = set()  # components that a scan tells of
        self.frame: Frame | None = None
        self.restart = 0
        self.scans = 0

    def take(self, segment: Segment) -> None:
        payload = self._photo[segment.payload]
        if segment.marker == DQT:
            self._tables.update(_tables(payload))
        elif segment.marker in FRAMES:
            if self.frame is not None:
                raise UnsupportedError(
                    "the JPEG has more than one frame, which gpend does not write; it was kept as it is"
                )
            self.frame = _frame(segment.marker, payload)
        elif segment.marker == SOS:
            self.scans += 1
            named = set(payload[1 : 1 + 2 * payload[0] : 2]) if payload else set()
            self._named |= named
            self._fix_tables(named)
            self._note_bits(named, payload[-3:])
        elif segment.marker == DRI and len(payload) >= 2:  # noqa: PLR2004 -- a 16-bit number
            self.restart = int.from_bytes(payload[:2], "big")
        elif segment.marker == APP0 and payload[:5] == b"JFIF\0" and len(payload) >= 14:  # noqa: PLR2004 -- its whole length
            self._jfif = True
        elif segment.marker == APP14 and payload[:5] == b"Adobe" and len(payload) >= 12:  # noqa: PLR2004 -- its whole length
            self._adobe = payload[11]

    def _fix_tables(self, named: set[int]) -> None:
        if self.frame is None:
            raise PhotoError("the JPEG is corrupt: a scan comes before the frame")
        fixed = (
            replace(component, table=self._tables.get(component.slot))
            if component.table is None and component.identifier in named
            else component
            for component in self.frame.components
        )
        self.frame = replace(self.frame, components=tuple(fixed))

    def _note_bits(self, named: set[int], told: bytes) -> None:
        """`told` ends a scan's header: its first and last coefficient, and which bits of them it tells."""
        if len(told) == 3:  # noqa: PLR2004 -- else it is cut off
            places = range(told[0], min(told[1], 63) + 1)
            self._to_come |= {(one, place): told[2] & 15 for one in named for place in places}

    def is_guessed(self, frame: Frame) -> bool:
        """Whether decoders smooth blocks, for want of what a scan should have told; without scans nothing is known."""
        if frame.process != PROGRESSIVE or not self.scans:
            return False
        return not self._tells(frame, _SMOOTHED)

    def is_whole(self, frame: Frame) -> bool:
        """Whether the scans tell every component, and where they come bit by bit the last of each coefficient."""
        if frame.process != PROGRESSIVE:
            return self._named >= {component.identifier for component in frame.components}
        return self._tells(frame, range(len(ZIGZAG)))

    def _tells(self, frame: Frame, places: Iterable[int]) -> bool:
        return all(self._to_come.get((c.identifier, place)) == 0 for c in frame.components for place in places)

    def colour(self, frame: Frame) -> Colour:
        """What the components stand for, by the rules that libjpeg goes by."""
        identifiers = bytes(component.identifier for component in frame.components)
        if len(identifiers) == 1:
            return Colour.GREY
        if len(identifiers) != 3:  # noqa: PLR2004 -- the three of a colour picture
            return Colour.INK
        if self._jfif:
            return Colour.YCC
        if self._adobe is not None:
            return Colour.YCC if self._adobe else Colour.RGB
        return Colour.RGB if identifiers == b"RGB" else Colour.YCC


def table_places(payload: bytes) -> Iterator[tuple[int, slice, str]]:
    """Each table of a DQT segment's payload (T.81, B.2.4.1): its slot, where its steps lie, and their NumPy type.

    Raises PhotoError where one is cut off.
    """
    position = 0
    while position < len(payload):
        wide, slot = divmod(payload[position], 16)
        start, position = position + 1, position + 1 + (128 if wide else 64)
        if position > len(payload):
            raise PhotoError("the JPEG is corrupt: a quantisation table is cut off")
        yield slot, slice(start, position), ">u2" if wide else "u1"


def _tables(payload: bytes) -> Iterator[tuple[int, Table]]:
    for slot, place, kind in table_places(payload):
        table = np.empty(64, np.int32)
        table[ZIGZAG] = np.frombuffer(payload[place], kind)
        yield slot, table


def _frame(marker: int, payload: bytes) -> Frame:
    count = payload[5] if len(payload) > 5 else 0  # noqa: PLR2004 -- where the number of components stands
    if not count or len(payload) < 6 + 3 * count:
        raise PhotoError("the JPEG is corrupt: its frame header is cut off")
    rows = (payload[6 + 3 * number : 9 + 3 * number] for number in range(count))
    components = tuple(Component(row[0], row[1] >> 4, row[1] & 15, row[2]) for row in rows)
    if not all(1 <= factor <= 4 for c in components for factor in (c.across, c.down)):  # noqa: PLR2004 -- T.81, B.2.2
        raise PhotoError("the JPEG is corrupt: a sampling factor is impossible")
    height, width = int.from_bytes(payload[1:3], "big"), int.from_bytes(payload[3:5], "big")
    if not width:
        raise PhotoError("the JPEG is corrupt: its picture has no width")
    return Frame(marker, payload[0], width, height, components, Colour.YCC, 0, 0)


_KINDS = {
    0xC3: "lossless JPEG",
    0xC9: "JPEG with arithmetic coding",
    0xCA: "progressive JPEG with arithmetic coding",
    0xCB: "lossless JPEG with arithmetic coding",
}


def refuse_unpatchable(frame: Frame) -> None:
    """Raise UnsupportedError, with the reason, for a kind of JPEG whose blocks gpend cannot replace."""
    reason = _reason(frame)
    if reason:
        raise UnsupportedError(f"{reason}; gpend does not write this kind and left the photo as it is")


def _reason(frame: Frame) -> str:
    if frame.process not in {BASELINE, EXTENDED, PROGRESSIVE}:
        return f"it is a {_KINDS.get(frame.process, 'hierarchical JPEG')}"
    if frame.precision != 8:  # noqa: PLR2004 -- bits, as every ordinary JPEG has
        return f"it is a JPEG with {frame.precision} bits for a sample"
    if frame.colour is Colour.INK:
        return f"it is a JPEG of {len(frame.components)} components, such as CMYK"
    fractions = any(frame.across % c.across or frame.down % c.down for c in frame.components)
    reasons = {
        "it is a JPEG that tells its height only at its end": not frame.height,
        f"it is a progressive JPEG of {frame.scans} scans": frame.scans > MOST_SCANS,
        "it is a progressive JPEG without all of its scans, in whose place readers guess": frame.is_guessed,
        "its colour is sampled in an unusual way": fractions and len(frame.components) > 1,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")
