"""What is asked of a file, and what is answered."""

from enum import StrEnum
from typing import Protocol, TypeAlias

STEPS = 100_000  # segments, chunks or boxes followed before a structure is called unknown


class Ending(StrEnum):
    """What the structure of a file says about its end."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"  # it stops, or is still empty, before the picture's end
    UNKNOWN = "unknown"  # no format with an end that can be told: for the decoder to judge


class Reader(Protocol):
    """A file that can be read anywhere."""

    @property
    def size(self) -> int:
        """Its length in bytes."""

    @property
    def first_hole(self) -> int:
        """The offset of the first byte that was never written, where the file system tells; else the size."""

    def read(self, offset: int, count: int) -> bytes:
        """At most `count` bytes from `offset` on: fewer at the end, none beyond it."""


End: TypeAlias = int | Ending
"""The offset just after the picture, before which a hole is a fault; or why there is none."""
