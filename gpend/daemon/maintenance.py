"""What is put in order at the start, and once a day: ledger, leftovers, and the trash whose time is over."""

from collections.abc import Iterator, Sequence

import structlog

from gpend.dispatch import Dispatcher, FolderPair, Now, Runtime
from gpend.errors import PhotoError, TransientError
from gpend.ledger import Ledger
from gpend.mirror import output_root, trash
from gpend.settings import Keep

log = structlog.get_logger()

_DAY = 86_400.0
_DEATHS = 10  # kills from outside that weigh as much as one crash
_FIRST = 3600.0  # seconds for which both clocks must agree before anything is deleted because of its date


class Maintenance:
    """Works once a day, in small parts. A clock that has just jumped, or was wrong at the start, makes it wait."""

    def __init__(self, ledger: Ledger, pairs: Sequence[FolderPair], trash_days: int, start: Now) -> None:
        self._ledger = ledger
        self._pairs = pairs
        self._days = trash_days
        self._trusted_from = start
        self._next = start.steady + _FIRST
        self._work: Iterator[None] = iter(())

    def step(self, now: Now) -> bool:
        """Do a part of what is due; True if there is more to do at once."""
        if self._has_jumped(now):
            self._trusted_from = now
            self._next = now.steady + _FIRST
            self._work = iter(())
        elif now.steady >= self._next:
            self._next = now.steady + _DAY
            self._work = self._all(now)
        return next(self._work, self) is None

    def _has_jumped(self, now: Now) -> bool:
        began = self._trusted_from
        return abs((now.utc - began.utc) - (now.steady - began.steady)) > _FIRST

    def _all(self, now: Now) -> Iterator[None]:
        self._copy_ledger()
        yield
        for pair in self._pairs:
            yield from self._empty_trash(pair, now)

    def _copy_ledger(self) -> None:
        try:
            self._ledger.back_up()
        except (TransientError, OSError) as error:
            log.warning("ledger_not_copied", reason=str(error))  # tomorrow again; the ledger itself may be well

    def _empty_trash(self, pair: FolderPair, now: Now) -> Iterator[None]:
        try:
            for part in trash.expired(pair.mirror, now.utc, self._days):
                yield from trash.empty(pair.mirror, part)
                self._ledger.upkeep.forget_below(pair.id, part)
                log.info("trash_emptied", output=pair.mirror.output, part=part.name)
        except OSError as error:
            log.warning("trash_not_emptied", output=pair.mirror.output, reason=str(error))  # tomorrow again


def prepare_ledger(ledger: Ledger, runtime: Runtime, dispatcher: Dispatcher, now: Now, *, crashed: bool) -> None:
    """Bring the ledger up to date with how the last gpend ended, which may have crashed, and with the settings."""
    upkeep, settings = ledger.upkeep, runtime.settings
    upkeep.interrupted(now.utc, crashed=crashed)
    upkeep.another_fingerprint(runtime.fingerprint, now.utc)
    if settings.keep is Keep.NONE:
        upkeep.forget_sidecars()
    else:
        upkeep.mirror_kept(now.utc)
    concerned = ledger.judged_with_other_settings(runtime.fingerprint)
    if concerned:
        log.info("judged_with_other_settings", photos=concerned, again="gpend retry --judged-with-other-settings")
    for row in upkeep.worn_out(settings.attempts, settings.attempts * _DEATHS):
        dispatcher.set_aside(row, _worn_out(row.attempts + row.deaths), now)


def sweep(pairs: Sequence[FolderPair]) -> Iterator[int]:
    """Remove what a killed gpend left unfinished in the output trees, in small parts; how many files each removed."""
    for pair in pairs:
        for removed in output_root.sweep(pair.mirror.output):
            if removed:
                log.info("leftovers_removed", output=pair.mirror.output, files=removed)
            yield removed


def _worn_out(times: int) -> PhotoError:
    return PhotoError(
        f"gpend ended {times} times while it was processing this photo, so it was set aside. It is tried again when "
        "it, gpend, the network or the settings change, or with `gpend retry`.",
    )
