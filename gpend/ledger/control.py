"""What holds for gpend as a whole: is it paused by a person, why does it rest, and how does it judge photos?"""

import json
import os
from pathlib import Path

from gpend.ledger.database import Database
from gpend.ledger.fingerprint import Fingerprint, Judging


class Control:
    """The table control. Every method is committed when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def paused_since(self) -> int | None:
        """When a person paused gpend, in UTC seconds; None: nobody did."""
        row = self._database.first("control")
        return None if row is None else row["paused_since"]

    def pause(self, now: int) -> None:
        """Begin no photo until `resume`."""
        self._database.run("pause_all", {"now": now})

    def resume(self) -> None:
        """Go on."""
        self._database.run("resume_all")

    def rest(self, reason: str | None) -> None:
        """Put on record why no photo is begun at the moment, in words; None: they are."""
        self._database.run("rest", {"reason": reason})

    def judge(self, judging: Judging) -> None:
        """Put on record how photos are judged from now on."""
        self._database.run("judge", {"judging": json.dumps(_told(judging))})


def judging_of(row: str | None) -> Judging | None:
    """What `judge` has put on record; None: nothing yet."""
    if row is None:
        return None
    told = json.loads(row)
    places = tuple(Path(os.fsdecode(bytes.fromhex(place))) for place in told["places"])
    file = Path(os.fsdecode(bytes.fromhex(told["file"]))) if told.get("file") else None  # no gpend 0.1 noted that
    return Judging(Fingerprint(*told["fingerprint"]), tuple(told["not_measured"]), places, file, told["mark"])


def _told(judging: Judging) -> dict[str, object]:
    made = judging.fingerprint
    return {
        "fingerprint": [made.model, made.digest, made.version],
        "not_measured": judging.not_measured,
        "places": [os.fsencode(place).hex() for place in judging.places],  # names need not be text
        "file": None if judging.file is None else os.fsencode(judging.file).hex(),
        "mark": judging.mark,
    }
