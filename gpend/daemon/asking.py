"""What people asked for through the ledger, carried out."""

from contextlib import suppress
from pathlib import Path

import structlog

from gpend.daemon.lookouts import Lookouts
from gpend.dispatch import FolderPair, Now
from gpend.ledger import Asked, Ledger, Request
from gpend.mirror import output_root

log = structlog.get_logger()


class Asking:
    """Answers the requests that `gpend retry`, `forget` and `confirm` leave in the ledger."""

    def __init__(self, ledger: Ledger, lookouts: Lookouts) -> None:
        self._ledger = ledger
        self._lookouts = lookouts

    def answer(self, now: Now) -> int:
        """Carry out what waits; how many requests that were."""
        asked = self._ledger.requests.waiting()
        for request in asked:
            with self._ledger.together():
                self._carry_out(request, now)
                self._ledger.requests.answered(request.id)
            log.info("request_answered", request=request.kind, photo=request.path)
        return len(asked)

    def _carry_out(self, request: Asked, now: Now) -> None:
        match request.kind:
            case Request.RETRY:
                self._retry(request.path, now)
            case Request.FORGET:
                self._forget(request.path, now)
            case Request.CONFIRM:
                self._confirm(request.path, now)

    def _retry(self, path: Path | None, now: Now) -> None:
        row = None if path is None else self._ledger.photo(path)
        photos = self._ledger.requests.set_aside() if path is None else iter([row.id] if row else [])
        for photo in photos:
            self._ledger.requests.retry(photo, now.utc)

    def _forget(self, path: Path | None, now: Now) -> None:
        row = None if path is None else self._ledger.photo(path)
        if row is not None:
            self._ledger.photos.forget(row.id)
            for lookout in self._lookouts:
                if row.source == lookout.pair.root:
                    lookout.look(row.path, now)

    def _confirm(self, path: Path | None, now: Now) -> None:
        for lookout in self._lookouts:
            if path is None or path == lookout.pair.root:
                self._ledger.sources.confirm(lookout.pair.id, now.utc)
                self._accept_output(lookout.pair, now)
                lookout.confirm(now)

    def _accept_output(self, pair: FolderPair, now: Now) -> None:
        """If another folder than before stands at the output, it is filled anew."""
        with suppress(OSError):
            if pair.identity not in (None, output_root.identity(pair.mirror.output)):
                pair.identity = output_root.claim(pair.mirror.output)
                self._ledger.sources.claim(pair.id, pair.identity)
                self._ledger.sources.recheck(pair.id, now.utc)
