"""What makes it unsafe, or impossible, to begin: every problem of the folders, in words for the person who set them."""

import os
import shlex
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from typing import TypeAlias

from gpend.daemon import hooks, notifications
from gpend.errors import ConfigurationError
from gpend.intake.mounts import names_within_now
from gpend.ledger import FolderRow
from gpend.mirror import output_root
from gpend.settings import FolderSettings, Settings

Pair: TypeAlias = tuple[Path, Path]  # a source and its output


def problems(settings: Settings, known: Container[Pair] = ()) -> list[str]:
    """Every reason not to start with these settings; none if all is well. Nothing is changed.

    The folders of pairs that are `known` from before may be away, as their disks are: they are waited for.
    """
    if not settings.folders:
        return ["folders: no folder is named, so there is nothing to do. Add one with `source:` and `output:`."]
    sources = [pair.source for pair in settings.folders]
    found = [problem for pair in settings.folders for problem in _of_source(pair, known)]
    found += [problem for pair in settings.folders for problem in _of_output(pair, sources, known)]
    found += _among(settings.folders)
    found += _of_ledger(settings)
    found += hooks.problems(settings.hooks)
    found += notifications.problems(settings.notifications)
    return list(dict.fromkeys(found))


def known_pairs(rows: Iterable[FolderRow]) -> set[Pair]:
    """The pairs that were at work, and whose outputs are known again when they are back."""
    return {(row.source, row.output) for row in rows if row.output_identity is not None}


def refuse(settings: Settings, known: Container[Pair] = ()) -> None:
    """Raise ConfigurationError if there is a reason not to start; `known`: as in problems."""
    found = problems(settings, known)
    if found:
        raise ConfigurationError("\n".join(found))


def _of_source(pair: FolderSettings, known: Container[Pair]) -> Iterator[str]:
    if not pair.source.is_absolute():
        yield f"The source folder {pair.source} must be named with its whole path."
    if (pair.source, pair.output) in known and _is_away(pair.source):
        return
    if not _may_be_folder(pair.source):
        yield f"The source folder {pair.source} does not exist, or is no folder. Is its disk mounted?"
    elif not os.access(pair.source, os.R_OK | os.X_OK):
        yield f"The source folder {pair.source} cannot be read by this user."


def _of_output(pair: FolderSettings, sources: list[Path], known: Container[Pair]) -> Iterator[str]:
    if not pair.output.is_absolute():
        yield f"The output folder {pair.output} must be named with its whole path."
    if (pair.source, pair.output) in known and _is_away(pair.output):
        return
    if not _may_be_folder(pair.output) and any(is_inside(pair.output, source) for source in sources):
        return  # it must not lie there, so nobody is to make it
    if not _may_be_folder(pair.output):
        yield (
            f"The output folder {pair.output} does not exist, or is no folder. Is its disk mounted? "
            f"If it is to be a new one: mkdir -p {shlex.quote(str(pair.output))}"
        )
    elif not os.access(pair.output, os.W_OK | os.X_OK):
        yield f"The output folder {pair.output} cannot be written to {_why_not(pair.output)}"


def _is_away(place: Path) -> bool:
    """Is nothing there, not even a folder that this user may not look into, or a share that is not connected?"""
    try:
        place.stat()
    except PermissionError:
        return False
    except OSError:
        return True
    return False


def _why_not(output: Path) -> str:
    with suppress(OSError):
        if output_root.is_read_only(output):
            return (
                "by anybody: its disk is mounted so. Where systemd runs gpend, it has to be named as ReadWritePaths=."
            )
    return "by this user."


def _may_be_folder(place: Path) -> bool:
    """Is there a folder, or may this user not look? Then nobody is told that its disk is not mounted."""
    try:
        return place.is_dir()
    except PermissionError:
        return True
    except OSError:  # a share that is not connected
        return False


def _among(pairs: tuple[FolderSettings, ...]) -> Iterator[str]:
    for one, other in combinations(pairs, 2):
        if _same(one.source, other.source):
            yield f"The source folder {one.source} is named twice; each source has one output."
        if is_inside(one.output, other.output) or is_inside(other.output, one.output):
            yield f"The output folders {one.output} and {other.output} must lie apart: their photos would mix."
    for taker in pairs:
        for maker in pairs:
            if is_inside(maker.output, taker.source):
                yield (
                    f"The output folder {_called(maker.output, taker.source)} lies inside the source folder "
                    f"{taker.source}: what gpend writes would come in again as new photos."
                )
            elif is_inside(taker.source, maker.output):
                yield (
                    f"The source folder {_called(taker.source, maker.output)} lies inside the output folder "
                    f"{maker.output}: gpend would write among the photos themselves."
                )


def _of_ledger(settings: Settings) -> Iterator[str]:
    for pair in settings.folders:
        if is_inside(settings.ledger.parent, pair.source):
            yield (
                f"The ledger {settings.ledger} lies inside the source folder {pair.source}, where gpend writes "
                "nothing. Keep it elsewhere."
            )


def is_inside(inner: Path, outer: Path) -> bool:
    """Is `inner` the folder `outer` or below it, by whatever links or mounts either is named?"""
    real = Path(os.path.realpath(inner))
    if real.is_relative_to(os.path.realpath(outer)):
        return True
    if any(_same(place, outer) for place in (real, *real.parents)):
        return True
    return any(_same(name, inner) for name in names_within_now(inner, outer))


def _called(inner: Path, outer: Path) -> str:
    """The name of a folder that lies inside another, with the one that it has there if that is by a mount."""
    names = [name for name in names_within_now(inner, outer) if name != inner.resolve() and _same(name, inner)]
    return f"{inner}, which is {names[0]}," if names else str(inner)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)
