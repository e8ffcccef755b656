"""What tells one state of a file from another without reading it."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Stamp:
    """Size, time and number of a file, as 64-bit numbers with a sign: what SQLite holds, so that both compare."""

    size: int
    mtime_ns: int
    inode: int  # 0 where the file system makes inode numbers up anew

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
