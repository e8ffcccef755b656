"""What people asked for through the ledger, carried out."""

from collections.abc import Callable
from pathlib import Path

import structlog

from gpend.dispatch import Moment
from gpend.ledger import Asked, Ledger, Request

log = structlog.get_logger()


class Asking:
    """Answers the requests that `gpend retry`, `forget` and `confirm` leave in the ledger."""

    def __init__(self, ledger: Ledger, look: Callable[[Path, Moment], None]) -> None:
        """`look` is called with the path of a photo that was forgotten and may be found anew."""
        self._ledger = ledger
        self._look = look

    def answer(self, now: Moment) -> int:
        """Carry out what waits; how many requests that were."""
        asked = self._ledger.requests.waiting()
        for request in asked:
            with self._ledger.together():
                self._carry_out(request, now)
                self._ledger.requests.answered(request.id)
            log.info("request_answered", request=request.kind, photo=request.path)
        return len(asked)

    def _carry_out(self, request: Asked, now: Moment) -> None:
        match request.kind:
            case Request.RETRY:
                self._retry(request.path, now)
            case Request.FORGET:
                self._forget(request.path, now)
            case Request.CONFIRM:
                self._confirm(request.path, now)

    def _retry(self, path: Path | None, now: Moment) -> None:
        row = None if path is None else self._ledger.photo(path)
        photos = self._ledger.requests.set_aside() if path is None else iter([row.id] if row else [])
        for photo in photos:
            self._ledger.requests.retry(photo, now.utc)

    def _forget(self, path: Path | None, now: Moment) -> None:
        row = None if path is None else self._ledger.photo(path)
        if row is not None:
            self._ledger.photos.forget(row.id)
            self._look(row.path, now)

    def _confirm(self, path: Path | None, now: Moment) -> None:
        for folder in self._ledger.folders():
            if path is None or path == folder.source:
                self._ledger.sources.confirm(folder.id, now.utc)
