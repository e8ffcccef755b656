"""What becomes of the output of a photo that is gone for certain."""

import structlog

from gpend.daemon.brake import Brake
from gpend.dispatch import Dispatcher, Moment, Pair
from gpend.errors import PhotoError
from gpend.ledger import Ledger, Row
from gpend.mirror import trash
from gpend.settings import OnDelete

log = structlog.get_logger()


class Removal:
    """Sees to outputs as `on_delete` says, after a last look whether the photo is really not there."""

    def __init__(self, pair: Pair, dispatcher: Dispatcher, ledger: Ledger, brake: Brake, on_delete: OnDelete) -> None:
        self._pair = pair
        self._dispatcher = dispatcher
        self._ledger = ledger
        self._brake = brake
        self._on_delete = on_delete

    def conclude(self, row: Row, now: Moment) -> bool:
        """A photo has been missing for long enough; False: nothing can be done about it now."""
        try:
            seen = self._pair.source.sight(row.path)
        except OSError:
            return False  # unknown is not gone
        if seen is not None:
            self._ledger.absences.found_again(row.id)
            return True
        return not self._dispatcher.desk.holds(row) and self._see_to(row, now)

    def _see_to(self, row: Row, now: Moment) -> bool:
        try:
            stranger = self._pair.stranger()
            if stranger:  # what stands there tells nothing of the output, which may come back
                self._dispatcher.weather.pair_fails(self._pair, stranger, now)
                return False
            self._remove(self._dispatcher.unrecorded.take(row, self._pair, now), now)
        except OSError as error:
            self._dispatcher.weather.output_fails(self._pair, error, now)
            return False
        except PhotoError as error:
            log.warning("output_left", output=row.output, reason=str(error))
            self._ledger.photos.forget(row.id)
        return True

    def _remove(self, row: Row, now: Moment) -> None:
        """Its photo is gone: see to the output as the settings say, then to the row."""
        mirror, kept = self._pair.mirror, None
        if row.written is not None and trash.is_in_trash(row.written.path):
            kept = row.written  # of an earlier photo of that name
        elif row.written is not None:
            match self._on_delete:
                case OnDelete.TRASH:
                    kept = trash.discard(mirror, row.written, now.utc)
                case OnDelete.KEEP:
                    kept = row.written
                case OnDelete.DELETE:
                    mirror.remove(row.written)
                    self._brake.deleted(now)
        if kept is None:
            self._ledger.photos.forget(row.id)
        else:
            self._ledger.absences.gone(row.id, "the photo was deleted", kept, now.utc)
        log.info("photo_gone", photo=row.path, output=None if kept is None else row.output_root / kept.path)
