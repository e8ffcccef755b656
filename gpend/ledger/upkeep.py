"""What is put in order in the ledger when the daemon starts, and now and then."""

from collections.abc import Collection, Iterator

from gpend.ledger.database import Database, Value
from gpend.ledger.fingerprint import Fingerprint
from gpend.ledger.photos import HORIZON
from gpend.ledger.rows import Row, photo_row


class Upkeep:
    """Changes many photos at once. Every method is committed when it returns, as in Photos."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def interrupted(self, now: int, *, crashed: bool) -> int:
        """What was worked on when gpend ended waits again; how many. `crashed`: it was not killed from outside."""
        return self._database.run("interrupted", {"now": now, "crashed": int(crashed)})

    def unattended(self, attended: Collection[int], now: int) -> int:
        """Photos on record as worked on that nobody works on wait again, and no attempt was used up; how many."""
        rows = [row["id"] for row in self._database.each("working")]
        lost = [photo for photo in rows if photo not in attended]
        for photo in lost:
            values: dict[str, Value] = {"id": photo, "now": now, "next_attempt": None, "give_back": 1, "delay": 0}
            self._database.run("postpone", values)
        return len(lost)

    def worn_out(self, attempts: int, deaths: int) -> Iterator[Row]:
        """Waiting photos in which gpend crashed, or was killed, so many times."""
        rows = list(self._database.each("worn_out", {"attempts": attempts, "deaths": deaths}))
        return (photo_row(row) for row in rows)

    def wake(self, now: int) -> int:
        """What was set aside until now is due again; how many."""
        return self._database.run("wake", {"now": now, "horizon": HORIZON})

    def another_fingerprint(self, fingerprint: Fingerprint, now: int) -> int:
        """What was set aside under another fingerprint is due again; how many."""
        values: dict[str, Value] = {
            "model": fingerprint.model,
            "digest": fingerprint.digest,
            "version": fingerprint.version,
            "now": now,
        }
        return self._database.run("another_fingerprint", values)

    def mirror_kept(self, now: int) -> int:
        """Photos kept without a copy in the output tree are due again; how many."""
        return self._database.run("mirror_kept", {"now": now})

    def forget_sidecars(self) -> int:
        """Sidecars are not mirrored any more; what was written of them stays. How many."""
        return self._database.run("forget_sidecars")
