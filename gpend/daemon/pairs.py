"""The pairs of folders that a daemon works for, made from its settings and from what the ledger remembers of them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from gpend.dispatch import FolderPair
from gpend.intake.source import Source, source_of
from gpend.ledger import FolderRow, Ledger
from gpend.mirror import Mirror, output_root
from gpend.mirror.links import obstacle_to_links
from gpend.settings import Settings

log = structlog.get_logger()

_MIB = 1 << 20


def tell_of_copies(pairs: Sequence[FolderPair]) -> None:
    """A whole library is not copied unannounced where it was to be linked."""
    for pair in pairs:
        obstacle = obstacle_to_links(pair.root, pair.mirror.output)
        if obstacle:
            log.warning("copies_instead_of_links", source=pair.root, output=pair.mirror.output, reason=obstacle)


def folder_pairs(settings: Settings, ledger: Ledger, now: int) -> list[FolderPair]:
    """Every pair that the settings name, as the ledger knows it; an output that is new to it is marked as its own."""
    rows = ledger.sources.configure([(folder.source, folder.output) for folder in settings.folders], now)
    return [
        _pair(row, source_of(folder, settings), settings, ledger)
        for row, folder in zip(rows, settings.folders, strict=True)
    ]


def _pair(row: FolderRow, source: Source, settings: Settings, ledger: Ledger) -> FolderPair:
    mirror = Mirror(row.source, row.output, _noting(row.output), settings.names)
    identity = row.output_identity
    if identity is None:
        identity = output_root.claim(mirror.output)
        ledger.sources.claim(row.id, identity)
    return FolderPair(row.id, source, mirror, settings.minimum_free_mb * _MIB, identity, _previous(row))


def _previous(row: FolderRow) -> Mirror | None:
    """The output before it was switched: what gpend wrote there is copied over, not made again."""
    previous = row.previous_output
    if previous is None or previous == row.output or not previous.is_dir():
        return None
    log.info("output_switched", source=row.source, before=previous, output=row.output)
    return Mirror(row.source, previous)


def _noting(output: Path) -> Callable[[str], None]:
    return lambda what: log.warning("metadata_not_carried_over", output=output, what=what)
