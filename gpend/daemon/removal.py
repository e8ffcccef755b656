"""What becomes of the output of a photo that is gone for certain."""

import structlog

from gpend.daemon.brake import Brake
from gpend.dispatch import Dispatcher, FolderPair, Now
from gpend.dispatch.health import another_output
from gpend.errors import PhotoError
from gpend.ledger import Ledger, Row

log = structlog.get_logger()


class Removal:
    """Has outputs discarded, after a last look whether the photo is really not there."""

    def __init__(self, pair: FolderPair, dispatcher: Dispatcher, ledger: Ledger, brake: Brake) -> None:
        self._pair = pair
        self._dispatcher = dispatcher
        self._ledger = ledger
        self._brake = brake

    def conclude(self, row: Row, now: Now) -> bool:
        """A photo has been missing for long enough; False: nothing can be done about it now."""
        try:
            seen = self._pair.source.sight(row.path)
        except OSError:
            return False  # unknown is not gone
        if seen is not None:
            self._ledger.absences.found_again(row.id)
            return True
        return not self._dispatcher.in_flight.holds(row) and self._see_to(row, now)

    def _see_to(self, row: Row, now: Now) -> bool:
        try:
            stranger = another_output(self._pair)
            if stranger:  # what stands there tells nothing of the output, which may come back
                self._dispatcher.health.pause(self._pair, stranger, now)
                return False
            self._remove(self._dispatcher.adopt_orphan(row, self._pair, now), now)
        except OSError as error:
            self._dispatcher.health.pause_for_output(self._pair, error, now)
            return False
        except PhotoError as error:
            log.warning("output_left", output=row.output, reason=str(error))
            self._ledger.photos.forget(row.id)
        return True

    def _remove(self, row: Row, now: Now) -> None:
        """Its photo is gone: see to the output as the settings say, then to the row."""
        kept = None
        if row.written is not None:
            kept = self._dispatcher.outputs.discard(self._pair, row.written, now.utc)
            if kept is None:
                self._brake.deleted(now)
        if kept is None:
            self._ledger.photos.forget(row.id)
        else:
            self._ledger.absences.gone(row.id, "the photo was deleted", kept, now.utc)
        log.info("photo_gone", photo=row.path, output=None if kept is None else row.output_root / kept.path)
