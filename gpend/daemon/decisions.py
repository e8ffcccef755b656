"""What people decided about photos, put on record and queued: the dispatcher carries it out."""

from collections.abc import Iterable

import structlog

from gpend.core.photo import Box
from gpend.core.wish import Wish, box_of, is_same
from gpend.dispatch import Now
from gpend.ledger import Asked, Choice, Decision, DecisionKind, Ledger, Row, State

log = structlog.get_logger()

_RETRY = "retry"  # no decision, but what can be asked in its place
_WORDS = {_RETRY, *(kind.value for kind in DecisionKind if kind is not DecisionKind.FACES)}


class DecisionTaker:
    """Takes decisions from requests. What is being worked on at that moment is queued again when that is done."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._late: set[int] = set()  # photos that were being worked on

    def take(self, request: Asked, now: Now) -> int:
        """Carry out one request; of how many photos it was."""
        if request.detail.get("decision") not in _WORDS:
            log.warning("request_not_understood", detail=request.detail)
            return 0
        photos = list(self._meant(request))
        for photo in photos:
            row = self._ledger.photos.row(photo)
            if row is not None:
                self._decide(row, request, now)
        return len(photos)

    def queue_late(self, now: Now) -> None:
        """What was being worked on when it was decided upon is done by now, perhaps."""
        self._late = {photo for photo in self._late if not self._is_queued(photo, now)}

    def _meant(self, request: Asked) -> Iterable[int]:
        if request.path is not None:
            row = self._ledger.photo(request.path)
            return self._ledger.below(request.path) if row is None else [row.id]
        try:
            choice = Choice.from_data(request.detail["choice"])
        except (KeyError, TypeError, ValueError):
            log.warning("request_not_understood", detail=request.detail)
            return []
        return self._ledger.requests.chosen(choice, request.asked)

    def _decide(self, row: Row, request: Asked, now: Now) -> None:
        wanted = str(request.detail["decision"])
        if wanted != _RETRY:
            before, box = self._ledger.decisions.of(row.path), box_of(request.detail.get("box"))
            kind, faces = DecisionKind(wanted), Wish()
            if box is not None:
                kind, faces = _with_face(before, box, kind)
            self._ledger.decisions.note(Decision(row.path, kind, now.utc, row.content, faces))
        if not self._is_queued(row.id, now):
            self._ledger.after_commit(lambda: self._late.add(row.id))

    def _is_queued(self, photo: int, now: Now) -> bool:
        row = self._ledger.photos.row(photo)
        if row is not None and row.state is State.WORKING:
            return False
        self._ledger.requests.retry(photo, now.utc)
        return True


def _with_face(before: Decision | None, box: Box, wanted: DecisionKind) -> tuple[DecisionKind, Wish]:
    """What was decided about a photo and its faces, with the word about one face more (pure)."""
    is_all = before is not None and before.kind is DecisionKind.RESTORE
    known = before.faces if before is not None and (is_all or before.kind is DecisionKind.FACES) else Wish()
    restore = tuple(other for other in known.restore if not is_same(other, box))
    leave = tuple(other for other in known.leave if not is_same(other, box))
    match wanted:
        case DecisionKind.RESTORE:
            restore = restore if is_all else (*restore, box)
        case DecisionKind.LEAVE | DecisionKind.ORIGINAL:
            leave = (*leave, box)
        case _:
            pass
    if is_all:
        return DecisionKind.RESTORE, Wish(restore=restore, leave=leave)
    return DecisionKind.FACES if restore or leave else DecisionKind.AUTOMATIC, Wish(restore=restore, leave=leave)
