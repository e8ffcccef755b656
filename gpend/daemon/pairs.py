"""The pairs of folders that a daemon works for, made from its settings and from what the ledger remembers of them."""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from gpend.dispatch import FolderPair
from gpend.intake.source import Source, source_of
from gpend.ledger import FolderRow, Ledger
from gpend.ledger.folders import File
from gpend.mirror import Mirror, output_root
from gpend.mirror.links import obstacle_to_links
from gpend.settings import Settings

log = structlog.get_logger()

_MIB = 1 << 20
_LOOKED_FOR = 100  # files of a folder, to tell whether it is the one that lay elsewhere
_MOST, _NEARLY_ALL = 0.5, 0.95  # of them
_READ = 5  # of them, at most, until one is what it was
_MARK = 32  # characters of a mark that an output bears, wherever it lies; all else may be another folder's too


def tell_of_copies(pairs: Sequence[FolderPair]) -> None:
    """A whole library is not copied unannounced where it was to be linked."""
    for pair in pairs:
        obstacle = obstacle_to_links(pair.root, pair.mirror.output)
        if obstacle:
            log.warning("copies_instead_of_links", source=pair.root, output=pair.mirror.output, reason=obstacle)


def folder_pairs(settings: Settings, ledger: Ledger, now: int) -> list[FolderPair]:
    """Every pair that the settings name, as the ledger knows it; an output that is new to it is marked as its own."""
    _follow_moved(settings, ledger)
    _follow_widened(settings, ledger)
    rows = ledger.sources.configure([(folder.source, folder.output) for folder in settings.folders], now)
    return [
        _pair(row, source_of(folder, settings), settings, ledger)
        for row, folder in zip(rows, settings.folders, strict=True)
    ]


def _follow_moved(settings: Settings, ledger: Ledger) -> None:
    """Of a folder that was moved, or whose output was, together with the configuration, everything stays known.

    Else what somebody changed in its output would be an obstacle, and what they deleted be made again.
    """
    wanted = {folder.source: folder.output for folder in settings.folders}
    for source, output in wanted.items():
        for row in [*ledger.folders(), *_retired(source, output, ledger)]:
            is_same = row.source == source
            is_new = not is_same and row.source not in wanted and not ledger.sources.is_known(source)
            if (is_same and row.output == output) or not (is_same or is_new):
                continue
            if _is_same_output(row, output) and (is_same or _holds_its_files(row, source, ledger)):
                is_whole = row.output == output or _holds_its_outputs(row, output, ledger)
                place = output if is_whole else row.output  # else it is switched, and the rest is made
                if (row.source, row.output) != (source, place):
                    _move(ledger, row, source, place)
                break
    _follow_moved_and_switched(wanted, ledger)


def _retired(source: Path, output: Path, ledger: Ledger) -> list[FolderRow]:
    """The folders of earlier configurations that a new source may be: they had its output, and are not where they were.

    They were moved while no configuration named them. Else all that they have in that output would stay for them.
    """
    if ledger.sources.is_known(source):
        return []
    mark = output_root.identity(output) if output_root.is_marked(output) else ""
    at_work = {row.id for row in ledger.folders()}
    rows = [row for row in ledger.sharing_output(output, mark) if row.id not in at_work]
    return [row for row in rows if not _holds_any(row.source, ledger.sources.some_files(row.id, _LOOKED_FOR))]


def _follow_moved_and_switched(wanted: dict[Path, Path], ledger: Ledger) -> None:
    """The same of a folder that was moved and given another one's output, or a new one, in one edit: it is switched.

    Else each of two that exchanged their outputs would find those of the other in its place, for good.
    """
    for source in wanted:
        for row in ledger.folders():
            if row.source in wanted or ledger.sources.is_known(source) or not _was_moved(row, source, ledger):
                continue
            if output := _output_now(row, wanted.values(), ledger):
                _move(ledger, row, source, output)
                break
    for row in ledger.folders():
        if wanted.get(row.source, row.output) != row.output:
            output = _output_now(row, wanted.values(), ledger)
            if output not in (None, row.output):
                _move(ledger, row, row.source, output)


def _move(ledger: Ledger, row: FolderRow, source: Path, output: Path) -> None:
    ledger.sources.move(row, source, output)
    log.info("folder_moved", before=row.source, source=source, output=output)


def _output_now(row: FolderRow, outputs: Iterable[Path], ledger: Ledger) -> Path | None:
    """Where the output of a folder is: in its place, or whole under the name of any output of the configuration."""
    with suppress(OSError):
        if output_root.identity(row.output) == row.output_identity:
            return row.output
    found = (output for output in outputs if output != row.output and _is_same_output(row, output))
    return next((output for output in found if _holds_its_outputs(row, output, ledger)), None)


