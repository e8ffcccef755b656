"""The output tree that mirrors a source tree: written whole or not at all, never over a file of the user's own."""

from gpend.mirror.atomic import OccupiedError
from gpend.mirror.dirfd import LinkedFolderError
from gpend.mirror.inspect import TEMPORARY
from gpend.mirror.mirror import Adopted, Mirror, Origin, Orphan
from gpend.mirror.names import NameRefusedError, candidates

__all__ = [
    "TEMPORARY",
    "Adopted",
    "LinkedFolderError",
    "Mirror",
    "NameRefusedError",
    "OccupiedError",
    "Origin",
    "Orphan",
    "candidates",
]
