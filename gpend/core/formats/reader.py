"""A file that is read where it is needed: held in memory, or on a disk to which it may still be on its way."""

from dataclasses import dataclass
from typing import Protocol

from gpend.errors import IncompleteError

MOST_PARTS = 100_000
"""Segments, chunks or boxes that are followed; more are no photo's, and following them would take for ever."""

ENDS_EARLY = "the file ends before its picture does"

NEVER_ZERO = 256
"""Bytes at the end of a coded picture of AV1 or HEVC that are not all zero, as reserved space is; where a file
system tells no holes, such as that of another machine, nothing else shows that a writer is not done."""


class UnmarkedError(IncompleteError):
    """Only the mark of its end may be missing: whoever decodes it will tell."""


UNMARKED = "the mark of its end is missing; the new file has it"


class CutBehindError(IncompleteError):
    """The picture is whole; a part of the file that stands behind it is not."""


class Reader(Protocol):
    """A file that can be read anywhere."""

    @property
    def size(self) -> int:
        """Its length in bytes."""

    def read(self, offset: int, count: int) -> bytes:
        """At most `count` bytes from `offset` on: fewer at the end, none beyond it."""


@dataclass(frozen=True)
class InMemory:
    """A Reader of a file that is there as a whole."""

    data: bytes

    @property
    def size(self) -> int:
        """As in Reader."""
        return len(self.data)

    def read(self, offset: int, count: int) -> bytes:
        """As in Reader."""
        return self.data[offset : offset + count]


def require_filled(reader: Reader, coded: slice) -> None:
    """Raise IncompleteError where the end of what codes a picture has not been written yet."""
    last = reader.read(max(coded.start, coded.stop - NEVER_ZERO), min(NEVER_ZERO, coded.stop - coded.start))
    if last and not any(last):
        raise IncompleteError(ENDS_EARLY)
