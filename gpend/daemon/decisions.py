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
    """Takes decisions from requests. What is being worked on at that moment is asked for again, in the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def take(self, request: Asked, now: Now) -> int:
        """Carry out one request; of how many photos it was."""
        if request.detail.get("decision") not in _WORDS:
            log.warning("request_not_understood", detail=request.detail)
            return 0
        photos = list(self._meant(request))
        rows = [row for row in map(self._ledger.photos.row, photos) if row is not None]
        if request.detail["decision"] != _RETRY:
            self._ledger.decisions.note_all([self._decision(row, request, now) for row in rows])
        for row in rows:
            queue(self._ledger, row, now)
        return len(photos)

    def _meant(self, request: Asked) -> Iterable[int]:
        if request.path is not None:
            return self._ledger.meant(request.path)
        try:
            choice = Choice.from_data(request.detail["choice"])
        except (KeyError, TypeError, ValueError):
            log.warning("request_not_understood", detail=request.detail)
            return []
        return self._ledger.requests.chosen(choice, request.asked)

    def _decision(self, row: Row, request: Asked, now: Now) -> Decision:
        kind, faces, box = DecisionKind(request.detail["decision"]), Wish(), box_of(request.detail.get("box"))
        if box is not None:
            kind, faces = _with_face(self._ledger.decisions.of(row.path), box, kind)
        return Decision(row.path, kind, now.utc, row.content, faces)


def queue(ledger: Ledger, row: Row, now: Now) -> None:
    """Have a photo done afresh: now, or when what is being done with it has ended."""
    if row.state is State.WORKING:
        ledger.requests.retry_later(row.path, now.utc)
    else:
        ledger.requests.retry(row.id, now.utc)


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
