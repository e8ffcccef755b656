"""How a file that gpend wrote is recognised wherever it turns up: by an extended attribute, or by its tags."""

import errno
import json
import os
from dataclasses import asdict, dataclass
from typing import Final

from gpend.intake.reading import OWN_ATTRIBUTE

ATTRIBUTE: Final = OWN_ATTRIBUTE
"""The extended attribute that every output carries where the file system allows it."""

_NO_ATTRIBUTES = (errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.EACCES, errno.ENOSPC, errno.E2BIG, errno.EINVAL)


@dataclass(frozen=True)
class Provenance:
    """Where an output comes from."""

    source: str  # SHA-256 of the photo it was made from, hexadecimal
    output: str  # SHA-256 of itself
    model: str  # "" for a copy
    digest: str
    version: str


def attach(descriptor: int, provenance: Provenance) -> bool:
    """Write it to an open file; False where the file system has no room for it."""
    try:
        os.setxattr(descriptor, ATTRIBUTE, json.dumps(asdict(provenance)).encode())
    except OSError as error:
        if error.errno not in _NO_ATTRIBUTES:
            raise
        return False
    return True


def attached(descriptor: int) -> Provenance | None:
    """What an open file says of itself; None if it says nothing that gpend understands."""
    try:
        said = json.loads(os.getxattr(descriptor, ATTRIBUTE))
        return Provenance(**{name: str(said[name]) for name in Provenance.__dataclass_fields__})
    except (OSError, ValueError, KeyError, TypeError):
        return None
