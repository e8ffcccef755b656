"""How long a scan takes, and what memory, for a folder of many photos: `python -m tests.benchmarks.intake [PHOTOS]`.

The photos are empty files in folders of 500 each, made in a temporary folder and deleted again. Nothing is asserted:
tests that measure time fail on busy machines.
"""

import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gpend.intake.scan import Scan
from gpend.intake.source import Source
from gpend.intake.stability import StabilityCheck
from gpend.intake.watch import WatchSupervisor
from gpend.settings import Settings
from tests.intake.watch.readers import watched_by_kernel

_PHOTOS = 20_000
_PER_FOLDER = 500
_MIB = 1024  # getrusage counts in KiB
_NAMES = ("IMG_{:06}.JPG", "2024-05-01 12.00.00 {}.heic", "mmexport17{:011}.jpg", "DSC{:05}.tif")


def main(photos: int) -> None:
    """Make the folder, scan it in every way, and tell the figures."""
    with tempfile.TemporaryDirectory(prefix="gpend-benchmark-") as folder:
        root = Path(folder)
        with _timed(f"making {photos:,} photos"):
            _make(root, photos)
        source = Source(root)
        for way in ("first scan", "scan again"):
            with _timed(way):
                assert sum(1 for _ in Scan(source)) == photos
        _scan_and_watch(source)
        _pass(source)
        for path in root.iterdir():  # quicker than to leave it to the temporary folder, and it shows no error
            for photo in path.iterdir():
                photo.unlink()
            path.rmdir()


def _scan_and_watch(source: Source) -> None:
    watch = WatchSupervisor([source], threading.Event(), poll_seconds=60)
    watch.start(time.monotonic())
    with _timed("scan that lays the watches"), watch.scanning(source.root) as visit:
        for _ in Scan(source, visit=visit):
            pass
    _say("", f"{watched_by_kernel():,} folders watched")
    watch.stop()


def _pass(source: Source) -> None:
    """Empty files are looked at twice: when they are quiet, and when they are set aside as incomplete."""
    settings = Settings()
    gate, now = StabilityCheck(source, settings), 0.0
    with _timed("every photo through the gate"):
        for sighting in Scan(source):
            while not gate.offer(sighting, now):
                now = _drained(gate, now, settings)
        _drained(gate, now, settings)


def _drained(gate: StabilityCheck, now: float, settings: Settings) -> float:
    for pause in (settings.settle_seconds, settings.incomplete_minutes * 60):
        now += pause
        for _ in gate.take(now, limit=1_000_000):
            pass
    assert len(gate) == 0
    return now


def _make(root: Path, photos: int) -> None:
    for number in range(photos):
        folder = root / f"{number // _PER_FOLDER:05}"
        if number % _PER_FOLDER == 0:
            folder.mkdir()
        (folder / _NAMES[number % len(_NAMES)].format(number)).touch()


@contextmanager
def _timed(what: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MIB
    _say(what, f"{time.perf_counter() - began:7.2f} s, at most {peak:,.0f} MiB so far")


def _say(what: str, figures: str) -> None:
    sys.stdout.write(f"{what:>32}  {figures}\n")


if __name__ == "__main__":
    main(int(sys.argv[1].replace("_", "").replace(",", "")) if len(sys.argv) > 1 else _PHOTOS)
