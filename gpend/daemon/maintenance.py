"""What is put in order at the start, and daily or at a pass's end: ledger, leftovers, and trash whose time is over."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import structlog

from gpend.dispatch import Dispatcher, FolderPair, Now, Runtime
from gpend.dispatch.health import another_output
from gpend.errors import PhotoError, TransientError
from gpend.ledger import Ledger
from gpend.ledger.trashed import Age
from gpend.mirror import output_root, trash
from gpend.settings import Keep

log = structlog.get_logger()

_DAY = 86_400.0
_DEATHS = 10  # kills from outside that weigh as much as one crash
_FIRST = 3600.0  # seconds for which both clocks must agree before anything is deleted because of its date
_OFF = int(_DAY)  # seconds, at most, that a time counts for of which only the clock tells, which may have been wrong


class Maintenance:
    """Works once a day, in small parts. A clock that has just jumped, or was wrong at the start, makes it wait.

    What lies in the trash is deleted when gpend has seen it there for so many days, whatever the clock says that they
    were, and when its date does not speak against that.
    """

    def __init__(self, ledger: Ledger, pairs: Sequence[FolderPair], trash_days: int, start: Now) -> None:
        self._ledger = ledger
        self._pairs = pairs
        self._days = trash_days
        self._trusted_from = start
        self._start = start
        self._counted: dict[int, float] = {}  # until when the trash of each folder has aged, in this run
        self._next = start.steady + _FIRST
        self._work: Iterator[None] = iter(())
        self.emptied = 0  # files deleted from the trash since the start

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

    def of_pass(self, now: Now) -> Iterator[None]:
        """The same in one go, for a pass that ends, of which there may be many a day or one a week; in small parts.

        It lasts too short for the two clocks to agree for long. Instead, nothing is deleted while the clock is behind
        what it said when the trash was counted last: a machine without a battery begins each time with a wrong one.
        """
        if not self._ledger.was_backed_up(now.utc, int(_DAY)):
            self._copy_ledger()
        yield
        if not self._has_jumped(now) and not self._is_behind(now):
            yield from self._put_trash_in_order(now)

    def _is_behind(self, now: Now) -> bool:
        """Is the clock not yet to be trusted? One that is still behind after an hour was ahead when it was counted."""
        trusted = self._ledger.trashed
        last = max((age.counted for pair in self._pairs for age in trusted.ages(pair.id).values()), default=0)
        if last > now.utc and now.steady >= _FIRST:  # since the machine was switched on
            with self._ledger.together():
                for pair in self._pairs:
                    for part, age in trusted.ages(pair.id).items():
                        trusted.count(pair.id, part, age.seconds, now.utc)
        return last > now.utc

    def _has_jumped(self, now: Now) -> bool:
        began = self._trusted_from
        return abs((now.utc - began.utc) - (now.steady - began.steady)) > _FIRST

    def _all(self, now: Now) -> Iterator[None]:
        self._copy_ledger()
        yield
        yield from self._put_trash_in_order(now)

    def _put_trash_in_order(self, now: Now) -> Iterator[None]:
        for pair in self._pairs:
            try:
                if not another_output(pair):  # what stands there is none of this folder's trash
                    self._age_trash(pair, now)
                    yield from self._empty_trash(pair, now)
            except OSError as error:
                log.warning("trash_not_emptied", output=pair.mirror.output, reason=str(error))  # tomorrow again

    def _copy_ledger(self) -> None:
        try:
            self._ledger.back_up()
        except (TransientError, OSError) as error:
            log.warning("ledger_not_copied", reason=str(error))  # tomorrow again; the ledger itself may be well

    def _age_trash(self, pair: FolderPair, now: Now) -> None:
        """What was there when this was done last, and nothing has come into since, is older by the time since then."""
        lived = int(now.steady - self._counted.get(pair.id, self._start.steady))
        with self._ledger.together():
            ages = self._ledger.trashed.ages(pair.id)
            for part in trash.parts(pair.mirror):
                age = ages[part].seconds + lived + _off(ages[part], lived, now) if part in ages else 0
                self._ledger.trashed.count(pair.id, part, age, now.utc)
        self._counted[pair.id] = now.steady

    def _empty_trash(self, pair: FolderPair, now: Now) -> Iterator[None]:
        ages = self._ledger.trashed.ages(pair.id)
        for part in trash.parts(pair.mirror):
            is_old = part in ages and ages[part].seconds >= self._days * _DAY  # one that has just come has no age
            if is_old and not trash.is_young(part, now.utc, self._days):
                try:
                    yield from self._empty(pair, part)
                except OSError as error:  # of this part alone: the others do not stay for it
                    log.warning("trash_not_emptied", output=pair.mirror.output, part=part.name, reason=str(error))

    def _empty(self, pair: FolderPair, part: Path) -> Iterator[None]:
        for deleted in trash.empty(pair.mirror, part):
            self.emptied += deleted
            yield
        self._ledger.trashed.forget(pair.id, part)
        log.info("trash_emptied", output=pair.mirror.output, part=part.name)


def _off(age: Age, lived: int, now: Now) -> int:
    """For how many seconds since a part was counted gpend did not run, or the machine slept, as far as that counts."""
    return min(max(now.utc - age.counted - lived, 0), _OFF)


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