def _follow_widened(settings: Settings, ledger: Ledger) -> None:
    """Of folders that are parts of one source now, which has their output or one around theirs, all stays known.

    What was written for them stays where it is.
    """
    wanted = {folder.source: folder.output for folder in settings.folders}
    new = [source for source in wanted if not ledger.sources.is_known(source)]
    for row in ledger.folders():
        for source in new:
            if row.source in wanted or not row.source.is_relative_to(source):
                continue
            output = wanted[source]
            if row.output in (output, output / row.source.relative_to(source)):
                ledger.sources.widen(row, source, output)
                log.info("folder_widened", before=row.source, source=source, output=output)


def _is_same_output(row: FolderRow, output: Path) -> bool:
    """Is it where it was, or was it moved: the mark of it is at the new place, and at the old one there is nothing?"""
    if row.output == output:
        return True
    try:
        is_marked = row.output_identity is not None and len(row.output_identity) == _MARK
        return is_marked and output_root.identity(output) == row.output_identity and not os.path.lexists(row.output)
    except OSError:
        return False


def _holds_its_outputs(row: FolderRow, output: Path, ledger: Ledger) -> bool:
    """Are nearly all that were written in the place of an output, as far as a few of them tell?

    A backup bears the mark of its output too, and so does a copy that was not finished: what those lack nobody deleted.
    """
    places = ledger.sources.some_outputs(row.id, _LOOKED_FOR)
    missing = sum(not os.path.lexists(output / place) for place in places)
    return missing <= max(1, len(places) // 10)  # a few are deleted by people


def _holds_its_files(row: FolderRow, source: Path, ledger: Ledger, most: float = _MOST) -> bool:
    """Are `most` of the files that are known of a folder in another one, as far as a few of them tell?

    Where it still lies where it was, nearly all: of a part that was copied the outputs of the rest would count as those
    of deleted photos. Names and sizes alone tell little of scans: those of one roll are called as those of another.
    """
    files = ledger.sources.some_files(row.id, _LOOKED_FOR)
    found = [file for file in files if _has_size(source / file.path, file.size)]
    known = [file for file in found if file.content is not None][:_READ]
    least = _NEARLY_ALL if _stays(row.source, source, files) else most
    is_enough = bool(files) and len(found) > least * len(files)
    return is_enough and (not known or any(_has_content(source / each.path, each) for each in known))


def _was_moved(row: FolderRow, source: Path, ledger: Ledger) -> bool:
    """Are nearly all of the files that are known of a folder in another one, and none where they were?"""
    files = ledger.sources.some_files(row.id, _LOOKED_FOR)
    return not _stays(row.source, source, files) and _holds_its_files(row, source, ledger, _NEARLY_ALL)


def _stays(before: Path, source: Path, files: Sequence[File]) -> bool:
    """Does a folder, under no other name, still hold some of its files?"""
    try:
        is_one = before.samefile(source)
    except OSError:
        return False
    return not is_one and _holds_any(before, files)


def _holds_any(source: Path, files: Sequence[File]) -> bool:
    return any(_has_size(source / file.path, file.size) for file in files)


def _has_content(place: Path, file: File) -> bool:
    try:
        with place.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest() == file.content
    except OSError:
        return False


def _has_size(file: Path, size: int) -> bool:
    try:
        return file.stat().st_size == size
    except OSError:
        return False


def _pair(row: FolderRow, source: Source, settings: Settings, ledger: Ledger) -> FolderPair:
    mirror = Mirror(row.source, row.output, _noting(row.output), settings.names)
    identity = row.output_identity
    if identity is None:
        identity = output_root.claim(mirror.output)
        ledger.sources.claim(row.id, identity)
    output_root.note_ledger(mirror.output, settings.ledger)
    return FolderPair(row.id, source, mirror, settings.minimum_free_mb * _MIB, identity, _previous(row))


def _previous(row: FolderRow) -> Mirror | None:
    """The output before it was switched: what gpend wrote there is copied over, not made again."""
    previous = row.previous_output
    if previous is None or previous == row.output or not os.path.isdir(previous):  # noqa: PTH112 - False of whatever is away
        return None
    log.info("output_switched", source=row.source, before=previous, output=row.output)
    return Mirror(row.source, previous)


def _noting(output: Path) -> Callable[[str], None]:
    return lambda what: log.warning("metadata_not_carried_over", output=output, what=what)
