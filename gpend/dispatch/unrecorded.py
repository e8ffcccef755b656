"""Outputs that the ledger never heard of: gpend was killed after it had written them."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import structlog

from gpend.core.formats import wechat
from gpend.dispatch import earlier
from gpend.dispatch.moment import Moment
from gpend.dispatch.pair import Pair
from gpend.dispatch.places import Places
from gpend.errors import PhotoError
from gpend.ledger import Ledger, Result, Row, State
from gpend.mirror import Orphan, candidates
from gpend.settings import OnDelete

log = structlog.get_logger()

_OPEN = (State.WAITING, State.WORKING, State.FAILED, State.INCOMPLETE)


class Unrecorded:
    """Puts them on record. While a photo is where it was, its content tells more: Recognition adopts its output.

    Once its file is gone or is another one, only its row still knows where an output may stand, and what time that has.
    So this is asked before a row forgets its file.
    """

    def __init__(self, ledger: Ledger, on_delete: OnDelete) -> None:
        self._ledger = ledger
        self._places = Places(ledger)
        self._on_delete = on_delete

    def take(self, row: Row, pair: Pair, now: Moment) -> Row:
        """Have the row say what stands there for its photo, as if it had been said in time. Raises OSError."""
        found = self._found(row, pair) if row.state in _OPEN else None
        if found is None:
            return row
        with suppress(PhotoError):  # then it stays where it is
            earlier.discard(pair.mirror, row.written, found.written, self._on_delete, now.utc)
        state = State.RESTORED if found.recipe.model else State.KEPT
        reason = f"{state} before; its output was found in place"
        result = Result(state, reason, found.content, found.recipe, None, found.written)
        self._ledger.queue.catch_up(row.id, result, now.utc)
        log.info("output_found", photo=row.path, output=row.output_root / found.written.path)
        return self._ledger.photos.row(row.id) or row

    def _found(self, row: Row, pair: Pair) -> Orphan | None:
        for place in _places(row.relative):
            if self._places.is_taken(row, pair, place):
                continue
            found = pair.mirror.find_orphan(place, row.stamp.mtime_ns)
            if found is not None:
                return None if _is_on_record(found, row) else found
        return None


def _is_on_record(found: Orphan, row: Row) -> bool:
    written = row.written
    return written is not None and (written.path, written.sha256) == (found.written.path, found.written.sha256)


def _places(relative: Path) -> Iterator[Path]:
    """Where the output of a photo may stand, whatever there is to see in it."""
    suffixes = wechat.SUFFIXES if relative.suffix.lower() == ".dat" else (".jpg",)
    for suffix in ("", *suffixes):
        yield from candidates(relative, suffix)
