"""The output tree that mirrors a source tree: written whole or not at all, never over a file of the user's own."""

from gpend.mirror.mirror import Mirror, Origin
from gpend.mirror.names import candidates
from gpend.mirror.original import ChangedError, Original, RefusedError, glance, read
from gpend.mirror.provenance import is_tagged
from gpend.mirror.standing import TEMPORARY
from gpend.mirror.tree import LinkedFolderError
from gpend.mirror.writing import Appearance, OccupiedError

__all__ = [
    "TEMPORARY",
    "Appearance",
    "ChangedError",
    "LinkedFolderError",
    "Mirror",
    "OccupiedError",
    "Origin",
    "Original",
    "RefusedError",
    "candidates",
    "glance",
    "is_tagged",
    "read",
]
