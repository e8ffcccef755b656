"""How long a page of the dashboard takes with many photos: `python -m tests.benchmarks.gallery [PHOTOS]`.

A ledger with as many photos is made in a temporary folder. Told is the processor's time, which others who use the
machine do not change, of the best of three; nothing is asserted.
"""

import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from gpend import gallery
from gpend.distribution import distribution
from gpend.ledger import Choice, Ledger, State

_PHOTOS = 100_000
_VERDICTS = ("restored", "sharp", "sharp", "sharp", "small", "gone", "covered", "background")
_INSERT = (
    "INSERT INTO photo (folder, path, sidecar, size, mtime_ns, inode, state, reason, content, outcome, model, digest, "
    "version, first_seen, updated, found_by, camera, taken) "
    "VALUES (1, ?, 0, ?, ?, ?, ?, ?, ?, ?, 'gpen-256', 'd', '0.1', 1600000000, ?, 'scan', ?, ?)"
)


def main(photos: int) -> None:
    """Make the ledger, and tell the figures."""
    with tempfile.TemporaryDirectory(prefix="gpend-benchmark-") as folder:
        path = Path(folder, "ledger.sqlite")
        with Ledger.open(path, 1) as ledger:
            ledger.sources.configure([(Path("/in"), Path("/out"))], 1)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.executemany(_INSERT, _rows(photos))
        sys.stdout.write(f"{photos:,} photos, milliseconds of processor time\n")
        for name, choice in _CHOICES.items():
            _tell(f"page: {name}", lambda choice=choice: gallery.page(path, choice, None))  # type: ignore[misc]
        _tell("how it is going", lambda: gallery.progress(path, datetime.now(UTC)))
        for threshold in (0.5, 0.0, 1.0):
            _tell(f"threshold {threshold}", lambda threshold=threshold: distribution(path, threshold, 12))  # type: ignore[misc]


_CHOICES = {
    "all": Choice(),
    "failed": Choice(state=State.FAILED),
    "a name that is not there": Choice(text="zebra"),
    "a reason": Choice(reason="reaches 0.5"),
    "a reason that is not there": Choice(reason="zebra"),
    "a verdict": Choice(verdict="gone"),
    "a camera": Choice(camera="Canon"),
    "some days": Choice(since=1_500_050_000, until=1_500_060_000),
    "decided upon": Choice(decided=True),
}


def _tell(name: str, ask: Callable[[], object]) -> None:
    sys.stdout.write(f"{name:36} {1000 * min(_seconds(ask) for _ in range(3)):7.1f}\n")
    sys.stdout.flush()


def _seconds(ask: Callable[[], object]) -> float:
    begun = time.process_time()
    ask()
    return time.process_time() - begun


def _rows(photos: int) -> Iterator[tuple[object, ...]]:
    chance = random.Random(1)  # noqa: S311 - no secret
    for number in range(photos):
        faces = [
            {"box": [9, 9, 90, 120], "score": 0.99, "sharpness": round(chance.random(), 4),
             "verdict": chance.choice(_VERDICTS), "reason": "sharpness 0.71 reaches 0.50"}
            for _ in range(chance.randrange(3))
        ]  # fmt: skip
        yield (
            f"{2000 + number % 20}/IMG_{number}.jpg".encode(), 5_000_000 + number, (1_500_000_000 + number) * 10**9,
            number, chance.choice(("kept", "kept", "restored", "failed")), "1 face: 1 sharp enough", f"{number:064x}",
            json.dumps({"faces": faces, "notes": []}), 1_600_000_000 + number // 3,
            chance.choice(("Apple iPhone 12", "Canon", None)), 1_500_000_000 + number,
        )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _PHOTOS)
