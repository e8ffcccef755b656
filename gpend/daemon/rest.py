"""When no photo is begun: a person has paused gpend, or it is not the hour."""

from datetime import datetime

import structlog

from gpend.dispatch import Now
from gpend.hours import hours_of, is_open, next_opening
from gpend.ledger import Ledger

log = structlog.get_logger()

_HOUR = 60


class Rest:
    """Whether photos are begun, looked up now and then; what is found, discovered or being worked on goes on."""

    def __init__(self, ledger: Ledger, schedule: str) -> None:
        self.reason = ""  # why no photo is begun, in words
        self.is_obeyed = False  # one pass that a person asks for is not stopped by it
        self._ledger = ledger
        self._hours = hours_of(schedule)
        self._is_known = False

    def is_on(self, now: Now) -> bool:
        """Is no photo to be begun now?"""
        if self.is_obeyed and not self._is_known:
            self.look(now)
        return bool(self.reason)

    def look(self, now: Now, hindrance: str = "") -> None:
        """See whether it is so, and put it on record; or a `hindrance`, which is no wish and is got over by trying."""
        if not self.is_obeyed:
            return
        reason, before = self._found(now), self.reason
        self._ledger.control.rest(reason or hindrance or None)
        self.reason, self._is_known = reason, True
        if reason and not before:
            log.info("resting", reason=reason)
        elif before and not reason:
            log.info("working_again")

    def _found(self, now: Now) -> str:
        if self._ledger.control.paused_since is not None:
            return "Paused by you; `gpend resume` ends that."
        local = datetime.fromtimestamp(now.utc).astimezone()
        minute = local.hour * _HOUR + local.minute
        if is_open(self._hours, minute):
            return ""
        return f"By its schedule gpend works again from {next_opening(self._hours, minute)} on."
