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


def direct(path: Path) -> Path:
    """An absolute path without `..`, which leads to where the system goes, also behind a link.

    However somebody writes the way to a configuration, it names the same folders: the ledger knows them by their paths.
    """
    if ".." not in path.parts:
        return path
    found = Path(path.anchor)
    for part in path.parts[len(found.parts) :]:
        found = Path(os.path.realpath(found)).parent if part == ".." else found / part
    return found
