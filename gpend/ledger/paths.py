"""By which paths the ledger may know what somebody names."""

import os
from collections.abc import Iterable
from pathlib import Path


def paths_of(photo: Path, folders: Iterable[tuple[Path, Path]]) -> list[Path]:
    """How the ledger may know `photo`: below a source, though it was named through a link or by its output."""
    found: list[Path] = []
    for said in (photo.absolute(), real(photo)):
        for source, output in folders:
            roots = (source, real(source), output, real(output))
            found += [source / said.relative_to(root) for root in roots if said.is_relative_to(root)]
    return list(dict.fromkeys(found))


def real(path: Path) -> Path:
    """Where a path leads, every link followed; it need not exist."""
    return Path(os.path.realpath(path))
