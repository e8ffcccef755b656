"""What a photo costs as the ledger grows: `python -m tests.benchmarks.growth [ROWS ...]`, by default up to 1,000,000.

For each number of rows a ledger is made in a temporary folder, and a folder of as many empty files that it knows. Told
is the processor's time, which others who use the machine change least; nothing is asserted. What the walk through the
files takes by itself is told by `python -m tests.benchmarks.intake`.
"""

import json
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from gpend import reports, wiring
from gpend.ledger import Fingerprint, Found, FoundBy, Ledger, Result, State
from gpend.settings import FolderSettings, Settings
from gpend.stamp import Stamp

_ROWS = (1_000, 100_000, 1_000_000)
_ASKED = 10_000  # files of a scan that are looked up
_DONE = 200  # photos that are put on record, begun and finished
_DUE = 1_000  # photos that wait
_NOW = 1_700_000_000
_MILLION = 1e6
_INSERT = (
    "INSERT INTO photo (folder, path, sidecar, size, mtime_ns, inode, state, reason, content, outcome, model, digest, "
    "version, first_seen, updated, found_by) "
    "VALUES (1, ?, 0, ?, ?, ?, ?, '1 face: 1 sharp enough', ?, ?, 'gpen-256', 'd', '0.1', 1600000000, ?, 'scan')"
)


def main(sizes: tuple[int, ...]) -> None:
    """A column of figures for each size."""
    sys.stdout.write("microseconds of processor time, each, by rows of the ledger\n")
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="gpend-benchmark-") as folder:
            path = Path(folder, "ledger.sqlite")
            _make(path, size)
            with Ledger.open(path, _NOW) as ledger:
                for what, figure in _measured(ledger, path, size):
                    _tell(size, what, figure)
            _tell(size, "an unchanged file of a scan, all that is done", _scan(Path(folder), size))


def _tell(size: int, what: str, figure: float) -> None:
    sys.stdout.write(f"{size:>12,}  {what:46} {figure:12,.1f}\n")
    sys.stdout.flush()


def _scan(place: Path, size: int) -> float:
    """One pass of gpend over files of which each is as the ledger knows it."""
    settings = Settings(
        folders=(FolderSettings(source=place / "in", output=place / "out"),), ledger=place / "scanned.sqlite"
    )
    for folder in settings.folders:
        folder.output.mkdir()
    with Ledger.open(settings.ledger, 1) as ledger:
        ledger.sources.configure([(folder.source, folder.output) for folder in settings.folders], 1)
    with closing(sqlite3.connect(settings.ledger)) as connection, connection:
        connection.executemany(_INSERT, _files(place / "in", size))

    def once() -> None:
        wiring.once(settings, lambda _: None)

    return _each(once, size)


def _files(root: Path, size: int) -> Iterator[tuple[object, ...]]:
    for number, row in enumerate(_rows(size, waiting=0)):
        place = root / os.fsdecode(_path(number))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
        os.utime(place, (1_600_000_000, 1_600_000_000))
        seen = Stamp.of(place.stat())
        yield row[0], seen.size, seen.mtime_ns, seen.inode, *row[4:]


def _measured(ledger: Ledger, path: Path, size: int) -> Iterator[tuple[str, float]]:
    chance = random.Random(1)  # noqa: S311 - no secret
    asked = [_path(chance.randrange(size)) for _ in range(_ASKED)]
    yield (
        "an unchanged file of a scan, looked up",
        _each(lambda: [ledger.photos.known(1, one) for one in asked], _ASKED),
    )
    yield "the queue's next row", _each(lambda: [ledger.photos.due(1, _NOW, 1) for _ in range(_DONE)], _DONE)
    yield "a new photo, put on record", _each(lambda: _sight(ledger), _DONE)
    yield "a photo, begun and finished", _each(lambda: _work(ledger), _DONE)
    yield "gpend status, without its own start", _each(lambda: reports.status(path), 1)


def _sight(ledger: Ledger) -> None:
    for number in range(_DONE):
        found = Found(Path(f"new/IMG_{number}.jpg"), Stamp(5_000_000, number, number), FoundBy.SCAN)
        ledger.photos.sight(1, found, _NOW)


def _work(ledger: Ledger) -> None:
    for row in ledger.photos.due(1, _NOW, _DONE):
        ledger.photos.begin(row.id, _NOW)
        ledger.photos.finish(
            row.id, Result(State.KEPT, "1 face: 1 sharp enough", None, Fingerprint("gpen-256", "d", "0.1")), _NOW
        )


def _each(work: Callable[[], object], count: int) -> float:
    begun = time.process_time()
    work()
    return _MILLION * (time.process_time() - begun) / count


def _make(path: Path, size: int) -> None:
    with Ledger.open(path, 1) as ledger:
        ledger.sources.configure([(Path("/in"), Path("/out"))], 1)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(_INSERT, _rows(size))


def _path(number: int) -> bytes:
    return f"{2000 + number % 20}/{number // 500:05}/IMG_{number}.jpg".encode()


def _rows(size: int, waiting: int = _DUE) -> Iterator[tuple[object, ...]]:
    face = {"box": [9, 9, 90, 120], "score": 0.99, "sharpness": 0.8, "verdict": "sharp", "reason": "sharpness 0.80"}
    outcome = json.dumps({"faces": [face], "notes": []})
    for number in range(size):
        state = "waiting" if number < waiting else "kept"
        moment = 1_600_000_000 + number // 3
        yield _path(number), 5_000_000, moment * 10**9, number, state, f"{number:064x}", outcome, moment


if __name__ == "__main__":
    main(tuple(int(each.replace("_", "").replace(",", "")) for each in sys.argv[1:]) or _ROWS)
