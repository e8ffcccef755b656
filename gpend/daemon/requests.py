"""What people asked for through the ledger, carried out."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from gpend.daemon.decisions import DecisionTaker, queue
from gpend.daemon.discovery import FolderDiscovery
from gpend.dispatch import FolderPair, Now
from gpend.ledger import Asked, Fingerprint, Ledger, Request, State
from gpend.mirror import output_root

log = structlog.get_logger()


class RequestHandler:
    """Answers the requests that commands and the page leave in the ledger."""

    def __init__(self, ledger: Ledger, discoveries: Sequence[FolderDiscovery], fingerprint: Fingerprint) -> None:
        self._ledger = ledger
        self._discoveries = discoveries
        self._fingerprint = fingerprint
        self._decisions = DecisionTaker(ledger)

    def answer(self, now: Now) -> int:
        """Carry out what waits; how many requests that were."""
        asked = [each for each in self._ledger.requests.waiting() if not self._must_wait(each)]
        for request in asked:
            with self._ledger.together():
                self._carry_out(request, now)
                self._ledger.requests.answered(request.id)
            log.info("request_answered", request=request.kind, photo=request.path)
        return len(asked)

    def _must_wait(self, request: Asked) -> bool:
        """Is the one photo that is to be done again being worked on?"""
        if request.kind is not Request.RETRY or request.path is None:
            return False
        row = self._ledger.photo(request.path)
        return row is not None and row.state is State.WORKING

    def _carry_out(self, request: Asked, now: Now) -> None:
        match request.kind:
            case Request.RETRY:
                self._retry(request.path, now)
            case Request.REJUDGE:
                self._ledger.requests.rejudge(self._fingerprint, now.utc)
            case Request.CONFIRM:
                self._confirm(request.path, now)
            case Request.DECIDE:
                photos = self._decisions.take(request, now)
                wanted = request.detail.get("decision")
                self._ledger.after_commit(lambda: log.info("decided", decision=wanted, photos=photos))
            case Request.PAUSE:
                self._ledger.control.pause(now.utc)
            case Request.RESUME:
                self._ledger.control.resume()

    def _retry(self, path: Path | None, now: Now) -> None:
        """The photo of a path, or all below a folder; of no path, all that failed. Of other files, what failed."""
        for photo in self._ledger.requests.set_aside() if path is None else self._ledger.meant(path, failed=True):
            row = self._ledger.photos.row(photo)
            if row is not None:
                queue(self._ledger, row, now)

    def _confirm(self, path: Path | None, now: Now) -> None:
        for discovery in self._discoveries:
            if path is None or path == discovery.pair.root:
                self._ledger.sources.confirm(discovery.pair.id, now.utc)
                self._accept_output(discovery.pair, now)
                discovery.confirm(now)

    def _accept_output(self, pair: FolderPair, now: Now) -> None:
        """If another folder than before stands at the output, it is filled anew."""
        with suppress(OSError):
            if pair.identity in (None, output_root.identity(pair.mirror.output)):
                return
            identity = output_root.claim(pair.mirror.output)
            self._ledger.sources.claim(pair.id, identity)
            self._ledger.sources.recheck(pair.id, now.utc, confirmed=True)

            def remember() -> None:
                pair.identity = identity

            self._ledger.after_commit(remember)
