"""Orphaned outputs: the ledger never heard of them, because gpend was killed after it had written them."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import structlog

from gpend.core.formats import wechat
from gpend.core.formats.signatures import WRITTEN
from gpend.dispatch.outputs import OutputWriter
from gpend.dispatch.types import FolderPair, Now
from gpend.errors import PhotoError
from gpend.ledger import Ledger, Result, Row, State
from gpend.mirror import Mirror, Orphan

log = structlog.get_logger()

_OPEN = (State.WAITING, State.WORKING, State.FAILED, State.INCOMPLETE)


def adopt_orphan(ledger: Ledger, outputs: OutputWriter, row: Row, pair: FolderPair, now: Now) -> Row:
    """Have a row say what stands there for its photo, as if it had been said in time. Raises OSError.

    Call it before a row forgets its file, or is forgotten: once the file is gone or is another one, only the row knows
    where an output may stand, and what time it has. While the file is there, its content tells more: see reuse.
    """
    found = _find(outputs, row, pair) if row.state in _OPEN else None
    if found is None:
        return row
    with suppress(PhotoError):  # then it stays where it is
        outputs.discard_previous(pair, row, found.written, now.utc)
    state = State.RESTORED if found.fingerprint.model else State.KEPT
    reason = f"{state} before; its output was found in place"
    result = Result(state, reason, found.content, found.fingerprint, None, found.written)
    ledger.photos.catch_up(row.id, result, now.utc)
    place = row.output_root / found.written.path
    ledger.after_commit(lambda: log.info("output_found", photo=row.path, output=place))
    return ledger.photos.row(row.id) or row


def _find(outputs: OutputWriter, row: Row, pair: FolderPair) -> Orphan | None:
    for place in _places(pair.mirror, row.relative):
        if outputs.ownership.is_taken(row, pair, place):
            continue
        found = pair.mirror.find_orphan(place, row.stamp.mtime_ns)
        if found is not None and not outputs.others.wrote(pair, place, row.path):
            return None if _is_on_record(found, row) else found
    return None


def _is_on_record(found: Orphan, row: Row) -> bool:
    written = row.written
    return written is not None and (written.path, written.sha256) == (found.written.path, found.written.sha256)


def _places(mirror: Mirror, relative: Path) -> Iterator[Path]:
    """Where the output of a photo may stand, whatever there is to see in it."""
    suffixes = wechat.SUFFIXES if relative.suffix.lower() == ".dat" else WRITTEN
    for suffix in ("", *suffixes):
        yield from mirror.candidates(relative, suffix)
