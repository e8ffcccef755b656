"""The brake on mass changes: what waits for a person's word, and how much that is."""

import structlog

from gpend.dispatch import FolderPair, Listener, Now
from gpend.ledger import FolderRow, Ledger, Span
from gpend.settings import BrakeSettings

log = structlog.get_logger()

_WINDOW = 3600  # seconds within which changes count as one


class Brake:
    """Counts what vanishes and changes in one source, and stops it where that is too much at once."""

    def __init__(self, pair: FolderPair, listener: Listener, ledger: Ledger, settings: BrakeSettings) -> None:
        self._pair = pair
        self._listener = listener
        self._ledger = ledger
        self._absences = ledger.absences
        self._settings = settings
        self._deleted: list[int] = []  # when outputs were deleted, of which the ledger keeps no row

    def deleted(self, now: Now) -> None:
        """An output was deleted for good."""
        self._deleted.append(now.utc)

    def holds(self, folder: FolderRow, span: Span, now: Now) -> bool:
        """Would more vanish or be redone than may without a person's word? What is missing may turn up in `span`."""
        counted_from = now.utc - _WINDOW if folder.brake_since is None else folder.brake_since
        since = max(folder.confirmed, min(counted_from, now.utc))
        self._deleted = [moment for moment in self._deleted if moment > since]
        removals = len(self._deleted) + self._absences.removals(folder.id, since, span)
        changes = self._absences.changes(folder.id, since)
        total, affected = self._absences.mirrored(folder.id, since), removals + changes
        if affected <= self._settings.photos or affected <= total * self._settings.percent / 100:
            if folder.brake_since is not None:
                self._absences.release(folder.id)
                self.say(folder, None, None)
            return False
        self._absences.hold(folder.id, since)
        words = (
            f"{removals} photos vanished and {changes} changed, of {total} that have an output. Nothing was done yet."
        )
        self.say(folder, words, since)
        return True

    def say(self, folder: FolderRow, words: str | None, since: int | None) -> None:
        """Put on record, and into the log once, what waits for a person; None: nothing does."""
        if words is None:
            log.info("brake_released", source=folder.source)
        else:
            words = f"{words} If this is as you mean it, say `gpend confirm`."
            if folder.brake is None:
                log.warning("brake_engaged", source=folder.source, reason=words)
                self._listener.paused(self._pair, words)
        self._ledger.sources.brake(folder.id, words, since)
