"""Which photos may have their output at a place, on a disk that takes one spelling of a name for another."""

from collections.abc import Iterator
from pathlib import Path

from gpend.mirror.names import candidates
from gpend.spelling import folded


def is_sole(source: Path, place: Path) -> bool:
    """Is there one photo at most in a source whose output may stand at a place? False where that cannot be seen."""
    try:
        return sum(1 for _ in _claimants(source, place)) <= 1
    except OSError:
        return False


def has_rivals(source: Path, place: Path) -> bool:
    """Is there a photo in a source whose output stands at a place only as far as the disk ignores case?

    True where that cannot be seen.
    """
    try:
        return any(place not in (each, *candidates(each, place.suffix)) for each in _claimants(source, place))
    except OSError:
        return True


def _claimants(source: Path, place: Path) -> Iterator[Path]:
    """The photos, relative to their source, whose output may be called as a place is, in whatever case. OSError."""
    folders = [Path()]
    for name in place.parent.parts:
        folders = [each for folder in folders for each in _called(source, folder, name) if (source / each).is_dir()]
    for folder in folders:
        for found in (source / folder).iterdir():
            relative = folder / found.name
            if folded(place.name) in {folded(each.name) for each in (relative, *candidates(relative, place.suffix))}:
                yield relative


def _called(source: Path, folder: Path, name: str) -> list[Path]:
    return [folder / each.name for each in (source / folder).iterdir() if folded(each.name) == folded(name)]
