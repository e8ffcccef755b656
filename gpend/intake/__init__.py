"""From a source folder to settled photos: the scan is the truth, events only wake it early."""

from dataclasses import dataclass
from pathlib import Path

from gpend.stamp import Stamp


@dataclass(frozen=True)
class Sighting:
    """A file that may be a photo, as a scan saw it."""

    path: Path  # absolute
    stamp: Stamp
    changed_ns: int = (
        0  # the inode's own change time: finer evidence of writing than the stamp, but a chmod moves it too
    )
