"""What tells one state of a file from another without reading it."""

import os
from dataclasses import dataclass
from typing import Final

_STEPS: Final = (2_000_000_000, 1_000_000_000)  # of FAT; of HFS+, ext3 and many network shares
_FINEST: Final = 10_000_000  # of exFAT, and of a kernel that ticks a hundred times a second


@dataclass(frozen=True)
class Stamp:
    """Size, time and number of a file, as 64-bit numbers with a sign: what SQLite holds, so that both compare."""

    size: int
    mtime_ns: int
    inode: int  # 0 where the file system makes inode numbers up anew

    @property
    def clock_step(self) -> float:
        """The longest step, in seconds, in which the clock that gave this time may count.

        Two states of a file within one step may have the same stamp. Its multiples tell: no table of file systems does.
        """
        return next((step for step in _STEPS if self.mtime_ns % step == 0), _FINEST) / 1e9

    @classmethod
    def of(cls, status: os.stat_result, *, steady_inode: bool = True) -> "Stamp":
        """The stamp of a file's status; `steady_inode`: the file keeps its inode number as long as it lives."""
        return cls(_signed(status.st_size), _signed(status.st_mtime_ns), _signed(status.st_ino) if steady_inode else 0)

    def is_of(self, status: os.stat_result) -> bool:
        """Is this the stamp of such a file? An inode of 0 tells nothing."""
        seen = Stamp.of(status)
        return (seen.size, seen.mtime_ns) == (self.size, self.mtime_ns) and self.inode in (0, seen.inode)


def _signed(number: int) -> int:
    """Inode numbers and corrupt times may need all 64 bits."""
    return (number + 2**63) % 2**64 - 2**63
