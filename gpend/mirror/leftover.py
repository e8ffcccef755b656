"""An output that gpend wrote for a photo which is not there any more, known by what the file says of itself."""

from dataclasses import dataclass
from pathlib import Path

from gpend.errors import PhotoError
from gpend.ledger import Recipe, Written
from gpend.mirror import standing, tree
from gpend.mirror.mirror import Mirror


@dataclass(frozen=True)
class Leftover:
    """What stands there, and what it was made of."""

    written: Written
    content: str  # SHA-256 of the photo, hexadecimal
    recipe: Recipe  # a copy has none


def find(mirror: Mirror, place: Path, modified_ns: int) -> Leftover | None:
    """An output under exactly this name that is, byte for byte, what gpend wrote, and has the time of its photo.

    Where files have no extended attributes nothing can be proved, and None is what there is. Raises OSError.
    """
    try:
        with tree.folder(mirror.output, place.parent) as folder:
            status = standing.status_of(folder, place.name)
            if status is None or abs(status.st_mtime_ns - modified_ns) > standing.CLOSE_NS:
                return None
            made = standing.genuine(folder, place.name)
            if made is None or place.name not in standing.names_in(folder):
                return None
    except (FileNotFoundError, PhotoError):
        return None
    written = Written(place, standing.stamp_of(status), made.output)
    return Leftover(written, made.source, Recipe(made.model, made.digest, made.version))
