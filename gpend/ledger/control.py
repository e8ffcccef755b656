"""What holds for gpend as a whole: is it paused by a person, and why does it rest?"""

from gpend.ledger.database import Database


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
